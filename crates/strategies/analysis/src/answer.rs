//! One answer of a metrics source, and what it may count for.

use windlass_core::event::Judgement;
use windlass_core::evidence::{NoEvidence, Reading, Sample};
use windlass_core::time::{Moment, Span, Timestamp};
use windlass_core::weight::Weight;

use crate::metric::{Metric, RETRY};

/// How far ahead of us the clock of a metrics source may run. An answer from further in the future
/// is discarded, since nobody can say which window it speaks of.
pub const CLOCK_SKEW: Span = Span::seconds(5);

/// The exposure under test: a share of traffic, and since when it is in effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// The candidate's share of traffic, as it is in the data plane.
    pub share: Weight,
    /// Since when it is in effect without a break. Any window that began before is discarded.
    pub since: Timestamp,
}

/// One answer to the questions of a metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What was read and when, and under which exposure.
    pub sample: Sample,
    /// The answer to [`Metric::requests_query`]; `None` when it was not asked or gave nothing.
    pub requests: Option<Reading>,
}

impl From<Sample> for Answer {
    fn from(sample: Sample) -> Self {
        Self { sample, requests: None }
    }
}

/// What an answer comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Weighed {
    /// It counts for nothing; the next one has a chance after this time.
    Discarded(Span),
    /// It is no evidence.
    Nothing(NoEvidence),
    /// A measurement: what was read, good, bad or undecided, and the share it speaks of.
    Measured { reading: Reading, judgement: Judgement, share: Weight },
}

/// Weighs an answer. `newest` is the newest time stamp of any reading before.
pub(crate) fn weigh(
    metric: &Metric,
    answer: &Answer,
    under: Option<Exposure>,
    now: Moment,
    newest: Option<Timestamp>,
) -> Weighed {
    let retry = metric.interval.unwrap_or(RETRY).min(RETRY);
    let sample = &answer.sample;
    let Some(under) = under.filter(|under| sample.exposure == Some(under.share)) else {
        return Weighed::Discarded(retry);
    };
    if sample.value.is_ok() && newest.is_some_and(|newest| sample.at <= newest) {
        return Weighed::Discarded(retry);
    }
    if let Err(NoEvidence::OtherExposure) = sample.value {
        return Weighed::Discarded(retry);
    }
    // A source that fails, or that is behind, speaks of no window: its time stamp means nothing.
    if let Err(none @ (NoEvidence::SourceFailed { .. } | NoEvidence::Stale)) = &sample.value {
        return Weighed::Nothing(none.clone());
    }
    if sample.at > now.wall + CLOCK_SKEW {
        return Weighed::Discarded(retry);
    }
    let missing = under.since.since(sample.at.min(now.wall) - metric.window);
    if !missing.is_zero() {
        // The window fills up with time; one that ends before the exposure began is just old.
        return Weighed::Discarded(if missing <= metric.window { missing } else { retry });
    }
    match &sample.value {
        Err(none) => Weighed::Nothing(none.clone()),
        Ok(reading) => match too_few(metric, answer.requests) {
            Some(none) => Weighed::Nothing(none),
            None => Weighed::Measured {
                reading: *reading,
                judgement: metric.judge(*reading),
                share: under.share,
            },
        },
    }
}

/// Requests that are not known are none.
fn too_few(metric: &Metric, requests: Option<Reading>) -> Option<NoEvidence> {
    let millionths = requests.map_or(0, Reading::millionths);
    let got = u64::try_from(millionths / 1_000_000).unwrap_or(0);
    (got < metric.min_requests).then_some(NoEvidence::TooFew { got, need: metric.min_requests })
}
