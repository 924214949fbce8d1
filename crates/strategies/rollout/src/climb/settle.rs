//! After the promotion: the old side goes to its place in the history, and everything that the
//! climb had put up comes down.

use windlass_core::event::What;
use windlass_core::platform::Change;

use crate::climb::goal::{pin_writes, pins_settled, route_write, set_write, to_end};
use crate::climb::ground::put_back_services;
use crate::climb::handover::{self, Handing};
use crate::climb::scene::{Owned, Pin, Scene};
use crate::climb::spec::ClimbSpec;
use crate::climb::step::Act;
use crate::track::{Means, Via};

/// The next move towards rest, with the candidate as the app.
pub(crate) fn to_rest(spec: &ClimbSpec, scene: &Scene) -> (Act, Vec<What>) {
    let Handing { act, says } = handover::up(spec, scene);
    if act != Act::Reached {
        return (act, says);
    }
    (rest(spec, scene), Vec::new())
}

fn rest(spec: &ClimbSpec, scene: &Scene) -> Act {
    let Some(candidate) = &scene.candidate else {
        return Act::wait("the candidate: it is gone");
    };
    if spec.pins() && scene.stable.as_ref().is_some_and(|s| s.pods > 0 || s.replicas > 0) {
        // The Services that stood at the old side take the new one before the route leaves the
        // candidate's own.
        let writes = pin_writes(spec, scene, Pin::Candidate);
        if !writes.is_empty() {
            if candidate.serving == 0 {
                return Act::wait("the candidate: it has no ready pod");
            }
            return Act::Write(writes);
        }
    }
    if !pins_settled(scene) {
        return Act::wait("the data plane to follow the Services");
    }
    if let Means::Beside(Via::Route(_)) = &spec.track.means
        && let Some(route) = &scene.route
    {
        if route.written.is_some() {
            return Act::Write(route_write(spec, scene, Change::Unsplit).into_iter().collect());
        }
        if !route.accepted || route.effective.is_none_or(|w| !w.is_zero()) {
            return Act::wait("the data plane to leave the candidate's own Service");
        }
    }
    if let Some(stable) = &scene.stable {
        if stable.replicas > 0 {
            if !candidate.serves(scene.replicas(spec)) {
                return Act::wait("the candidate: not all of its pods are ready");
            }
            return Act::Write(vec![set_write(&spec.stable, stable, Change::SetReplicas(0))]);
        }
        if stable.pods > 0 {
            return to_end("the old side", stable.pods);
        }
        if stable.owned == Owned::No {
            return Act::Write(vec![set_write(&spec.stable, stable, Change::Shelve)]);
        }
    }
    put_back_services(spec, scene)
}
