//! Metrics to verdicts: what an analysis asks for, what it makes of each answer, and what it says
//! in the end. Values in, values out: no clock, no I/O, no floats.
//!
//! An [`Analysis`] is what the user wants: [`Metric`]s with a [`Condition`] for good, for bad or
//! for both, and limits for how much may go wrong. A [`Progress`] is how far one run of it got; it
//! is small, is recorded, and survives a crash. The caller asks [`Progress::due`] what to measure,
//! brings each [`Answer`] to [`Progress::take`], and reads [`Progress::verdict`].
//!
//! ```
//! use windlass_analysis::{Analysis, Answer, Exposure, Metric, Progress};
//! use windlass_core::event::Judgement;
//! use windlass_core::evidence::{Reading, Sample, Verdict};
//! use windlass_core::platform::Measure;
//! use windlass_core::time::{Moment, Span, Timestamp};
//! use windlass_core::weight::Weight;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let spec = Analysis::new(
//!     "success",
//!     vec![Metric {
//!         success: Some("<= 0.01".parse()?),
//!         ..Metric::new("error rate", Measure::ErrorRate, Span::minutes(1))
//!     }],
//! )?;
//! let progress = Progress::start(&spec, Span::ZERO);
//! let due = progress.due(&spec, Span::ZERO);
//!
//! // Traffic was raised to 5 % at the epoch; a minute later the first full window is there.
//! let five = Weight::percent(5)?;
//! let under = Some(Exposure { share: five, since: Timestamp::default() });
//! let at = Timestamp::default() + Span::minutes(1);
//! let value = Ok(Reading::from_millionths(4_000));
//! let answer = Answer::from(Sample { value, at, exposure: Some(five) });
//! let now = Moment { wall: at, watched: Span::minutes(1), steady: at };
//! let (progress, judgement) = progress.take(&spec, due[0], &answer, under, now);
//!
//! assert_eq!(judgement, Judgement::Good);
//! assert_eq!(progress.verdict(&spec), Some(Verdict::Pass));
//! # Ok(())
//! # }
//! ```
//!
//! # Against argo-rollouts
//!
//! Names, defaults and rules are those of an argo-rollouts `AnalysisRun`, so that its templates can
//! be carried over. Where argo lets a release through on nothing, windlass does not:
//!
//! | situation | argo-rollouts | windlass |
//! |---|---|---|
//! | no condition at all | Successful | refused when built |
//! | no metric, or only dry runs | Successful | refused when built |
//! | limits that allow every measurement to be bad or undecided | Successful | refused when built |
//! | ended before the first measurement | Successful | `Inconclusive(NoMeasurement)` |
//! | ended before its count | Successful | `Inconclusive(EndedEarly)` |
//! | count reached, each measurement tolerated, none good | Successful | `Inconclusive(Undecided)` |
//! | too many errors in a row | Error | `Inconclusive(NoEvidence)` |
//! | without a count, ended with nothing good under the last exposure | Successful | `Inconclusive` |
//! | taken under another exposure, or over a window that began before it | counts | discarded |
//! | the same point of time answered twice | counts twice | counts once |

mod analysis;
mod answer;
mod condition;
mod meter;
mod metric;
mod progress;

pub use analysis::{Analysis, MAX_METRICS, MetricFault, MetricIndex, SpecError};
pub use answer::{Answer, CLOCK_SKEW, Exposure};
pub use condition::{Condition, ConditionError};
pub use metric::{CONSECUTIVE_ERRORS, FailureLimit, KEPT, MAX_KEPT, Metric, RETRY};
pub use progress::Progress;
