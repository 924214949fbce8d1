//! An analysis as the user wants it: metrics that make sense together.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use windlass_core::event::Limit;
use windlass_core::platform::Measure;

use crate::metric::{FailureLimit, MAX_KEPT, Metric};

/// Most metrics that one analysis may have.
pub const MAX_METRICS: usize = 64;

/// Metrics that are judged together: it passes when each one that is no dry run passes.
///
/// Valid by construction, also when deserialized. Which part of a release it speaks of is for the
/// user of this type to say.
///
/// ```
/// # use windlass_analysis::{Analysis, SpecError};
/// let json = r#"{"name": "success", "metrics": [
///     {"name": "error rate", "measure": "ErrorRate", "window": "1m", "success": "<= 0.01"}
/// ]}"#;
/// let analysis: Analysis = serde_json::from_str(json)?;
/// assert_eq!(analysis.limits()[0].value, 10_000);
///
/// let empty = Analysis::new("success", Vec::new());
/// assert_eq!(empty, Err(SpecError::NoMetric { analysis: "success".into() }));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Fields")]
pub struct Analysis {
    name: String,
    metrics: Vec<Metric>,
}

/// The wire form, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    name: String,
    metrics: Vec<Metric>,
}

impl TryFrom<Fields> for Analysis {
    type Error = SpecError;

    fn try_from(fields: Fields) -> Result<Self, SpecError> {
        Analysis::new(fields.name, fields.metrics)
    }
}

/// Which metric of an analysis: its place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MetricIndex(pub(crate) usize);

/// Why an analysis makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// The analysis has no name.
    #[error("an analysis has no name: give it one, its verdict is told under it")]
    Unnamed,
    /// There is nothing to judge by.
    #[error("analysis {analysis:?} has no metric: it would pass on nothing; add one")]
    NoMetric {
        /// The analysis.
        analysis: String,
    },
    /// There is nothing that counts.
    #[error("analysis {analysis:?} has dry runs only: it would pass on nothing; let one count")]
    OnlyDryRuns {
        /// The analysis.
        analysis: String,
    },
    /// More metrics than are allowed.
    #[error("analysis {analysis:?} has {got} metrics: split it, {MAX_METRICS} are allowed")]
    TooManyMetrics {
        /// The analysis.
        analysis: String,
        /// How many there are.
        got: usize,
    },
    /// Two metrics cannot be told apart.
    #[error("analysis {analysis:?} has two metrics named {metric:?}: rename one")]
    SameName {
        /// The analysis.
        analysis: String,
        /// The name.
        metric: String,
    },
    /// One metric makes no sense.
    #[error("metric {metric:?} of analysis {analysis:?}: {fault}")]
    Metric {
        /// The analysis.
        analysis: String,
        /// The metric.
        metric: String,
        /// What is wrong with it.
        fault: MetricFault,
    },
}

/// Why a metric makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetricFault {
    /// It has no name.
    #[error("it has no name: give it one")]
    Unnamed,
    /// Every reading would do.
    #[error("it has no condition: set success, failure or both")]
    NoCondition,
    /// The query says nothing.
    #[error("its query is empty: write one")]
    EmptyQuery,
    /// The quantile is not below one.
    #[error(
        "its quantile is {quantile}: give hundredths of a percent from 1 to 9999 (p99 is 9900)"
    )]
    Quantile {
        /// The quantile.
        quantile: u16,
    },
    /// The window is empty.
    #[error("its window is zero: say how far back a measurement reaches")]
    NoWindow,
    /// It would be measured without pause.
    #[error("its interval is zero: give one, or leave it out for a single measurement")]
    NoInterval,
    /// It would keep too much.
    #[error("it keeps {keep} readings: keep at most {MAX_KEPT}")]
    KeepsTooMuch {
        /// Readings.
        keep: u8,
    },
    /// The failure limit can never be passed.
    #[error(
        "it bears {limit} bad measurements out of {count}: it could not fail; set failureLimit \
         below the count"
    )]
    BearsEveryFailure {
        /// The limit.
        limit: u32,
        /// The count.
        count: u32,
    },
    /// The inconclusive limit can never be passed.
    #[error(
        "it bears {limit} undecided measurements out of {count}: it could pass on none that is \
         good; set inconclusiveLimit below the count"
    )]
    BearsEveryDoubt {
        /// The limit.
        limit: u32,
        /// The count.
        count: u32,
    },
    /// No limit on bad measurements and nothing in its place.
    #[error("its failure limit is off: it could not fail; set consecutiveSuccessLimit as well")]
    CannotFail,
    /// More good ones in a row are asked for than are taken at all.
    #[error("it asks for {streak} good measurements in a row and takes {count}: raise the count")]
    CannotPass {
        /// Good ones in a row.
        streak: u32,
        /// The count.
        count: u32,
    },
}

