//! The one decision: from a scene to the next step.

mod deadlines;
mod doubts;
mod ends;
mod notches;
mod promotion;

use windlass_core::event::{EndResult, What};
use windlass_core::kernel::{Open, Step, Waiting};
use windlass_core::time::Moment;
use windlass_core::weight::Weight;

use crate::climb::here::Here;
use crate::climb::hold::{Asks, Holding};
use crate::climb::reclaim::reclaim;
use crate::climb::scene::Scene;
use crate::climb::spec::ClimbSpec;
use crate::climb::state::{Hold, Phase, State};
use crate::climb::step::{Turn, abort};
use crate::climb::{Climb, drift, ground, hold, in_place, settle};
use crate::track::{Means, Place};

use deadlines::{past_total, with_deadlines};

/// The next step of a climb.
pub(crate) fn advance(
    spec: &ClimbSpec,
    state: &State,
    scene: &Scene,
    open: &Open<Climb>,
    now: Moment,
) -> Step<Climb> {
    let here = Here { spec, state, scene, open, now };
    let step = here
        .broken_hold()
        .or_else(|| reclaim(here))
        .or_else(|| drift::drift(here))
        .or_else(|| here.overdue())
        .unwrap_or_else(|| here.by_phase());
    with_deadlines(spec, state, step)
}

/// The total deadline counts wall time, so it must fire without a look.
pub(crate) fn due(spec: &ClimbSpec, state: &State, open: &Open<Climb>, now: Moment) -> Step<Climb> {
    match past_total(spec, state, now) {
        Some(reason) => abort(state, &reason, open, now),
        None => Step::Stay(Waiting::same()),
    }
}

impl Here<'_> {
    fn by_phase(self) -> Step<Climb> {
        match &self.state.phase {
            Phase::Before => self.before(),
            Phase::Climb => self.climb(),
            Phase::Promote => self.promote(),
            Phase::Warm => self.warm(),
            Phase::Settle => {
                let (act, says) = match self.spec.track.means {
                    Means::Beside(_) => settle::to_rest(self.spec, self.scene),
                    Means::InPlace { .. } => in_place::to_rest(self.spec, self.scene),
                };
                self.towards_end(act, says, EndResult::Promoted, "every notch passed")
            }
            Phase::Lower { reason } => {
                let (act, says) = match self.spec.track.means {
                    Means::Beside(_) => ground::to_ground(self.spec, self.scene),
                    Means::InPlace { .. } => in_place::to_ground(self.spec, self.scene),
                };
                let act = self.settle_first(act);
                self.towards_end(act, says, EndResult::RolledBack, reason)
            }
            Phase::Yield { reason } => {
                let (act, says) = drift::out_of_the_way(self.spec, self.scene);
                let act = self.settle_first(act);
                self.towards_end(act, says, EndResult::Superseded, reason)
            }
        }
    }

    fn begin_hold(
        self,
        checks: usize,
        under: Option<Weight>,
        covers: fn(Place, u32) -> bool,
        says: Vec<What>,
    ) -> Step<Climb> {
        let mut turn = Turn::from(self.state);
        turn.says = says;
        turn.state.held = true;
        hold::begin(self.spec, &mut turn.state, checks, under, covers, self.now);
        turn.look_again()
    }

    /// A hold speaks of one share: it ends with the first look that sees another, whatever else is to
    /// be done at that look. One that stands still gathers nothing.
    fn broken_hold(self) -> Option<Step<Climb>> {
        let held = self.state.hold.as_ref()?;
        let exposed = matches!(self.state.phase, Phase::Climb | Phase::Warm);
        let broken = self.scene.exposure(self.spec) != held.under;
        (exposed && broken && self.state.paused.is_none()).then(|| {
            let mut turn = Turn::from(self.state);
            turn.state.hold = None;
            turn.look_again()
        })
    }

    fn holding<'b>(self, hold: &'b Hold, asks: &'b Asks<'b>) -> Holding<'b>
    where
        Self: 'b,
    {
        Holding { spec: self.spec, state: self.state, hold, asks, now: self.now }
    }

    fn enter(self, phase: Phase, says: Vec<What>) -> Step<Climb> {
        let mut turn = Turn::from(self.state);
        turn.says = says;
        turn.state.enter(phase, self.now);
        turn.look_again()
    }
}
