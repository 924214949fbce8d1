//! The way to a notch: from wherever things are, the next safe move.
//!
//! Make before break, both ways: pods, then endpoints, then traffic; and back: traffic, then pods.

use windlass_core::event::What;
use windlass_core::fence::Expect;
use windlass_core::id::{Kind, ObjectRef};
use windlass_core::platform::{Change, Write};
use windlass_core::weight::Weight;

use crate::climb::goal::{pin_writes, pins_settled, route_write, set_write};
use crate::climb::scene::{Owned, Pin, Scene, SideScene};
use crate::climb::spec::ClimbSpec;
use crate::climb::step::Act;
use crate::release::Origin;
use crate::track::{Means, Notch, Via};

/// The next move towards a notch of a candidate beside the stable side.
pub(crate) fn to_notch(spec: &ClimbSpec, scene: &Scene, notch: &Notch) -> Act {
    let Some(stable) = &scene.stable else {
        return Act::wait(format!("ReplicaSet {}: it is gone", spec.stable.set));
    };
    let candidate = match make_room(spec, scene) {
        Ok(candidate) => candidate,
        Err(act) => return act,
    };
    let replicas = scene.replicas(spec);
    let target = spec.track.pods(notch, replicas);
    let written = scene.route.as_ref().and_then(|r| r.written).unwrap_or(Weight::ZERO);
    let held = written.of_pods(replicas);
    let wanted = match &spec.track.means {
        Means::Beside(Via::Replicas) => target,
        Means::Beside(_) | Means::InPlace { .. } => target.max(held),
    };
    if candidate.replicas < wanted {
        return scale(spec, candidate, wanted);
    }
    if !candidate.settled || !candidate.serves(target) {
        return Act::wait(format!(
            "candidate: {}/{target} pods ready, {} seen by the data plane",
            candidate.ready, candidate.serving
        ));
    }
    expose(spec, scene, stable, notch.weight).then(|| {
        if candidate.replicas > target {
            scale(spec, candidate, target)
        } else if candidate.pods > target {
            Act::wait(format!("candidate: {} pods more to go", candidate.pods - target))
        } else {
            Act::Reached
        }
    })
}

fn scale(spec: &ClimbSpec, candidate: &SideScene, pods: u32) -> Act {
    Act::Write(vec![set_write(&spec.candidate, candidate, Change::SetReplicas(pods))])
}

/// The stable pins, the candidate's ReplicaSet apart from the Deployment, and its Service: all
/// before the first pod.
fn make_room<'a>(spec: &ClimbSpec, scene: &'a Scene) -> Result<&'a SideScene, Act> {
    let first_pod = scene.candidate.as_ref().is_none_or(|c| c.pods == 0 && c.replicas == 0);
    let mut writes = Vec::new();
    let by_route = matches!(spec.track.means, Means::Beside(Via::Route(_)));
    if spec.pins() && (first_pod || by_route) {
        writes.extend(pin_writes(spec, scene, Pin::Stable));
    }
    match &scene.candidate {
        None => writes.extend(create_set(spec)),
        Some(c) if spec.origin == Origin::Kept && c.owned != Owned::No && c.replicas == 0 => {
            writes.push(set_write(&spec.candidate, c, Change::Release));
        }
        Some(_) => {}
    }
    if scene.preview.is_none() {
        writes.extend(create_service(spec));
    }
    if !writes.is_empty() {
        return Err(Act::Write(writes));
    }
    match &scene.candidate {
        Some(c) if c.owned == Owned::No => Ok(c),
        Some(_) => Err(Act::wait("the Deployment to let go of the candidate")),
        None => Err(Act::wait(format!(
            "ReplicaSet {}: the name is taken by another template",
            spec.candidate.set
        ))),
    }
}

fn create_set(spec: &ClimbSpec) -> Option<Write> {
    // A kept revision that is gone by now is made again from its template.
    Some(Write {
        object: ObjectRef::new(Kind::ReplicaSet, spec.candidate.set.clone()),
        expect: Expect::absent(),
        change: Change::CreateSet {
            template: spec.candidate.template.clone(),
            hash: spec.candidate.hash.clone(),
            run: spec.run.clone(),
        },
    })
}

fn create_service(spec: &ClimbSpec) -> Option<Write> {
    let name = spec.candidate_service()?;
    let like = match &spec.track.means {
        Means::Beside(Via::Route(route)) => route.stable.clone(),
        Means::Beside(_) | Means::InPlace { .. } => spec.ground.services.first()?.clone(),
    };
    Some(Write {
        object: ObjectRef::new(Kind::Service, name.clone()),
        expect: Expect::absent(),
        change: Change::CreateService {
            like,
            pin: spec.candidate.hash.clone(),
            run: spec.run.clone(),
        },
    })
}

/// Brings the candidate's share to exactly `weight`, and waits until it is in effect.
pub(crate) fn expose(spec: &ClimbSpec, scene: &Scene, stable: &SideScene, weight: Weight) -> Act {
    match &spec.track.means {
        Means::Beside(Via::Route(_)) => expose_route(spec, scene, stable, weight),
        Means::Beside(Via::Selector { .. }) => expose_pins(spec, scene, stable, weight),
        Means::Beside(Via::Replicas) | Means::InPlace { .. } => Act::Reached,
    }
}

fn expose_route(spec: &ClimbSpec, scene: &Scene, stable: &SideScene, weight: Weight) -> Act {
    let (Means::Beside(Via::Route(route)), Some(seen)) = (&spec.track.means, &scene.route) else {
        return Act::wait("the route: it is gone");
    };
    let written = seen.written.unwrap_or(Weight::ZERO);
    if weight > written && !pins_settled(scene) {
        return Act::wait("the data plane to follow the Services");
    }
    if written != weight {
        if weight < written && stable.serving == 0 {
            return Act::wait("the stable side: it has no ready pod to take the traffic back");
        }
        let change = Change::Split { candidate: route.candidate.clone(), weight };
        return Act::Write(route_write(spec, scene, change).into_iter().collect());
    }
    if !seen.accepted {
        return Act::wait("the router to accept the weights");
    }
    match seen.effective {
        Some(now) if near(now, weight) => Act::Reached,
        Some(now) => Act::wait(format!("the data plane: {now} of traffic, {weight} written")),
        None => Act::wait(format!("the data plane to take {weight} up")),
    }
}

/// Routers round: once the share stands still it counts as the one written, within 1 %. All and
/// nothing are never rounded.
fn near(now: Weight, written: Weight) -> bool {
    let apart = now.basis_points().abs_diff(written.basis_points());
    apart == 0 || (apart <= 100 && !written.is_zero() && !written.is_full())
}

fn expose_pins(spec: &ClimbSpec, scene: &Scene, stable: &SideScene, weight: Weight) -> Act {
    let pin = if weight.is_full() { Pin::Candidate } else { Pin::Stable };
    if pin == Pin::Stable && stable.serving == 0 {
        return Act::wait("the stable side: it has no ready pod to take the traffic back");
    }
    let writes = pin_writes(spec, scene, pin);
    if !writes.is_empty() {
        return Act::Write(writes);
    }
    if pins_settled(scene) {
        Act::Reached
    } else {
        Act::wait("the data plane to follow the Services")
    }
}

/// The event that tells where a climb stands.
pub(crate) fn stage(spec: &ClimbSpec, notch: u32, stage: windlass_core::event::Stage) -> What {
    let of = spec.track.notches.count();
    What::Notch { notch: notch + 1, of, stage }
}
