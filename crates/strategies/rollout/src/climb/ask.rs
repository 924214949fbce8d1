//! Questions of a climb, and what their answers change.

use serde::{Deserialize, Serialize};
use windlass_analysis::{Exposure, MetricIndex};
use windlass_core::event::What;
use windlass_core::evidence::{Reading, Sample};
use windlass_core::id::PodHash;
use windlass_core::kernel::{Step, Waiting};
use windlass_core::platform::{HookAnswer, HookCall, MetricQuery};
use windlass_core::time::{Moment, Span};

use crate::climb::Climb;
use crate::climb::spec::ClimbSpec;
use crate::climb::state::{Hold, State};
use crate::climb::step::Turn;

/// Between two questions to a hook or a person that said "not yet".
pub(crate) const ASK_AGAIN: Span = Span::seconds(10);

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    /// A measurement.
    Metric {
        /// Index of the analysis in the track.
        analysis: usize,
        /// The metric.
        metric: MetricIndex,
        /// What is asked.
        query: MetricQuery,
        /// How many requests the window holds, where the metric wants to know.
        requests: Option<MetricQuery>,
        /// The stable side, where it is read too; see [`Metric::show_stable`].
        ///
        /// [`Metric::show_stable`]: windlass_analysis::Metric::show_stable
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stable: Option<PodHash>,
    },
    /// A check of the user's own; the index says which of the stage.
    Hook {
        /// Index of the hook in its stage.
        index: usize,
        /// The call.
        call: HookCall,
    },
    /// An approval by a person.
    Approval {
        /// What is asked, in one line.
        text: String,
    },
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// A measurement.
    Metric {
        /// What was read, and under which exposure.
        sample: Sample,
        /// How many requests the window held.
        requests: Option<Reading>,
        /// What was read of the stable side meanwhile. It is told, and nothing rests on it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stable: Option<Reading>,
    },
    /// What a hook said.
    Hook(HookAnswer),
    /// A person said yes.
    Granted {
        /// Who.
        by: String,
    },
    /// A person said no.
    Denied {
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// Nobody answered yet.
    Later,
}

/// What an answer changes.
pub(crate) fn answered(
    spec: &ClimbSpec,
    state: &State,
    ask: &Ask,
    answer: &Answer,
    now: Moment,
) -> Step<Climb> {
    match (ask, answer) {
        (Ask::Metric { analysis, metric, .. }, Answer::Metric { sample, requests, stable }) => {
            let answer = windlass_analysis::Answer { sample: sample.clone(), requests: *requests };
            measured(spec, state, (*analysis, *metric), &answer, *stable, now)
        }
        (Ask::Hook { index, call }, Answer::Hook(said)) => hooked(state, *index, call, said, now),
        (Ask::Approval { .. }, Answer::Granted { .. }) => with_hold(state, |hold| {
            hold.approved = true;
        }),
        (Ask::Approval { .. }, Answer::Denied { by, reason }) => with_hold(state, |hold| {
            hold.failed = Some(format!("{by} denied the approval: {reason}"));
        }),
        (_, Answer::Later) => with_hold(state, |hold| hold.ask_again = now.watched + ASK_AGAIN),
        // An answer to another question than the one asked is none.
        (Ask::Metric { .. } | Ask::Hook { .. } | Ask::Approval { .. }, _) => {
            Step::Stay(Waiting::same())
        }
    }
}

fn with_hold(state: &State, change: impl FnOnce(&mut Hold)) -> Step<Climb> {
    let mut turn = Turn::from(state);
    match &mut turn.state.hold {
        Some(hold) => change(hold),
        None => return Step::Stay(Waiting::same()),
    }
    turn.go(Waiting::same())
}

/// A measurement that comes after its hold has ended counts for nothing: it was taken under an
/// exposure that is no more. What was read of the stable side is told, and goes no further.
fn measured(
    spec: &ClimbSpec,
    state: &State,
    (analysis, metric): (usize, MetricIndex),
    answer: &windlass_analysis::Answer,
    stable: Option<Reading>,
    now: Moment,
) -> Step<Climb> {
    let Some(placed) = spec.track.analyses.get(analysis) else {
        return Step::Stay(Waiting::same());
    };
    let (Some(hold), Some(Some(progress))) = (&state.hold, state.progress.get(analysis)) else {
        return Step::Stay(Waiting::same());
    };
    // Before a gap in watching the exposure may have been another one, and have come back.
    let since = hold.wall.max(now.steady);
    let under = hold.under.map(|share| Exposure { share, since });
    let (progress, judgement) = progress.clone().take(&placed.analysis, metric, answer, under, now);
    let mut turn = Turn::from(state);
    if let Some(asked) = placed.analysis.metric(metric) {
        turn.says.push(What::Sampled {
            analysis: placed.analysis.name().to_owned(),
            metric: asked.name.clone(),
            sample: answer.sample.clone(),
            stable,
            judgement,
            limit: asked.limit(),
        });
    }
    turn.state.progress[analysis] = Some(progress);
    turn.go(Waiting::same())
}

fn hooked(
    state: &State,
    index: usize,
    call: &HookCall,
    said: &HookAnswer,
    now: Moment,
) -> Step<Climb> {
    let mut turn = Turn::from(state);
    turn.says.push(What::Hooked {
        hook: call.hook.clone(),
        phase: call.phase,
        answer: said.clone(),
    });
    let Some(hold) = &mut turn.state.hold else { return Step::Stay(Waiting::same()) };
    match said {
        HookAnswer::Pass => {
            if let Some(passed) = hold.passed.get_mut(index) {
                *passed = true;
            }
        }
        HookAnswer::NotYet { .. } | HookAnswer::Unreachable { .. } => {
            hold.ask_again = now.watched + ASK_AGAIN;
        }
        HookAnswer::Fail { reason } => hold.failed = Some(format!("hook {}: {reason}", call.hook)),
    }
    turn.go(Waiting::same())
}
