//! Deployments, ReplicaSets, pods and Services of a real cluster.

use async_trait::async_trait;
use kube::api::{GetParams, ListParams};
use kube::core::Request;
use serde_json::Value;
use windlass_core::fence::{Claim, Epoch, Fence};
use windlass_core::id::{AppRef, Holder, Kind, RunId, TemplateDigest};
use windlass_core::platform::{
    AppScope, AppSeen, Change, ClaimFault, Fault, ObjectKey, Receipt, Refusal, Survey, Template,
    Templates, Workloads, Write,
};

use crate::cache::{FeedId, Kept, Told};
use crate::cluster::Cluster;
use crate::lease::Leases;
use crate::objects::{DeploymentObject, Listed, ReplicaSetObject, ServiceObject, whole_template};
use crate::observe::View;
use crate::place::{Known, Place};
use crate::resource::Resource;
use crate::survey::survey;
use crate::write::{self, Order};

/// The workloads of a cluster.
#[derive(Debug)]
pub(crate) struct KubeWorkloads {
    cluster: Cluster,
}

impl KubeWorkloads {
    pub(crate) fn new(cluster: Cluster) -> Self {
        Self { cluster }
    }

    fn view(&self) -> View {
        let Told { now, wall, .. } = self.cluster.told();
        View { at: wall, now, settle: self.cluster.patience.settle }
    }

    async fn order(
        &self,
        place: &Place,
        app: &AppRef,
        templates: &Templates,
        fence: &Fence,
        write: &Write,
    ) -> Result<Order, Fault> {
        if let Change::CreateService { like, .. } = &write.change {
            let like = self.cluster.read(Resource::Services, &app.namespace, like).await?;
            let known = place.known();
            let deployment = known.space.deployments.get(&app.name).ok_or(Refusal::Missing)?;
            return Ok(write::create_service(&like, deployment, fence, write)?);
        }
        let known = place.known();
        let (space, name) = (&known.space, &write.object.name);
        let deployment = space.deployments.get(&app.name);
        Ok(match write.object.kind {
            Kind::Deployment => write::deployment(deployment, templates, write)?,
            Kind::ReplicaSet => {
                write::set(space.sets.get(name), deployment, templates, fence, write)?
            }
            Kind::Service => {
                let service = space.services.get(name).map(|row| &row.object);
                write::service(service, fence, write)?
            }
            Kind::Route => {
                let reason = format!("{} is no workload", write.object);
                return Err(Refusal::Invalid { reason }.into());
            }
        })
    }

    /// Sends a request and takes the object that comes back into what is known.
    async fn send<T: Kept>(
        &self,
        place: &Place,
        order: &Order,
        write: &Write,
        receipt: impl Fn(&T) -> Receipt,
    ) -> Result<Receipt, Fault> {
        let resource = T::FEED.resource();
        let request = order.request(resource, &place.namespace, &write.object.name);
        if let Order::Delete { uid, .. } = order {
            self.cluster.connection.write::<Value>(request).await?;
            // The server has taken it away; that everybody is told is worth waiting for.
            let name = write.object.name.as_str();
            let gone = |known: &Known| !T::names(&known.space).iter().any(|it| &**it == name);
            let _told = place.fresh(self.cluster.patience.request, gone).await;
            let (uid, token) = (uid.as_str().into(), windlass_core::fence::Token::Absent);
            return Ok(Receipt { uid, token });
        }
        let object: T = self.cluster.connection.write(request).await?;
        let receipt = receipt(&object);
        place.tell(|space, told| object.take(space, told));
        Ok(receipt)
    }

    fn leases<'a>(&'a self, app: &'a AppRef) -> Leases<'a> {
        Leases { connection: &self.cluster.connection, namespace: &app.namespace, app: &app.name }
    }
}

fn feed_of(kind: Kind) -> FeedId {
    match kind {
        Kind::Deployment => FeedId::Deployments,
        Kind::ReplicaSet => FeedId::ReplicaSets,
        Kind::Service | Kind::Route => FeedId::Services,
    }
}

#[async_trait]
impl Workloads for KubeWorkloads {
    async fn observe(&self, scope: &AppScope) -> Result<AppSeen, Fault> {
        let place = self.cluster.place(&scope.app.namespace);
        place.known().space.look_at(&scope.app.name, &scope.services);
        place.fresh(self.cluster.patience.request, |_| true).await?;
        let view = self.view();
        let known = place.known();
        self.cluster.set_alarm(&scope.app, view.next(&known.space, scope));
        Ok(view.app(&known.space, scope))
    }

