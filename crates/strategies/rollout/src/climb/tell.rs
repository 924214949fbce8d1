//! A climb in words: the outline, what is seen, and the end.

use windlass_core::event::{EndResult, Ending, Glance, NotchOutline, Outline, SideGlance, What};
use windlass_core::weight::Weight;

use crate::climb::scene::{Pin, Scene, SideScene};
use crate::climb::spec::ClimbSpec;
use crate::climb::state::Outcome;
use crate::track::Means;

/// What the first event says.
pub(crate) fn outline(spec: &ClimbSpec) -> Outline {
    let replicas = spec.ground.replicas;
    let notches = (0u32..).zip(spec.track.notches.iter()).map(|(index, notch)| NotchOutline {
        weight: notch.weight,
        candidate: spec.track.pods(notch, replicas),
        stable: match spec.track.means {
            Means::Beside(_) => replicas,
            Means::InPlace { .. } => replicas - notch.weight.of_pods(replicas).min(replicas),
        },
        bake: notch.bake,
        until: until(spec, index),
    });
    Outline {
        app: spec.app.clone(),
        platform: spec.platform.clone(),
        from: spec.from.clone(),
        to: spec.to.clone(),
        strategy: spec.track.strategy.clone(),
        notches: notches.collect(),
        limits: spec.track.analyses.iter().flat_map(|a| a.analysis.limits()).collect(),
        findings: spec.findings.clone(),
    }
}

/// What a notch holds until, in words: `ready, 5m, error rate`.
fn until(spec: &ClimbSpec, index: u32) -> String {
    let notch = spec.track.notch(index);
    let mut parts = vec!["ready".to_owned()];
    if !notch.bake.is_zero() {
        parts.push(notch.bake.to_string());
    }
    let analyses = spec.track.analyses.iter().filter(|a| a.at.covers(index));
    for placed in analyses {
        parts.extend(placed.analysis.metrics().map(|(_, metric)| metric.name.clone()));
    }
    parts.extend(notch.checks.iter().map(|check| check.hook.clone()));
    if notch.approval {
        parts.push("approval".to_owned());
    }
    parts.join(", ")
}

/// What is seen at one look.
pub(crate) fn glance(spec: &ClimbSpec, scene: &Scene) -> What {
    let side = |side: &Option<SideScene>| {
        side.as_ref().map_or(SideGlance::default(), |s| SideGlance {
            wanted: s.replicas,
            pods: s.pods,
            ready: s.ready,
        })
    };
    let written = match &scene.route {
        Some(route) => route.written,
        None => scene.exposure(spec),
    };
    // Once nothing but the candidate can serve, it has everything, whatever the route names it.
    let alone = scene.stable.as_ref().is_none_or(|s| s.pods == 0)
        || (spec.pins() && scene.services.iter().flatten().all(|s| s.pin == Pin::Candidate));
    let serves = scene.candidate.as_ref().is_some_and(|c| c.ready > 0);
    let (written, effective) = if alone && serves {
        (Some(Weight::FULL), Some(Weight::FULL))
    } else {
        (written, exposure_told(spec, scene))
    };
    What::Observed(Glance {
        stable: side(&scene.stable),
        candidate: side(&scene.candidate),
        written,
        effective,
    })
}

fn exposure_told(spec: &ClimbSpec, scene: &Scene) -> Option<Weight> {
    let none = scene.candidate.is_none().then_some(Weight::ZERO);
    scene.exposure(spec).or(none)
}

/// The end, and what a person has to know.
pub(crate) fn ending(spec: &ClimbSpec, outcome: &Outcome) -> Ending {
    let (running, asked, advice) = match outcome.result {
        EndResult::Promoted => (
            spec.to.clone(),
            spec.to.clone(),
            Some(format!("a manifest in Git must ask for {} from here on", spec.to)),
        ),
        EndResult::RolledBack => (
            spec.from.clone(),
            spec.from.clone(),
            Some(format!(
                "a manifest in Git that asks for {} must go back to {}, or be mended",
                spec.to, spec.from
            )),
        ),
        EndResult::Superseded => (
            "somebody else's change".to_owned(),
            "somebody else's change".to_owned(),
            Some(format!("release again if {} is still wanted", spec.to)),
        ),
        EndResult::Failed => (
            "unknown".to_owned(),
            "unknown".to_owned(),
            Some("look at the objects named, then sweep".to_owned()),
        ),
    };
    Ending { result: outcome.result, reason: outcome.reason.clone(), running, asked, advice }
}
