//! Somebody else's changes midway: what counts as one, and how a climb gets out of the way.

use windlass_core::event::{Direction, What};
use windlass_core::id::{Kind, ObjectRef};
use windlass_core::kernel::Step;
use windlass_core::model::Replicas;
use windlass_core::platform::Change;
use windlass_core::weight::Weight;

use crate::climb::Climb;
use crate::climb::goal::{
    app_write, pin_writes, pins_settled, put_away, route_write, service_write, set_write, to_end,
};
use crate::climb::here::Here;
use crate::climb::scene::{DeploymentScene, Owned, Pin, Scene, Which};
use crate::climb::spec::{ClimbSpec, ThirdVersion};
use crate::climb::state::{Phase, State};
use crate::climb::step::{Act, Turn, abort};
use crate::track::Means;

/// A step that answers a change by somebody else; `None` when there is none.
pub(crate) fn drift(here: Here<'_>) -> Option<Step<Climb>> {
    let Here { spec, state, scene, open, now } = here;
    if matches!(state.phase, Phase::Yield { .. }) {
        return None;
    }
    let Some(app) = &scene.deployment else {
        return Some(give_way(here, "the Deployment was deleted"));
    };
    if app.uid != spec.ground.uid {
        return Some(give_way(here, "the Deployment was made anew"));
    }
    if promoted_elsewhere(here, app) {
        let reason = "the candidate is the app already: another operator of this run promoted it";
        let mut turn = Turn::from(state).turned(Direction::Promote, reason).withdrawing(open);
        turn.state.enter(Phase::Settle, now);
        turn.state.paused = None;
        return Some(turn.look_again());
    }
    if let Some(change) = third_version(spec, state, app) {
        return Some(match (spec.third, &state.phase) {
            (ThirdVersion::Refuse, Phase::Lower { .. }) => return None,
            (ThirdVersion::Refuse, Phase::Before | Phase::Climb | Phase::Promote | Phase::Warm) => {
                abort(state, change, open, now)
            }
            (ThirdVersion::Supersede, _) | (ThirdVersion::Refuse, _) => give_way(here, change),
        });
    }
    let adopted = scene.candidate.as_ref().is_some_and(|c| c.owned != Owned::No && c.replicas > 0);
    let beside = matches!(spec.track.means, Means::Beside(_));
    if beside && state.phase == Phase::Climb && adopted {
        let reason = "somebody labelled the candidate into the Deployment";
        return Some(abort(state, reason, open, now));
    }
    None
}

/// An operator with an old copy of the journal finds what another one has done since.
fn promoted_elsewhere(here: Here<'_>, app: &DeploymentScene) -> bool {
    let Here { spec, state, scene, .. } = here;
    matches!(spec.track.means, Means::Beside(_))
        && matches!(state.phase, Phase::Before | Phase::Climb)
        && app.template == Which::Candidate
        && scene.candidate.as_ref().is_some_and(|c| c.owned == Owned::Yes)
        && scene.stable.as_ref().is_none_or(|s| s.replicas == 0 || s.owned == Owned::No)
}

fn third_version(spec: &ClimbSpec, state: &State, app: &DeploymentScene) -> Option<&'static str> {
    match app.template {
        Which::Other => Some("somebody changed the Deployment's template"),
        Which::Candidate if !app.paused && matches!(spec.track.means, Means::Beside(_)) => {
            let early = matches!(state.phase, Phase::Before | Phase::Climb);
            early.then_some("somebody rolled the same template out in place")
        }
        Which::Stable if state.phase == Phase::Settle => {
            Some("somebody took the Deployment's template back")
        }
        Which::Candidate | Which::Stable => None,
    }
}

fn give_way(here: Here<'_>, change: &str) -> Step<Climb> {
    let Here { spec, state, open, now, .. } = here;
    let mut turn = Turn::from(state).turned(Direction::Yield, change).withdrawing(open);
    turn.says.push(What::Drifted {
        object: ObjectRef::new(Kind::Deployment, spec.app.name.clone()),
        change: change.to_owned(),
        answer: "the release gets out of the way".to_owned(),
    });
    turn.state.enter(Phase::Yield { reason: change.to_owned() }, now);
    turn.state.paused = None;
    turn.look_again()
}

