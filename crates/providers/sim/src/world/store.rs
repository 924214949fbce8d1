//! Where the objects are kept, and the one way in which each kind of them changes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::Arc;

use windlass_core::id::{AppRef, ObjectName};
use windlass_core::platform::ObjectKey;

use crate::controllers::{DeploymentView, SetPods, SetWork};
use crate::objects::{
    Budget, Deployment, Labels, Lease, Pod, PodId, Quota, ReplicaSet, Service, ServiceId, SetId,
};
use crate::rng::Rng;
use crate::traffic::AppTraffic;

/// Number of an app, an index into [`Store::apps`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AppId(pub(crate) u32);

/// A Deployment's name and all that was ever made for it.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) name: AppRef,
    pub(crate) deployment: Option<Arc<Deployment>>,
    pub(crate) sets: Vec<SetId>,
    pub(crate) services: Vec<ServiceId>,
    pub(crate) lease: Lease,
    pub(crate) budgets: BTreeMap<ObjectName, Budget>,
    pub(crate) view: DeploymentView,
    pub(crate) traffic: AppTraffic,
    /// Each app draws from a stream of its own: what happens to one does not shift another.
    pub(crate) rng: Rng,
}

/// A ReplicaSet, the truth about its pods, and what its controller has to do.
#[derive(Clone, Debug)]
pub(crate) struct SetCell {
    pub(crate) home: AppId,
    pub(crate) object: Arc<ReplicaSet>,
    pub(crate) pods: SetPods,
    pub(crate) work: SetWork,
    /// Extended resources that each of its pods requests.
    pub(crate) requests: Arc<BTreeMap<Arc<str>, u64>>,
    /// True once it is deleted: its last pods are still going.
    pub(crate) deleted: bool,
}

/// A Service and what the data plane knows of it.
#[derive(Clone, Debug)]
pub(crate) struct ServiceCell {
    pub(crate) home: AppId,
    pub(crate) object: Arc<Service>,
    /// The selector that the data plane goes by.
    pub(crate) spread: Labels,
}

/// What a namespace allows and holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Namespace {
    pub(crate) quota: Quota,
    /// Objects of which nothing is simulated but that they exist.
    pub(crate) existing: BTreeSet<ObjectKey>,
    /// What each autoscaler scales.
    pub(crate) autoscalers: BTreeMap<ObjectName, ObjectKey>,
    pub(crate) pods: u32,
    pub(crate) extended: BTreeMap<Arc<str>, u64>,
}

/// Numbers by name: asked for one name at a time and never walked, so that its order says nothing.
/// A tree would compare names all over the memory to find one among those of many apps.
pub(crate) type Register<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

/// All objects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    pub(crate) apps: Vec<App>,
    pub(crate) app_names: Register<AppRef, AppId>,
    pub(crate) sets: BTreeMap<SetId, SetCell>,
    pub(crate) set_names: Register<(ObjectName, ObjectName), SetId>,
    pub(crate) services: BTreeMap<ServiceId, ServiceCell>,
    pub(crate) service_names: Register<(ObjectName, ObjectName), ServiceId>,
    pub(crate) pods: BTreeMap<PodId, Pod>,
    pub(crate) namespaces: BTreeMap<ObjectName, Namespace>,
    serial: u64,
}

impl Store {
    /// A number that no object has had.
    pub(crate) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }
}

impl std::ops::Index<AppId> for Store {
    type Output = App;

    fn index(&self, id: AppId) -> &App {
        &self.apps[id.0 as usize]
    }
}

impl std::ops::IndexMut<AppId> for Store {
    fn index_mut(&mut self, id: AppId) -> &mut App {
        &mut self.apps[id.0 as usize]
    }
}
