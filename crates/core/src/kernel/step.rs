//! What a machine answers: look, cause, step, wait.

use serde::{Deserialize, Serialize};

use crate::event::What;
use crate::fence::Claim;
use crate::kernel::{Machine, Signal};
use crate::platform::{Fault, Receipt};
use crate::time::{Span, Timestamp};

/// What a view amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look<M: Machine> {
    /// Nothing to decide: this is waited for.
    Wait(Waiting),
    /// There is something to decide, and it rests on this.
    Fact(M::Fact),
}

/// Why a machine is asked to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause<'a, M: Machine> {
    /// This process took the app. Where it took it over, another one may have writes of this run in
    /// flight that this one knows nothing of.
    Claimed(Claim),
    /// The world looks like this.
    Fact(&'a M::Fact),
    /// A write was answered, or its answer was lost.
    Wrote(u64, &'a M::Write, &'a Result<Receipt, Fault>),
    /// A question was answered.
    Answer(u64, &'a M::Ask, &'a M::Answer),
    /// Somebody says something.
    Signal(&'a Signal),
    /// A wall deadline of the wait has passed. It comes at each heartbeat until the wait has
    /// another one, also while the world cannot be read.
    Due,
}

/// When a wait ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deadline {
    /// At this much watched time of the run. The world is looked at then, and it is for
    /// [`Machine::look`] to see that the time has come: time is only watched while looks succeed.
    Watched(Span),
    /// At this time on the wall clock: the machine is told [`Cause::Due`], without a look.
    Wall(Timestamp),
}

/// What a run waits for: whose turn it is, until when, and what happens then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Whose turn it is, and for what, in one line.
    pub on: String,
    /// When it ends by itself, and what happens then, in one line each. People are told the nearest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub until: Vec<(Deadline, String)>,
    /// When to look again although nothing ends then, such as for the next question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wake: Vec<Deadline>,
}

impl Waiting {
    /// A wait without a deadline of its own: something else (a signal, a write's end) ends it.
    pub fn on(on: impl Into<String>) -> Self {
        Self { on: on.into(), until: Vec::new(), wake: Vec::new() }
    }

    /// Whatever was waited for before.
    pub fn same() -> Self {
        Self::on("")
    }

    /// The same wait, ended by a deadline: what happens then.
    #[must_use]
    pub fn until(mut self, deadline: Deadline, then: impl Into<String>) -> Self {
        self.until.push((deadline, then.into()));
        self
    }

    /// The same wait, with a time at which the world is looked at again.
    #[must_use]
    pub fn waking(mut self, deadline: Deadline) -> Self {
        self.wake.push(deadline);
        self
    }

    /// Every deadline, whether something ends then or not.
    pub fn deadlines(&self) -> impl Iterator<Item = Deadline> {
        self.until.iter().map(|(deadline, _)| *deadline).chain(self.wake.iter().copied())
    }
}

/// A step that moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move<M: Machine> {
    /// The state after it.
    pub state: M::State,
    /// Writes decided earlier that must not be sent any more, by number.
    pub withdraw: Vec<u64>,
    /// Writes to send, in any order.
    pub writes: Vec<M::Write>,
    /// Questions to ask.
    pub asks: Vec<M::Ask>,
    /// What is waited for then.
    pub wait: Waiting,
    /// What is worth telling.
    pub says: Vec<What>,
}

impl<M: Machine> Move<M> {
    /// A step that only moves: nothing is withdrawn, written, asked or told.
    pub fn to(state: M::State, wait: Waiting) -> Self {
        Self {
            state,
            withdraw: Vec::new(),
            writes: Vec::new(),
            asks: Vec::new(),
            wait,
            says: Vec::new(),
        }
    }
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<M: Machine> {
    /// Nothing: this is waited for.
    Stay(Waiting),
    /// The signal cannot be taken: why. (Only an answer to [`Cause::Signal`].)
    Refuse(String),
    /// Go on.
    Move(Box<Move<M>>),
    /// The end.
    Done {
        /// The last state.
        state: M::State,
        /// How it ended.
        outcome: M::Outcome,
    },
}
