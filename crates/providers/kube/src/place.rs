//! One namespace as it is watched: what is known of it, who waits for news, and how fresh it is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use windlass_core::clock::Clock;
use windlass_core::id::ObjectName;
use windlass_core::platform::{Fault, Refusal};
use windlass_core::time::Span;

use crate::cache::{FEEDS, FeedId, Kept, Space, Told};
use crate::connection::{Connection, duration};
use crate::objects::{
    BudgetObject, DeploymentObject, LeaseObject, PodObject, ReplicaSetObject, ServiceObject,
    SliceObject,
};
use crate::watch::follow;

/// Nothing older than this is passed off as how the world is now.
pub(crate) const STALE: Span = Span::seconds(25);

/// A namespace in which somebody looked within this time is watched closely.
const BUSY: Span = Span::minutes(1);

/// A watched namespace.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) namespace: ObjectName,
    pub(crate) connection: Connection,
    pub(crate) clock: Arc<dyn Clock>,
    known: Mutex<Known>,
    /// Rung for those who wait for something to be told.
    told: Notify,
    /// Rung for a feed that has to ask the server again.
    pub(crate) kicks: Arc<[Notify; FEEDS.len()]>,
    tasks: Mutex<Vec<AbortHandle>>,
}

#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) space: Space,
    /// Rung when something of an app has changed.
    bells: BTreeMap<ObjectName, Arc<Notify>>,
    /// Feeds of which a whole list is needed that begins after this.
    relist: [Option<Span>; FEEDS.len()],
    /// When somebody last looked.
    looked: Option<Span>,
    /// Why a feed stands still.
    faults: [Option<String>; FEEDS.len()],
}

impl Place {
    /// Starts to watch a namespace.
    pub(crate) fn watch(
        namespace: ObjectName,
        connection: Connection,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        let place = Arc::new(Self {
            namespace,
            connection,
            clock,
            known: Mutex::default(),
            told: Notify::new(),
            kicks: Arc::new(std::array::from_fn(|_| Notify::new())),
            tasks: Mutex::default(),
        });
        // Each holds a reference to the place that does not keep it: it ends with its last user.
        let tasks = vec![
            spawn::<DeploymentObject>(&place),
            spawn::<ReplicaSetObject>(&place),
            spawn::<PodObject>(&place),
            spawn::<ServiceObject>(&place),
            spawn::<SliceObject>(&place),
            spawn::<LeaseObject>(&place),
            spawn::<BudgetObject>(&place),
        ];
        *place.tasks.lock().unwrap_or_else(PoisonError::into_inner) = tasks;
        place
    }

    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is known, and rings for everybody whom it concerns.
    pub(crate) fn tell(&self, change: impl FnOnce(&mut Space, Told)) {
        let mut told = Told { now: self.clock.monotonic(), wall: self.clock.now(), first: false };
        let mut known = self.known();
        told.first = FEEDS.iter().any(|feed| known.space.feed(*feed).listed.is_none());
        change(&mut known.space, told);
        for app in known.space.take_stirred() {
            if let Some(bell) = known.bells.get(&app) {
                bell.notify_one();
            }
        }
        drop(known);
        self.told.notify_waiters();
    }

    /// What rings when something of an app changes.
    pub(crate) fn bell(&self, app: &ObjectName) -> Arc<Notify> {
        Arc::clone(self.known().bells.entry(app.clone()).or_default())
    }

    /// Waits until what is known is no older than [`STALE`], whole lists that were asked for are in,
    /// and `until` holds.
    pub(crate) async fn fresh(
        &self,
        within: Span,
        until: impl Fn(&Known) -> bool,
    ) -> Result<(), Fault> {
        let asked = self.clock.monotonic();
        self.known().looked = Some(asked);
        for feed in self.late(asked) {
            self.kicks[feed as usize].notify_one();
        }
        let wait = async {
            loop {
                let told = self.told.notified();
                if self.late(asked).is_empty() && until(&self.known()) {
                    return;
                }
                told.await;
            }
        };
        match timeout(duration(within), wait).await {
            Ok(()) => Ok(()),
            Err(_) => Err(Refusal::Unavailable { reason: self.behind() }.into()),
        }
    }

    /// The feeds that have to ask the server again before they tell the world of now.
    fn late(&self, now: Span) -> Vec<FeedId> {
        let known = self.known();
        let late = |feed: &FeedId| {
            let state = known.space.feed(*feed);
            let proven = state.proven.is_some_and(|at| now.less(at) <= STALE);
            !proven || known.wants_list(*feed)
        };
        FEEDS.into_iter().filter(late).collect()
    }

    /// Which feed is behind, and why.
    fn behind(&self) -> String {
        let known = self.known();
        let fault = FEEDS.iter().find_map(|feed| {
            let why = known.faults[*feed as usize].as_ref()?;
            Some(format!("{} of {}: {why}", feed.resource().plural(), self.namespace))
        });
        fault.unwrap_or_else(|| format!("the watches of {} lag behind", self.namespace))
    }

    /// Asks for a whole list of a collection: a write to it may or may not have taken effect.
    pub(crate) fn doubt(&self, feed: FeedId) {
        let now = self.clock.monotonic();
        self.known().relist[feed as usize] = Some(now);
        self.kicks[feed as usize].notify_one();
    }

    pub(crate) fn is_busy(&self) -> bool {
        let now = self.clock.monotonic();
        self.known().looked.is_some_and(|at| now.less(at) <= BUSY)
    }

    /// Notes why a feed stands still, or that it does not.
    pub(crate) fn note(&self, feed: FeedId, fault: Option<&Fault>) {
        self.known().faults[feed as usize] = fault.map(ToString::to_string);
    }
}

impl Known {
    /// Whether a whole list was asked for that is not in yet.
    pub(crate) fn wants_list(&self, feed: FeedId) -> bool {
        let listed = self.space.feed(feed).listed;
        self.relist[feed as usize].is_some_and(|since| listed.is_none_or(|at| at < since))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for task in self.tasks.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            task.abort();
        }
    }
}

fn spawn<T: Kept>(place: &Arc<Place>) -> AbortHandle {
    tokio::spawn(follow::<T>(Arc::downgrade(place))).abort_handle()
}

/// How long a feed waits after a fault: longer each time, up to half a minute.
#[derive(Debug)]
pub(crate) struct Pause(u32);

impl Pause {
    pub(crate) fn none() -> Self {
        Self(0)
    }

    pub(crate) fn next(&mut self) -> Duration {
        let pause = Duration::from_millis(200 << self.0.min(7));
        self.0 = self.0.saturating_add(1);
        pause.min(Duration::from_secs(30))
    }
}
