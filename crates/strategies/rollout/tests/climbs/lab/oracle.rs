//! What the oracles are told of a climb: its spec, and nothing of its state.

use std::sync::Arc;

use windlass_core::event::{EndResult, Judgement};
use windlass_core::time::Span;
use windlass_rollout::climb::{ClimbSpec, Outcome};
use windlass_rollout::release::Side;
use windlass_rollout::track::{Means, Notch, Via};
use windlass_sim::invariants::{Asked, Pair, Shift, Stage, Subject, Target};

fn pair(side: &Side) -> Pair {
    Pair { set: side.set.clone(), hash: side.hash.clone(), template: side.template.clone() }
}

/// What a notch asks for, by the analyses' own limits.
fn asked(spec: &ClimbSpec, index: u32) -> Vec<Asked> {
    let here = spec.track.analyses.iter().filter(|placed| placed.at.covers(index));
    let metrics = here.flat_map(|placed| placed.analysis.metrics());
    metrics
        .filter(|(_, metric)| !metric.dry_run)
        .map(|(_, metric)| {
            let (measure, window, metric) = (metric.measure.clone(), metric.window, metric.clone());
            let good = move |reading| metric.judge(reading) == Judgement::Good;
            Asked { measure, window, good: Arc::new(good) }
        })
        .collect()
}

fn stage(spec: &Arc<ClimbSpec>, index: u32, notch: &Notch) -> Stage {
    let (of, at) = (Arc::clone(spec), notch.clone());
    Stage {
        weight: notch.weight,
        pods: Arc::new(move |replicas| of.track.pods(&at, replicas)),
        bake: notch.bake,
        asked: asked(spec, index),
    }
}

/// The subject of a climb; `prompt` where the network is well.
pub(crate) fn subject(spec: &Arc<ClimbSpec>, prompt: Option<Span>) -> Subject {
    let (shift, route) = match &spec.track.means {
        Means::Beside(Via::Route(route)) => (Shift::Weights, Some(route.clone())),
        Means::Beside(Via::Selector { .. }) => (Shift::Selector, None),
        Means::Beside(Via::Replicas) => (Shift::Pods, None),
        Means::InPlace { .. } => (Shift::InPlace, None),
    };
    let notches = (0u32..).zip(spec.track.notches.iter());
    Subject {
        app: spec.app.clone(),
        run: spec.run.clone(),
        stable: pair(&spec.stable),
        candidate: pair(&spec.candidate),
        services: spec.ground.services.clone(),
        route,
        shift,
        stages: notches.map(|(index, notch)| stage(spec, index, notch)).collect(),
        paused: spec.ground.paused,
        history_limit: spec.ground.history_limit,
        skew: windlass_analysis::CLOCK_SKEW,
        prompt,
    }
}

/// What the world must be at the end.
pub(crate) fn target(outcome: &Outcome) -> Target {
    match outcome.result {
        EndResult::Promoted => Target::Candidate,
        EndResult::RolledBack | EndResult::Failed => Target::Stable,
        EndResult::Superseded => Target::Other,
    }
}
