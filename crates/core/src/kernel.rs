//! The kernel: what a machine is.
//!
//! Everything that takes time (a rollout, a handover, a failover) is a [`Machine`]: pure functions
//! from what was wanted, what is known and what is seen, to what to do next. One
//! [engine](crate::engine) runs all of them.

mod open;
mod signal;
mod step;

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use open::{Open, OpenAsk, OpenWrite, WriteState};
pub use signal::{Signal, SignalKind};
pub use step::{Cause, Deadline, Look, Move, Step, Waiting};

use crate::event::{Ending, Outline, What};
use crate::platform::Stamp;
use crate::time::Moment;

/// What a machine keeps or records: comparable, printable, and written to the journal.
pub trait Data: Clone + Eq + Debug + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T> Data for T where T: Clone + Eq + Debug + Serialize + DeserializeOwned + Send + Sync + 'static
{}

/// A view of the world that says when it was read and whose the app was.
pub trait Stamped: Clone + Debug + Send + Sync + 'static {
    /// Its stamp.
    fn stamp(&self) -> Stamp;
}

/// A long-running operation as pure functions. The type itself carries nothing: derive the
/// supertraits on a unit struct.
///
/// # Contract
/// - All functions are pure: equal arguments give equal results, on any machine and at any time.
/// - `decide` never chooses from anything but its arguments; `look` reduces a view to the few
///   numbers that the decision rests on, and only these are recorded.
/// - A [`Step::Stay`] carries no state, so what does not move cannot drift.
/// - The writes of one step are an unordered set. What must be ordered is two steps.
pub trait Machine: Clone + Eq + Debug + Send + Sync + 'static {
    /// Names the machine in a journal.
    const KIND: &'static str;
    /// Raised when a decision changes, so that old records are resumed but not recomputed.
    const LOGIC: u32;

    /// What was wanted; pinned by the first record.
    type Spec: Data;
    /// What is known; recorded with every step that moves.
    type State: Data;
    /// How it ended.
    type Outcome: Data;
    /// A view of the world. Never recorded.
    type Seen: Stamped;
    /// The numbers that a decision rests on. No floats, no room for secrets.
    type Fact: Data;
    /// A write: absolute, idempotent, with its precondition.
    type Write: Data;
    /// A question to the world that changes nothing and may be asked again.
    type Ask: Data;
    /// The answer to a question.
    type Answer: Data;

    /// The state before anything has happened.
    fn start(spec: &Self::Spec, now: Moment) -> Self::State;

    /// Reduces a view to a fact, where there is something to decide, or says what it waits for.
    fn look(
        spec: &Self::Spec,
        state: &Self::State,
        seen: &Self::Seen,
        open: &Open<Self>,
        now: Moment,
    ) -> Look<Self>;

    /// Decides what to do.
    fn decide(
        spec: &Self::Spec,
        state: &Self::State,
        why: Cause<'_, Self>,
        open: &Open<Self>,
        now: Moment,
    ) -> Step<Self>;

    /// True while what the write needs is still so; asked again right before it is sent.
    fn still_good(spec: &Self::Spec, write: &Self::Write, seen: &Self::Seen) -> bool;

    /// True when a write of unknown outcome has taken effect or never will, as this view shows:
    /// the token it expects has moved on.
    fn settled(write: &Self::Write, seen: &Self::Seen) -> bool;

    /// What the plan says of this run, for the first event.
    fn outline(spec: &Self::Spec) -> Outline;

    /// What is worth telling of a view, when it differs from the last.
    fn glance(spec: &Self::Spec, state: &Self::State, seen: &Self::Seen) -> What;

    /// A write in words, for events: its object and what becomes of it.
    fn describe(write: &Self::Write) -> (crate::id::ObjectRef, String);

    /// The end in words.
    fn ending(spec: &Self::Spec, outcome: &Self::Outcome) -> Ending;
}
