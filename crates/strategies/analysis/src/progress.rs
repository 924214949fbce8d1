//! One run of an analysis: what is due, what an answer changes, and what it comes to.

use serde::{Deserialize, Serialize};
use windlass_core::event::Judgement;
use windlass_core::evidence::{Doubt, Verdict};
use windlass_core::time::{Moment, Span};
use windlass_core::weight::Weight;

use crate::analysis::{Analysis, MetricIndex};
use crate::answer::{Answer, Exposure, Weighed, weigh};
use crate::meter::Meter;
use crate::metric::{Metric, RETRY};

/// How far one run of an [`Analysis`] got. A value: taking an answer gives the next one.
///
/// All times are watched time of the run, except the time stamps of samples. Its size does not
/// grow with the number of measurements. It belongs to the analysis it was started for; with
/// another one nothing passes that was not measured.
///
/// # Identity across notches
///
/// A run may span several exposures. Its counts and limits go on over all of them, while every
/// measurement counts only for the share of traffic it was taken under:
/// [`good_under`](Self::good_under) says how much of the evidence speaks of a share, and
/// [`reopen`](Self::reopen) asks metrics that are done to prove the next one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Progress {
    meters: Vec<Meter>,
}

impl Progress {
    /// A run that starts at `now`: each metric is due after its initial delay.
    pub fn start(spec: &Analysis, now: Span) -> Self {
        let meter =
            |(_, metric): (MetricIndex, &Metric)| Meter::starting_at(now + metric.initial_delay);
        Self { meters: spec.metrics().map(meter).collect() }
    }

    /// The metrics to measure by `now`, in their order; none once there is a verdict.
    ///
    /// A metric stays due until its answer was taken: leave out those that are being asked.
    pub fn due(&self, spec: &Analysis, now: Span) -> Vec<MetricIndex> {
        self.going_on(spec).filter(|(_, due)| *due <= now).map(|(index, _)| index).collect()
    }

    /// When the next metric is due; `None` once there is a verdict.
    pub fn next_due(&self, spec: &Analysis) -> Option<Span> {
        self.going_on(spec).map(|(_, due)| due).min()
    }

    /// When the first measurement under an exposure that began at `since` can count: its window
    /// lies wholly under it, and the source has it. To ask before would be a wasted query.
    pub fn first_under(&self, spec: &Analysis, index: MetricIndex, since: Span) -> Span {
        let found = spec.metric(index).zip(self.meters.get(index.0));
        found.map_or(since, |(metric, meter)| since + meter.first_after(metric))
    }

    /// The metrics that are not done, each with the time it is due.
    fn going_on(&self, spec: &Analysis) -> impl Iterator<Item = (MetricIndex, Span)> {
        let metrics = self.verdict(spec).is_none().then(|| spec.metrics());
        let meters = metrics.into_iter().flatten().zip(&self.meters);
        meters
            .filter(|((_, metric), meter)| meter.outcome(metric).is_none())
            .map(|((index, _), meter)| (index, meter.due))
    }

    /// Takes an answer that came at `now`, with `under` the exposure under test; `None` while it
    /// is moving or not known.
    ///
    /// An answer is [`Judgement::Discarded`], counts for nothing and is asked for again when
    /// - its exposure is not the one under test, or is not known;
    /// - its window began before that exposure was in effect;
    /// - it is a reading no newer than one before, whether that counted or not (a cached or late
    ///   answer: what it speaks of has not changed, however clocks did);
    /// - it comes from the future, by more than [`CLOCK_SKEW`](crate::CLOCK_SKEW);
    /// - its metric is done.
    ///
    /// [`Judgement::NoEvidence`] is an error in argo's words: it counts against the consecutive
    /// error limit alone. The next measurement is due an interval after `now`.
    #[must_use]
    pub fn take(
        mut self,
        spec: &Analysis,
        index: MetricIndex,
        answer: &Answer,
        under: Option<Exposure>,
        now: Moment,
    ) -> (Self, Judgement) {
        let found = spec.metric(index).zip(self.meters.get_mut(index.0));
        let Some((metric, meter)) = found.filter(|(metric, m)| m.outcome(metric).is_none()) else {
            return (self, Judgement::Discarded);
        };
        if answer.sample.value.is_ok() {
            meter.learn(metric, now.wall.since(answer.sample.at));
        }
        let reads = answer.sample.value.is_ok();
        let newest = reads.then(|| meter.newest_before(answer.sample.at)).flatten();
        let (judgement, wait) = match weigh(metric, answer, under, now, newest) {
            Weighed::Discarded(wait) => {
                meter.discard();
                (Judgement::Discarded, wait)
            }
            Weighed::Nothing(reason) => {
                meter.miss(metric, &reason);
                (Judgement::NoEvidence, metric.interval.unwrap_or(RETRY))
            }
            Weighed::Measured { reading, judgement, share } => {
                meter.count(metric, reading, judgement, share);
                (judgement, metric.interval.unwrap_or(RETRY))
            }
        };
        meter.due = now.watched + wait;
        (self, judgement)
    }

