//! One process that drives a run: its memory, its journal, and whether it lives.

use std::collections::{BTreeMap, VecDeque};

use windlass_core::engine::{Effect, Event, Now, Pace, Run};
use windlass_core::event::What;
use windlass_core::fence::Fence;
use windlass_core::id::Holder;
use windlass_core::journal::{JournalError, RecordError};
use windlass_core::kernel::{Machine, SignalKind};
use windlass_core::time::{Span, Timestamp};

/// Which operator of a trial.
pub type OperatorId = usize;

/// Whether a process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It was not started yet, or is down.
    Down,
    /// It runs.
    Up,
    /// It stands still until then, and does not know it.
    Still(Timestamp),
    /// It stopped driving the run by itself.
    Done,
}

/// A process that drives a run.
#[derive(Clone, Debug)]
pub struct Operator<M: Machine> {
    /// Its name on the lease.
    pub holder: Holder,
    /// Its run, as far as it is in memory.
    pub run: Option<Run<M>>,
    /// What it made durable, record by record.
    pub journal: Vec<Vec<u8>>,
    /// Whether it lives.
    pub life: Life,
    /// How often it was started: what was meant for an earlier life never reaches this one.
    pub lives: u32,
    /// How many points it has passed, over all its lives.
    pub points: u64,
    /// What it told, over all its lives.
    pub told: Vec<(Timestamp, What)>,
    /// Signals that it took and made durable, whether it still came to tell of them or not.
    pub taken: Vec<SignalKind>,
    /// The record that makes a signal durable.
    pub(crate) taking: Option<(u64, SignalKind)>,
    /// Why it stopped, when that was an error.
    pub failed: Option<String>,
    /// When it recorded that it goes back for good.
    pub lowered: Option<Timestamp>,
    pub(crate) outbox: BTreeMap<u64, (Fence, M::Write)>,
    pub(crate) waiting: VecDeque<Work<M>>,
    pub(crate) observing: bool,
    pub(crate) look_again: bool,
    pub(crate) alarm: Option<Timestamp>,
    pub(crate) pace: Pace,
    /// How far its wall clock is off, in milliseconds.
    pub wall_skew: i64,
    pub(crate) booted: Timestamp,
}

/// What a process has before it.
#[derive(Clone, Debug)]
pub(crate) enum Work<M: Machine> {
    /// Something happened.
    Event(Event<M>),
    /// Something is to be done.
    Effect(Effect<M>),
}

impl<M: Machine> Operator<M> {
    pub(crate) fn new(name: &str, pace: Pace) -> Self {
        Self {
            holder: Holder::new(name),
            run: None,
            journal: Vec::new(),
            life: Life::Down,
            lives: 0,
            points: 0,
            told: Vec::new(),
            taken: Vec::new(),
            taking: None,
            failed: None,
            lowered: None,
            outbox: BTreeMap::new(),
            waiting: VecDeque::new(),
            observing: false,
            look_again: false,
            alarm: None,
            pace,
            wall_skew: 0,
            booted: Timestamp::default(),
        }
    }

    /// The process dies: all that was not durable is gone.
    pub(crate) fn die(&mut self) {
        self.run = None;
        self.life = Life::Down;
        self.outbox.clear();
        self.waiting.clear();
        self.observing = false;
        self.look_again = false;
        self.alarm = None;
    }

    /// It drives the run no more.
    pub(crate) fn stop(&mut self) {
        self.life = Life::Done;
        self.waiting.clear();
    }

    pub(crate) fn fail(&mut self, error: &RecordError) {
        self.failed = Some(error.to_string());
        self.life = Life::Done;
    }

    pub(crate) fn clocks(&self, now: Timestamp) -> Now {
        let wall = Timestamp::from_millis(now.millis() + self.wall_skew);
        Now { wall, mono: now.since(self.booted) + Span::hours(1) }
    }

    pub(crate) fn append(&mut self, index: u64, bytes: Vec<u8>) -> Result<(), JournalError> {
        let run = self.run.as_ref().map(|r| r.id().clone()).unwrap_or_else(|| "".into());
        if index != self.journal.len() as u64 {
            return Err(JournalError::Conflict { run, index });
        }
        self.journal.push(bytes);
        Ok(())
    }
}
