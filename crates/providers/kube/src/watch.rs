//! Following one collection of a namespace: a list, then what changes, and a new list when the server
//! has forgotten how far we were.

use std::pin::pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::StreamExt as _;
use kube::api::{ListParams, WatchParams};
use kube::core::{Request, WatchEvent};
use tokio::time::{sleep, timeout};
use windlass_core::platform::{Fault, Refusal};

use crate::cache::Kept;
use crate::objects::Listed;
use crate::place::{Pause, Place};

/// Objects of one page of a list.
const PAGE: u32 = 500;

/// How long the server keeps a watch open, in seconds: each opening proves that all is told. Where
/// nobody looks it need not be proven often.
const CLOSE: u32 = 20;
const QUIET: u32 = 290;

/// A watch that is open longer than it was asked for is dead.
const GRACE: Duration = Duration::from_secs(5);

/// Why a watch is at its end.
enum End {
    /// It is to be opened again from where it was.
    Reopen,
    /// The server has forgotten that time, or a whole list was asked for.
    Relist,
    /// Nobody needs it any more.
    Forgotten,
}

/// Follows a collection for as long as its place is there.
pub(crate) async fn follow<T: Kept>(place: Weak<Place>) {
    let mut pause = Pause::none();
    while let Some(at) = place.upgrade() {
        let listed = list::<T>(&at).await;
        at.note(T::FEED, listed.as_ref().err());
        drop(at);
        match listed {
            Err(_) => sleep(pause.next()).await,
            Ok(version) => {
                pause = Pause::none();
                watch_from::<T>(&place, version).await;
            }
        }
    }
}

/// Reads the whole collection; its version.
async fn list<T: Kept>(place: &Place) -> Result<u64, Fault> {
    let began = place.clock.monotonic();
    let path = T::FEED.resource().path(place.namespace.as_str());
    let (mut items, mut next) = (Vec::new(), None::<String>);
    loop {
        let mut asked = ListParams::default().limit(PAGE);
        asked.label_selector = T::FEED.labels().map(str::to_owned);
        asked.continue_token = next.take();
        let page: Listed<T> =
            place.connection.read(|| Request::new(path.clone()).list(&asked)).await?;
        items.extend(page.items);
        let version = page.metadata.resource_version;
        next = page.metadata.next.filter(|token| !token.is_empty());
        if next.is_none() {
            place.tell(|space, told| {
                T::replace(space, items, told);
                let feed = space.feed_mut(T::FEED);
                feed.version = version;
                (feed.listed, feed.proven) = (Some(began), Some(began));
            });
            return Ok(version);
        }
    }
}

async fn watch_from<T: Kept>(place: &Weak<Place>, mut version: u64) {
    let mut pause = Pause::none();
    while let Some(at) = place.upgrade() {
        let end = watch::<T>(at, place, &mut version).await;
        match end {
            Ok(End::Reopen) => pause = Pause::none(),
            Ok(End::Relist | End::Forgotten) => return,
            Err(Fault::Refused(Refusal::Stale)) => return,
            Err(fault) => {
                let Some(at) = place.upgrade() else { return };
                at.note(T::FEED, Some(&fault));
                drop(at);
                sleep(pause.next()).await;
            }
        }
    }
}

/// Opens one watch and takes in what it tells, to its end.
async fn watch<T: Kept>(
    at: Arc<Place>,
    place: &Weak<Place>,
    version: &mut u64,
) -> Result<End, Fault> {
    let seconds = if at.is_busy() { CLOSE } else { QUIET };
    let mut asked = WatchParams::default().timeout(seconds);
    asked.bookmarks = true;
    asked.label_selector = T::FEED.labels().map(str::to_owned);
    let path = T::FEED.resource().path(at.namespace.as_str());
    let began = at.clock.monotonic();
    let opened =
        at.connection.watch(Request::new(path).watch(&asked, &version.to_string())).await?;
    at.note(T::FEED, None);
    at.tell(|space, _| space.feed_mut(T::FEED).proven = Some(began));
    // What waits must not keep the place: it ends with its last user.
    let kicks = Arc::clone(&at.kicks);
    drop(at);
    let mut events = pin!(opened);
    let longest = Duration::from_secs(seconds.into()) + GRACE;
    loop {
        let next = tokio::select! {
            // What was told already comes first: a kick must not lose it.
            biased;
            next = timeout(longest, events.next()) => Some(next),
            () = kicks[T::FEED as usize].notified() => None,
        };
        let Some(at) = place.upgrade() else { return Ok(End::Forgotten) };
        match next {
            Some(Ok(Some(event))) => take::<T>(&at, event?, version)?,
            Some(Ok(None) | Err(_)) => return Ok(End::Reopen),
            None if at.known().wants_list(T::FEED) => return Ok(End::Relist),
            None => return Ok(End::Reopen),
        }
    }
}

/// Takes in one event.
fn take<T: Kept>(place: &Place, event: WatchEvent<T>, version: &mut u64) -> Result<(), Fault> {
    let told = match &event {
        WatchEvent::Added(object) | WatchEvent::Modified(object) | WatchEvent::Deleted(object) => {
            object.version()
        }
        WatchEvent::Bookmark(mark) => mark.metadata.resource_version.parse().unwrap_or(*version),
        WatchEvent::Error(status) => {
            return Err(crate::fault::of_read(kube::Error::Api(status.clone())));
        }
    };
    *version = told;
    place.tell(|space, at| {
        match event {
            WatchEvent::Added(object) | WatchEvent::Modified(object) => object.take(space, at),
            WatchEvent::Deleted(object) => object.drop_out(space, at),
            WatchEvent::Bookmark(_) | WatchEvent::Error(_) => {}
        }
        let feed = space.feed_mut(T::FEED);
        feed.version = feed.version.max(told);
        feed.proven = Some(at.now);
    });
    Ok(())
}
