//! The way down: back to exactly how the app was, from wherever the climb is.

use windlass_core::event::What;
use windlass_core::platform::Change;
use windlass_core::weight::Weight;

use crate::climb::approach::expose;
use crate::climb::goal::{
    pin_writes, pins_settled, put_away, route_write, service_write, set_write, to_end,
};
use crate::climb::handover::{self, Handing};
use crate::climb::scene::{Owned, Pin, Scene, SideScene, Which};
use crate::climb::spec::ClimbSpec;
use crate::climb::step::Act;
use crate::track::{Means, Via};

/// The next move towards the ground.
pub(crate) fn to_ground(spec: &ClimbSpec, scene: &Scene) -> (Act, Vec<What>) {
    // Traffic first: nothing else moves while any of it may still reach the candidate.
    let traffic = match &scene.stable {
        Some(stable) if traffic_may_reach(spec, scene) => {
            restore_stable(spec, scene, stable).then(|| expose(spec, scene, stable, Weight::ZERO))
        }
        _ => Act::Reached,
    };
    // Then the Deployment, where it was touched; then what the climb has made.
    let handing = match traffic {
        Act::Reached if touched(spec, scene) => handover::down(spec, scene),
        act @ (Act::Reached | Act::Wait(_) | Act::Write(_)) => Handing { act, says: Vec::new() },
    };
    (handing.act.then(|| take_down(spec, scene)), handing.says)
}

fn traffic_may_reach(spec: &ClimbSpec, scene: &Scene) -> bool {
    // A route may name a Service without pods; a selector finds none.
    let reachable = match &spec.track.means {
        Means::Beside(Via::Route(_)) => true,
        Means::Beside(_) | Means::InPlace { .. } => {
            scene.candidate.as_ref().is_some_and(|c| c.pods > 0)
        }
    };
    spec.pins() && reachable && !scene.highest_exposure(spec).is_zero()
}

/// The stable side must carry everything again before it gets it: where the Deployment no longer
/// keeps it up (it was released), the climb does.
fn restore_stable(spec: &ClimbSpec, scene: &Scene, stable: &SideScene) -> Act {
    let replicas = scene.replicas(spec);
    let candidate_runs = scene.deployment.as_ref().is_some_and(|d| d.template == Which::Candidate);
    if candidate_runs && stable.owned != Owned::No && stable.replicas == 0 {
        // It is in the history already: let go of at 0 pods, it can be raised beside the Deployment.
        return Act::Write(vec![set_write(&spec.stable, stable, Change::Release)]);
    }
    if stable.owned == Owned::No && stable.replicas < replicas {
        return Act::Write(vec![set_write(&spec.stable, stable, Change::SetReplicas(replicas))]);
    }
    Act::Reached
}

fn touched(spec: &ClimbSpec, scene: &Scene) -> bool {
    let app = scene.deployment.as_ref();
    app.is_some_and(|d| d.template == Which::Candidate || d.paused != spec.ground.paused)
        || scene.stable.as_ref().is_some_and(|s| s.owned != Owned::Yes)
}

/// Route, pods, ReplicaSet, Service, pins: in this order, since each still uses the next.
fn take_down(spec: &ClimbSpec, scene: &Scene) -> Act {
    if let Some(route) = scene.route.as_ref().filter(|r| r.written.is_some()) {
        if route.effective != Some(Weight::ZERO) {
            return Act::wait("the data plane to take the candidate out");
        }
        return Act::Write(route_write(spec, scene, Change::Unsplit).into_iter().collect());
    }
    if scene.services.iter().flatten().any(|service| service.pin == Pin::Candidate) {
        return take_services_back(spec, scene);
    }
    if !pins_settled(scene) {
        return Act::wait("the data plane to follow the Services");
    }
    if let Some(candidate) = &scene.candidate {
        if candidate.replicas > 0 {
            if let Some(on) = still_carried(spec, scene, candidate) {
                return Act::Wait(on);
            }
            let write = set_write(&spec.candidate, candidate, Change::SetReplicas(0));
            return Act::Write(vec![write]);
        }
        if candidate.pods > 0 {
            return to_end("the candidate", candidate.pods);
        }
        let change = put_away(spec, candidate);
        if change == Change::DeleteSet || candidate.owned == Owned::No {
            return Act::Write(vec![set_write(&spec.candidate, candidate, change)]);
        }
    }
    put_back_services(spec, scene)
}

/// Another operator of the run was on its way to rest with the candidate: the app's own Services send
/// to it, whatever the route says, until the stable side can carry everything again.
fn take_services_back(spec: &ClimbSpec, scene: &Scene) -> Act {
    let replicas = scene.replicas(spec);
    match &scene.stable {
        Some(stable) if stable.serves(replicas) => Act::Write(pin_writes(spec, scene, Pin::Stable)),
        _ => Act::wait("the stable side: not all of its pods are ready"),
    }
}

/// What a whole candidate waits for while the stable side is not whole: the app may have grown while
/// it was the candidate, and its pods are what holds the floor then. It gets no requests meanwhile;
/// where it still would, as without pins, it goes at once.
fn still_carried(spec: &ClimbSpec, scene: &Scene, candidate: &SideScene) -> Option<String> {
    let replicas = scene.replicas(spec);
    let stable = scene.stable.as_ref()?;
    let carried = spec.pins() && candidate.ready >= replicas && !stable.serves(replicas);
    carried.then(|| {
        let (ready, serving) = (stable.ready, stable.serving);
        format!("the stable side: {ready}/{replicas} pods ready, {serving} seen by the data plane")
    })
}

/// Unpins the app's Services and deletes the candidate's own; only once one side has no pods.
pub(crate) fn put_back_services(spec: &ClimbSpec, scene: &Scene) -> Act {
    if !spec.pins() {
        return Act::Reached;
    }
    let mut writes = pin_writes(spec, scene, Pin::None);
    if let (Some(name), Some(preview)) = (spec.candidate_service(), &scene.preview) {
        writes.push(service_write(name, preview, Change::DeleteService));
    }
    if !writes.is_empty() {
        return Act::Write(writes);
    }
    if pins_settled(scene) {
        Act::Reached
    } else {
        Act::wait("the data plane to follow the Services")
    }
}
