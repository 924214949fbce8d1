//! Traffic in the world: routes and load as parts of an app, kept in step with its pods.

mod routes;

use std::collections::BTreeMap;
use std::sync::Arc;

use windlass_core::evidence::{NoEvidence, Reading};
use windlass_core::id::{AppRef, ObjectName, PodHash};
use windlass_core::platform::{MetricQuery, Template};
use windlass_core::time::Timestamp;

use super::load::digest;
use super::{Endpoints, Flows, Load, LoadConfig, Outage, Route, Served, Source, VersionModel};
use crate::controllers::Backend;
use crate::objects::PodBehaviour;
use crate::rng::Rng;
use crate::world::{AppId, WatchKind, World};

/// The traffic of one app.
#[derive(Clone, Debug, Default)]
pub(crate) struct AppTraffic {
    routes: BTreeMap<u64, Route>,
    load: Option<Load>,
    source: Source,
    /// True when something changed that requests follow, and they do not yet.
    moved: bool,
}

impl AppTraffic {
    fn named(&self, name: &ObjectName) -> Option<(u64, &Route)> {
        let mut routes = self.routes.iter().map(|(serial, route)| (*serial, route));
        routes.find(|(_, route)| route.meta.name == *name)
    }
}

/// How the pods of a version behave and answer.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    text: Arc<str>,
    behaviour: Arc<PodBehaviour>,
    model: VersionModel,
}

/// Labels of an app's streams.
const LOAD: u64 = 0x6C6F_6164;
const ROUTES: u64 = 0x726F_7574_6573;

impl World {
    /// Says how pods behave and answer whose template holds `text`, such as an image with its tag.
    /// It counts for ReplicaSets made from now on; where several texts are held, the longest does.
    pub fn version(&mut self, text: &str, behaviour: PodBehaviour, model: VersionModel) {
        let version = Version { text: text.into(), behaviour: Arc::new(behaviour), model };
        let at = self.versions.partition_point(|known| known.text.len() > text.len());
        self.versions.insert(at, version);
    }

    fn recognised(&self, template: &Template) -> Option<&Version> {
        self.versions.iter().find(|version| template.body.contains(&*version.text))
    }

    /// Notes how pods of a template behave, unless that was said by its digest.
    pub(crate) fn recognise(&mut self, template: &Template) {
        if let Some(behaviour) = self.recognised(template).map(|v| Arc::clone(&v.behaviour)) {
            self.behaviours.entry(template.digest.clone()).or_insert(behaviour);
        }
    }

    /// A stream of an app's own that does not depend on what was drawn before.
    fn stream(&self, app: AppId, label: u64) -> Rng {
        self.rng.fork(digest(&self.store[app].name.to_string())).fork(label)
    }

    /// Starts an open-loop load on an app, in the place of the one before and its account.
    pub fn load(&mut self, app: &AppRef, config: LoadConfig) {
        let id = self.intern(app);
        let load = Load::new(config, self.now, self.stream(id, LOAD));
        self.store[id].traffic.load = Some(load);
        self.traffic_moved(id);
    }

    /// Replaces the metrics source of an app, and the account of what the old one answered.
    pub fn scrape(&mut self, app: &AppRef, source: Source) {
        let id = self.intern(app);
        self.store[id].traffic.source = source;
    }

    /// Makes the metrics source of an app fail for a while.
    pub fn fail_metrics(&mut self, app: &AppRef, outage: Outage) {
        let id = self.intern(app);
        self.store[id].traffic.source.outages.push(outage);
    }

    /// Answers a metrics query as of now, with the end of the window that the answer speaks of. An
    /// app without load has no series.
    pub fn measure(
        &mut self,
        app: &AppRef,
        query: &MetricQuery,
    ) -> (Timestamp, Result<Reading, NoEvidence>) {
        self.follow_traffic();
        let now = self.now;
        let traffic = self.find(app).map(|id| &mut self.store[id].traffic);
        match traffic.map(|traffic| (&mut traffic.source, traffic.load.as_mut())) {
            Some((source, Some(load))) => source.answer(now, load, query),
            Some((_, None)) | None => (now, Err(NoEvidence::Empty)),
        }
    }

