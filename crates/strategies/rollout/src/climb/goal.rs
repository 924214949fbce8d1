//! Writes by name: each object of a climb, and how it is written.

use windlass_core::id::{Kind, ObjectName, ObjectRef};
use windlass_core::platform::{Change, Write};

use crate::climb::scene::{DeploymentScene, Pin, Scene, ServiceScene, SideScene};
use crate::climb::spec::ClimbSpec;
use crate::climb::step::Act;
use crate::release::{Origin, Side};

/// A write to one side's ReplicaSet.
pub(crate) fn set_write(side: &Side, scene: &SideScene, change: Change) -> Write {
    let object = ObjectRef::new(Kind::ReplicaSet, side.set.clone());
    Write { object, expect: scene.expect(), change }
}

/// A write to the Deployment.
pub(crate) fn app_write(spec: &ClimbSpec, scene: &DeploymentScene, change: Change) -> Write {
    let object = ObjectRef::new(Kind::Deployment, spec.app.name.clone());
    Write { object, expect: scene.expect(), change }
}

/// A write to a Service.
pub(crate) fn service_write(name: &ObjectName, scene: &ServiceScene, change: Change) -> Write {
    let object = ObjectRef::new(Kind::Service, name.clone());
    Write { object, expect: scene.expect(), change }
}

/// A write to the route; `None` where there is none.
pub(crate) fn route_write(spec: &ClimbSpec, scene: &Scene, change: Change) -> Option<Write> {
    let route = spec.route()?;
    let object = ObjectRef::new(Kind::Route, route.name.clone());
    scene.route.as_ref().map(|r| Write { object, expect: r.expect(), change })
}

/// Writes that bring every Service of the app that stands otherwise to this pin.
pub(crate) fn pin_writes(spec: &ClimbSpec, scene: &Scene, pin: Pin) -> Vec<Write> {
    let change = match pin {
        Pin::Stable => Change::Pin(spec.stable.hash.clone()),
        Pin::Candidate => Change::Pin(spec.candidate.hash.clone()),
        Pin::None | Pin::Other => Change::Unpin,
    };
    let services = spec.ground.services.iter().zip(&scene.services);
    services
        .filter_map(|(name, service)| service.as_ref().map(|s| (name, s)))
        .filter(|(_, service)| service.pin != pin)
        .map(|(name, service)| service_write(name, service, change.clone()))
        .collect()
}

/// True when the data plane follows every Service of the app.
pub(crate) fn pins_settled(scene: &Scene) -> bool {
    scene.services.iter().flatten().all(|s| s.settled)
}

/// What becomes of a candidate without pods. One that this or another operator of the run has made
/// the app for good has no label of a run any more: it is part of the history then.
pub(crate) fn put_away(spec: &ClimbSpec, candidate: &SideScene) -> Change {
    match spec.origin {
        Origin::New if candidate.marked => Change::DeleteSet,
        Origin::New | Origin::Kept => Change::Shelve,
    }
}

/// Waits for the pods of a side to end.
pub(crate) fn to_end(side: &str, pods: u32) -> Act {
    let noun = if pods == 1 { "pod" } else { "pods" };
    Act::wait(format!("{side}: {pods} {noun} to end"))
}
