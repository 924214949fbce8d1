//! From a view to a scene.

use windlass_core::id::{ObjectName, TemplateDigest};
use windlass_core::platform::{DeploymentSeen, Membership, RouteSeen, ServiceSeen, SetSeen};

use super::{DeploymentScene, Owned, Pin, RouteScene, Scene, Seen, ServiceScene, SideScene, Which};
use crate::climb::spec::ClimbSpec;
use crate::release::Side;
use crate::track::Means;

impl Scene {
    /// Reduces a view to the scene of this climb.
    pub fn of(spec: &ClimbSpec, seen: &Seen) -> Self {
        let app = &seen.app;
        let service = |name: &ObjectName| {
            app.services.iter().find(|s| s.name == *name).map(|s| ServiceScene::of(spec, s))
        };
        let twin = |s: &&SetSeen| {
            s.template == spec.candidate.template
                && s.name != spec.candidate.set
                && s.membership == Membership::Owned
        };
        Self {
            deployment: app.deployment.as_ref().map(|d| DeploymentScene::of(spec, d)),
            stable: SideScene::find(&spec.stable, &app.sets),
            candidate: match spec.track.means {
                Means::Beside(_) => SideScene::find(&spec.candidate, &app.sets),
                Means::InPlace { .. } => SideScene::made_by_the_app(&spec.candidate, &app.sets),
            },
            twin: app.sets.iter().find(twin).map(|s| s.name.clone()),
            revision: app.sets.iter().map(|s| s.revision).max().unwrap_or(0),
            services: spec.ground.services.iter().map(service).collect(),
            preview: spec.candidate_service().and_then(service),
            route: seen.route.as_ref().map(RouteScene::of),
        }
    }
}

impl DeploymentScene {
    fn of(spec: &ClimbSpec, seen: &DeploymentSeen) -> Self {
        let which = |digest: &TemplateDigest| match digest {
            d if *d == spec.stable.template => Which::Stable,
            d if *d == spec.candidate.template => Which::Candidate,
            _ => Which::Other,
        };
        Self {
            uid: seen.uid.clone(),
            generation: seen.generation,
            observed: seen.observed_generation >= seen.generation,
            replicas: seen.replicas,
            paused: seen.paused,
            template: which(&seen.template),
            history_limit: seen.history_limit,
            own_strategy: seen.strategy == spec.ground.strategy,
            pods: seen.status.replicas,
            updated: seen.status.updated,
            available: seen.status.available,
        }
    }
}

impl SideScene {
    fn find(side: &Side, sets: &[SetSeen]) -> Option<Self> {
        let found = sets.iter().find(|s| s.name == side.set && s.template == side.template);
        found.map(Self::of)
    }

    /// In place the Deployment's controller names the ReplicaSet, so only the template tells it.
    fn made_by_the_app(side: &Side, sets: &[SetSeen]) -> Option<Self> {
        let owned = |s: &&SetSeen| s.membership == Membership::Owned;
        sets.iter().filter(owned).find(|s| s.template == side.template).map(Self::of)
    }

    fn of(seen: &SetSeen) -> Self {
        Self {
            uid: seen.uid.clone(),
            token: seen.token.clone(),
            marked: seen.made_by.is_some(),
            owned: match seen.membership {
                Membership::Owned => Owned::Yes,
                Membership::Matching => Owned::Soon,
                Membership::Apart => Owned::No,
            },
            revision: seen.revision,
            replicas: seen.replicas,
            pods: seen.pods,
            ready: seen.ready,
            serving: seen.serving,
            settled: seen.settled,
        }
    }
}

impl ServiceScene {
    fn of(spec: &ClimbSpec, seen: &ServiceSeen) -> Self {
        let pin = match &seen.pin {
            None => Pin::None,
            Some(hash) if *hash == spec.stable.hash => Pin::Stable,
            Some(hash) if *hash == spec.candidate.hash => Pin::Candidate,
            Some(_) => Pin::Other,
        };
        Self {
            uid: seen.uid.clone(),
            token: seen.token.clone(),
            pin,
            endpoints: seen.endpoints,
            settled: seen.settled,
        }
    }
}

impl RouteScene {
    fn of(seen: &RouteSeen) -> Self {
        Self {
            uid: seen.uid.clone(),
            token: seen.token.clone(),
            written: seen.written,
            accepted: seen.accepted,
            effective: seen.effective,
        }
    }
}
