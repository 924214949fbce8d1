//! What a run is told, and what it wants done.

use crate::event::What;
use crate::fence::{Claim, Fence};
use crate::kernel::{Machine, Signal};
use crate::platform::{Fault, Receipt};
use crate::time::{Span, Timestamp};

/// What both clocks of this process say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The wall clock; may jump.
    pub wall: Timestamp,
    /// Time since some fixed start of this process; never steps back.
    pub mono: Span,
}

/// When a read began: after which of the things that a run was told, and on the monotonic clock.
///
/// A read that began before something was told may miss a write that was answered since, and is not
/// believed. (Times could not say so: a read and an answer may fall into one millisecond.) What is
/// seen is as old as its read: a process that stood still in between has watched nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    pub(super) told: u64,
    pub(super) at: Span,
}

/// How often a run looks, and how long it may look away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The world is observed at least this often.
    pub heartbeat: Span,
    /// Where two fresh observations lie further apart than this, the time between was not watched.
    pub gap: Span,
}

impl Default for Pace {
    fn default() -> Self {
        Self { heartbeat: Span::seconds(10), gap: Span::seconds(30) }
    }
}

/// Something that happened to a run.
#[derive(Clone, Debug)]
pub enum Event<M: Machine> {
    /// The app was claimed for this process.
    Claimed(Claim),
    /// The world was read.
    Seen {
        /// The view.
        seen: M::Seen,
        /// What [`Run::mark`](crate::engine::Run::mark) gave when the read began.
        began: Mark,
    },
    /// A write was answered, or its answer was given up on.
    Wrote(u64, Result<Receipt, Fault>),
    /// A question was answered.
    Answered(u64, M::Answer),
    /// Somebody says something.
    Signal(Signal),
    /// Time has passed.
    Tick,
}

/// Something to be done for a run. Effects of one event are done in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect<M: Machine> {
    /// Make this record durable before anything that follows.
    Record {
        /// Index of the record in the run.
        index: u64,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// Tell whoever listens.
    Emit(What),
    /// Do not send this write any more, if it was not sent yet.
    Withdraw(u64),
    /// Send this write, if it is [still good](crate::engine::Run::still_good).
    Send {
        /// Its number.
        id: u64,
        /// The mark it leaves.
        fence: Fence,
        /// The write.
        write: M::Write,
    },
    /// Ask this.
    Ask {
        /// Its number.
        id: u64,
        /// The question.
        ask: M::Ask,
    },
    /// Read the world, now.
    Observe,
    /// Stop driving this run.
    Stop(Stop),
}

/// Why a run is not driven any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It has ended.
    Ended,
    /// Another process drives it, or another run holds the app.
    Fenced,
}
