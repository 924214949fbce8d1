//! V1 and V2: every run ends, at the target of its outcome, and nothing moves after that.

use windlass_core::fence::Token;
use windlass_core::kernel::Machine;
use windlass_core::platform::Write;
use windlass_core::time::Span;

use super::{Oracles, Rule};
use crate::harness::{Cast, Trial};

/// How long the end must stay as it is: longer than the latest delivery.
const QUIET: Span = Span::minutes(10);

/// What a run ended as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The candidate is the app.
    Candidate,
    /// The stable side is the app.
    Stable,
    /// Somebody else's template is the app.
    Other,
}

impl Oracles {
    /// Runs a trial to its end within `bound` and ten minutes on, looking at every step; `target`
    /// reads its outcome. Every breach is kept.
    pub fn watch<M, C>(
        &mut self,
        trial: &mut Trial<M, C>,
        bound: Span,
        target: impl Fn(&M::Outcome) -> Target,
    ) where
        M: Machine<Write = Write>,
        C: Cast<M>,
    {
        let look = |oracles: &mut Self, trial: &Trial<M, C>| {
            oracles.look(trial);
            Ok::<(), std::convert::Infallible>(())
        };
        let Ok(_) = trial.run(bound, |trial| look(self, trial));
        // Of several processes the last one to hold the app has the last word.
        let runs = trial.operators.iter().filter_map(|operator| operator.run.as_ref());
        let ended = runs.filter(|run| run.outcome().is_some()).max_by_key(|run| run.epoch());
        let Some(target) = ended.and_then(|run| run.outcome()).map(target) else {
            self.breach(Rule::V1, trial.world.now(), format!("no end within {bound}"));
            return;
        };
        let landed = trial.landed.len();
        let Ok(()) = trial.linger(QUIET, |trial| look(self, trial));
        self.at_rest(trial, landed, target);
    }

    fn at_rest<M, C>(&mut self, trial: &Trial<M, C>, landed: usize, target: Target)
    where
        M: Machine<Write = Write>,
        C: Cast<M>,
    {
        let now = trial.world.now();
        let late = trial.landed[landed..]
            .iter()
            .find(|landing| landing.changed && landing.write.expect.token != Token::Absent);
        if let Some(late) = late {
            let what = format!("{}: {} after the end", late.write.object, late.write.change);
            self.breach(Rule::V2, now, what);
        }
        if let Some(what) = self.off_target(trial, target) {
            self.breach(Rule::V2, now, what);
        }
    }

    fn off_target<M, C>(&self, trial: &Trial<M, C>, target: Target) -> Option<String>
    where
        M: Machine<Write = Write>,
        C: Cast<M>,
    {
        let subject = &self.subject;
        let app = trial.world.deployment(&subject.app)?;
        // What somebody else asks for after the end is the target then.
        let ours = [&subject.stable.template, &subject.candidate.template];
        let theirs = !ours.contains(&&app.spec.template.digest);
        let side = match target {
            _ if theirs => None,
            Target::Candidate => Some(&subject.candidate),
            Target::Stable => Some(&subject.stable),
            Target::Other => None,
        };
        let spec = &app.spec;
        if side.is_some_and(|side| side.template != spec.template.digest) {
            return Some(format!("the Deployment asks for {}", spec.template.digest));
        }
        if spec.paused != subject.paused || spec.history_limit != subject.history_limit {
            let (paused, limit) = (spec.paused, spec.history_limit);
            return Some(format!("the Deployment is left paused {paused}, history {limit}"));
        }
        if app.status.pods.available < spec.replicas {
            return Some(format!("{} pods available", app.status.pods.available));
        }
        let served = |set: &&super::SetTruth| {
            set.there
                && side.is_none_or(|side| set.template == side.template)
                && set.template == app.spec.template.digest
        };
        let up: u32 = self.truth.sets.iter().filter(served).map(|set| set.wish).sum();
        let all: u32 = self.truth.sets.iter().map(|set| set.wish).sum();
        if up != spec.replicas || all != up {
            return Some(format!("{all} pods asked for, {up} of them of the app's version"));
        }
        if self.truth.written.is_some_and(|w| !w.is_zero()) {
            return Some("the route is still split".to_owned());
        }
        self.truth.lost.first().map(|hole| format!("requests get lost at {}", hole.at))
    }
}