/// The next move out of the way: first every Service takes whatever pods there are, then what the
/// climb had made goes, and nothing of the Deployment's own is touched but `paused`.
pub(crate) fn out_of_the_way(spec: &ClimbSpec, scene: &Scene) -> (Act, Vec<What>) {
    (clear(spec, scene), Vec::new())
}

fn clear(spec: &ClimbSpec, scene: &Scene) -> Act {
    if spec.pins() {
        let writes = pin_writes(spec, scene, Pin::None);
        if !writes.is_empty() {
            return Act::Write(writes);
        }
        if !pins_settled(scene) {
            return Act::wait("the data plane to follow the Services");
        }
    }
    if let Some(route) = &scene.route {
        if route.written.is_some() {
            return Act::Write(route_write(spec, scene, Change::Unsplit).into_iter().collect());
        }
        if route.effective != Some(Weight::ZERO) {
            return Act::wait("the data plane to take the candidate out");
        }
    }
    if let Some(app) = &scene.deployment
        && app.paused != spec.ground.paused
        && app.uid == spec.ground.uid
    {
        return Act::Write(vec![app_write(spec, app, Change::Paused(spec.ground.paused))]);
    }
    remove_sides(spec, scene).then(|| match (spec.candidate_service(), &scene.preview) {
        (Some(name), Some(preview)) => {
            Act::Write(vec![service_write(name, preview, Change::DeleteService)])
        }
        _ => Act::Reached,
    })
}

/// The candidate goes at once, but for as many ready pods as the Deployment's own are short of what
/// its strategy keeps up; a stable side that was released stays until they carry everything.
fn remove_sides(spec: &ClimbSpec, scene: &Scene) -> Act {
    if let Means::InPlace { .. } = spec.track.means {
        return Act::Reached;
    }
    if let Some(candidate) = scene.candidate.as_ref().filter(|c| c.owned == Owned::No) {
        let needed = stand_ins(spec, scene);
        if candidate.replicas > needed {
            let change = Change::SetReplicas(needed);
            return Act::Write(vec![set_write(&spec.candidate, candidate, change)]);
        }
        if candidate.replicas > 0 {
            return Act::wait("the Deployment's own pods to carry everything");
        }
        if candidate.pods > 0 {
            return to_end("the candidate", candidate.pods);
        }
        let change = put_away(spec, candidate);
        return Act::Write(vec![set_write(&spec.candidate, candidate, change)]);
    }
    if let Some(stable) = scene.stable.as_ref().filter(|s| s.owned == Owned::No) {
        let available = scene.deployment.as_ref().map_or(0, |d| d.available);
        if stable.replicas > 0 && available < scene.replicas(spec) {
            return Act::wait("the Deployment's own pods to carry everything");
        }
        if stable.replicas > 0 {
            return Act::Write(vec![set_write(&spec.stable, stable, Change::SetReplicas(0))]);
        }
        if stable.pods > 0 {
            return to_end("the old side", stable.pods);
        }
        return Act::Write(vec![set_write(&spec.stable, stable, Change::Shelve)]);
    }
    Act::Reached
}

/// Ready pods of the candidate that stand in for those that the Deployment lacks of what a rollout by
/// its own strategy leaves it: the Services take every pod by now.
pub(crate) fn stand_ins(spec: &ClimbSpec, scene: &Scene) -> u32 {
    let missing = |app: &DeploymentScene| {
        let wanted = Replicas::try_from(app.replicas).unwrap_or(Replicas::MAX);
        let may_miss = spec.ground.strategy.room(wanted).unavailable.get();
        app.replicas.saturating_sub(may_miss + app.available)
    };
    let ready = scene.candidate.as_ref().map_or(0, |c| c.ready);
    scene.deployment.as_ref().map_or(0, missing).min(ready)
}
