//! The kernel: what a machine is.
//!
//! Everything that takes time (a rollout, a handover, a failover) is a [`Machine`]: pure functions
//! from what was wanted, what is known and what is seen, to what to do next. One
//! [engine](crate::engine) runs all of them, and gives each the same promises: a step is durable
//! before anything of it is done, the process may die after any call, and what was lost in between
//! is looked at afresh and decided again, never sent again.
//!
//! # The words
//!
//! A run begins with a **spec**, which never changes, and keeps a **state**, which changes only in
//! recorded steps. The world is *looked* at as a whole: [`Machine::look`] reduces a view to a
//! **fact**, or says what is waited for. [`Machine::decide`] turns a [`Cause`] into a [`Step`]:
//!
//! | cause | when |
//! |---|---|
//! | [`Claimed`](Cause::Claimed) | this process took the app, first of all in each life |
//! | [`Fact`](Cause::Fact) | `look` found something to decide |
//! | [`Wrote`](Cause::Wrote) | a write took effect, was refused, withdrawn, or its answer was lost |
//! | [`Answer`](Cause::Answer) | a question was answered |
//! | [`Signal`](Cause::Signal) | a person or program says something |
//! | [`Due`](Cause::Due) | a wall deadline of the wait has passed |
//!
//! # Writing one
//!
//! - Decide from the world, not from memory: a step that was taken may have had no effect, so
//!   compare what is seen with what is wanted each time. Then an abort, a retry and the way on
//!   after a crash are the same code.
//! - A write of [`WriteState::Unknown`] may still take effect. Give each write a precondition that
//!   moves when any of them lands; then writing again is safe, and [`Machine::settled`] can tell
//!   when the lost one is over.
//! - Start what is to be *watched* (a bake) at a fact. The watched time of any other cause is that
//!   of the look before it.
//! - Put into the fact only what the decision rests on: it is recorded.
//! - Raise [`Machine::LOGIC`] when an equal cause can lead to another step. Running runs go on
//!   under the new logic; their old records are then read, but not recomputed.
//!
//! # A small one
//!
//! It asks for a number of pods, and ends when they are there:
//!
//! ```
//! use std::sync::Arc;
//!
//! use windlass_core::engine::{Effect, Event, Now, Pace, Run};
//! use windlass_core::event::{EndResult, Ending, Glance, Outline, SideGlance, What};
//! use windlass_core::fence::{Claim, Epoch, Token};
//! use windlass_core::id::{AppRef, Kind, ObjectRef, RunId, Uid};
//! use windlass_core::kernel::{Cause, Look, Machine, Move, Open, Stamped, Step, Waiting};
//! use windlass_core::platform::{Receipt, Stamp};
//! use windlass_core::time::{Moment, Span, Timestamp};
//!
//! /// What is seen of the world.
//! #[derive(Clone, Debug)]
//! struct Seen {
//!     stamp: Stamp,
//!     pods: u32,
//! }
//!
//! impl Stamped for Seen {
//!     fn stamp(&self) -> Stamp {
//!         self.stamp.clone()
//!     }
//! }
//!
//! #[derive(Clone, Debug, PartialEq, Eq)]
//! struct Scale;
//!
//! impl Machine for Scale {
//!     const KIND: &'static str = "scale";
//!     const LOGIC: u32 = 1;
//!
//!     type Spec = u32; // pods that are wanted
//!     type State = bool; // whether they were asked for
//!     type Outcome = u32; // pods that are there
//!     type Seen = Seen;
//!     type Fact = u32; // pods that are seen
//!     type Write = u32; // the number to ask for
//!     type Ask = ();
//!     type Answer = ();
//!
//!     fn start(_: &u32, _: Moment) -> bool {
//!         false
//!     }
//!
//!     fn look(spec: &u32, asked: &bool, seen: &Seen, _: &Open<Self>, _: Moment) -> Look<Self> {
//!         match *asked && seen.pods != *spec {
//!             true => Look::Wait(Waiting::on("the pods")),
//!             false => Look::Fact(seen.pods),
//!         }
//!     }
//!
//!     fn decide(
//!         spec: &u32,
//!         _: &bool,
//!         why: Cause<'_, Self>,
//!         _: &Open<Self>,
//!         _: Moment,
//!     ) -> Step<Self> {
//!         match why {
//!             Cause::Fact(pods) if pods == spec => Step::Done { state: true, outcome: *pods },
//!             Cause::Fact(_) => {
//!                 let asked = Move::to(true, Waiting::on("the answer"));
//!                 Step::Move(Box::new(Move { writes: vec![*spec], ..asked }))
//!             }
//!             // Refused, or lost: ask again, if the next look says that it is needed.
//!             Cause::Wrote(_, _, Err(_)) => {
//!                 Step::Move(Box::new(Move::to(false, Waiting::on("a look"))))
//!             }
//!             Cause::Signal(_) => Step::Refuse("it only scales".to_owned()),
//!             Cause::Claimed(_) | Cause::Wrote(..) | Cause::Answer(..) | Cause::Due => {
//!                 Step::Stay(Waiting::same())
//!             }
//!         }
//!     }
//!
//!     fn still_good(_: &u32, _: &u32, _: &Seen) -> bool {
//!         true // it needs nothing
//!     }
//!
//!     fn settled(write: &u32, seen: &Seen) -> bool {
//!         seen.pods == *write
//!     }
//!
//!     // From here on: words for people.
//!     fn describe(write: &u32) -> (ObjectRef, String) {
//!         (ObjectRef::new(Kind::Deployment, "web".into()), format!("scale to {write}"))
//!     }
//!
//!     fn glance(spec: &u32, _: &bool, seen: &Seen) -> What {
//!         let stable = SideGlance { wanted: *spec, pods: seen.pods, ready: seen.pods };
//!         What::Observed(Glance { stable, ..Glance::default() })
//!     }
//! #
//! #   fn outline(spec: &u32) -> Outline {
//! #       Outline {
//! #           app: AppRef::new("shop", "web"),
//! #           platform: "docs".to_owned(),
//! #           from: String::new(),
//! #           to: format!("{spec} pods"),
//! #           strategy: "scale".to_owned(),
//! #           notches: Vec::new(),
//! #           limits: Vec::new(),
//! #           findings: Vec::new(),
//! #       }
//! #   }
//! #
//! #   fn ending(_: &u32, pods: &u32) -> Ending {
//! #       Ending {
//! #           result: EndResult::Promoted,
//! #           reason: format!("{pods} pods are there"),
//! #           running: String::new(),
//! #           asked: String::new(),
//! #           advice: None,
//! #       }
//! #   }
//!     // ... and the same for `outline` and `ending`.
//! }
//!
//! // The engine without a driver: events in, effects out.
//! let at = |s: u32| {
//!     let mono = Span::seconds(s.into());
//!     Now { wall: Timestamp::from_millis(0) + mono, mono }
//! };
//! let see = |run: &Run<Scale>, pods, now| {
//!     let lease = Some((run.id().clone(), run.epoch()));
//!     let seen = Seen { stamp: Stamp { lease, ..Stamp::default() }, pods };
//!     Event::Seen { seen, began: run.mark(now) }
//! };
//!
//! let (mut run, first) =
//!     Run::<Scale>::begin(RunId::from("scale-1"), Arc::new(3), Pace::default(), at(0))?;
//! assert!(matches!(first[0], Effect::Record { index: 0, .. }));
//! run.handle(Event::Claimed(Claim::alone(Epoch(1))), at(1))?;
//!
//! let effects = run.handle(see(&run, 1, at(2)), at(2))?;
//! let of = |found: fn(&Effect<Scale>) -> bool| effects.iter().position(found);
//! let recorded = of(|e| matches!(e, Effect::Record { index: 2, .. }));
//! let sent = of(|e| matches!(e, Effect::Send { id: 1, write: 3, .. }));
//! assert!(recorded.is_some() && recorded < sent);
//!
//! let landed = Receipt { uid: Uid::new("web"), token: Token::Generation(2) };
//! run.handle(Event::Wrote(1, Ok(landed)), at(3))?;
//! run.handle(see(&run, 2, at(4)), at(4))?;
//! assert_eq!(run.wait().on, "the pods");
//! run.handle(see(&run, 3, at(5)), at(5))?;
//! assert_eq!(run.outcome(), Some(&3));
//! # Ok::<(), windlass_core::journal::RecordError>(())
//! ```

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
