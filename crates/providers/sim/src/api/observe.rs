//! Reads: the truth as of now. Staleness is added outside.

use windlass_core::id::{AppRef, ObjectName, PodHash, TemplateDigest};
use windlass_core::platform::{
    AppScope, AppSeen, DeploymentSeen, Membership, ServiceSeen, SetSeen, Template,
};

use crate::controllers::{Backend, PodCounts};
use crate::objects::{Deployment, Phase, PodId, ReplicaSet, Service, SetId};
use crate::world::{App, AppId, ServiceCell, SetCell, World};

/// A pod as a person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodView {
    /// The pod; its number serves as name and identity.
    pub id: PodId,
    /// Name of its ReplicaSet.
    pub set: ObjectName,
    /// Its `pod-template-hash`.
    pub hash: PodHash,
    /// Where it is in its life.
    pub phase: Phase,
    /// How often its containers have crashed.
    pub restarts: u32,
}

impl World {
    /// Reads an app: its Deployment, the ReplicaSets of it or made for it, the Services of the
    /// scope, its lease and budgets. Costs as much as there are sets and services, however many
    /// pods.
    pub fn observe(&self, scope: &AppScope) -> AppSeen {
        let mut seen = AppSeen {
            read_at: self.now,
            lease: None,
            deployment: None,
            sets: Vec::new(),
            services: Vec::new(),
            min_available: 0,
        };
        let Some(id) = self.find(&scope.app) else { return seen };
        let app = &self.store[id];
        let deployment = app.deployment.as_deref();
        seen.lease = app.lease.seen();
        seen.deployment = deployment.map(deployment_seen);
        seen.sets = self.cells(app).map(|(_, cell)| set_seen(cell, deployment)).collect();
        let services = scope.services.iter().filter_map(|name| self.service_cell(app, name));
        seen.services = services.map(|cell| self.service_seen(id, cell)).collect();
        seen.min_available = app.budgets.values().map(|b| b.min_available).max().unwrap_or(0);
        seen
    }

    /// A pod template that the Deployment or a ReplicaSet of an app has.
    pub fn template(&self, app: &AppRef, digest: &TemplateDigest) -> Option<Template> {
        let asked = self.deployment(app).map(|deployment| &deployment.spec.template);
        let sets = self.replica_sets(app).map(|set| &set.template);
        asked.into_iter().chain(sets).find(|template| template.digest == *digest).cloned()
    }

    /// The Deployment of an app with its conditions, as a person sees it.
    pub fn deployment(&self, app: &AppRef) -> Option<&Deployment> {
        self.store[self.find(app)?].deployment.as_deref()
    }

    /// The ReplicaSets of an app, owned or not, in the order in which they were made.
    pub fn replica_sets(&self, app: &AppRef) -> impl Iterator<Item = &ReplicaSet> {
        let app = self.find(app).map(|id| &self.store[id]);
        app.into_iter().flat_map(|app| self.cells(app)).map(|(_, cell)| &*cell.object)
    }

    /// A Service of an app.
    pub fn service(&self, app: &AppRef, name: &ObjectName) -> Option<&Service> {
        let app = &self.store[self.find(app)?];
        self.service_cell(app, name).map(|cell| &*cell.object)
    }

    /// The truth about the pods of a ReplicaSet.
    pub fn pod_counts(&self, app: &AppRef, set: &ObjectName) -> Option<PodCounts> {
        let app = &self.store[self.find(app)?];
        let cell = self.cells(app).find(|(_, cell)| cell.object.meta.name == *set);
        cell.map(|(_, cell)| cell.pods.counts)
    }

    /// The truth about all pods that wear the labels of the app's Deployment, whoever owns them:
    /// what an autoscaler or a disruption budget counts. Zero without a Deployment.
    pub fn selected_pods(&self, app: &AppRef) -> PodCounts {
        let Some(deployment) = self.deployment(app) else { return PodCounts::default() };
        let app = self.find(app).map(|id| &self.store[id]);
        let ids = app.into_iter().flat_map(|app| &app.sets);
        let cells = ids.filter_map(|id| self.store.sets.get(id));
        let selected =
            cells.filter(|cell| deployment.spec.selector.selects(&cell.object.pod_labels));
        selected.fold(PodCounts::default(), |sum, cell| sum.and(cell.pods.counts))
    }

