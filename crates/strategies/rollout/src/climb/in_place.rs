//! In place: the Deployment's own controller replaces the pods. One patch starts it, `paused`
//! stops it at a gate, and one patch takes it back.

use windlass_core::event::What;
use windlass_core::model::DeploymentStrategy;
use windlass_core::platform::Change;

use crate::climb::goal::app_write;
use crate::climb::scene::{DeploymentScene, Scene, Which};
use crate::climb::spec::ClimbSpec;
use crate::climb::step::Act;
use crate::track::Notch;

/// The next move towards a notch: so many pods of the new template, then a stop.
pub(crate) fn to_notch(
    spec: &ClimbSpec,
    scene: &Scene,
    notch: &Notch,
    strategy: Option<DeploymentStrategy>,
) -> Act {
    let Some(app) = &scene.deployment else {
        return Act::wait("the Deployment: it is gone");
    };
    if app.template != Which::Candidate {
        let template = spec.candidate.template.clone();
        return one(spec, app, Change::Template { template, paused: false, strategy });
    }
    let target = notch.weight.of_pods(app.replicas);
    if target >= app.replicas {
        if app.paused {
            return one(spec, app, Change::Paused(false));
        }
        return complete(app);
    }
    let ready = scene.candidate.as_ref().map_or(0, |c| c.ready);
    match (app.paused, app.updated >= target) {
        (false, true) => one(spec, app, Change::Paused(true)),
        (true, false) => one(spec, app, Change::Paused(false)),
        (false, false) => Act::wait(format!("{} of {target} pods updated", app.updated)),
        (true, true) if !app.observed || ready < app.updated => {
            Act::wait(format!("{ready} of {} updated pods ready", app.updated))
        }
        (true, true) => Act::Reached,
    }
}

fn complete(app: &DeploymentScene) -> Act {
    let done = app.observed
        && app.updated == app.replicas
        && app.pods == app.replicas
        && app.available >= app.replicas;
    if done {
        return Act::Reached;
    }
    Act::wait(format!(
        "{} of {} pods updated, {} available",
        app.updated, app.replicas, app.available
    ))
}

/// The way down: the template that ran before, and all as it was.
pub(crate) fn to_ground(spec: &ClimbSpec, scene: &Scene) -> (Act, Vec<What>) {
    let Some(app) = &scene.deployment else { return (Act::Reached, Vec::new()) };
    let act = if app.template != Which::Stable {
        let template = spec.stable.template.clone();
        one(spec, app, Change::Template { template, paused: spec.ground.paused, strategy: None })
    } else {
        give_back(spec, app)
    };
    (act, Vec::new())
}

/// The new template is complete: gives back what was set for the time of the rollout.
pub(crate) fn to_rest(spec: &ClimbSpec, scene: &Scene) -> (Act, Vec<What>) {
    let act = match &scene.deployment {
        Some(app) => give_back(spec, app),
        None => Act::wait("the Deployment: it is gone"),
    };
    (act, Vec::new())
}

/// `paused` goes back last: while it is set, a strategy that changes moves no pod.
fn give_back(spec: &ClimbSpec, app: &DeploymentScene) -> Act {
    let ready = if app.paused && !spec.ground.paused { Act::Reached } else { complete(app) };
    ready.then(|| restore(spec, app))
}

fn restore(spec: &ClimbSpec, app: &DeploymentScene) -> Act {
    let side = if app.template == Which::Stable { &spec.stable } else { &spec.candidate };
    if !app.own_strategy || app.paused != spec.ground.paused {
        let strategy = (!app.own_strategy).then_some(spec.ground.strategy);
        let template = side.template.clone();
        let paused = spec.ground.paused;
        return one(spec, app, Change::Template { template, paused, strategy });
    }
    Act::Reached
}

fn one(spec: &ClimbSpec, app: &DeploymentScene, change: Change) -> Act {
    Act::Write(vec![app_write(spec, app, change)])
}
