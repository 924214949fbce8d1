//! What a hold waits for, in words, and until when.

use windlass_core::kernel::{Deadline, Waiting};

use super::Holding;
use crate::climb::state::Phase;

impl Holding<'_> {
    pub(super) fn waiting(self) -> Waiting {
        let Self { spec, state, hold, asks, .. } = self;
        let baked = Deadline::Watched(hold.since + asks.bake);
        let late = Deadline::Watched(hold.since + asks.bake + asks.patience);
        let mut wait = Waiting::on(self.on()).until(baked, self.after_the_bake());
        if self.measured() {
            wait = wait.until(late, "what there is decides");
        }
        if self.wants_approval() {
            let limit = hold.wall + asks.bake + spec.limits.approval;
            wait = wait.until(Deadline::Wall(limit), "abort");
        }
        wait = wait.waking(Deadline::Watched(hold.ask_again));
        for (placed, progress) in spec.track.analyses.iter().zip(&state.progress) {
            let Some(progress) = progress else { continue };
            wait.wake.extend(progress.next_due(&placed.analysis).map(Deadline::Watched));
            let first = |(index, _)| progress.first_under(&placed.analysis, index, hold.since);
            wait.wake.extend(placed.analysis.metrics().map(first).map(Deadline::Watched));
        }
        wait
    }

    fn after_the_bake(self) -> &'static str {
        if self.state.phase == Phase::Warm {
            "the old side is taken down"
        } else if self.measured() {
            "the verdict is read"
        } else if self.hooked() && !self.wants_approval() {
            "the notch is passed"
        } else {
            "the bake is over"
        }
    }

    fn on(self) -> String {
        let Self { spec, state, hold, asks, .. } = self;
        let mut on = Vec::new();
        if self.measured() {
            on.push("evidence".to_owned());
        } else if !self.baked() && state.phase != Phase::Warm {
            on.push("the bake".to_owned());
        }
        let left = asks.checks.iter().zip(&hold.passed).filter(|(_, passed)| !**passed);
        on.extend(left.map(|(check, _)| format!("hook {}", check.hook)));
        if self.wants_approval() {
            on.push("an approval".to_owned());
        }
        let on = on.join(", ");
        match state.phase {
            Phase::Warm if on.is_empty() => format!("{} is kept warm", spec.from),
            Phase::Warm => format!("{} is kept warm: {on}", spec.from),
            Phase::Before => format!("before anything is touched: {on}"),
            Phase::Climb
            | Phase::Promote
            | Phase::Settle
            | Phase::Lower { .. }
            | Phase::Yield { .. } => format!("notch {}: {on}", state.notch + 1),
        }
    }
}
