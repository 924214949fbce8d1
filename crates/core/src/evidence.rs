//! Evidence and verdicts. There is no way from "no evidence" to `Pass`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;
use crate::weight::Weight;

/// A measured number in millionths, so that decisions are exact and records compare.
///
/// A rate of 1.2 % is `12_000`; a latency of 250 ms, in seconds, is `250_000`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Reading(i64);

impl Reading {
    /// A reading of `n` millionths.
    pub const fn from_millionths(n: i64) -> Self {
        Self(n)
    }

    /// The reading in millionths.
    pub const fn millionths(self) -> i64 {
        self.0
    }

    /// Parses a number from outside at the door: what is not finite, or beyond ±9·10¹², is no
    /// evidence.
    ///
    /// # Errors
    /// [`NoEvidence::NotANumber`] with what came instead.
    pub fn from_number(number: f64) -> Result<Self, NoEvidence> {
        const LIMIT: f64 = 9.0e12;
        if number.is_finite() && number.abs() <= LIMIT {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the bound above keeps it in range"
            )]
            let millionths = (number * 1e6).round() as i64;
            Ok(Self(millionths))
        } else {
            Err(NoEvidence::NotANumber { got: number.to_string() })
        }
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, abs) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        let text = format!("{sign}{}.{:06}", abs / 1_000_000, abs % 1_000_000);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// Why a question to a metrics source gave nothing that can be judged.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum NoEvidence {
    /// The answer holds no series: no traffic, or a label that nobody wears.
    #[error("the query found nothing (no traffic, or a wrong label)")]
    Empty,
    /// NaN, an infinity, or text where a number belongs.
    #[error("the answer is no finite number: {got}")]
    NotANumber {
        /// What came instead.
        got: String,
    },
    /// More series than the one asked for.
    #[error("the query gave {series} series where one was asked for: aggregate it")]
    Ambiguous {
        /// How many came.
        series: u32,
    },
    /// The source did not answer, or answered with an error.
    #[error("the metrics source failed: {reason}")]
    SourceFailed {
        /// What it said.
        reason: String,
    },
    /// The newest point is older than what was asked about.
    #[error("the newest point is stale")]
    Stale,
    /// Taken while another share of traffic was in effect than the one under test.
    #[error("taken under another exposure than the one under test")]
    OtherExposure,
    /// Fewer requests were seen than the metric asks for.
    #[error("{got} requests seen, {need} needed")]
    TooFew {
        /// Requests seen.
        got: u64,
        /// Requests needed.
        need: u64,
    },
}

/// One answer of a metrics source, stamped with the exposure that was in effect when it was taken.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// What was read, or why nothing was.
    pub value: Result<Reading, NoEvidence>,
    /// When it was taken: the end of the window it speaks of.
    pub at: Timestamp,
    /// The candidate's share of traffic that was *effective* over the whole window; `None` when it
    /// changed within the window or is not known.
    pub exposure: Option<Weight>,
}

/// What the evidence says. The order is from best to worst: of several verdicts the worst counts.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Verdict {
    /// All the evidence asked for is there, and it is good.
    Pass,
    /// The evidence is missing or does not decide.
    Inconclusive(Doubt),
    /// The evidence is bad.
    Fail,
}

/// Why a verdict is open.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Doubt {
    /// Not one measurement was taken.
    NoMeasurement,
    /// Measurements came, but between the limits for good and bad.
    Undecided,
    /// The source failed or had nothing too often in a row.
    NoEvidence,
    /// The analysis was ended before it had all it asks for.
    EndedEarly,
}

impl Verdict {
    /// The worse of the two.
    #[must_use]
    pub fn worst(self, other: Verdict) -> Verdict {
        self.max(other)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Inconclusive(Doubt::NoMeasurement) => "inconclusive: nothing was measured",
            Verdict::Inconclusive(Doubt::Undecided) => "inconclusive: neither good nor bad",
            Verdict::Inconclusive(Doubt::NoEvidence) => "inconclusive: no evidence",
            Verdict::Inconclusive(Doubt::EndedEarly) => "inconclusive: ended early",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finite_is_no_evidence() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
            assert!(matches!(Reading::from_number(number), Err(NoEvidence::NotANumber { .. })));
        }
    }

    #[test]
    fn a_reading_prints_without_trailing_zeros() {
        assert_eq!(Reading::from_number(0.25).map(|r| r.to_string()), Ok("0.25".to_owned()));
        assert_eq!(Reading::from_millionths(-1_000_000).to_string(), "-1");
    }

    #[test]
    fn the_worst_verdict_counts() {
        let open = Verdict::Inconclusive(Doubt::Undecided);
        assert_eq!(Verdict::Pass.worst(open.clone()), open);
        assert_eq!(open.worst(Verdict::Fail), Verdict::Fail);
    }
}
