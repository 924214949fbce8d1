//! A cluster: one connection, and one set of watches for all that use it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use kube::Client;
use kube::api::GetParams;
use kube::core::Request;
use serde_json::Value;
use windlass_core::clock::Clock;
use windlass_core::id::{AppRef, ObjectName};
use windlass_core::platform::{Fault, Traffic, Workloads};
use windlass_core::time::Span;

use crate::cache::Told;
use crate::connection::Connection;
use crate::place::Place;
use crate::resource::Resource;
use crate::routers::Router;
use crate::traffic::KubeTraffic;
use crate::workloads::KubeWorkloads;

/// How patiently a cluster is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How long one request may take. 10 s by default.
    pub request: Span,
    /// How long the data plane takes at most to do what the API says: endpoints that come and go,
    /// selectors, routes. 2 s by default; kube-proxy collects changes for up to a second.
    pub settle: Span,
}

impl Default for Patience {
    fn default() -> Self {
        Self { request: Span::seconds(10), settle: Span::seconds(2) }
    }
}

/// A cluster. Clones share its watches: one for each kind of object in each namespace with an app that
/// somebody has looked at.
#[derive(Clone, Debug)]
pub struct Cluster {
    pub(crate) connection: Connection,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) patience: Patience,
    places: Arc<Mutex<BTreeMap<ObjectName, Arc<Place>>>>,
    /// When an app will look different by the mere passing of time.
    alarms: Arc<Mutex<BTreeMap<AppRef, Span>>>,
}

impl Cluster {
    /// The cluster that this client talks to. Requests have deadlines of their own, whatever those of
    /// the client are. Needs a tokio runtime, now and for as long as it is used.
    pub fn new(client: Client, clock: impl Clock + 'static, patience: Patience) -> Self {
        Self {
            connection: Connection::new(client, patience.request),
            clock: Arc::new(clock),
            patience,
            places: Arc::default(),
            alarms: Arc::default(),
        }
    }

    /// Its Deployments, ReplicaSets, pods and Services.
    pub fn workloads(&self) -> Arc<dyn Workloads> {
        Arc::new(KubeWorkloads::new(self.clone()))
    }

    /// Its routes, as this router reads them.
    pub fn traffic(&self, router: impl Router + 'static) -> Arc<dyn Traffic> {
        Arc::new(KubeTraffic::new(self.clone(), Arc::new(router)))
    }

    pub(crate) fn place(&self, namespace: &ObjectName) -> Arc<Place> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let place = places.entry(namespace.clone()).or_insert_with(|| {
            Place::watch(namespace.clone(), self.connection.clone(), Arc::clone(&self.clock))
        });
        Arc::clone(place)
    }

    /// A namespace, once what is known of it is fresh.
    pub(crate) async fn fresh(&self, namespace: &ObjectName) -> Result<Arc<Place>, Fault> {
        let place = self.place(namespace);
        place.fresh(self.patience.request, |_| true).await?;
        Ok(place)
    }

    pub(crate) fn told(&self) -> Told {
        Told { now: self.clock.monotonic(), wall: self.clock.now(), first: false }
    }

    /// Sets when an app will look different, or that it will not.
    pub(crate) fn set_alarm(&self, app: &AppRef, at: Option<Span>) {
        let mut alarms = self.alarms.lock().unwrap_or_else(PoisonError::into_inner);
        match at {
            Some(at) => drop(alarms.insert(app.clone(), at)),
            None => drop(alarms.remove(app)),
        }
    }

    /// An app will look different by then, if not before.
    pub(crate) fn wake(&self, app: &AppRef, at: Span) {
        let known = self.alarm(app);
        self.set_alarm(app, Some(known.map_or(at, |known| known.min(at))));
    }

    pub(crate) fn alarm(&self, app: &AppRef) -> Option<Span> {
        self.alarms.lock().unwrap_or_else(PoisonError::into_inner).get(app).copied()
    }

    /// Reads one object as a whole.
    pub(crate) async fn read(
        &self,
        resource: Resource,
        namespace: &ObjectName,
        name: &ObjectName,
    ) -> Result<Value, Fault> {
        let path = resource.path(namespace.as_str());
        let get = || Request::new(path.clone()).get(name.as_str(), &GetParams::default());
        self.connection.read(get).await
    }
}
