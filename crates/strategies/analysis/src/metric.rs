//! One metric of an analysis: what is measured, what is good, and how much may go wrong.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use windlass_core::event::{Judgement, Limit};
use windlass_core::evidence::Reading;
use windlass_core::id::PodHash;
use windlass_core::platform::{Measure, MetricQuery};
use windlass_core::time::Span;

use crate::condition::Condition;

/// How long to wait for the next measurement of a metric without an interval.
pub const RETRY: Span = Span::seconds(10);

/// Answers without evidence that a metric bears in a row, when it does not say otherwise.
pub const CONSECUTIVE_ERRORS: u32 = 4;

/// Readings that a metric keeps for the text of its evidence, when it does not say otherwise.
pub const KEPT: u8 = 10;

/// Most readings that a metric may keep.
pub const MAX_KEPT: u8 = 50;

/// One metric of an analysis. Wire names and defaults are those of argo-rollouts' `Metric`.
///
/// A metric by itself is a draft: [`Analysis::new`](crate::Analysis::new) says whether it makes
/// sense.
///
/// ```
/// # use windlass_analysis::Metric;
/// # use windlass_core::platform::Measure;
/// # use windlass_core::time::Span;
/// let metric = Metric {
///     success: Some("<= 0.25".parse()?),
///     interval: Some(Span::seconds(30)),
///     ..Metric::new("latency p99", Measure::Latency { quantile: 9_900 }, Span::minutes(1))
/// };
/// assert_eq!(metric.effective_count(), None);
/// # Ok::<(), windlass_analysis::ConditionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metric {
    /// Its name, unique within the analysis.
    pub name: String,
    /// What is measured.
    pub measure: Measure,
    /// How far back one measurement reaches; not zero. A measurement counts only when its whole
    /// window lies under the exposure under test.
    pub window: Span,
    /// What a good measurement meets. Without [`failure`](Self::failure), every other one is bad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success: Option<Condition>,
    /// What a bad measurement meets. Without [`success`](Self::success), every other one is good.
    /// With both: bad wins, and what meets neither is undecided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Condition>,
    /// Measurements to take. Without it: one, or without end when there is an interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<NonZeroU32>,
    /// Watched time from one measurement to the next, [`RETRY`] when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Span>,
    /// Watched time from the start of the analysis to the first measurement.
    #[serde(default)]
    pub initial_delay: Span,
    /// Bad measurements that are borne; one more fails the metric.
    #[serde(default)]
    pub failure_limit: FailureLimit,
    /// Undecided measurements that are borne; one more makes the metric inconclusive.
    #[serde(default)]
    pub inconclusive_limit: u32,
    /// Answers without evidence that are borne in a row; one more makes the metric inconclusive.
    #[serde(default = "consecutive_errors")]
    pub consecutive_error_limit: u32,
    /// Good measurements in a row that pass the metric at once. It then has to pass this way: when
    /// the count is reached first, it is inconclusive, or failed where the failure limit is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consecutive_success_limit: Option<NonZeroU32>,
    /// Requests that the window must hold; with fewer, or when they are not known, the measurement
    /// is no evidence. Zero asks for none.
    #[serde(default)]
    pub min_requests: u64,
    /// Readings kept for the text of the evidence, at most [`MAX_KEPT`].
    #[serde(default = "kept")]
    pub keep: u8,
    /// Measure and tell, but leave the verdict alone.
    #[serde(default)]
    pub dry_run: bool,
    /// Read the stable side along with the candidate while both serve traffic, so that people see
    /// both: one more query per measurement, never judged and never waited for. Without it: for
    /// error rate and latency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show_stable: Option<bool>,
    /// How far the source's newest point may be behind, such as an interval of scraping. The first
    /// measurement under an exposure is taken when its window can lie wholly under it: this much
    /// after the window. A source that turns out to be slower is learned from its answers.
    #[serde(default)]
    pub lag: Span,
}

const fn kept() -> u8 {
    KEPT
}

const fn consecutive_errors() -> u32 {
    CONSECUTIVE_ERRORS
}

/// How many bad measurements a metric bears. On the wire a whole number; a negative one is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub enum FailureLimit {
    /// This many, and no more. The default is none.
    AtMost(u32),
    /// Any number: only a consecutive success limit decides.
    Off,
}

