//! The most obedient cluster there is: every write takes effect at once, every pod gets ready
//! after the same time, nothing else ever happens. A plan is what a climb does in it.

use std::collections::BTreeMap;

use windlass_core::event::Judgement;
use windlass_core::evidence::{Reading, Sample};
use windlass_core::fence::{Claim, Epoch, Fence, Token};
use windlass_core::id::{Holder, Kind, ObjectName, PodHash, RunId, Uid};
use windlass_core::model::{DeploymentStrategy, Replicas};
use windlass_core::platform::{
    AppSeen, Change, DeploymentSeen, DeploymentStatus, HookAnswer, LeaseSeen, Membership, Receipt,
    RouteSeen, ServiceSeen, SetSeen, Write,
};
use windlass_core::time::{Span, Timestamp};
use windlass_core::weight::Weight;

use crate::climb::{Answer, Ask, ClimbSpec, Scene, Seen};
use crate::gather::Observed;
use crate::track::Means;

/// As which the toy app is taken.
pub(super) const CLAIM: Claim = Claim { epoch: Epoch(1), alone: true };

/// A toy app, in memory.
pub(super) struct Toy<'a> {
    spec: &'a ClimbSpec,
    app: AppSeen,
    route: Option<RouteSeen>,
    start: Timestamp,
    now: Span,
    start_up: Span,
    /// Pods that get ready, by time and ReplicaSet.
    starting: BTreeMap<(Span, ObjectName), u32>,
    versions: u64,
    /// Most pods at once so far.
    pub(super) peak: u32,
}

impl<'a> Toy<'a> {
    /// The app as it was observed, held by the run.
    pub(super) fn new(spec: &'a ClimbSpec, observed: &Observed, start_up: Span) -> Self {
        let mut app = observed.app.clone();
        let (run, holder) = (spec.run.clone(), Holder::new("the plan"));
        app.lease = Some(LeaseSeen { run, holder, epoch: CLAIM.epoch });
        let route = observed.route.clone();
        let start = observed.app.read_at;
        let starting = BTreeMap::new();
        let mut toy = Self {
            spec,
            app,
            route,
            start,
            now: Span::ZERO,
            start_up,
            starting,
            versions: 0,
            peak: 0,
        };
        toy.count();
        toy
    }

    pub(super) fn now(&self) -> Span {
        self.now
    }

    pub(super) fn wall(&self) -> Timestamp {
        self.start + self.now
    }

    /// When the next pod gets ready.
    pub(super) fn next(&self) -> Option<Span> {
        self.starting.first_key_value().map(|((at, _), _)| *at)
    }

    /// Lets time pass.
    pub(super) fn advance(&mut self, to: Span) {
        self.now = to;
        while let Some(due) = self.starting.first_entry().filter(|due| due.key().0 <= to) {
            let ((_, name), pods) = due.remove_entry();
            if let Some(set) = self.set(&name) {
                set.ready = (set.ready + pods).min(set.pods);
            }
        }
        self.reconcile();
    }

    pub(super) fn seen(&self) -> Seen {
        let app = AppSeen { read_at: self.wall(), ..self.app.clone() };
        let route = self.route.clone().map(|it| RouteSeen { read_at: self.wall(), ..it });
        Seen { app, route }
    }

    /// Everything is good, everybody says yes.
    pub(super) fn answer(&self, ask: &Ask) -> Answer {
        match ask {
            Ask::Metric { analysis, metric, requests, .. } => {
                let exposure = Scene::of(self.spec, &self.seen()).exposure(self.spec);
                let placed = self.spec.track.analyses.get(*analysis);
                let good = placed.and_then(|it| it.analysis.metric(*metric)).and_then(good_reading);
                let value = Ok(good.unwrap_or_default());
                let many = Reading::from_millionths(i64::MAX / 2);
                let sample = Sample { value, at: self.wall(), exposure };
                let requests = requests.as_ref().map(|_| many);
                Answer::Metric { sample, requests, stable: None }
            }
            Ask::Hook { .. } => Answer::Hook(HookAnswer::Pass),
            Ask::Approval { .. } => Answer::Granted { by: "the plan".to_owned() },
        }
    }

