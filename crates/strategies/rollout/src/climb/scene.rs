//! The scene: a view of the app reduced to what a decision rests on.

mod exposure;
mod seeing;

use serde::{Deserialize, Serialize};
use windlass_core::fence::{Expect, Token};
use windlass_core::id::{Kind, ObjectName, ObjectRef, Uid};
use windlass_core::journal::is_default;
use windlass_core::kernel::Stamped;
use windlass_core::platform::{AppSeen, RouteSeen, Stamp};
use windlass_core::weight::Weight;

use crate::climb::spec::ClimbSpec;
use crate::track::{Means, Via};

/// What a climb sees of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The app.
    pub app: AppSeen,
    /// Its route, where the climb has one and it exists.
    pub route: Option<RouteSeen>,
}

impl Stamped for Seen {
    fn stamp(&self) -> Stamp {
        let lease = self.app.lease.as_ref().map(|l| (l.run.clone(), l.epoch));
        Stamp { read_at: self.app.read_at, lease }
    }
}

/// The facts of a climb: versions, counts and weights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scene {
    /// The Deployment; `None` when it is gone.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deployment: Option<DeploymentScene>,
    /// The stable side's ReplicaSet.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stable: Option<SideScene>,
    /// The candidate side's ReplicaSet.
    #[serde(default, skip_serializing_if = "is_default")]
    pub candidate: Option<SideScene>,
    /// Another owned ReplicaSet with the candidate's template: the Deployment would take that one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub twin: Option<ObjectName>,
    /// The highest revision number of all ReplicaSets.
    pub revision: u64,
    /// The app's Services in the order of the spec; `None` for one that is gone.
    #[serde(default, skip_serializing_if = "is_default")]
    pub services: Vec<Option<ServiceScene>>,
    /// The candidate's own Service.
    #[serde(default, skip_serializing_if = "is_default")]
    pub preview: Option<ServiceScene>,
    /// The route.
    #[serde(default, skip_serializing_if = "is_default")]
    pub route: Option<RouteScene>,
}

/// Which template a Deployment asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Which {
    /// The one that ran before.
    Stable,
    /// The one that is released.
    Candidate,
    /// Somebody else's.
    Other,
}

/// The Deployment in a scene.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentScene {
    /// Its identity.
    pub uid: Uid,
    /// Its generation.
    pub generation: u64,
    /// True when its controller has seen that generation.
    pub observed: bool,
    /// Pods asked for.
    pub replicas: u32,
    /// Whether it is paused.
    pub paused: bool,
    /// Which template it asks for.
    pub template: Which,
    /// Its history limit.
    pub history_limit: u32,
    /// True when its strategy is the one it had before.
    pub own_strategy: bool,
    /// Pods of all its ReplicaSets.
    pub pods: u32,
    /// Pods of its template.
    pub updated: u32,
    /// Available pods.
    pub available: u32,
}

/// One side's ReplicaSet in a scene.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideScene {
    /// Its identity.
    pub uid: Uid,
    /// Its token.
    pub token: Token,
    /// Whether a run's label is on it: a run has made it, and has not ended with it as the app.
    pub marked: bool,
    /// How it belongs to the Deployment.
    pub owned: Owned,
    /// Its revision number.
    pub revision: u64,
    /// Pods asked for.
    pub replicas: u32,
    /// Pods that exist.
    pub pods: u32,
    /// Ready pods.
    pub ready: u32,
    /// Ready endpoints that traffic is sent to.
    pub serving: u32,
    /// True when its wish has been observed.
    pub settled: bool,
}

/// How a ReplicaSet belongs to the Deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Owned {
    /// Owned.
    Yes,
    /// Its labels match, but it is not owned yet.
    Soon,
    /// Its labels do not match.
    No,
}

/// Which side a Service's selector asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pin {
    /// All sides.
    None,
    /// The stable side.
    Stable,
    /// The candidate side.
    Candidate,
    /// Something else.
    Other,
}

/// A Service in a scene.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceScene {
    /// Its identity.
    pub uid: Uid,
    /// Its token.
    pub token: Token,
    /// Which side its selector asks for.
    pub pin: Pin,
    /// Ready endpoints behind it.
    pub endpoints: u32,
    /// True when the data plane follows the selector.
    pub settled: bool,
}

/// The route in a scene.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteScene {
    /// Its identity.
    pub uid: Uid,
    /// Its token.
    pub token: Token,
    /// The candidate's weight as written; `None` without a candidate backend.
    pub written: Option<Weight>,
    /// True when the router accepted it.
    pub accepted: bool,
    /// The candidate's share in effect; `None` while it moves.
    pub effective: Option<Weight>,
}

impl Scene {
    /// `spec.replicas` of the Deployment; the planned number when it is gone.
    pub fn replicas(&self, spec: &ClimbSpec) -> u32 {
        self.deployment.as_ref().map_or(spec.ground.replicas, |d| d.replicas)
    }

    /// Every object of the climb that exists and can carry a fence, with its precondition.
    pub fn fenced_objects(&self, spec: &ClimbSpec) -> Vec<(ObjectRef, Expect)> {
        let mut objects = Vec::new();
        let mut put = |kind, name: &ObjectName, uid: &Uid, token: &Token| {
            objects.push((ObjectRef::new(kind, name.clone()), Expect::at(uid, token)));
        };
        if let Means::InPlace { .. } = spec.track.means {
            return objects;
        }
        if let Some(s) = &self.stable {
            put(Kind::ReplicaSet, &spec.stable.set, &s.uid, &s.token);
        }
        if let Some(s) = &self.candidate {
            put(Kind::ReplicaSet, &spec.candidate.set, &s.uid, &s.token);
        }
        if spec.pins() {
            for (name, service) in spec.ground.services.iter().zip(&self.services) {
                if let Some(s) = service {
                    put(Kind::Service, name, &s.uid, &s.token);
                }
            }
        }
        if let (Some(name), Some(s)) = (spec.candidate_service(), &self.preview) {
            put(Kind::Service, name, &s.uid, &s.token);
        }
        if let (Means::Beside(Via::Route(route)), Some(r)) = (&spec.track.means, &self.route) {
            put(Kind::Route, &route.name, &r.uid, &r.token);
        }
        objects
    }
}

impl DeploymentScene {
    /// The precondition of a write to it.
    pub fn expect(&self) -> Expect {
        Expect::at(&self.uid, &Token::Generation(self.generation))
    }
}

impl SideScene {
    /// The precondition of a write to it.
    pub fn expect(&self) -> Expect {
        Expect::at(&self.uid, &self.token)
    }

    /// True when at least `pods` are ready and traffic can reach them.
    pub fn serves(&self, pods: u32) -> bool {
        self.ready >= pods && self.serving >= pods
    }
}

impl ServiceScene {
    /// The precondition of a write to it.
    pub fn expect(&self) -> Expect {
        Expect::at(&self.uid, &self.token)
    }
}

impl RouteScene {
    /// The precondition of a write to it.
    pub fn expect(&self) -> Expect {
        Expect::at(&self.uid, &self.token)
    }
}
