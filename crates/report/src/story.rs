//! The events of one run, folded into what a page or a display needs.

mod fold;
mod phase;

use windlass_core::event::{Direction, Ending, Expiry, Glance, Judgement, Outline, RunEvent};
use windlass_core::evidence::{NoEvidence, Reading, Verdict};
use windlass_core::id::{ObjectRef, RunId};
use windlass_core::platform::{HookAnswer, HookPhase};
use windlass_core::time::{Span, Timestamp};
use windlass_core::weight::Weight;

pub use phase::{Phase, PhaseSpan};

/// Something, and how long after the first event it happened. Where the wall clock stepped back,
/// times stand still until it has caught up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// Time since the first event.
    pub since: Span,
    /// What happened.
    pub it: T,
}

/// The story of one run, borrowed from its events.
///
/// Events count in the order in which they are given, not by `seq`: a process that resumes a run
/// counts from 1 again. Anything may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story<'a> {
    /// The run.
    pub run: &'a RunId,
    /// When the first event happened.
    pub start: Timestamp,
    /// Time from the first event to the last.
    pub lasted: Span,
    /// What the run set out to do; `None` when its start is missing.
    pub outline: Option<&'a Outline>,
    /// What it was doing when.
    pub phases: Vec<PhaseSpan>,
    /// What was seen of the app, in order.
    pub glances: Vec<At<&'a Glance>>,
    /// What was measured, one entry per metric; those with limits first.
    pub metrics: Vec<Metric<'a>>,
    /// Verdicts, in order.
    pub verdicts: Vec<At<Judged<'a>>>,
    /// Writes, in the order in which they were sent.
    pub writes: Vec<Written<'a>>,
    /// What else turned up on the way: turns, signals, hooks, drift, handover steps, resumes.
    pub moments: Vec<At<Aside<'a>>>,
    /// What the run waited for last.
    pub waits: Option<At<Waits<'a>>>,
    /// How it ended; `None` while it runs.
    pub ending: Option<&'a Ending>,
}

/// The measurements of one metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric<'a> {
    /// Its name.
    pub name: &'a str,
    /// The limits it must keep, each once.
    pub limits: Vec<MetricLimit<'a>>,
    /// The measurements, in order.
    pub points: Vec<Point<'a>>,
}

/// A limit of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricLimit<'a> {
    /// The condition, such as `<= 0.01`.
    pub condition: &'a str,
    /// The number in it; `None` when there is not exactly one.
    pub value: Option<Reading>,
}

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point<'a> {
    /// Time from the first event to the end of the window that was measured, never later than the
    /// event that told of it.
    pub since: Span,
    /// Time from the first event to the event that told of it.
    pub told: Span,
    /// What was read of the candidate, or why nothing was.
    pub value: Result<Reading, &'a NoEvidence>,
    /// What was read of the stable side meanwhile; it is not judged.
    pub stable: Option<Reading>,
    /// What it is worth.
    pub judgement: Judgement,
    /// The candidate's share that was effective; `None` while it moved.
    pub exposure: Option<Weight>,
    /// The analysis that asked.
    pub analysis: &'a str,
}

/// A verdict and what it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged<'a> {
    /// The analysis.
    pub analysis: &'a str,
    /// The notch it speaks of; `None` for one over several.
    pub notch: Option<u32>,
    /// The verdict.
    pub verdict: &'a Verdict,
    /// One line per metric.
    pub evidence: &'a [String],
}

/// A write and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written<'a> {
    /// When it was sent; when it was answered where the sending is not in the events.
    pub since: Span,
    /// The object.
    pub object: &'a ObjectRef,
    /// What becomes of it.
    pub change: &'a str,
    /// What became of it.
    pub outcome: Outcome<'a>,
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// No answer is in the events: the process died, or the story is not over.
    Open,
    /// It took effect, this long after it was sent.
    Landed(Span),
    /// It did not, or nobody knows.
    Fault(&'a str),
}

/// Something on the way that is no measurement and no write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aside<'a> {
    /// The run took another direction.
    Turn {
        /// Where to.
        to: Direction,
        /// Why.
        reason: &'a str,
    },
    /// Somebody told the run something.
    Signal {
        /// What.
        signal: &'a str,
        /// Who.
        by: &'a str,
        /// Why.
        reason: &'a str,
        /// Why it was refused, if it was.
        refused: Option<&'a str>,
    },
    /// A hook answered.
    Hook {
        /// The hook.
        hook: &'a str,
        /// Where in the rollout.
        phase: HookPhase,
        /// What it said.
        answer: &'a HookAnswer,
    },
    /// Somebody else changed an object.
    Drift {
        /// The object.
        object: &'a ObjectRef,
        /// What changed.
        change: &'a str,
        /// What the run does about it.
        answer: &'a str,
    },
    /// The promotion went one step further.
    Handover {
        /// The step.
        step: &'a str,
        /// True from the step on after which going back means a handover of its own.
        past_return: bool,
    },
    /// A process came back to the run, or another took it over.
    Resume {
        /// The epoch it took.
        epoch: u64,
        /// How long nobody watched.
        away: Span,
    },
}

/// What a run waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits<'a> {
    /// Whose turn it is and for what.
    pub on: &'a str,
    /// When it ends by itself.
    pub expires: Option<&'a Expiry>,
}

impl<'a> Story<'a> {
    /// Folds the events of one run; `None` when there are none. Those of other runs are left out.
    pub fn of(events: &'a [RunEvent]) -> Option<Self> {
        fold::fold(events)
    }

    /// Most pods that existed at one time, both sides together.
    pub fn peak_pods(&self) -> u64 {
        let pods = |g: &Glance| u64::from(g.stable.pods) + u64::from(g.candidate.pods);
        self.glances.iter().map(|g| pods(g.it)).max().unwrap_or(0)
    }

    /// The worst verdict; `None` when there is none.
    pub fn worst_verdict(&self) -> Option<&'a Verdict> {
        self.verdicts.iter().map(|v| v.it.verdict).max()
    }

    /// The highest notch that was held.
    pub fn highest_held(&self) -> u32 {
        let held = |span: &PhaseSpan| match span.phase {
            Phase::Holding(notch) => notch,
            Phase::Raising(_) | Phase::Paused | Phase::Promoting | Phase::Returning => 0,
        };
        self.phases.iter().map(held).max().unwrap_or(0)
    }

    /// How many measurements were judged what; a judgement that did not occur is missing.
    pub fn judgements(&self) -> Vec<(Judgement, usize)> {
        count_judgements(self.metrics.iter().flat_map(|m| &m.points))
    }
}

impl Metric<'_> {
    /// How many measurements were judged what; a judgement that did not occur is missing.
    pub fn judgements(&self) -> Vec<(Judgement, usize)> {
        count_judgements(self.points.iter())
    }
}

fn count_judgements<'p>(
    points: impl Iterator<Item = &'p Point<'p>> + Clone,
) -> Vec<(Judgement, usize)> {
    const ALL: [Judgement; 5] = [
        Judgement::Good,
        Judgement::Bad,
        Judgement::Undecided,
        Judgement::NoEvidence,
        Judgement::Discarded,
    ];
    let count = |judgement| points.clone().filter(|p| p.judgement == judgement).count();
    ALL.into_iter().map(|j| (j, count(j))).filter(|(_, count)| *count > 0).collect()
}
