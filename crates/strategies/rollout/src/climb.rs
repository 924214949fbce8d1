//! The climb: the one machine that raises any track.
//!
//! Each look reduces the world to a [`Scene`], and one pure function goes from a scene to the next
//! safe move, from wherever things are. So an abort (target: the ground), a promotion (jump), an
//! undo and the way on after a crash are the same code.
//!
//! Reading order: `spec` and `state` (what is wanted and known), `scene` (what is seen), `advance` (the
//! one decision, on a `here::Here`), then what it decides by: `approach` (up to a notch), `hold`,
//! `handover`, `settle` (to rest), `ground` (back), `drift` (out of somebody's way), `in_place`, and
//! `reclaim` (after a take-over). `step` turns what a planner wants into a step, and asks again right
//! before a write is sent; `ask` and `signals` take answers in; `tell` puts things in words.

mod advance;
mod approach;
mod ask;
mod drift;
mod goal;
mod ground;
mod handover;
mod here;
mod hold;
mod in_place;
mod reclaim;
mod scene;
mod settle;
mod signals;
mod spec;
mod state;
mod step;
mod tell;

use windlass_core::event::{Ending, Outline, What};
use windlass_core::id::ObjectRef;
use windlass_core::kernel::{Cause, Look, Machine, Open, Step};
use windlass_core::platform::Write;
use windlass_core::time::Moment;

pub use ask::{Answer, Ask};
pub use scene::{
    DeploymentScene, Owned, Pin, RouteScene, Scene, Seen, ServiceScene, SideScene, Which,
};
pub use spec::{ClimbSpec, Ground, Limits, ThirdVersion};
pub(crate) use tell::outline;

pub use state::{Hold, Outcome, Paused, Phase, Repeat, State};

/// The machine that raises a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Climb;

impl Machine for Climb {
    const KIND: &'static str = "climb";
    const LOGIC: u32 = 1;

    type Spec = ClimbSpec;
    type State = State;
    type Outcome = Outcome;
    type Seen = Seen;
    type Fact = Scene;
    type Write = Write;
    type Ask = Ask;
    type Answer = Answer;

    fn start(spec: &ClimbSpec, now: Moment) -> State {
        State::start(spec, now)
    }

    fn look(
        spec: &ClimbSpec,
        state: &State,
        seen: &Seen,
        open: &Open<Self>,
        now: Moment,
    ) -> Look<Self> {
        let scene = Scene::of(spec, seen);
        match advance::advance(spec, state, &scene, open, now) {
            Step::Stay(wait) => Look::Wait(wait),
            Step::Refuse(reason) => Look::Wait(windlass_core::kernel::Waiting::on(reason)),
            Step::Move(_) | Step::Done { .. } => Look::Fact(scene),
        }
    }

    fn decide(
        spec: &ClimbSpec,
        state: &State,
        why: Cause<'_, Self>,
        open: &Open<Self>,
        now: Moment,
    ) -> Step<Self> {
        match why {
            Cause::Claimed(claim) => reclaim::claimed(spec, state, claim),
            Cause::Fact(scene) => advance::advance(spec, state, scene, open, now),
            Cause::Wrote(_, write, end) => step::wrote(state, write, end, now),
            Cause::Answer(_, ask, answer) => ask::answered(spec, state, ask, answer, now),
            Cause::Signal(signal) => signals::take(spec, state, signal, open, now),
            Cause::Due => advance::due(spec, state, open, now),
        }
    }

    fn still_good(spec: &ClimbSpec, write: &Write, seen: &Seen) -> bool {
        step::still_good(spec, write, &Scene::of(spec, seen))
    }

    fn settled(write: &Write, seen: &Seen) -> bool {
        step::settled(write, seen)
    }

    fn outline(spec: &ClimbSpec) -> Outline {
        tell::outline(spec)
    }

    fn glance(spec: &ClimbSpec, _state: &State, seen: &Seen) -> What {
        tell::glance(spec, &Scene::of(spec, seen))
    }

    fn describe(write: &Write) -> (ObjectRef, String) {
        (write.object.clone(), write.change.to_string())
    }

    fn ending(spec: &ClimbSpec, outcome: &Outcome) -> Ending {
        tell::ending(spec, outcome)
    }
}
