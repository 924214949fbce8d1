//! Who holds an app: a Lease of its own, there only while somebody does.

use kube::api::ListParams;
use kube::core::Request;
use serde_json::{Value, json};
use windlass_core::fence::{Claim, Epoch};
use windlass_core::id::{Holder, ObjectName, RunId};
use windlass_core::platform::{ClaimFault, Fault, Refusal};

use crate::connection::Connection;
use crate::fence::RUN_LABEL;
use crate::objects::{DeploymentObject, EPOCH, LEASE_LABEL, LEASE_PREFIX, LeaseObject, Listed};
use crate::patch::{add, at, test};
use crate::resource::Resource;
use crate::write::Order;

/// How often a claim is tried again that another one has overtaken.
const TRIES: u32 = 3;

/// The name of the Lease of an app.
pub(crate) fn lease_name(app: &ObjectName) -> ObjectName {
    ObjectName::new(format!("{LEASE_PREFIX}{app}"))
}

/// The Lease of an app.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leases<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) namespace: &'a ObjectName,
    pub(crate) app: &'a ObjectName,
}

impl Leases<'_> {
    /// Takes the app for a run. A version of the cluster that is newer than any claim before it is
    /// the epoch, so that nothing has to stay behind to count them.
    pub(crate) async fn claim(
        self,
        deployment: &DeploymentObject,
        run: &RunId,
        holder: &Holder,
    ) -> Result<(Claim, LeaseObject), ClaimFault> {
        for _ in 0..TRIES {
            let (version, lease) = self.read().await.map_err(claim_fault)?;
            let (claim, order) = match &lease {
                None => {
                    let claim = Claim::alone(Epoch(version));
                    (claim, Order::Create(self.body(claim, deployment, run, holder)))
                }
                Some(lease) => self.over(lease, run, holder)?,
            };
            let request = order.request(Resource::Leases, self.namespace, &lease_name(self.app));
            match self.connection.write(request).await {
                Ok(lease) => return Ok((claim, lease)),
                // Somebody was faster: look again whether it is ours to take.
                Err(Fault::Refused(Refusal::Stale | Refusal::Exists | Refusal::Missing)) => {}
                Err(fault) => return Err(claim_fault(fault)),
            }
        }
        Err(ClaimFault::Unknown { reason: "others claim it at the same time".to_owned() })
    }

    /// Takes over what another process holds for the same run.
    fn over(
        self,
        lease: &LeaseObject,
        run: &RunId,
        holder: &Holder,
    ) -> Result<(Claim, Order), ClaimFault> {
        let Some(seen) = lease.seen() else {
            let reason =
                format!("Lease {} is none of a run: delete or rename it", lease_name(self.app));
            return Err(ClaimFault::Refused { reason });
        };
        if seen.run != *run {
            return Err(ClaimFault::Held { run: seen.run, holder: seen.holder });
        }
        let version = lease.meta.resource_version;
        let operations = vec![
            test(at(["metadata", "uid"]), lease.meta.uid.as_str()),
            test(at(["metadata", "resourceVersion"]), version.to_string()),
            add(at(["metadata", "annotations", EPOCH]), version.to_string()),
            add(at(["spec", "holderIdentity"]), holder.as_str()),
        ];
        Ok((Claim::over(Epoch(version)), Order::Patch(operations)))
    }

    /// Gives the app back where this run and epoch hold it; the Lease goes.
    pub(crate) async fn release(self, run: &RunId, epoch: Epoch) -> Result<bool, Fault> {
        let (_, lease) = self.read().await?;
        let ours = lease.filter(|lease| {
            lease.seen().is_some_and(|seen| seen.run == *run && seen.epoch == epoch)
        });
        let Some(lease) = ours else { return Ok(false) };
        let (uid, version) = (lease.meta.uid.to_string(), lease.meta.resource_version);
        let order = Order::Delete { uid, version };
        let request = order.request(Resource::Leases, self.namespace, &lease_name(self.app));
        match self.connection.write::<Value>(request).await {
            Ok(_) => Ok(true),
            Err(Fault::Refused(Refusal::Missing)) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    /// The Lease as it is, and a version that is newer than anything written before.
    async fn read(self) -> Result<(u64, Option<LeaseObject>), Fault> {
        let asked =
            ListParams::default().fields(&format!("metadata.name={}", lease_name(self.app)));
        let path = Resource::Leases.path(self.namespace.as_str());
        let read = || Request::new(path.clone()).list(&asked);
        let listed: Listed<LeaseObject> = self.connection.read(read).await?;
        Ok((listed.metadata.resource_version, listed.items.into_iter().next()))
    }

    fn body(
        self,
        claim: Claim,
        deployment: &DeploymentObject,
        run: &RunId,
        holder: &Holder,
    ) -> Value {
        json!({
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {
                "name": lease_name(self.app).as_str(),
                "labels": {LEASE_LABEL.0: LEASE_LABEL.1},
                "annotations": {EPOCH: claim.epoch.0.to_string(), RUN_LABEL: run.as_str()},
                "ownerReferences": [{
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "name": deployment.meta.name.as_str(),
                    "uid": deployment.meta.uid.as_str(),
                }],
            },
            "spec": {"holderIdentity": holder.as_str()},
        })
    }
}

fn claim_fault(fault: Fault) -> ClaimFault {
    match fault {
        Fault::Unknown { reason } => ClaimFault::Unknown { reason },
        Fault::Refused(refusal) if refusal.is_transient() => {
            ClaimFault::Unknown { reason: refusal.to_string() }
        }
        fault @ (Fault::Refused(_) | Fault::Withdrawn | Fault::Fenced) => {
            ClaimFault::Refused { reason: fault.to_string() }
        }
    }
}
