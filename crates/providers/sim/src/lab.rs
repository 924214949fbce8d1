//! For tests: one app in a world of its own, and words for what is asked of it.

use windlass_core::fence::{Epoch, Expect, Fence, Token};
use windlass_core::id::{AppRef, Kind, ObjectName, ObjectRef, PodHash};
use windlass_core::platform::{
    AppScope, AppSeen, Change, Membership, Receipt, Refusal, SetSeen, Template, Templates, Write,
};
use windlass_core::time::Span;

use crate::objects::{Deployment, DeploymentSpec, Labels, PodId};
use crate::{World, WorldConfig};

/// A world with the app `shop/web`, its Service `web`, and a run `r1` that writes to it.
#[derive(Clone, Debug)]
pub(crate) struct Lab {
    pub(crate) world: World,
    pub(crate) app: AppRef,
    templates: Templates,
    seq: u64,
}

/// A template of a version: `v1`, `v2`, ...
pub(crate) fn template(version: &str) -> Template {
    // Digests differ in their first ten digits, as those of real templates do.
    let digest = version.bytes().map(|b| format!("{b:02x}")).collect::<String>() + "00000000";
    Template { digest: digest.as_str().into(), body: format!("{{\"v\":\"{version}\"}}").into() }
}

/// The pod hash that a run gives to the set of a version.
pub(crate) fn hash(version: &str) -> PodHash {
    template(version).digest.pod_hash()
}

impl Lab {
    /// An empty world.
    pub(crate) fn empty(seed: u64) -> Self {
        Self::with(seed, WorldConfig::default())
    }

    /// An empty world of another make.
    pub(crate) fn with(seed: u64, config: WorldConfig) -> Self {
        let templates = ["v1", "v2", "v3"].into_iter().map(template).collect();
        let world = World::new(seed, config);
        Self { world, app: AppRef::new("shop", "web"), templates, seq: 0 }
    }

    /// A world in which a Deployment runs and is at rest.
    pub(crate) fn running(seed: u64, spec: DeploymentSpec) -> Self {
        let mut lab = Self::empty(seed);
        lab.world.apply(&lab.app, spec).expect("a valid manifest");
        let selector = Labels::one("app", "web");
        lab.world.create_service(&lab.app, &"web".into(), selector).expect("a free name");
        lab.rest();
        lab
    }

    /// The manifest of `replicas` pods of version `v1`.
    pub(crate) fn manifest(replicas: u32) -> DeploymentSpec {
        DeploymentSpec::new("web", template("v1"), replicas)
    }

    /// Lets everything that is under way come to an end, and a minute more.
    pub(crate) fn rest(&mut self) {
        self.world.advance(Span::seconds(60));
    }

    pub(crate) fn seen(&self) -> AppSeen {
        let services = vec!["web".into()];
        self.world.observe(&AppScope { app: self.app.clone(), services })
    }

    /// The set of a version; the youngest where there are several.
    pub(crate) fn set(&self, version: &str) -> SetSeen {
        let digest = template(version).digest;
        let found = self.seen().sets.into_iter().rfind(|set| set.template == digest);
        found.unwrap_or_else(|| panic!("no set of {version}"))
    }

    /// The pods of a version.
    pub(crate) fn pods(&self, version: &str) -> Vec<PodId> {
        let hash = self.set(version).hash;
        let pods = self.world.pods(&self.app).into_iter().filter(|pod| pod.hash == hash);
        pods.map(|pod| pod.id).collect()
    }

    /// True when the Deployment's controller has seen it as it stands.
    pub(crate) fn is_observed(&self) -> bool {
        let seen = self.seen().deployment.expect("a Deployment");
        seen.observed_generation >= seen.generation
    }

    pub(crate) fn deployment(&self) -> &Deployment {
        self.world.deployment(&self.app).expect("a Deployment")
    }

    /// Numbers of the sets that exist.
    pub(crate) fn deployment_sets(&self) -> Vec<u64> {
        let sets = self.world.replica_sets(&self.app);
        let serial = |uid: &str| uid.rsplit_once('-').and_then(|(_, serial)| serial.parse().ok());
        sets.filter_map(|set| serial(set.meta.uid.as_str())).collect()
    }

    /// Step 5 of a handover: the set of `v2` is owned and has all pods of the Deployment, and these
    /// are of its template.
    pub(crate) fn is_taken_over(&self) -> bool {
        let (set, seen) = (self.set("v2"), self.seen().deployment.expect("a Deployment"));
        set.membership == Membership::Owned
            && set.template == seen.template
            && set.replicas == seen.replicas
            && seen.status.updated == seen.replicas
            && self.is_observed()
    }

    pub(crate) fn fence(&mut self) -> Fence {
        self.seq += 1;
        Fence { run: "r1".into(), epoch: Epoch(1), seq: self.seq }
    }

    pub(crate) fn send(&mut self, write: &Write) -> Result<Receipt, Refusal> {
        let fence = self.fence();
        self.world.write(&self.app, &self.templates, &fence, write)
    }

    /// Writes to the Deployment as it is now.
    pub(crate) fn deploy(&mut self, change: Change) -> Result<Receipt, Refusal> {
        let seen = self.seen().deployment.expect("a Deployment");
        let expect = Expect::at(&seen.uid, &Token::Generation(seen.generation));
        let object = ObjectRef::new(Kind::Deployment, "web".into());
        self.send(&Write { object, expect, change })
    }

    /// Writes to the set of a version as it is now.
    pub(crate) fn write_set(&mut self, version: &str, change: Change) -> Result<Receipt, Refusal> {
        let seen = self.set(version);
        let expect = Expect::at(&seen.uid, &seen.token);
        let object = ObjectRef::new(Kind::ReplicaSet, seen.name);
        self.send(&Write { object, expect, change })
    }

    /// Writes to the Service as it is now.
    pub(crate) fn write_service(&mut self, change: Change) -> Result<Receipt, Refusal> {
        let seen = self.seen().services[0].clone();
        let expect = Expect::at(&seen.uid, &seen.token);
        let object = ObjectRef::new(Kind::Service, seen.name);
        self.send(&Write { object, expect, change })
    }

    /// Makes the candidate of a version, with a hash of ours, and gives it `replicas` pods.
    pub(crate) fn candidate(&mut self, version: &str, replicas: u32) -> ObjectName {
        let name = self.candidate_named(hash(version).as_str(), version);
        self.write_set(version, Change::SetReplicas(replicas)).expect("nobody else writes");
        name
    }

    /// Makes a candidate of a version, with a hash of its own and without pods.
    pub(crate) fn candidate_named(&mut self, hash: &str, version: &str) -> ObjectName {
        let name = ObjectName::new(format!("web-{hash}"));
        let template = template(version).digest;
        let change = Change::CreateSet { template, hash: hash.into(), run: "r1".into() };
        let object = ObjectRef::new(Kind::ReplicaSet, name.clone());
        self.send(&Write { object, expect: Expect::absent(), change }).expect("a free name");
        name
    }
}