    /// The pods of an app that exist, in the order in which they were made.
    pub fn pods(&self, app: &AppRef) -> Vec<PodView> {
        let Some(app) = self.find(app) else { return Vec::new() };
        let view = |(id, pod): (&PodId, &crate::objects::Pod)| {
            let cell = self.store.sets.get(&pod.set)?;
            let object = &cell.object;
            (cell.home == app && pod.phase != Phase::Gone).then(|| PodView {
                id: *id,
                set: object.meta.name.clone(),
                hash: object.hash.clone(),
                phase: pod.phase,
                restarts: pod.restarts,
            })
        };
        self.store.pods.iter().filter_map(view).collect()
    }

    /// What the data plane has behind a Service, one entry for each set of pods; `None` where there
    /// is no such Service.
    pub fn backends(&self, app: &AppRef, service: &ObjectName) -> Option<Vec<Backend>> {
        let id = self.find(app)?;
        let cell = self.service_cell(&self.store[id], service)?;
        Some(self.behind(id, &cell.spread))
    }

    /// The sets of an app that are not deleted.
    pub(crate) fn cells<'w>(
        &'w self,
        app: &'w App,
    ) -> impl Iterator<Item = (SetId, &'w SetCell)> + use<'w> {
        let cells = app.sets.iter().filter_map(|id| Some((*id, self.store.sets.get(id)?)));
        cells.filter(|(_, cell)| !cell.deleted)
    }

    pub(crate) fn service_cell(&self, app: &App, name: &ObjectName) -> Option<&ServiceCell> {
        let cells = app.services.iter().filter_map(|id| self.store.services.get(id));
        cells.into_iter().find(|cell| cell.object.meta.name == *name)
    }

    fn service_seen(&self, app: AppId, cell: &ServiceCell) -> ServiceSeen {
        let service = &*cell.object;
        let behind = self.behind(app, &cell.spread);
        let wanted = behind.iter().filter(|backend| {
            let set = self.store.sets.get(&backend.set);
            set.is_some_and(|set| service.selector.selects(&set.object.pod_labels))
        });
        ServiceSeen {
            name: service.meta.name.clone(),
            uid: service.meta.uid.clone(),
            token: service.meta.token(),
            pin: service.pin(),
            made_by: service.meta.made_by(),
            endpoints: wanted.map(|backend| backend.routed.ready).sum(),
            settled: cell.spread == service.selector,
        }
    }
}

fn deployment_seen(deployment: &Deployment) -> DeploymentSeen {
    let spec = &deployment.spec;
    DeploymentSeen {
        uid: deployment.meta.uid.clone(),
        generation: deployment.meta.generation,
        observed_generation: deployment.status.observed_generation,
        replicas: spec.replicas,
        paused: spec.paused,
        template: spec.template.digest.clone(),
        strategy: spec.strategy,
        history_limit: spec.history_limit,
        status: deployment.status.pods,
    }
}

fn set_seen(cell: &SetCell, deployment: Option<&Deployment>) -> SetSeen {
    let (set, counts) = (&*cell.object, cell.pods.counts);
    SetSeen {
        name: set.meta.name.clone(),
        uid: set.meta.uid.clone(),
        token: set.meta.token(),
        made_by: set.meta.made_by(),
        membership: membership(set, deployment),
        template: set.template.digest.clone(),
        hash: set.hash.clone(),
        revision: set.revision,
        replicas: set.replicas,
        pods: counts.active + counts.terminating,
        ready: counts.ready,
        available: counts.available,
        serving: counts.routed.ready,
        settled: set.status.observed_generation >= set.meta.generation,
    }
}

fn membership(set: &ReplicaSet, deployment: Option<&Deployment>) -> Membership {
    let Some(deployment) = deployment else { return Membership::Apart };
    if !deployment.spec.selector.selects(&set.meta.labels) {
        Membership::Apart
    } else if set.meta.controlled_by(&deployment.meta.uid) {
        Membership::Owned
    } else {
        Membership::Matching
    }
}
