//! Raising and holding notches.

use windlass_core::event::{Direction, Stage, What};
use windlass_core::kernel::{Step, Waiting};

use crate::climb::approach::{self, stage};
use crate::climb::here::Here;
use crate::climb::hold::{Asks, Held};
use crate::climb::state::{Hold, Phase, State};
use crate::climb::step::{Act, Turn, carry_out};
use crate::climb::{Climb, in_place};
use crate::track::{Means, Place};

impl Here<'_> {
    pub(super) fn climb(self) -> Step<Climb> {
        let act = self.to_notch();
        if let Some(paused) = &self.state.paused {
            return self.stand_still(paused, act);
        }
        let Some(held) = &self.state.hold else {
            let at = self.state.notch;
            let checks = self.spec.track.notch(at).checks.len();
            let holding = vec![stage(self.spec, at, Stage::Holding)];
            let covers = |place: Place, notch| place.covers(notch);
            let under = self.scene.exposure(self.spec);
            return self
                .raise(act)
                .unwrap_or_else(|| self.begin_hold(checks, under, covers, holding));
        };
        self.hold_notch(held, act)
    }

    pub(super) fn to_notch(self) -> Act {
        let notch = self.spec.track.notch(self.state.notch);
        match &self.spec.track.means {
            Means::Beside(_) => approach::to_notch(self.spec, self.scene, notch),
            Means::InPlace { strategy } => {
                in_place::to_notch(self.spec, self.scene, notch, *strategy)
            }
        }
    }

    /// Tells of a notch with the first write towards it.
    pub(super) fn raise(self, act: Act) -> Option<Step<Climb>> {
        if self.state.announced {
            return self.carry(act, Vec::new());
        }
        let raising = vec![stage(self.spec, self.state.notch, Stage::Raising)];
        let told = State { announced: true, ..self.state.clone() };
        carry_out(&told, act, self.open, self.now, raising)
    }

    /// Holds the notch; what the world needs meanwhile (pods for a stable side that grew) is done
    /// beside it, and the hold is over only when that is done too.
    pub(super) fn hold_notch(self, held: &Hold, act: Act) -> Step<Climb> {
        let notch = self.spec.track.notch(self.state.notch);
        let reached = act == Act::Reached;
        if let Act::Write(_) = act
            && let Some(step @ Step::Move(_)) = self.carry(act.clone(), Vec::new())
        {
            return step;
        }
        let asks = Asks {
            bake: notch.bake,
            checks: &notch.checks,
            approval: notch.approval,
            patience: notch.deadline,
            covers: |place, at| place.covers(at),
        };
        match self.holding(held, &asks).look(self.open) {
            Held::More(step) => *step,
            Held::Passed(says) if reached => self.next_notch(says),
            Held::Passed(_) => {
                self.carry(act, Vec::new()).unwrap_or_else(|| Step::Stay(Waiting::same()))
            }
            Held::Failed(reason, says) => self.failing(&reason, says),
            Held::Open(reason, says) => self.doubtful(&reason, says),
        }
    }

    pub(super) fn next_notch(self, says: Vec<What>) -> Step<Climb> {
        let top = self.spec.track.top();
        if self.state.notch < top {
            let mut turn = Turn::from(self.state);
            turn.says = says;
            turn.state.enter(Phase::Climb, self.now);
            turn.state.notch = if self.state.jump { top } else { self.state.notch + 1 };
            let reason = format!("notch {} passed", self.state.notch + 1);
            return turn.turned(Direction::Up, &reason).look_again();
        }
        let phase = match self.spec.track.means {
            Means::Beside(_) => Phase::Promote,
            Means::InPlace { .. } => Phase::Settle,
        };
        let mut turn = Turn::from(self.state);
        turn.says = says;
        turn.state.enter(phase, self.now);
        turn.turned(Direction::Promote, "the last notch passed").look_again()
    }
}