    /// Obeys.
    pub(super) fn write(&mut self, fence: &Fence, write: &Write) -> Receipt {
        self.obey(&write.object.name, &write.change);
        let token = self.mark(fence, write);
        self.reconcile();
        Receipt { uid: write.expect.uid.clone().unwrap_or_else(|| Uid::new("new")), token }
    }

    /// Leaves the fence on what was written, or takes it off.
    fn mark(&mut self, fence: &Fence, write: &Write) -> Token {
        self.versions += 1;
        let off = matches!(
            write.change,
            Change::Unpin | Change::Shelve | Change::Unsplit | Change::Unseal
        );
        let token = if off { Token::Version(self.versions) } else { Token::Fence(fence.clone()) };
        let name = &write.object.name;
        let there = match write.object.kind {
            Kind::Deployment => {
                let generation = self.app.deployment.as_ref().map_or(0, |it| it.generation);
                return Token::Generation(generation);
            }
            Kind::ReplicaSet => self.set(name).map(|set| &mut set.token),
            Kind::Service => self.service(name).map(|service| &mut service.token),
            Kind::Route => self.route.as_mut().map(|route| &mut route.token),
        };
        if let Some(there) = there {
            *there = token.clone();
        }
        token
    }

    fn set(&mut self, name: &ObjectName) -> Option<&mut SetSeen> {
        self.app.sets.iter_mut().find(|set| set.name == *name)
    }

    fn service(&mut self, name: &ObjectName) -> Option<&mut ServiceSeen> {
        self.app.services.iter_mut().find(|service| service.name == *name)
    }

    fn obey(&mut self, name: &ObjectName, change: &Change) {
        match change {
            Change::Template { template, paused, strategy } => self.deployment(|it| {
                it.template = template.clone();
                it.paused = *paused;
                it.strategy = strategy.unwrap_or(it.strategy);
            }),
            Change::Paused(paused) => self.deployment(|it| it.paused = *paused),
            Change::DeploymentReplicas(pods) => self.deployment(|it| it.replicas = *pods),
            Change::HistoryLimit(limit) => self.deployment(|it| it.history_limit = *limit),
            Change::CreateSet { hash, run, .. } => {
                let set = self.new_set(name, hash, Some(run));
                self.app.sets.push(set);
            }
            Change::DeleteSet => self.app.sets.retain(|set| set.name != *name),
            Change::SetReplicas(pods) => self.scale(name, *pods),
            Change::Release => self.belong(name, Membership::Apart),
            Change::Shelve => self.belong(name, Membership::Owned),
            Change::Adopt { revision } => {
                self.belong(name, Membership::Owned);
                if let Some(set) = self.set(name) {
                    set.revision = *revision;
                }
            }
            Change::Pin(hash) => self.pin(name, Some(hash.clone())),
            Change::Unpin => self.pin(name, None),
            Change::CreateService { pin, run, .. } => {
                self.app.services.push(new_service(name, pin, run));
            }
            Change::DeleteService => self.app.services.retain(|service| service.name != *name),
            Change::Split { weight, .. } => self.split(Some(*weight)),
            Change::Unsplit => self.split(None),
            Change::Seal | Change::Unseal => {}
        }
    }

    fn deployment(&mut self, change: impl FnOnce(&mut DeploymentSeen)) {
        if let Some(deployment) = &mut self.app.deployment {
            change(deployment);
            deployment.generation += 1;
            deployment.observed_generation = deployment.generation;
        }
    }

    fn pin(&mut self, name: &ObjectName, pin: Option<PodHash>) {
        if let Some(service) = self.service(name) {
            service.pin = pin;
        }
    }

    fn split(&mut self, weight: Option<Weight>) {
        if let Some(route) = &mut self.route {
            route.written = weight;
            route.effective = Some(weight.unwrap_or(Weight::ZERO));
        }
    }

    fn belong(&mut self, name: &ObjectName, membership: Membership) {
        if let Some(set) = self.set(name) {
            set.membership = membership;
        }
    }

    fn new_set(&self, name: &ObjectName, hash: &PodHash, run: Option<&RunId>) -> SetSeen {
        SetSeen {
            name: name.clone(),
            uid: Uid::new(format!("toy-{name}")),
            token: Token::Version(0),
            made_by: run.cloned(),
            membership: if run.is_some() { Membership::Apart } else { Membership::Owned },
            template: self.spec.candidate.template.clone(),
            hash: hash.clone(),
            revision: 0,
            replicas: 0,
            pods: 0,
            ready: 0,
            available: 0,
            serving: 0,
            settled: true,
        }
    }