impl Default for FailureLimit {
    fn default() -> Self {
        FailureLimit::AtMost(0)
    }
}

impl TryFrom<i64> for FailureLimit {
    type Error = std::num::TryFromIntError;

    fn try_from(n: i64) -> Result<Self, Self::Error> {
        if n < 0 { Ok(FailureLimit::Off) } else { u32::try_from(n).map(FailureLimit::AtMost) }
    }
}

impl From<FailureLimit> for i64 {
    fn from(limit: FailureLimit) -> i64 {
        match limit {
            FailureLimit::AtMost(n) => i64::from(n),
            FailureLimit::Off => -1,
        }
    }
}

impl Metric {
    /// A metric with every default and no condition yet.
    pub fn new(name: impl Into<String>, measure: Measure, window: Span) -> Self {
        Self {
            name: name.into(),
            measure,
            window,
            success: None,
            failure: None,
            count: None,
            interval: None,
            initial_delay: Span::ZERO,
            failure_limit: FailureLimit::default(),
            inconclusive_limit: 0,
            consecutive_error_limit: CONSECUTIVE_ERRORS,
            consecutive_success_limit: None,
            min_requests: 0,
            keep: KEPT,
            dry_run: false,
            show_stable: None,
            lag: Span::ZERO,
        }
    }

    /// The same metric, with or without the stable side's reading beside it.
    #[must_use]
    pub fn showing_stable(self, show: bool) -> Self {
        Self { show_stable: Some(show), ..self }
    }

    /// Whether the stable side is read along with the candidate, see
    /// [`show_stable`](Self::show_stable).
    pub fn shows_stable(&self) -> bool {
        self.show_stable.unwrap_or(match self.measure {
            Measure::ErrorRate | Measure::Latency { .. } => true,
            Measure::Requests | Measure::Query(_) => false,
        })
    }

    /// Measurements after which the metric is done: the count, else one without an interval, else
    /// `None` (it goes on until it is ended).
    pub fn effective_count(&self) -> Option<u32> {
        match (self.count, self.interval) {
            (Some(count), _) => Some(count.get()),
            (None, None) => Some(1),
            (None, Some(_)) => None,
        }
    }

    /// True when the metric goes on until it is ended: neither a count nor a run of good
    /// measurements can make it pass before.
    pub fn is_open_ended(&self) -> bool {
        self.effective_count().is_none() && self.consecutive_success_limit.is_none()
    }

    /// What the conditions make of a reading: good, bad or undecided.
    pub fn judge(&self, reading: Reading) -> Judgement {
        let met = |condition: Option<Condition>| condition.map(|c| c.holds(reading));
        match (met(self.success), met(self.failure)) {
            (_, Some(true)) | (Some(false), None) => Judgement::Bad,
            (Some(true), _) | (None, Some(false)) => Judgement::Good,
            (Some(false), Some(false)) | (None, None) => Judgement::Undecided,
        }
    }

    /// The question to ask of one side.
    pub fn query(&self, side: PodHash) -> MetricQuery {
        MetricQuery { measure: self.measure.clone(), side, window: self.window }
    }

    /// The second question to ask, for the requests in the window; `None` where they do not
    /// matter. Its answer goes into [`Answer::requests`](crate::Answer::requests).
    pub fn requests_query(&self, side: PodHash) -> Option<MetricQuery> {
        (self.min_requests > 0).then_some(MetricQuery {
            measure: Measure::Requests,
            side,
            window: self.window,
        })
    }

    /// The conditions in words: `<= 0.01`, `not > 0.05`, or `<= 0.01, bad > 0.05`.
    pub fn limit(&self) -> String {
        match (self.success, self.failure) {
            (Some(good), None) => good.to_string(),
            (None, Some(bad)) => format!("not {bad}"),
            (Some(good), Some(bad)) => format!("{good}, bad {bad}"),
            (None, None) => "no condition".to_owned(),
        }
    }

    /// The numbers in the conditions, for charts.
    pub fn limits(&self) -> Vec<Limit> {
        let conditions = self.success.into_iter().chain(self.failure);
        let numbers = conditions.flat_map(|c| c.bounds().into_iter().map(move |b| (c, b)));
        numbers
            .map(|(condition, bound)| Limit {
                metric: self.name.clone(),
                condition: condition.to_string(),
                value: bound.millionths(),
            })
            .collect()
    }
}