impl Analysis {
    /// An analysis of these metrics.
    ///
    /// # Errors
    /// The first fault found, see [`SpecError`]: whatever could pass on nothing is refused, and
    /// whatever could not pass at all.
    pub fn new(name: impl Into<String>, metrics: Vec<Metric>) -> Result<Self, SpecError> {
        let analysis = name.into();
        if analysis.trim().is_empty() {
            return Err(SpecError::Unnamed);
        }
        if metrics.is_empty() {
            return Err(SpecError::NoMetric { analysis });
        }
        if metrics.len() > MAX_METRICS {
            return Err(SpecError::TooManyMetrics { analysis, got: metrics.len() });
        }
        let mut names = BTreeSet::new();
        for metric in &metrics {
            let name = metric.name.clone();
            if let Err(fault) = check(metric) {
                return Err(SpecError::Metric { analysis, metric: name, fault });
            }
            if !names.insert(&metric.name) {
                return Err(SpecError::SameName { analysis, metric: name });
            }
        }
        if metrics.iter().all(|metric| metric.dry_run) {
            return Err(SpecError::OnlyDryRuns { analysis });
        }
        Ok(Self { name: analysis, metrics })
    }

    /// The same analysis, with or without the stable side's readings beside all of its metrics, see
    /// [`Metric::show_stable`].
    #[must_use]
    pub fn showing_stable(mut self, show: bool) -> Self {
        self.metrics.iter_mut().for_each(|metric| metric.show_stable = Some(show));
        self
    }

    /// Its name, as verdicts are told under it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its metrics in the order given, each with its index.
    pub fn metrics(&self) -> impl Iterator<Item = (MetricIndex, &Metric)> {
        self.metrics.iter().enumerate().map(|(i, metric)| (MetricIndex(i), metric))
    }

    /// The metric at `index`; `None` when the index is another analysis'.
    pub fn metric(&self, index: MetricIndex) -> Option<&Metric> {
        self.metrics.get(index.0)
    }

    /// True when it cannot pass before it is ended: a metric that counts goes on without end.
    pub fn is_open_ended(&self) -> bool {
        self.metrics.iter().any(|metric| !metric.dry_run && metric.is_open_ended())
    }

    /// The numbers in all conditions, for charts.
    pub fn limits(&self) -> Vec<Limit> {
        self.metrics.iter().flat_map(Metric::limits).collect()
    }
}

fn check(metric: &Metric) -> Result<(), MetricFault> {
    if metric.name.trim().is_empty() {
        return Err(MetricFault::Unnamed);
    }
    if metric.success.is_none() && metric.failure.is_none() {
        return Err(MetricFault::NoCondition);
    }
    if metric.window.is_zero() {
        return Err(MetricFault::NoWindow);
    }
    if metric.interval.is_some_and(|interval| interval.is_zero()) {
        return Err(MetricFault::NoInterval);
    }
    if metric.keep > MAX_KEPT {
        return Err(MetricFault::KeepsTooMuch { keep: metric.keep });
    }
    match &metric.measure {
        Measure::Latency { quantile } if !(1..10_000).contains(quantile) => {
            return Err(MetricFault::Quantile { quantile: *quantile });
        }
        Measure::Query(query) if query.trim().is_empty() => return Err(MetricFault::EmptyQuery),
        Measure::ErrorRate | Measure::Latency { .. } | Measure::Requests | Measure::Query(_) => {}
    }
    check_limits(metric)
}

/// With `n` measurements at most `n` can be bad: a limit of `n` or more is no limit.
fn check_limits(metric: &Metric) -> Result<(), MetricFault> {
    let streak = metric.consecutive_success_limit.map(|n| n.get());
    if metric.failure_limit == FailureLimit::Off && streak.is_none() {
        return Err(MetricFault::CannotFail);
    }
    let Some(count) = metric.effective_count() else { return Ok(()) };
    if let FailureLimit::AtMost(limit) = metric.failure_limit
        && limit >= count
    {
        return Err(MetricFault::BearsEveryFailure { limit, count });
    }
    if metric.inconclusive_limit >= count {
        return Err(MetricFault::BearsEveryDoubt { limit: metric.inconclusive_limit, count });
    }
    match streak {
        Some(streak) if streak > count => Err(MetricFault::CannotPass { streak, count }),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