    /// Every answer of an app's metrics source, with the truth beside it.
    pub fn served(&self, app: &AppRef) -> &[Served] {
        let id = self.find(app);
        id.map(|id| self.store[id].traffic.source.served()).unwrap_or_default()
    }

    /// The load of an app and its account, drawn as far as time has come.
    pub fn account(&mut self, app: &AppRef) -> Option<&Load> {
        self.follow_traffic();
        let now = self.now;
        let load = self.find(app).and_then(|id| self.store[id].traffic.load.as_mut())?;
        load.advance(now);
        Some(load)
    }

    /// Where an app's requests go at this moment; `None` without load.
    pub fn flows(&self, app: &AppRef) -> Option<Flows> {
        let id = self.find(app)?;
        let entry = self.store[id].traffic.load.as_ref()?.entry();
        Some(self.follow(id, entry).0)
    }

    /// Changes how a side answers from now on; its age stays.
    pub fn remodel(&mut self, app: &AppRef, side: &PodHash, model: VersionModel) {
        let now = self.now;
        let id = self.find(app);
        if let Some(load) = id.and_then(|id| self.store[id].traffic.load.as_mut()) {
            load.model(now, side, model);
        }
    }

    /// Notes that something changed that requests may follow.
    pub(crate) fn note_traffic(&mut self, app: AppId, kind: WatchKind) {
        match kind {
            WatchKind::Pod | WatchKind::Service | WatchKind::Endpoints | WatchKind::Route => {
                self.traffic_moved(app);
            }
            WatchKind::Deployment
            | WatchKind::ReplicaSet
            | WatchKind::Lease
            | WatchKind::Budget
            | WatchKind::Quota => {}
        }
    }

    fn traffic_moved(&mut self, app: AppId) {
        let traffic = &mut self.store[app].traffic;
        if traffic.load.is_some() && !std::mem::replace(&mut traffic.moved, true) {
            self.moved.push(app);
        }
    }

    /// Lets requests follow what has changed at this moment. Called before time moves on.
    pub(crate) fn follow_traffic(&mut self) {
        for id in std::mem::take(&mut self.moved) {
            self.store[id].traffic.moved = false;
            let Some(mut load) = self.store[id].traffic.load.take() else { continue };
            let (flows, backends) = self.follow(id, load.entry());
            for backend in backends {
                if !load.knows(&backend.hash) {
                    let set = self.store.sets.get(&backend.set);
                    let version = set.and_then(|set| self.recognised(&set.object.template));
                    let model = version.map(|version| version.model.clone()).unwrap_or_default();
                    load.model(self.now, &backend.hash, model);
                }
            }
            load.redirect(self.now, flows);
            self.store[id].traffic.load = Some(load);
        }
    }

    /// The app that a Service of a namespace belongs to.
    pub(crate) fn home_of(&self, namespace: &ObjectName, service: &ObjectName) -> Option<AppRef> {
        let number = self.store.service_names.get(&(namespace.clone(), service.clone()))?;
        let cell = self.store.services.get(number)?;
        Some(self.store[cell.home].name.clone())
    }

    /// Where requests to `entry` go, and every set of pods that is behind it.
    fn follow(&self, id: AppId, entry: &ObjectName) -> (Flows, Vec<Backend>) {
        let app = &self.store[id];
        let shares = match app.traffic.named(entry) {
            Some((_, route)) => route.shares(),
            None => vec![(entry.clone(), 1)],
        };
        let (mut endpoints, mut all) = (BTreeMap::new(), Vec::new());
        for (service, _) in &shares {
            let key = (app.name.namespace.clone(), service.clone());
            let number = self.store.service_names.get(&key);
            let Some(cell) = number.and_then(|n| self.store.services.get(n)) else { continue };
            let backends = self.behind(cell.home, &cell.spread);
            endpoints.insert(service.clone(), backends.iter().map(endpoints_of).collect());
            all.extend(backends);
        }
        (Flows::follow(entry, &shares, &endpoints), all)
    }
}

/// A pod that is told to end still answers what reaches it; one that is broken or gone does not.
fn endpoints_of(backend: &Backend) -> Endpoints {
    Endpoints {
        side: backend.hash.clone(),
        serving: backend.routed.ready + backend.routed.terminating,
        dead: backend.routed.broken,
    }
}

#[cfg(test)]
mod tests;
