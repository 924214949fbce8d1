//! After a take-over: nothing that an older epoch still has in flight may land.

use windlass_core::fence::{Claim, Epoch, Token};
use windlass_core::id::{Kind, ObjectRef};
use windlass_core::kernel::Step;
use windlass_core::platform::{Change, Write};

use crate::climb::Climb;
use crate::climb::here::Here;
use crate::climb::scene::{DeploymentScene, Scene};
use crate::climb::spec::ClimbSpec;
use crate::climb::state::{DeploymentSeal, Reclaim, State};
use crate::climb::step::{Act, Turn};

/// Notes the epoch. Where this run was never driven before and nobody held the app, nobody can have a
/// write of it in flight, and earlier runs gave the app back only once theirs were over.
pub(crate) fn claimed(spec: &ClimbSpec, state: &State, claim: Claim) -> Step<Climb> {
    let alone = spec.ground.at_rest && claim.alone && state.epoch == Epoch(0);
    let mut turn = Turn::from(state);
    turn.state.epoch = claim.epoch;
    turn.state.retries.clear();
    if !alone {
        turn.state.reclaim = Reclaim::Unknown;
        turn.state.seal = None;
    }
    turn.look_again()
}

/// Seals every object of the climb against older epochs, then the Deployment; `None` when nothing
/// is left to seal.
pub(crate) fn reclaim(here: Here<'_>) -> Option<Step<Climb>> {
    let Here { spec, state, scene, .. } = here;
    match &state.reclaim {
        Reclaim::Unknown => {
            let mut turn = Turn::from(state);
            turn.state.reclaim = Reclaim::Objects(not_ours(spec, state, scene));
            turn.state.seal = scene.deployment.as_ref().map(|d| seal_at(spec, d));
            Some(turn.look_again())
        }
        Reclaim::Objects(listed) => {
            let left: Vec<ObjectRef> =
                not_ours(spec, state, scene).into_iter().filter(|o| listed.contains(o)).collect();
            if left.is_empty() {
                let mut turn = Turn::from(state);
                turn.state.reclaim = Reclaim::Done;
                return Some(turn.look_again());
            }
            let objects = scene.fenced_objects(spec).into_iter();
            let writes = objects.filter(|(object, _)| left.contains(object));
            let seal = |(object, expect)| Write { object, expect, change: Change::Seal };
            here.carry(Act::Write(writes.map(seal).collect()), Vec::new())
        }
        Reclaim::Done => seal_deployment(here),
    }
}

fn not_ours(spec: &ClimbSpec, state: &State, scene: &Scene) -> Vec<ObjectRef> {
    let ours = |token: &Token| matches!(token, Token::Fence(f) if f.epoch == state.epoch);
    let objects = scene.fenced_objects(spec).into_iter();
    objects.filter(|(_, expect)| !ours(&expect.token)).map(|(object, _)| object).collect()
}

/// A limit that stands one above the user's was left there by a seal that was cut short.
pub(crate) fn seal_at(spec: &ClimbSpec, deployment: &DeploymentScene) -> DeploymentSeal {
    let limit = match deployment.history_limit {
        limit if limit == spec.ground.history_limit + 1 => spec.ground.history_limit,
        limit => limit,
    };
    DeploymentSeal { generation: deployment.generation, limit }
}

fn seal_deployment(here: Here<'_>) -> Option<Step<Climb>> {
    let Here { spec, state, scene, .. } = here;
    let seal = state.seal?;
    let Some(deployment) = &scene.deployment else {
        return Some(unsealed(state));
    };
    let raised = deployment.history_limit == seal.limit + 1;
    if deployment.generation > seal.generation && !raised {
        return Some(unsealed(state));
    }
    let limit = if raised { seal.limit } else { seal.limit + 1 };
    let object = ObjectRef::new(Kind::Deployment, spec.app.name.clone());
    let act = Act::one(object, deployment.expect(), Change::HistoryLimit(limit));
    here.carry(act, Vec::new())
}

fn unsealed(state: &State) -> Step<Climb> {
    let mut turn = Turn::from(state);
    turn.state.seal = None;
    turn.look_again()
}
