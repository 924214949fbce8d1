//! What the evidence of a hold comes to.

use windlass_core::event::What;
use windlass_core::evidence::{Doubt, Verdict};

use super::Holding;
use crate::climb::state::Phase;
use crate::track::Placed;
use windlass_analysis::Progress;

/// What the analyses of a stage come to.
pub(super) struct Judged {
    /// The worst verdict of all; `None` while one has to go on.
    pub(super) verdict: Option<Verdict>,
    /// Why it is not good, in one short line; the whole evidence is in the events.
    pub(super) why: String,
    /// Every verdict with its evidence.
    pub(super) says: Vec<What>,
}

impl Holding<'_> {
    /// The worst verdict of all analyses of this stage.
    pub(super) fn judge(self) -> Judged {
        let mut all = Some(Verdict::Pass);
        let (mut why, mut says) = (Vec::new(), Vec::new());
        let placed = self.spec.track.analyses.iter().zip(&self.state.progress);
        for (placed, progress) in placed.filter(|(placed, _)| self.covers(placed)) {
            let name = placed.analysis.name();
            let Some(progress) = progress else {
                let verdict = Some(Verdict::Inconclusive(Doubt::NoMeasurement));
                return Judged { verdict, why: format!("{name}: it was not begun"), says };
            };
            let verdict = self.verdict(placed, progress);
            if let Some(verdict) = &verdict {
                let cause = progress.because(&placed.analysis, self.hold.under);
                let cause = cause.filter(|_| *verdict != Verdict::Pass);
                why.extend(cause.map(|cause| format!("{name}: {cause}")));
                says.push(self.told(placed, progress, verdict));
            }
            all = worst(all, verdict);
        }
        Judged { verdict: all, why: why.join("; "), says }
    }

    /// The verdict of one analysis; `None` while it has to go on.
    ///
    /// One that goes on without end is judged when the bake is over, by what speaks of the share in
    /// effect; where it has nothing good by then it gets as long again as the notch has to be
    /// reached.
    fn verdict(self, placed: &Placed, progress: &Progress) -> Option<Verdict> {
        let Self { hold, asks, now, .. } = self;
        let spec = &placed.analysis;
        let at_end = progress.end(spec, hold.under);
        let good = spec.is_open_ended() && at_end == Verdict::Pass;
        let verdict = match progress.verdict(spec) {
            Some(Verdict::Pass) if spec.is_open_ended() && !good => None,
            None if self.baked() && good => Some(Verdict::Pass),
            verdict => verdict,
        };
        let late = now.watched >= hold.since + asks.bake + asks.patience;
        if late { verdict.or(Some(at_end)) } else { verdict }
    }

    fn told(self, placed: &Placed, progress: &Progress, verdict: &Verdict) -> What {
        let warm = self.state.phase == Phase::Warm;
        What::Judged {
            analysis: placed.analysis.name().to_owned(),
            notch: (!warm).then_some(self.state.notch + 1),
            verdict: verdict.clone(),
            evidence: progress.evidence(&placed.analysis),
        }
    }
}

/// One that is open keeps the whole open, but does not hide a verdict that is not good.
fn worst(all: Option<Verdict>, one: Option<Verdict>) -> Option<Verdict> {
    match (all, one) {
        (Some(all), Some(one)) => Some(all.worst(one)),
        (Some(bad), None) | (None, Some(bad)) if bad != Verdict::Pass => Some(bad),
        (_, None) | (None, Some(_)) => None,
    }
}
