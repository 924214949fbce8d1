//! What a verdict that is not good leads to.

use windlass_core::event::{Direction, What};
use windlass_core::kernel::{Step, Waiting};
use windlass_core::platform::{Change, Write};

use crate::climb::Climb;
use crate::climb::here::Here;
use crate::climb::state::{Paused, Phase};
use crate::climb::step::{Act, Turn, abort};
use crate::track::{OnDoubt, OnFail};

impl Here<'_> {
    pub(super) fn failing(self, reason: &str, says: Vec<What>) -> Step<Climb> {
        let notch = self.spec.track.notch(self.state.notch);
        match notch.failing {
            OnFail::StepBack { to, at_most } if self.state.stepped_back < at_most => {
                let mut turn = Turn::from(self.state).withdrawing(self.open);
                turn.says = says;
                turn.state.enter(Phase::Climb, self.now);
                turn.state.stepped_back += 1;
                turn.state.notch = to.saturating_sub(1).min(self.state.notch);
                turn.state.progress = vec![None; self.spec.track.analyses.len()];
                turn.turned(Direction::StepBack, reason).look_again()
            }
            OnFail::Pause => self.pause(reason, true, says),
            OnFail::Abort | OnFail::StepBack { .. } => self.abort_with(reason, says),
        }
    }

    pub(super) fn doubtful(self, reason: &str, says: Vec<What>) -> Step<Climb> {
        match self.spec.track.doubt {
            OnDoubt::Pause => self.pause(reason, false, says),
            OnDoubt::Abort => self.abort_with(reason, says),
        }
    }

    pub(super) fn abort_with(self, reason: &str, mut says: Vec<What>) -> Step<Climb> {
        let mut step = abort(self.state, reason, self.open, self.now);
        if let Step::Move(next) = &mut step {
            says.append(&mut next.says);
            next.says = says;
        }
        step
    }

    pub(super) fn pause(self, reason: &str, failed: bool, says: Vec<What>) -> Step<Climb> {
        let mut turn = Turn::from(self.state);
        turn.says = says;
        turn.state.paused = Some(Paused {
            by: "the climb".to_owned(),
            reason: reason.to_owned(),
            since: self.now.wall,
            failed,
        });
        turn.turned(Direction::Pause, reason).look_again()
    }

    /// A pause raises nothing; a candidate that already has traffic keeps the pods it needs.
    pub(super) fn stand_still(self, paused: &Paused, act: Act) -> Step<Climb> {
        let keeps_up = |w: &Write| matches!(w.change, Change::SetReplicas(_) | Change::Pin(_));
        if let Act::Write(writes) = act {
            let writes: Vec<Write> = writes.into_iter().filter(keeps_up).collect();
            let exposed = !self.scene.highest_exposure(self.spec).is_zero();
            if exposed && !writes.is_empty() {
                let step = self.carry(Act::Write(writes), Vec::new());
                if let Some(step @ Step::Move(_)) = step {
                    return step;
                }
            }
        }
        let on = format!("{}: resume, skip or abort (paused: {})", paused.by, paused.reason);
        Step::Stay(Waiting::on(on))
    }
}
