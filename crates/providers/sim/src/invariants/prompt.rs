//! V3: an abort takes the traffic away at once where the API answers.

use windlass_core::kernel::Machine;
use windlass_core::platform::Write;

use super::subject::Shift;
use super::{Oracles, Rule};
use crate::harness::{Cast, Life, Trial};

impl Oracles {
    /// From the abort on, one look and what the routers take: then nothing may reach the candidate.
    pub(super) fn prompt<M, C>(&mut self, trial: &Trial<M, C>)
    where
        M: Machine<Write = Write>,
        C: Cast<M>,
    {
        let Some(limit) = self.subject.prompt else { return };
        if self.truth.share.is_zero() || self.subject.shift == Shift::InPlace {
            return;
        }
        let now = trial.world.now();
        let up = trial.operators.iter().filter(|operator| operator.life == Life::Up);
        // A process that was down goes on with it from when it is back.
        let mut lowered = up.filter_map(|o| o.lowered.map(|lowered| lowered.max(o.booted)));
        let late = lowered.find(|at| now.since(*at) > limit);
        if let Some(at) = late {
            let what = format!("{} of traffic {} after the abort", self.truth.share, now.since(at));
            self.breach(Rule::V3, now, what);
        }
    }
}
