//! The handover: the Deployment takes the tested ReplicaSet over, and gives it back on the way down.
//!
//! Never are two active ReplicaSets owned: the Deployment would scale them in proportion, and a
//! resize in that moment drops pods. So: pause it with the new template and wait until that is
//! observed, release the one side by its labels, hand it the other, check, and give `paused` back.

use windlass_core::event::What;
use windlass_core::platform::Change;

use crate::climb::goal::{app_write, set_write};
use crate::climb::scene::{DeploymentScene, Owned, Scene, SideScene, Which};
use crate::climb::spec::ClimbSpec;
use crate::climb::step::Act;
use crate::release::Side;

/// A step of a handover: what to do, and what to tell.
pub(crate) struct Handing {
    pub(crate) act: Act,
    pub(crate) says: Vec<What>,
}

impl Handing {
    fn silent(act: Act) -> Self {
        Self { act, says: Vec::new() }
    }

    fn told(act: Act, step: &str, past_return: bool) -> Self {
        Self { act, says: vec![What::Handover { step: step.to_owned(), past_return }] }
    }
}

/// The two sides of a handover, and the template the Deployment is to have.
struct Sides<'a> {
    from: (&'a Side, Option<&'a SideScene>),
    to: (&'a Side, &'a SideScene),
    template: Which,
    revision: u64,
}

/// Hands the Deployment to the candidate.
pub(crate) fn up(spec: &ClimbSpec, scene: &Scene) -> Handing {
    let (Some(app), Some(candidate)) = (&scene.deployment, &scene.candidate) else {
        return Handing::silent(Act::wait("the Deployment and the candidate: one is gone"));
    };
    if let Some(twin) = &scene.twin {
        let on = format!(
            "ReplicaSet {twin}: it has the candidate's template, and is not the one tested"
        );
        return Handing::silent(Act::Wait(on));
    }
    let sides = Sides {
        from: (&spec.stable, scene.stable.as_ref()),
        to: (&spec.candidate, candidate),
        template: Which::Candidate,
        revision: if candidate.owned == Owned::No {
            scene.revision + 1
        } else {
            candidate.revision
        },
    };
    hand(spec, app, &sides)
}

/// Hands the Deployment back to the stable side, from any point of [`up`].
pub(crate) fn down(spec: &ClimbSpec, scene: &Scene) -> Handing {
    let (Some(app), Some(stable)) = (&scene.deployment, &scene.stable) else {
        return Handing::silent(Act::Reached);
    };
    let sides = Sides {
        from: (&spec.candidate, scene.candidate.as_ref()),
        to: (&spec.stable, stable),
        template: Which::Stable,
        revision: stable.revision,
    };
    hand(spec, app, &sides)
}

fn hand(spec: &ClimbSpec, app: &DeploymentScene, sides: &Sides<'_>) -> Handing {
    let (to_side, to) = sides.to;
    let from = sides.from.1.filter(|s| s.owned != Owned::No && s.replicas > 0);
    let done = app.template == sides.template && to.owned == Owned::Yes && from.is_none();
    if app.template != sides.template || (!done && !app.paused) {
        return turn_template(spec, app, sides, to.owned == Owned::Yes && from.is_none());
    }
    if !app.observed {
        return Handing::silent(Act::wait("the Deployment's controller to see the template"));
    }
    if let Some(from) = from {
        let write = set_write(sides.from.0, from, Change::Release);
        return Handing::told(Act::Write(vec![write]), "let go of the side that ran", true);
    }
    match to.owned {
        Owned::No => {
            let change = Change::Adopt { revision: sides.revision };
            let act = Act::Write(vec![set_write(to_side, to, change)]);
            Handing::told(act, "take the other side over", true)
        }
        Owned::Soon => Handing::silent(Act::wait("the Deployment to adopt its new side")),
        Owned::Yes => gate(spec, app, to),
    }
}

/// Where the side to hand to is owned already and alone, the template alone decides and there is
/// nothing to pause for.
fn turn_template(
    spec: &ClimbSpec,
    app: &DeploymentScene,
    sides: &Sides<'_>,
    alone: bool,
) -> Handing {
    let side = if sides.template == Which::Candidate { &spec.candidate } else { &spec.stable };
    let paused = if alone { spec.ground.paused } else { true };
    let change = Change::Template { template: side.template.clone(), paused, strategy: None };
    let act = Act::Write(vec![app_write(spec, app, change)]);
    Handing::told(act, "give the Deployment the template", false)
}

/// Owned, complete and ours, before `paused` is given back.
fn gate(spec: &ClimbSpec, app: &DeploymentScene, to: &SideScene) -> Handing {
    let complete = app.updated == app.replicas
        && app.pods == app.replicas
        && to.replicas == app.replicas
        && to.settled;
    if !complete {
        let on = format!(
            "the Deployment to count its new side: {} of {} pods updated",
            app.updated, app.replicas
        );
        return Handing::silent(Act::Wait(on));
    }
    if app.paused != spec.ground.paused {
        let act = Act::Write(vec![app_write(spec, app, Change::Paused(spec.ground.paused))]);
        return Handing::told(act, "give `paused` back as it was", true);
    }
    Handing::silent(Act::Reached)
}