    async fn template(
        &self,
        app: &AppRef,
        digest: &TemplateDigest,
    ) -> Result<Option<Template>, Fault> {
        let found = |object: &Value| {
            whole_template(&object["spec"]["template"]).filter(|it| it.digest == *digest)
        };
        let path = Resource::Deployments.path(app.namespace.as_str());
        let get = || Request::new(path.clone()).get(app.name.as_str(), &GetParams::default());
        let Some(deployment) = self.cluster.connection.find::<Value>(get).await? else {
            return Ok(None);
        };
        if let Some(template) = found(&deployment) {
            return Ok(Some(template));
        }
        let label_selector = FeedId::ReplicaSets.labels().map(str::to_owned);
        let asked = ListParams { label_selector, ..ListParams::default() };
        let path = Resource::ReplicaSets.path(app.namespace.as_str());
        let list = || Request::new(path.clone()).list(&asked);
        let sets: Listed<Value> = self.cluster.connection.read(list).await?;
        let uid = &deployment["metadata"]["uid"];
        let of_app = |set: &&Value| {
            let owners = set["metadata"]["ownerReferences"].as_array();
            owners.is_some_and(|owners| owners.iter().any(|owner| owner["uid"] == *uid))
        };
        Ok(sets.items.iter().filter(of_app).find_map(found))
    }

    /// Asks for a dry run of the very write that would set it.
    async fn admit(&self, app: &AppRef, template: &Template) -> Result<Template, Fault> {
        let path = Resource::Deployments.path(app.namespace.as_str());
        let request = write::dry_template(&path, &app.name, template);
        let admitted: Value = self.cluster.connection.write(request).await?;
        whole_template(&admitted["spec"]["template"]).ok_or_else(|| {
            let reason = format!("the server's spec.template of Deployment {app} cannot be read");
            Refusal::Invalid { reason }.into()
        })
    }

    async fn survey(&self, app: &AppRef, named: &[ObjectKey]) -> Result<Survey, Fault> {
        let place = self.cluster.fresh(&app.namespace).await?;
        survey(&self.cluster.connection, &place, app, named).await
    }

    async fn write(
        &self,
        app: &AppRef,
        templates: &Templates,
        fence: &Fence,
        write: &Write,
    ) -> Result<Receipt, Fault> {
        let place = self.cluster.fresh(&app.namespace).await?;
        let order = self.order(&place, app, templates, fence, write).await?;
        let end = match write.object.kind {
            Kind::Deployment => {
                let receipt = |it: &DeploymentObject| receipt_of(&it.seen());
                self.send(&place, &order, write, receipt).await
            }
            Kind::ReplicaSet => {
                let receipt = |it: &ReplicaSetObject| Receipt {
                    uid: it.meta.uid.clone(),
                    token: it.meta.token(),
                };
                self.send(&place, &order, write, receipt).await
            }
            Kind::Service | Kind::Route => {
                let receipt = |it: &ServiceObject| Receipt {
                    uid: it.meta.uid.clone(),
                    token: it.meta.token(),
                };
                self.send(&place, &order, write, receipt).await
            }
        };
        if let Err(Fault::Unknown { .. }) = end {
            place.doubt(feed_of(write.object.kind));
        }
        end
    }

    async fn claim(&self, app: &AppRef, run: &RunId, holder: &Holder) -> Result<Claim, ClaimFault> {
        let unread = |fault: Fault| ClaimFault::Unknown { reason: fault.to_string() };
        let place = self.cluster.fresh(&app.namespace).await.map_err(unread)?;
        let deployment = place.known().space.deployments.get(&app.name).cloned();
        let Some(deployment) = deployment else {
            let reason = format!("Deployment {app} does not exist");
            return Err(ClaimFault::Refused { reason });
        };
        let (claim, lease) = self.leases(app).claim(&deployment, run, holder).await?;
        place.tell(|space, told| lease.take(space, told));
        Ok(claim)
    }

    async fn release(&self, app: &AppRef, run: &RunId, epoch: Epoch) -> Result<(), Fault> {
        self.leases(app).release(run, epoch).await.map(drop)
    }

    async fn changed(&self, app: &AppRef) {
        let bell = self.cluster.place(&app.namespace).bell(&app.name);
        let alarm = self.cluster.alarm(app);
        let due = async {
            match alarm {
                Some(at) => self.cluster.clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = bell.notified() => {}
            () = due => {}
        }
    }
}

fn receipt_of(seen: &windlass_core::platform::DeploymentSeen) -> Receipt {
    let token = windlass_core::fence::Token::Generation(seen.generation);
    Receipt { uid: seen.uid.clone(), token }
}
