//! Run events: the one account of what a run does and why. Progress, NDJSON, pages, traces and
//! notifications all read these and nothing else.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::evidence::{Reading, Sample, Verdict};
use crate::fence::Epoch;
use crate::finding::Finding;
use crate::id::{AppRef, ObjectRef, RunId};
use crate::platform::{HookAnswer, HookPhase};
use crate::time::{Span, Timestamp};
use crate::weight::Weight;

/// Version of the event format. A line of NDJSON carries it in `schema`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventSchema {
    /// The first version.
    #[default]
    #[serde(rename = "windlass.dev/run-event/v1")]
    V1,
}

/// One thing that happened in a run.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEvent {
    /// Format of this event.
    pub schema: EventSchema,
    /// The run.
    pub run: RunId,
    /// Number of the event within this process's drive of the run, from 1, without gaps.
    pub seq: u64,
    /// When it happened, on the wall clock.
    pub at: Timestamp,
    /// What happened.
    pub what: What,
}

/// What happened. New kinds may be added: readers skip those that they do not know.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum What {
    /// The run began.
    Started(Outline),
    /// Another process took the run over, or the same one came back.
    Resumed {
        /// The epoch it took.
        epoch: Epoch,
        /// Wall time since the last record.
        away: Span,
    },
    /// The world looks different from the last time it was looked at.
    Observed(Glance),
    /// The run is now raising, or holding, this notch.
    Notch {
        /// The notch, from 1.
        notch: u32,
        /// How many there are.
        of: u32,
        /// What it does there.
        stage: Stage,
    },
    /// The run waits; sent when what it waits for changes.
    Waiting {
        /// Whose turn it is and for what.
        on: String,
        /// The deadline, in time left, and what happens then; `None` when nothing expires.
        expires: Option<Expiry>,
    },
    /// A write was sent.
    Sent {
        /// The object.
        object: ObjectRef,
        /// What becomes of it.
        change: String,
    },
    /// A write was answered.
    Answered {
        /// The object.
        object: ObjectRef,
        /// What became of it.
        change: String,
        /// `None` when it took effect; what went wrong otherwise.
        fault: Option<String>,
    },
    /// A measurement of the candidate was taken.
    Sampled {
        /// The analysis.
        analysis: String,
        /// The metric.
        metric: String,
        /// What was read of the candidate, and under which exposure.
        sample: Sample,
        /// What was read of the stable side at the same time, to compare; `None` where it was not
        /// asked for or not known. It is for people: nothing is judged by it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stable: Option<Reading>,
        /// What the analysis makes of the candidate's sample.
        judgement: Judgement,
        /// The condition, such as `<= 0.01`.
        limit: String,
    },
    /// An analysis has a verdict.
    Judged {
        /// The analysis.
        analysis: String,
        /// The notch it speaks of; `None` for one after the promotion.
        notch: Option<u32>,
        /// The verdict.
        verdict: Verdict,
        /// The evidence in one line per metric.
        evidence: Vec<String>,
    },
    /// A hook answered.
    Hooked {
        /// The hook.
        hook: String,
        /// Where in the rollout.
        phase: HookPhase,
        /// What it said.
        answer: HookAnswer,
    },
    /// A person or program told the run something.
    Signalled {
        /// What: pause, resume, approve, skip, promote or abort.
        signal: String,
        /// Who.
        by: String,
        /// Why.
        reason: String,
        /// `None` when it was taken; why it was refused otherwise.
        refused: Option<String>,
    },
    /// The run takes another direction: why.
    Turned {
        /// Where to.
        to: Direction,
        /// Why, in one line.
        reason: String,
    },
    /// Somebody else changed what the run works on.
    Drifted {
        /// The object.
        object: ObjectRef,
        /// What changed.
        change: String,
        /// What the run does about it.
        answer: String,
    },
    /// The promotion went one step further.
    Handover {
        /// The step, in one line.
        step: String,
        /// True from the step on after which going back means a handover of its own.
        past_return: bool,
    },
    /// The run ended.
    Ended(Ending),
}

/// The head of a plan: what the run is going to do.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    /// The app.
    pub app: AppRef,
    /// The platform, such as `sim://demo`.
    pub platform: String,
    /// The version that runs.
    pub from: String,
    /// The version that is released.
    pub to: String,
    /// Name of the strategy.
    pub strategy: String,
    /// The notches in order.
    pub notches: Vec<NotchOutline>,
    /// Metric conditions in words, with their limits, for charts.
    pub limits: Vec<Limit>,
    /// Findings of the preflight, the worst first.
    pub findings: Vec<Finding>,
}

/// One notch of an outline.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotchOutline {
    /// The candidate's share of traffic.
    pub weight: Weight,
    /// Pods of the candidate.
    pub candidate: u32,
    /// Pods of the stable side.
    pub stable: u32,
    /// Least time to hold.
    pub bake: Span,
    /// What it holds for, in words.
    pub until: String,
}

/// A limit that a metric must keep.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// The metric, as in [`What::Sampled`].
    pub metric: String,
    /// The condition, such as `<= 0.01`.
    pub condition: String,
    /// The number in it, in millionths.
    pub value: i64,
}

/// What is seen of the app at one look.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Glance {
    /// The stable side.
    pub stable: SideGlance,
    /// The candidate side.
    pub candidate: SideGlance,
    /// The candidate's weight as written; `None` when nothing splits traffic.
    pub written: Option<Weight>,
    /// The candidate's share as it is in the data plane; `None` while it is moving.
    pub effective: Option<Weight>,
}

/// What is seen of one side.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideGlance {
    /// Pods asked for.
    pub wanted: u32,
    /// Pods that exist.
    pub pods: u32,
    /// Ready pods.
    pub ready: u32,
}

/// What a run does at a notch.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It moves the world there.
    Raising,
    /// It is there and gathers evidence.
    Holding,
}

/// When a wait ends by itself.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiry {
    /// Time left when the event was sent.
    pub left: Span,
    /// What happens then.
    pub then: String,
}

/// What an analysis makes of one measurement.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// It keeps the limit.
    Good,
    /// It breaks the limit.
    Bad,
    /// Neither.
    Undecided,
    /// There was nothing to judge.
    NoEvidence,
    /// Taken under another exposure: it counts for nothing.
    Discarded,
}

/// Directions a run can take.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Up to the next notch.
    Up,
    /// Back to an earlier notch.
    StepBack,
    /// To a stop, until somebody says what to do.
    Pause,
    /// On again after a pause.
    Resume,
    /// Promote the candidate.
    Promote,
    /// Back to the ground.
    Abort,
    /// Out of the way: somebody else took the app.
    Yield,
}

/// How a run ended, and what a person has to know.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// The result.
    pub result: EndResult,
    /// Why, in one line.
    pub reason: String,
    /// The version that runs now.
    pub running: String,
    /// The version that the spec asks for now.
    pub asked: String,
    /// What a person who keeps the manifest in Git has to do; `None` when nothing.
    pub advice: Option<String>,
}

/// The result of a run.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndResult {
    /// The candidate is the app now.
    Promoted,
    /// All is as it was before.
    RolledBack,
    /// Somebody else's change took over; what the run had made is gone.
    Superseded,
    /// The run stopped without reaching either; the reason says what is left.
    Failed,
}

impl fmt::Display for EndResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EndResult::Promoted => "promoted",
            EndResult::RolledBack => "rolled back",
            EndResult::Superseded => "superseded",
            EndResult::Failed => "failed",
        })
    }
}
