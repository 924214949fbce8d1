//! Before the first notch, the promotion, and the time the old side is kept warm.

use windlass_core::kernel::{Step, Waiting};
use windlass_core::time::Span;

use crate::climb::Climb;
use crate::climb::handover::{self, Handing};
use crate::climb::here::Here;
use crate::climb::hold::{Asks, Held};
use crate::climb::scene::Which;
use crate::climb::state::Phase;
use crate::climb::step::{Act, abort};
use crate::track::Place;

impl Here<'_> {
    pub(super) fn before(self) -> Step<Climb> {
        let checks = &self.spec.track.before;
        let asks = Asks {
            bake: Span::ZERO,
            checks,
            approval: false,
            patience: self.spec.limits.phase,
            covers: |_, _| false,
        };
        let Some(now_held) = &self.state.hold else {
            return self.begin_hold(checks.len(), None, asks.covers, Vec::new());
        };
        match self.holding(now_held, &asks).look(self.open) {
            Held::More(step) => *step,
            Held::Passed(says) => self.enter(Phase::Climb, says),
            Held::Failed(reason, _) | Held::Open(reason, _) => {
                abort(self.state, &reason, self.open, self.now)
            }
        }
    }

    /// Until the Deployment has the template, all that the last notch asks for must still hold.
    pub(super) fn promote(self) -> Step<Climb> {
        if self.scene.deployment.as_ref().is_some_and(|d| d.template == Which::Stable) {
            let act = self.to_notch();
            if let Some(step) = self.carry(act, Vec::new()) {
                return step;
            }
        }
        let Handing { act, says } = handover::up(self.spec, self.scene);
        self.carry(act, says).unwrap_or_else(|| {
            let after = &self.spec.track.after;
            let evidence = self.spec.track.analyses.iter().any(|a| a.at == Place::After);
            let warm = !after.keep_warm.is_zero() || !after.checks.is_empty() || evidence;
            self.enter(if warm { Phase::Warm } else { Phase::Settle }, Vec::new())
        })
    }

    pub(super) fn warm(self) -> Step<Climb> {
        let after = &self.spec.track.after;
        let covers = |place: Place, _| place == Place::After;
        let Handing { act, says } = handover::up(self.spec, self.scene);
        if let Act::Write(_) = act {
            return self.carry(act, says).unwrap_or_else(|| Step::Stay(Waiting::same()));
        }
        if self.scene.stable.as_ref().is_none_or(|s| s.replicas == 0) {
            // Nothing is warm any more: somebody, or another operator, took the old side down.
            return self.enter(Phase::Settle, Vec::new());
        }
        let Some(held) = &self.state.hold else {
            return match self.scene.exposure(self.spec) {
                under @ Some(_) => self.begin_hold(after.checks.len(), under, covers, Vec::new()),
                None => Step::Stay(Waiting::on("the data plane to be known")),
            };
        };
        let asks = Asks {
            bake: after.keep_warm,
            checks: &after.checks,
            approval: false,
            patience: self.spec.limits.phase,
            covers,
        };
        match self.holding(held, &asks).look(self.open) {
            Held::More(step) => *step,
            Held::Passed(says) => self.enter(Phase::Settle, says),
            Held::Failed(reason, says) => self.abort_with(&reason, says),
            Held::Open(reason, says) => self.abort_with(&reason, says),
        }
    }
}
