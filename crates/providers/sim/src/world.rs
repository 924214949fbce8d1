//! The world: objects, the controllers that move them, and virtual time.
//!
//! Nothing here waits or reads a clock. [`World::step`] takes the next planned event and lets the
//! controller that it belongs to act; everything that this changes is in the watch log when it
//! returns. A clone goes its own way from there, so that one run can be tried with many ends.

mod commit;
mod config;
mod log;
mod queue;
mod store;

use std::collections::BTreeMap;
use std::sync::Arc;

use windlass_core::id::{AppRef, TemplateDigest, Uid};
use windlass_core::time::{Span, Timestamp};

pub use config::WorldConfig;
pub use log::{Entry, Expired, WatchEvent, WatchKind};

pub(crate) use commit::stamp;
pub(crate) use log::ChangeLog;
pub(crate) use queue::{Event, PodStep, Queue};
pub(crate) use store::{App, AppId, ServiceCell, SetCell, Store};

use crate::controllers::DeploymentView;
use crate::objects::{Lease, PodBehaviour};
use crate::rng::{Delay, Rng, mix};
use crate::traffic::{AppTraffic, Version};

/// A simulated cluster in virtual time.
#[derive(Clone, Debug)]
pub struct World {
    pub(crate) now: Timestamp,
    pub(crate) queue: Queue,
    pub(crate) rng: Rng,
    pub(crate) store: Store,
    pub(crate) log: ChangeLog,
    pub(crate) config: WorldConfig,
    /// How versions behave and answer that are known by a text in their templates.
    pub(crate) versions: Vec<Version>,
    /// Apps whose requests have yet to follow what changed at this moment.
    pub(crate) moved: Vec<AppId>,
    pub(crate) behaviours: BTreeMap<TemplateDigest, Arc<PodBehaviour>>,
    usual: Arc<PodBehaviour>,
}

impl World {
    /// An empty cluster. Equal seeds, configurations and calls give equal worlds, byte for byte.
    pub fn new(seed: u64, config: WorldConfig) -> World {
        World {
            now: config.start,
            queue: Queue::default(),
            rng: Rng::new(seed),
            store: Store::default(),
            log: ChangeLog::new(config.log_keep),
            config,
            versions: Vec::new(),
            moved: Vec::new(),
            behaviours: BTreeMap::new(),
            usual: Arc::default(),
        }
    }

    /// The time in this world.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// When the next event is due; `None` when nothing will happen any more by itself.
    pub fn next_event(&self) -> Option<Timestamp> {
        self.queue.next()
    }

    /// Moves time to the next event and handles that one; gives the time, or `None` when there is
    /// nothing to come.
    pub fn step(&mut self) -> Option<Timestamp> {
        let (at, event) = self.queue.pop()?;
        self.pass_to(at);
        self.handle(event);
        Some(self.now)
    }

    /// Handles every event due up to `at`, and moves time there. A time that has passed changes
    /// nothing.
    pub fn advance_to(&mut self, at: Timestamp) {
        while self.queue.next().is_some_and(|due| due <= at) {
            self.step();
        }
        self.pass_to(at);
    }

    /// Moves time on, once requests follow what has changed up to now.
    fn pass_to(&mut self, at: Timestamp) {
        if at > self.now {
            self.follow_traffic();
            self.now = at;
        }
    }

    /// Advances by `span`.
    pub fn advance(&mut self, span: Span) {
        self.advance_to(self.now + span);
    }

    /// A number that rises with every change of the world: the resourceVersion of the last one.
    pub fn revision(&self) -> u64 {
        self.log.version()
    }

    /// A number that two worlds share only if the same changes happened in both at the same times.
    pub fn digest(&self) -> u64 {
        self.log.digest()
    }

    /// The changes after `revision`, oldest first, as a watch would bring them.
    ///
    /// # Errors
    /// When some of them are no longer kept: the watcher has to list afresh.
    pub fn changes_since(
        &self,
        revision: u64,
    ) -> Result<impl Iterator<Item = &Entry> + use<'_>, Expired> {
        self.log.since(revision)
    }

    /// Forgets the watch log, so that every watch that lags has to list afresh.
    pub fn compact(&mut self) {
        self.log.compact();
    }

    /// The apps of this world in the order in which they were first named; [`Entry::app`] counts
    /// from 0 in it.
    pub fn apps(&self) -> impl Iterator<Item = &AppRef> {
        self.store.apps.iter().map(|app| &app.name)
    }

    /// Says how pods of a template behave that are made from now on.
    pub fn behave(&mut self, template: &TemplateDigest, behaviour: PodBehaviour) {
        self.behaviours.insert(template.clone(), Arc::new(behaviour));
    }

    /// Says how pods of all other templates behave that are made from now on.
    pub fn behave_usually(&mut self, behaviour: PodBehaviour) {
        self.usual = Arc::new(behaviour);
    }

    pub(crate) fn behaviour(&self, template: &TemplateDigest) -> Arc<PodBehaviour> {
        Arc::clone(self.behaviours.get(template).unwrap_or(&self.usual))
    }

    /// The number of an app in [`Entry::app`]; makes room for one that nobody has named so far.
    pub(crate) fn number(&mut self, app: &AppRef) -> u32 {
        self.intern(app).0
    }

    pub(crate) fn find(&self, app: &AppRef) -> Option<AppId> {
        self.store.app_names.get(app).copied()
    }

    /// Finds an app, or makes room for one that nobody has named so far.
    pub(crate) fn intern(&mut self, app: &AppRef) -> AppId {
        if let Some(id) = self.find(app) {
            return id;
        }
        let id = AppId(u32::try_from(self.store.apps.len()).unwrap_or(u32::MAX));
        let name = app.to_string().bytes().fold(0, |sum, byte| mix(sum ^ u64::from(byte)));
        self.store.app_names.insert(app.clone(), id);
        self.store.apps.push(App {
            name: app.clone(),
            deployment: None,
            sets: Vec::new(),
            services: Vec::new(),
            lease: Lease::default(),
            budgets: BTreeMap::new(),
            view: DeploymentView::default(),
            traffic: AppTraffic::default(),
            rng: self.rng.fork(name),
        });
        id
    }

    /// A span out of a delay's range, from the app's own stream.
    pub(crate) fn draw(&mut self, app: AppId, delay: Delay) -> Span {
        self.store[app].rng.draw(delay)
    }

    pub(crate) fn plan(&mut self, after: Span, event: Event) {
        self.queue.push(self.now + after, event);
    }

    /// A new number of an object and the identity that goes with it.
    pub(crate) fn identity(&mut self, kind: &str) -> (u64, Uid) {
        let serial = self.store.next_serial();
        (serial, Uid::new(format!("{kind}-{serial}")))
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Pod(pod, life, step) => self.pod_step(pod, life, step),
            Event::SyncSet(set) => self.sync_set(set),
            Event::SpreadPods(set) => self.spread_pods(set),
            Event::SpreadService(service) => self.spread_service(service),
            Event::InformDeployment(app) => self.inform_deployment(app),
            Event::InformSets(app) => self.inform_sets(app),
            Event::SyncDeployment(app) => self.sync_deployment(app),
            Event::RecheckDeployment(app) => self.recheck_due(app),
            Event::Route(app, serial) => self.route_due(app, serial),
            Event::CollectSet(set) => self.collect_set(set),
            Event::CollectApp(app) => self.collect_app(app),
        }
    }
}

#[cfg(test)]
mod tests;
