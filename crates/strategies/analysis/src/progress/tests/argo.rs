//! A model of argo's rules, written from its tables alone, and windlass held against it.

use std::num::NonZeroU32;

use proptest::prelude::*;

use super::*;
use crate::metric::FailureLimit;

/// Phases from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Successful,
    Running,
    Pending,
    Inconclusive,
    Error,
    Failed,
}

#[derive(Clone, Default)]
struct Result {
    any: bool,
    count: u32,
    successful: u32,
    failed: u32,
    inconclusive: u32,
    consecutive_error: u32,
    consecutive_success: u32,
}

impl Result {
    fn measure(&mut self, letter: char) {
        self.any = true;
        let (count, failed, inconclusive) = match letter {
            'G' => (1, 0, 0),
            'B' => (1, 1, 0),
            'U' => (1, 0, 1),
            _ => (0, 0, 0),
        };
        self.count += count;
        self.failed += failed;
        self.inconclusive += inconclusive;
        self.successful += u32::from(letter == 'G');
        self.consecutive_error = if letter == '-' { self.consecutive_error + 1 } else { 0 };
        self.consecutive_success = if letter == 'G' { self.consecutive_success + 1 } else { 0 };
    }

    fn phase(&self, metric: &Metric, terminating: bool) -> Phase {
        let failure_limit = i64::from(metric.failure_limit);
        let streak = metric.consecutive_success_limit.map_or(0, NonZeroU32::get);
        if !self.any {
            return if terminating { Phase::Successful } else { Phase::Pending };
        }
        if failure_limit >= 0 && i64::from(self.failed) > failure_limit {
            return Phase::Failed;
        }
        if self.inconclusive > metric.inconclusive_limit {
            return Phase::Inconclusive;
        }
        if self.consecutive_error > metric.consecutive_error_limit {
            return Phase::Error;
        }
        if streak > 0 && self.consecutive_success >= streak {
            return Phase::Successful;
        }
        let effective = metric.count.map(NonZeroU32::get);
        let effective = effective.or(if metric.interval.is_none() { Some(1) } else { None });
        if effective.is_some_and(|count| self.count >= count) {
            return match (streak > 0, failure_limit >= 0) {
                (true, true) => Phase::Inconclusive,
                (true, false) => Phase::Failed,
                (false, _) => Phase::Successful,
            };
        }
        if terminating { Phase::Successful } else { Phase::Running }
    }
}

/// One `AnalysisRun`.
pub(super) struct Run {
    metrics: Vec<Metric>,
    results: Vec<Result>,
}

impl Run {
    pub(super) fn new(metrics: Vec<Metric>) -> Self {
        Self { results: vec![Result::default(); metrics.len()], metrics }
    }

    /// One reconciliation: a measurement of every metric that goes on.
    pub(super) fn round(&mut self, letters: &[char]) {
        if self.phase().is_some() {
            return;
        }
        for ((metric, result), letter) in self.metrics.iter().zip(&mut self.results).zip(letters) {
            if matches!(result.phase(metric, false), Phase::Running | Phase::Pending) {
                result.measure(*letter);
            }
        }
    }

    /// The phase of the run, once it is complete.
    fn phase(&self) -> Option<Phase> {
        let phases = |terminating| {
            let both = self.metrics.iter().zip(&self.results).filter(|(metric, _)| !metric.dry_run);
            both.map(move |(metric, result)| result.phase(metric, terminating))
        };
        let tripped = phases(false).any(|phase| phase >= Phase::Inconclusive);
        phases(tripped).max().filter(|p| !matches!(p, Phase::Running | Phase::Pending))
    }

    /// The phase when the run is terminated.
    pub(super) fn end(&self) -> Phase {
        let both = self.metrics.iter().zip(&self.results).filter(|(metric, _)| !metric.dry_run);
        both.map(|(metric, result)| result.phase(metric, true)).max().unwrap()
    }

    /// True when some metric that counts has nothing good to show.
    fn lacks_good(&self) -> bool {
        let mut both = self.metrics.iter().zip(&self.results);
        both.any(|(metric, result)| !metric.dry_run && result.successful == 0)
    }
}

/// Any metric that windlass takes.
pub(super) fn any_metric(name: &'static str) -> impl Strategy<Value = Metric> {
    let counts = (prop::option::of(1u32..6), any::<bool>(), prop::option::of(1u32..4));
    let limits = (-1i64..4, 0u32..4, 0u32..4, prop::bool::weighted(0.2));
    let all = (counts, limits).prop_map(move |((count, interval, streak), limits)| Metric {
        count: count.and_then(NonZeroU32::new),
        interval: interval.then_some(Span::minutes(1)),
        failure_limit: FailureLimit::try_from(limits.0).unwrap(),
        inconclusive_limit: limits.1,
        consecutive_error_limit: limits.2,
        consecutive_success_limit: streak.and_then(NonZeroU32::new),
        dry_run: limits.3,
        ..metric(name)
    });
    all.prop_filter("is refused", |metric| {
        Analysis::new("a", vec![Metric { dry_run: false, ..metric.clone() }]).is_ok()
    })
}

/// Two or three metrics, at least one of which counts.
pub(super) fn any_metrics() -> impl Strategy<Value = Vec<Metric>> {
    (any_metric("a"), any_metric("b"), prop::option::of(any_metric("c")))
        .prop_map(|(a, b, c)| [a, b].into_iter().chain(c).collect::<Vec<_>>())
        .prop_filter("dry runs only", |metrics| metrics.iter().any(|metric| !metric.dry_run))
}

pub(super) fn any_letter() -> impl Strategy<Value = char> {
    prop_oneof![4 => Just('G'), 1 => Just('B'), 1 => Just('U'), 2 => Just('-')]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn windlass_agrees_with_argo_except_where_argo_passes_on_nothing(
        metrics in any_metrics(),
        rounds in prop::collection::vec(prop::collection::vec(any_letter(), 3), 0..12),
    ) {
        let mut peer = Run::new(metrics.clone());
        let mut bench = Bench::new(metrics.clone());
        for letters in rounds {
            let open = bench.verdict().is_none();
            peer.round(&letters);
            for (i, letter) in letters.into_iter().enumerate().take(metrics.len()) {
                if open {
                    bench.give(i, letter);
                }
            }
            let expected = match peer.phase() {
                None => None,
                Some(Phase::Failed) => Some(Verdict::Fail),
                Some(Phase::Error) => Some(doubt(Doubt::NoEvidence)),
                Some(Phase::Inconclusive) => Some(doubt(Doubt::Undecided)),
                Some(_) if peer.lacks_good() => Some(doubt(Doubt::Undecided)),
                Some(_) => Some(Verdict::Pass),
            };
            // A metric with nothing good ends a run of ours while argo's goes on with the others.
            if peer.phase().is_none() && bench.verdict().is_some() {
                prop_assert!(peer.lacks_good());
                prop_assert_eq!(bench.verdict(), Some(doubt(Doubt::Undecided)));
                return Ok(());
            }
            prop_assert_eq!(bench.verdict(), expected);
        }
        let end = bench.end();
        match peer.end() {
            Phase::Failed => prop_assert_eq!(end, Verdict::Fail),
            Phase::Successful => prop_assert_ne!(end, Verdict::Fail),
            Phase::Running | Phase::Pending | Phase::Inconclusive | Phase::Error => prop_assert!(matches!(end, Verdict::Inconclusive(_))),
        }
    }
}
