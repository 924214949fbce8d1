//! What callers and the writer share: the queue of the next batch, and the index.
//!
//! Everything that gathers while one batch is being made durable is the next batch: no timers, one
//! sync per batch however many runs append.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use futures_channel::oneshot;
use windlass_core::id::RunId;

use super::disk::{Place, Segment};
use super::frame::{Label, What};
use super::index::{Index, Run};

/// How often the writer yields in vain before it takes the queue for complete. Runs that were
/// woken by one batch append within microseconds of each other, a sync takes a hundred times as
/// long.
const PATIENCE: u32 = 32;

/// Why a batch is not durable.
#[derive(Clone, Debug)]
pub(super) struct Failure(Arc<str>);

impl Failure {
    pub(super) fn new(reason: impl Into<Arc<str>>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Told when the batch is durable or has failed.
pub(super) type Landing = oneshot::Receiver<Result<(), Failure>>;

/// One entry to be written.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) label: Label,
    pub(super) body: Vec<u8>,
}

/// Entries that become durable together, and who waits for that.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) writes: Vec<Write>,
    waiting: Vec<oneshot::Sender<Result<(), Failure>>>,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.waiting.is_empty()
    }

    fn join(&mut self) -> Landing {
        let (sender, landing) = oneshot::channel();
        self.waiting.push(sender);
        landing
    }

    /// Tells everybody. Who has stopped waiting misses nothing.
    fn tell(self, outcome: &Result<(), Failure>) {
        for sender in self.waiting {
            let _gone = sender.send(outcome.clone());
        }
    }
}

/// What happens to an append.
#[derive(Debug)]
pub(super) enum Admission {
    /// It is in the queue.
    Queued(Landing),
    /// Its index is taken by an entry that is not durable yet: ask again when that has landed.
    AskAgain(Landing),
    /// Its index is taken by this entry.
    Taken(Option<Place>),
    /// Its index lies beyond the next one.
    TooFar,
    /// What the run's last records are is not known.
    Doubtful { index: u64, gap: Place },
    /// The name or the record does not fit the format.
    TooLong,
    /// The writer is gone.
    Closed,
}

#[derive(Debug, Default)]
struct State {
    index: Index,
    gathering: Batch,
    /// How many waited for the last batch: as many are likely to come again.
    told: usize,
    /// The writer sleeps until it is woken: a wake costs a system call, so only then.
    idle: bool,
    closed: bool,
}

/// The queue and the index.
#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    arrived: Condvar,
}

impl Shared {
    pub(super) fn new(index: Index) -> Self {
        let state = State { index, ..State::default() };
        Self { state: Mutex::new(state), arrived: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sees to it that the writer takes the queue.
    fn wake(&self, mut state: MutexGuard<'_, State>) {
        if std::mem::take(&mut state.idle) {
            drop(state);
            self.arrived.notify_one();
        }
    }

    /// Looks at the index.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Index) -> T) -> T {
        look(&self.lock().index)
    }

    /// What is known of one run.
    pub(super) fn run(&self, run: &RunId) -> Run {
        self.look(|index| index.runs.get(run).cloned().unwrap_or_default())
    }

    /// Queues a record when its index is the next one of its run. The record is taken only then.
    pub(super) fn append(&self, run: &RunId, index: u64, record: &mut Vec<u8>) -> Admission {
        let Some(label) = Label::new(run.clone(), What::Record(index), record) else {
            return Admission::TooLong;
        };
        let mut guard = self.lock();
        let state = &mut *guard;
        if state.closed {
            return Admission::Closed;
        }
        let runs = &mut state.index.runs;
        let known = match runs.get_mut(run) {
            Some(known) => known,
            None if index == 0 => runs.entry(run.clone()).or_default(),
            None => return Admission::TooFar,
        };
        if let Some(gap) = known.doubt {
            return Admission::Doubtful { index: known.records.len() as u64, gap };
        }
        if index > known.planned {
            return Admission::TooFar;
        }
        if index < known.planned {
            return match usize::try_from(index).ok().and_then(|at| known.records.get(at)) {
                Some(place) if known.queued == 0 => Admission::Taken(*place),
                _ => Admission::AskAgain(state.gathering.join()),
            };
        }
        known.planned += 1;
        known.queued += 1;
        state.gathering.writes.push(Write { label, body: std::mem::take(record) });
        let landing = state.gathering.join();
        self.wake(guard);
        Admission::Queued(landing)
    }

    /// Queues the removal of a run. None when the writer is gone.
    pub(super) fn remove(&self, run: &RunId) -> Option<Landing> {
        let mut state = self.lock();
        if state.closed {
            return None;
        }
        if let Some(known) = state.index.runs.get_mut(run) {
            known.planned = 0;
            known.queued += 1;
            // A run that is known has a name that fits.
            let label = Label::new(run.clone(), What::Removal, &[]);
            state.gathering.writes.extend(label.map(|label| Write { label, body: Vec::new() }));
        }
        let landing = state.gathering.join();
        self.wake(state);
        Some(landing)
    }

    /// Waits for work, and a little longer while those who were told last come again. None when the journal is
    /// closed and the queue is empty.
    pub(super) fn gather(&self) -> Option<Batch> {
        let mut state = self.lock();
        while state.gathering.is_empty() {
            if state.closed {
                return None;
            }
            state.idle = true;
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let (mut seen, mut patience) = (0, PATIENCE);
        while state.gathering.waiting.len() < state.told && patience > 0 {
            let len = state.gathering.waiting.len();
            patience = if len > seen { PATIENCE } else { patience - 1 };
            seen = len;
            drop(state);
            thread::yield_now();
            state = self.lock();
        }
        state.told = state.gathering.waiting.len();
        Some(std::mem::take(&mut state.gathering))
    }

    /// Makes a durable batch known, then tells who waits for it.
    pub(super) fn landed(&self, batch: Batch, places: &[Place]) {
        let mut state = self.lock();
        for (write, place) in batch.writes.iter().zip(places) {
            state.index.settle(&write.label, *place, true);
        }
        drop(state);
        batch.tell(&Ok(()));
    }

    /// Fails a batch, and with it the queue: what was queued since builds on the batch.
    pub(super) fn failed(&self, batch: Batch, failure: Failure) {
        let mut state = self.lock();
        let gathered = std::mem::take(&mut state.gathering);
        for write in batch.writes.iter().chain(&gathered.writes) {
            state.index.void_queue(&write.label.run);
        }
        drop(state);
        let outcome = Err(failure);
        batch.tell(&outcome);
        gathered.tell(&outcome);
    }

    /// Makes copies of records known, which the writer made to free a segment.
    pub(super) fn moved(&self, copies: &[Write], places: &[Place]) {
        let mut state = self.lock();
        for (copy, place) in copies.iter().zip(places) {
            state.index.settle(&copy.label, *place, false);
        }
    }

    /// Makes the loss of an empty segment known.
    pub(super) fn forget(&self, segment: Segment) {
        self.lock().index.forget(segment);
    }

    /// Takes no more work. What is queued is still written.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    /// The writer is gone: nobody waits for it in vain.
    pub(super) fn abandon(&self) {
        self.close();
        self.failed(Batch::default(), Failure::new(super::STOPPED));
    }
}