    /// The verdict, once there is one: as soon as one metric that counts did not pass, or when all
    /// passed. `None` while it has to go on.
    ///
    /// Pass is final. Before that it only gets worse: an answer on its way may still turn
    /// inconclusive into fail.
    pub fn verdict(&self, spec: &Analysis) -> Option<Verdict> {
        let outcomes: Vec<_> = self
            .that_count(spec)
            .map(|(metric, meter)| meter.and_then(|meter| meter.outcome(metric)))
            .collect();
        let tripped = outcomes.iter().flatten().filter(|v| **v != Verdict::Pass).max();
        match tripped {
            Some(worst) => Some(worst.clone()),
            None => outcomes.iter().all(Option::is_some).then_some(Verdict::Pass),
        }
    }

    /// The verdict when nothing more is measured: at the end of an analysis that goes on without
    /// end, or when one is ended early. `share` is the share of traffic that the verdict is to
    /// speak of, the one in effect at the end; `None` when there is none.
    ///
    /// A metric with a count that it did not reach is inconclusive, whatever was measured. A
    /// metric without a count passes only when no rule tripped *and* at least one measurement
    /// under `share` was good: what was good under a smaller share proves nothing of this one.
    pub fn end(&self, spec: &Analysis, share: Option<Weight>) -> Verdict {
        let nothing = Verdict::Inconclusive(Doubt::NoMeasurement);
        let end = |(metric, meter): (&Metric, Option<&Meter>)| {
            meter.map_or(nothing.clone(), |meter| meter.end(metric, share))
        };
        self.verdict(spec)
            .or_else(|| self.that_count(spec).map(end).reduce(Verdict::worst))
            .unwrap_or(nothing.clone())
    }

    /// Why it does not pass when nothing more is measured: one short line that names the metric, its
    /// value, limit, share and samples. `None` when it passes.
    ///
    /// `error rate 0.0812, limit <= 0.01, at 5 %, 1 bad of 3 samples`
    pub fn because(&self, spec: &Analysis, share: Option<Weight>) -> Option<String> {
        let worst = self.end(spec, share);
        let mut causes = self
            .that_count(spec)
            .filter_map(|(metric, meter)| Some((metric, meter?)))
            .filter(|(metric, meter)| meter.end(metric, share) == worst)
            .filter_map(|(metric, meter)| meter.because(metric, share));
        let first = causes.next()?;
        Some(match causes.count() {
            0 => first,
            more => format!("{first}; and {more} more"),
        })
    }

    /// Good measurements under `share` since it was last another one, of the metric that has the
    /// fewest: every metric that counts has at least so many.
    pub fn good_under(&self, spec: &Analysis, share: Weight) -> u32 {
        let good = |meter: &Meter| meter.under(share).good;
        self.that_count(spec).map(|(_, meter)| meter.map_or(0, good)).min().unwrap_or(0)
    }

    /// Asks metrics that passed to prove it again, from `now` on, because the exposure under test
    /// is another one: their count and their good ones in a row start anew. What went wrong before
    /// stays counted, and metrics that are not done go on as they are.
    #[must_use]
    pub fn reopen(mut self, spec: &Analysis, now: Span) -> Self {
        for ((_, metric), meter) in spec.metrics().zip(&mut self.meters) {
            meter.reopen(metric, now);
        }
        self
    }

    /// One line per metric: its name, the limit, the counts, the last readings, and what was left
    /// out and why.
    ///
    /// `error rate <= 0.01: 3 good, 1 bad, 0 open; last 0.012, before 0.004 0.005 0.003`
    pub fn evidence(&self, spec: &Analysis) -> Vec<String> {
        let line = |((_, metric), meter): ((MetricIndex, &Metric), &Meter)| meter.evidence(metric);
        spec.metrics().zip(&self.meters).map(line).collect()
    }

    /// The metrics that are no dry runs, each with its state.
    fn that_count<'a>(
        &'a self,
        spec: &'a Analysis,
    ) -> impl Iterator<Item = (&'a Metric, Option<&'a Meter>)> {
        let metrics = spec.metrics().filter(|(_, metric)| !metric.dry_run);
        metrics.map(|(index, metric)| (metric, self.meters.get(index.0)))
    }
}

#[cfg(test)]
mod tests;
