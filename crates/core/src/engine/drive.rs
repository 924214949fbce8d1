//! The driver: carries the effects of one run out against a live world.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_channel::mpsc;
use futures_util::StreamExt;
use futures_util::future::{AbortHandle, Abortable, Either, select};
use futures_util::stream::FuturesUnordered;

use crate::clock::Clock;
use crate::engine::effect::{Effect, Event, Mark, Now, Stop};
use crate::engine::lease;
use crate::engine::run::Run;
use crate::engine::world::World;
use crate::event::{EventSchema, RunEvent, What};
use crate::fence::Fence;
use crate::id::Holder;
use crate::journal::{Journal, JournalError, RecordError};
use crate::kernel::{Machine, Signal};
use crate::platform::{ClaimFault, Fault, Host, Receipt};
use crate::time::Span;

/// Where signals for a run are put in.
pub type Outbox = mpsc::UnboundedSender<Signal>;
/// Where a run takes its signals out.
pub type Inbox = mpsc::UnboundedReceiver<Signal>;

/// A way to send signals to a run that is being driven.
pub fn mailbox() -> (Outbox, Inbox) {
    mpsc::unbounded()
}

/// Why a run could not be driven on. Its journal is intact: it can be resumed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DriveError {
    /// The journal did not take a record; nothing that rests on it was done.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A record has no form.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The app could not be claimed.
    #[error(transparent)]
    Claim(#[from] ClaimFault),
}

/// What one run is driven with.
#[derive(Clone, Copy, Debug)]
pub struct Doors<'a, W> {
    /// The world.
    pub world: &'a W,
    /// Time.
    pub clock: &'a dyn Clock,
    /// Memory.
    pub journal: &'a dyn Journal,
    /// The program around it.
    pub host: &'a dyn Host,
    /// This process.
    pub holder: &'a Holder,
}

enum Input<M: Machine> {
    Seen {
        seen: Result<M::Seen, Fault>,
        began: Mark,
    },
    Wrote(u64, Result<Receipt, Fault>),
    Answered(u64, M::Answer),
    Changed,
    Alarm,
    /// Something that was called off.
    Nothing,
}

type Pending<'a, M> = FuturesUnordered<Pin<Box<dyn Future<Output = Input<M>> + Send + 'a>>>;

/// A request on its way: called off only while it has not started.
struct Sending {
    handle: AbortHandle,
    started: Arc<AtomicBool>,
}

struct Driver<'a, M: Machine, W> {
    doors: &'a Doors<'a, W>,
    pending: Pending<'a, M>,
    sending: BTreeMap<u64, Sending>,
    observing: bool,
    look_again: bool,
    alarm: Option<(Span, AbortHandle)>,
    said: u64,
}

/// Drives a run until it has ended, is fenced off, or its journal fails. `first` are the effects
/// of [`Run::begin`]; none for a resumed run.
///
/// # Errors
/// When the app cannot be claimed or the journal fails. Nothing is lost: resume the run.
pub async fn drive<M: Machine, W: World<M>>(
    run: &mut Run<M>,
    first: Vec<Effect<M>>,
    doors: Doors<'_, W>,
    inbox: &mut Inbox,
) -> Result<Stop, DriveError> {
    let mut driver = Driver::new(&doors);
    driver.perform(run, first).await?;
    let claim = lease::claim(&doors, run).await?;
    let effects = run.handle(Event::Claimed(claim), driver.now())?;
    driver.perform(run, effects).await?;
    driver.watch();
    loop {
        if let Some(stop) = run.stopped() {
            if stop == Stop::Ended && !run.failed() {
                lease::give_back(&doors, run).await;
            }
            return Ok(stop);
        }
        driver.set_alarm(run);
        if let Some(event) = driver.next(run, inbox).await {
            let looked = matches!(event, Event::Seen { .. });
            let effects = run.handle(event, driver.now())?;
            if looked {
                driver.call_off_outdated(run);
            }
            driver.perform(run, effects).await?;
        }
    }
}

impl<'a, M: Machine, W: World<M>> Driver<'a, M, W> {
    fn new(doors: &'a Doors<'a, W>) -> Self {
        Self {
            doors,
            pending: FuturesUnordered::new(),
            sending: BTreeMap::new(),
            observing: false,
            look_again: false,
            alarm: None,
            said: 0,
        }
    }

    fn now(&self) -> Now {
        Now { wall: self.doors.clock.now(), mono: self.doors.clock.monotonic() }
    }

