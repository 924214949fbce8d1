//! The route of an app on a real cluster, whichever router it is made for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use kube::api::GetParams;
use serde_json::Value;
use windlass_core::fence::Fence;
use windlass_core::id::{AppRef, ObjectName};
use windlass_core::platform::{Fault, Receipt, Refusal, RouteRef, RouteSeen, Traffic, Write};
use windlass_core::time::{Span, Timestamp};
use windlass_core::weight::Weight;

use crate::cache::Told;
use crate::cluster::Cluster;
use crate::objects::touched;
use crate::routers::{
    Misfit, ObjectKey, Reading, Request, RouteChange, RouteWrite, Router, Stop, next,
};
use crate::write::Order;

/// Most requests that one write may need for each object. A server that changes what it is given would
/// keep us for ever.
const MOST: usize = 3;

/// The routes of a cluster, as one router reads them.
#[derive(Debug)]
pub(crate) struct KubeTraffic {
    cluster: Cluster,
    router: Arc<dyn Router>,
    /// What each route has said, and since when.
    said: Mutex<BTreeMap<(AppRef, ObjectName), Said>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Said {
    written: Option<Weight>,
    accepted: bool,
    since: Span,
}

impl KubeTraffic {
    pub(crate) fn new(cluster: Cluster, router: Arc<dyn Router>) -> Self {
        Self { cluster, router, said: Mutex::default() }
    }

    async fn read(&self, app: &AppRef, keys: &[ObjectKey]) -> Result<Vec<Option<Value>>, Fault> {
        let mut objects = Vec::new();
        for key in keys {
            let path = path(app, key);
            let get = || {
                kube::core::Request::new(path.clone()).get(key.name.as_str(), &GetParams::default())
            };
            objects.push(self.cluster.connection.find(get).await?);
        }
        Ok(objects)
    }

    /// Since when a route says what it says.
    fn since(
        &self,
        app: &AppRef,
        route: &RouteRef,
        reading: &Reading,
        touched: Option<Timestamp>,
    ) -> Span {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (app.clone(), route.name.clone());
        let known = said.get(&key);
        let same =
            known.filter(|it| (it.written, it.accepted) == (reading.written, reading.accepted));
        let told = Told { first: known.is_none(), ..self.cluster.told() };
        let since = same.map_or(told.since(touched), |it| it.since);
        said.insert(key, Said { written: reading.written, accepted: reading.accepted, since });
        since
    }
}

#[async_trait]
impl Traffic for KubeTraffic {
    async fn observe(&self, app: &AppRef, route: &RouteRef) -> Result<Option<RouteSeen>, Fault> {
        let read_at = self.cluster.told().wall;
        let keys = self.router.objects(route);
        let objects = self.read(app, &keys).await?;
        let Some(reading) = self.router.read(route, &objects).map_err(misfit)? else {
            return Ok(None);
        };
        let touched = objects.iter().flatten().filter_map(touched).max();
        let known = self.since(app, route, &reading, touched) + self.cluster.patience.settle;
        let settled = reading.accepted && known <= self.cluster.told().now;
        if reading.accepted && !settled {
            self.cluster.wake(app, known);
        }
        Ok(Some(RouteSeen {
            read_at,
            name: route.name.clone(),
            uid: reading.uid,
            token: reading.token,
            written: reading.asked.or(reading.written),
            accepted: reading.accepted,
            effective: settled.then_some(reading.written.unwrap_or(Weight::ZERO)),
        }))
    }

    async fn write(
        &self,
        app: &AppRef,
        route: &RouteRef,
        fence: &Fence,
        write: &Write,
    ) -> Result<Receipt, Fault> {
        let change = RouteChange::of(&write.change).ok_or_else(|| {
            let reason = format!("{}: cannot {}", write.object, write.change);
            Fault::from(Refusal::Invalid { reason })
        })?;
        let keys = self.router.objects(route);
        let mut objects = self.read(app, &keys).await?;
        let mut expect = Some(&write.expect);
        for _ in 0..=MOST * keys.len() {
            let asked = RouteWrite { expect, fence, change: &change };
            let Some(request) = next(&*self.router, route, &objects, &asked).map_err(stopped)?
            else {
                let reading = self.router.read(route, &objects).map_err(misfit)?;
                let Reading { uid, token, .. } = reading.ok_or(Refusal::Missing)?;
                return Ok(Receipt { uid, token });
            };
            self.send(app, &keys, &mut objects, &request).await?;
            expect = None;
        }
        let reason = format!("{}: the server keeps changing what it is given", write.object);
        Err(Refusal::Invalid { reason }.into())
    }
}

impl KubeTraffic {
    /// Sends a request, and puts what comes of it in the object's place.
    async fn send(
        &self,
        app: &AppRef,
        keys: &[ObjectKey],
        objects: &mut [Option<Value>],
        request: &Request,
    ) -> Result<(), Fault> {
        let (key, order) = match request {
            Request::Patch { object, patch } => (object, Order::Patch(patch.0.clone())),
            Request::Create { object, body } => (object, Order::Create(body.clone())),
            Request::Delete { object, uid, resource_version } => {
                let version = resource_version.parse().map_err(|_| Refusal::Stale)?;
                (object, Order::Delete { uid: uid.to_string(), version })
            }
        };
        let sent = order.send_to(&path(app, key), &key.name);
        let answer: Value = self.cluster.connection.write(sent).await?;
        let after = (!matches!(order, Order::Delete { .. })).then_some(answer);
        let place = keys.iter().position(|it| it == key);
        if let Some(place) = place.and_then(|index| objects.get_mut(index)) {
            *place = after;
        }
        Ok(())
    }
}

/// The path of the collection of an object, in the namespace of an app.
fn path(app: &AppRef, key: &ObjectKey) -> String {
    let group = if key.api_version.contains('/') { "apis" } else { "api" };
    format!("/{group}/{}/namespaces/{}/{}", key.api_version, app.namespace, key.plural)
}

fn misfit(misfit: Misfit) -> Fault {
    Refusal::Invalid { reason: misfit.to_string() }.into()
}

fn stopped(stop: Stop) -> Fault {
    match stop {
        Stop::Misfit(it) => misfit(it),
        Stop::Stale => Refusal::Stale.into(),
        Stop::Fenced { .. } => Fault::Fenced,
    }
}
