//! What a hold asks of metrics, hooks and people.

use windlass_analysis::Metric;
use windlass_core::kernel::Open;
use windlass_core::platform::{HookCall, HookPhase};
use windlass_core::weight::Weight;

use super::Holding;
use crate::climb::Climb;
use crate::climb::ask::Ask;

impl Holding<'_> {
    /// Everything that is to be asked now and is not under way. `proven` says that the bake is over
    /// and the evidence good.
    pub(super) fn due(self, proven: bool, open: &Open<Climb>) -> Vec<Ask> {
        let mut due = self.measurements();
        if self.now.watched >= self.hold.ask_again {
            due.extend(self.people(proven));
        }
        due.retain(|ask| open.asks.iter().all(|o| o.ask != *ask));
        due
    }

    fn measurements(self) -> Vec<Ask> {
        let Self { spec, hold, now, .. } = self;
        let mut due = Vec::new();
        let analyses = spec.track.analyses.iter().zip(&self.state.progress).enumerate();
        for (index, (placed, progress)) in analyses {
            let Some(progress) = progress.as_ref().filter(|_| self.covers(placed)) else {
                continue;
            };
            for metric in progress.due(&placed.analysis, now.watched) {
                let Some(asked) = placed.analysis.metric(metric) else { continue };
                // A window that reaches back before the hold would count for nothing.
                if now.watched < progress.first_under(&placed.analysis, metric, hold.since) {
                    continue;
                }
                due.push(Ask::Metric {
                    analysis: index,
                    metric,
                    query: asked.query(spec.candidate.hash.clone()),
                    requests: asked.requests_query(spec.candidate.hash.clone()),
                    stable: self.beside(asked).then(|| spec.stable.hash.clone()),
                });
            }
        }
        due
    }

    /// True where a measurement of the stable side has something to say beside the candidate's:
    /// while it has traffic.
    fn beside(self, metric: &Metric) -> bool {
        metric.shows_stable() && self.hold.under.is_some_and(|share| share < Weight::FULL)
    }

    /// Hooks and approvals that are still open. What says yes to the evidence is asked only once it
    /// is there: first the hooks before the promotion, then the person.
    fn people(self, proven: bool) -> Vec<Ask> {
        let Self { spec, state, hold, asks, .. } = self;
        let hooks = asks.checks.iter().enumerate().zip(&hold.passed);
        let open: Vec<_> = hooks.filter(|(_, passed)| !**passed).map(|(hook, _)| hook).collect();
        let last = |phase| phase == HookPhase::BeforePromotion;
        let early = open.iter().all(|(_, check)| last(check.phase));
        let due = open.into_iter().filter(|(_, it)| !last(it.phase) || (proven && early));
        let mut due: Vec<Ask> = due
            .map(|(index, check)| Ask::Hook {
                index,
                call: HookCall {
                    run: spec.run.clone(),
                    hook: check.hook.clone(),
                    phase: check.phase,
                    notch: state.notch + 1,
                },
            })
            .collect();
        if self.wants_approval() && proven && due.is_empty() {
            let text = format!("{}: approve notch {} of {}?", spec.app, state.notch + 1, spec.to);
            due.push(Ask::Approval { text });
        }
        due
    }
}