    async fn next(&mut self, run: &Run<M>, inbox: &mut Inbox) -> Option<Event<M>> {
        let input = match select(inbox.next(), self.pending.next()).await {
            Either::Left((Some(signal), _)) => return Some(Event::Signal(signal)),
            // Nobody can send any more: go on without.
            Either::Left((None, pending)) => pending.await,
            Either::Right((input, _)) => input,
        };
        match input? {
            Input::Seen { seen, began } => self.saw(run, seen, began),
            Input::Wrote(id, end) => {
                self.sending.remove(&id);
                Some(Event::Wrote(id, end))
            }
            Input::Answered(id, answer) => Some(Event::Answered(id, answer)),
            Input::Changed => {
                self.observe(run);
                self.watch();
                None
            }
            Input::Alarm => {
                self.alarm = None;
                Some(Event::Tick)
            }
            Input::Nothing => None,
        }
    }

    fn saw(&mut self, run: &Run<M>, seen: Result<M::Seen, Fault>, began: Mark) -> Option<Event<M>> {
        self.observing = false;
        if std::mem::take(&mut self.look_again) {
            self.observe(run);
        }
        let Ok(seen) = seen else {
            // A world that cannot be read is looked at again soon, and counts as not watched.
            self.alarm_at(self.doors.clock.monotonic() + Span::seconds(1));
            return None;
        };
        Some(Event::Seen { seen, began })
    }

    async fn perform(&mut self, run: &Run<M>, effects: Vec<Effect<M>>) -> Result<(), DriveError> {
        for effect in effects {
            match effect {
                Effect::Record { index, bytes } => {
                    self.doors.journal.append(run.id(), index, bytes).await?;
                }
                Effect::Emit(what) => self.tell(run, what),
                Effect::Withdraw(id) => self.withdraw(id),
                Effect::Send { id, fence, write } => self.send(run, id, fence, write),
                Effect::Ask { id, ask } => {
                    let world = self.doors.world;
                    self.pending
                        .push(Box::pin(async move { Input::Answered(id, world.ask(&ask).await) }));
                }
                Effect::Observe => self.observe(run),
                Effect::Stop(_) => {}
            }
        }
        Ok(())
    }

    fn tell(&mut self, run: &Run<M>, what: What) {
        self.said += 1;
        let event = RunEvent {
            schema: EventSchema::V1,
            run: run.id().clone(),
            seq: self.said,
            at: self.doors.clock.now(),
            what,
        };
        self.doors.host.notify(&event);
    }

    fn send(&mut self, run: &Run<M>, id: u64, fence: Fence, write: M::Write) {
        if !run.still_good(&write) {
            self.pending.push(Box::pin(async move { Input::Wrote(id, Err(Fault::Withdrawn)) }));
            return;
        }
        let world = self.doors.world;
        let started = Arc::new(AtomicBool::new(false));
        let (handle, registration) = AbortHandle::new_pair();
        let begun = Arc::clone(&started);
        let request = Abortable::new(
            async move {
                begun.store(true, Ordering::Relaxed);
                world.write(&fence, &write).await
            },
            registration,
        );
        self.sending.insert(id, Sending { handle, started });
        self.pending.push(Box::pin(async move {
            Input::Wrote(id, request.await.unwrap_or(Err(Fault::Withdrawn)))
        }));
    }

    /// A request that waits for its turn is not sent when a look has shown that it must not be.
    fn call_off_outdated(&self, run: &Run<M>) {
        for open in &run.open().writes {
            if let Some(sending) = self.unsent(open.id)
                && !run.still_good(&open.write)
            {
                sending.handle.abort();
            }
        }
    }

    fn withdraw(&self, id: u64) {
        if let Some(sending) = self.unsent(id) {
            sending.handle.abort();
        }
    }

    fn unsent(&self, id: u64) -> Option<&Sending> {
        self.sending.get(&id).filter(|sending| !sending.started.load(Ordering::Relaxed))
    }

    fn observe(&mut self, run: &Run<M>) {
        if self.observing {
            self.look_again = true;
            return;
        }
        self.observing = true;
        let (world, began) = (self.doors.world, run.mark(self.now()));
        self.pending
            .push(Box::pin(async move { Input::Seen { seen: world.observe().await, began } }));
    }

    fn watch(&mut self) {
        let world = self.doors.world;
        self.pending.push(Box::pin(async move {
            world.changed().await;
            Input::Changed
        }));
    }

    fn set_alarm(&mut self, run: &Run<M>) {
        self.alarm_at(run.wake(self.now()));
    }

    /// One alarm at a time; an earlier one replaces a later one.
    fn alarm_at(&mut self, at: Span) {
        if let Some((set, handle)) = &self.alarm {
            if *set <= at {
                return;
            }
            handle.abort();
        }
        let clock = self.doors.clock;
        let (handle, registration) = AbortHandle::new_pair();
        let sleep = Abortable::new(async move { clock.sleep_until(at).await }, registration);
        self.alarm = Some((at, handle));
        self.pending.push(Box::pin(async move {
            match sleep.await {
                Ok(()) => Input::Alarm,
                Err(_) => Input::Nothing,
            }
        }));
    }
}