    fn scale(&mut self, name: &ObjectName, pods: u32) {
        let ready_at = self.now + self.start_up;
        let Some(set) = self.set(name) else { return };
        set.replicas = pods;
        let more = pods.saturating_sub(set.pods);
        set.pods = pods;
        set.ready = set.ready.min(pods);
        if more > 0 {
            *self.starting.entry((ready_at, name.clone())).or_default() += more;
        }
    }

    /// What the Deployment's own controller does, and what can be counted then.
    fn reconcile(&mut self) {
        if let Means::InPlace { .. } = self.spec.track.means {
            while self.roll() {
                self.count();
            }
        }
        self.count();
    }

    /// One move of the controller; false when it has nothing to do.
    fn roll(&mut self) -> bool {
        let Some(deployment) = self.app.deployment.clone() else { return false };
        let (stable, candidate) = (&self.spec.stable.set, &self.spec.candidate);
        if deployment.paused || deployment.template != candidate.template {
            return false;
        }
        if self.set(&candidate.set).is_none() {
            let set = self.new_set(&candidate.set, &candidate.hash, None);
            self.app.sets.push(set);
        }
        let old = self.set(stable).map_or((0, 0), |set| (set.replicas, set.ready));
        let new = self.set(&candidate.set).map_or((0, 0), |set| (set.replicas, set.ready));
        let (old_size, new_size) = rolled(&deployment, old, new);
        if new_size != new.0 {
            self.scale(&candidate.set, new_size);
        } else if old_size != old.0 {
            self.scale(stable, old_size);
        } else {
            return false;
        }
        true
    }

    fn count(&mut self) {
        for set in &mut self.app.sets {
            set.available = set.ready;
            set.serving = set.ready;
        }
        self.peak = self.peak.max(self.app.sets.iter().map(|set| set.pods).sum());
        let owned = || self.app.sets.iter().filter(|set| set.membership == Membership::Owned);
        if let Some(deployment) = &mut self.app.deployment {
            let current = owned().filter(|set| set.template == deployment.template);
            deployment.status = DeploymentStatus {
                replicas: owned().map(|set| set.pods).sum(),
                updated: current.map(|set| set.pods).sum(),
                ready: owned().map(|set| set.ready).sum(),
                available: owned().map(|set| set.ready).sum(),
            };
        }
    }
}

fn new_service(name: &ObjectName, pin: &PodHash, run: &RunId) -> ServiceSeen {
    ServiceSeen {
        name: name.clone(),
        uid: Uid::new(format!("toy-{name}")),
        token: Token::Version(0),
        pin: Some(pin.clone()),
        made_by: Some(run.clone()),
        endpoints: 0,
        settled: true,
    }
}

/// Sizes of the old and the new ReplicaSet after the next move, from their sizes and ready pods.
fn rolled(deployment: &DeploymentSeen, old: (u32, u32), new: (u32, u32)) -> (u32, u32) {
    let wanted = deployment.replicas;
    match deployment.strategy {
        DeploymentStrategy::Recreate if old.0 > 0 => (0, new.0),
        DeploymentStrategy::Recreate => (0, wanted),
        DeploymentStrategy::RollingUpdate(limits) => {
            let bounds = limits.room(Replicas::try_from(wanted).unwrap_or(Replicas::MAX));
            let room = (wanted + bounds.surge.get()).saturating_sub(old.0);
            let floor = wanted.saturating_sub(bounds.unavailable.get());
            let spare = (old.1 + new.1).saturating_sub(floor);
            (old.0.saturating_sub(spare), wanted.min(room).max(new.0))
        }
    }
}

/// A reading that the metric takes for good; `None` where none of the obvious ones is.
fn good_reading(metric: &windlass_analysis::Metric) -> Option<Reading> {
    let conditions = metric.success.iter().chain(&metric.failure);
    let bounds = conditions.flat_map(|condition| condition.bounds());
    let near = bounds.flat_map(|bound| [0, -1, 1].map(|by| bound.millionths().saturating_add(by)));
    let mut tried = std::iter::once(0).chain(near).map(Reading::from_millionths);
    tried.find(|reading| metric.judge(*reading) == Judgement::Good)
}
