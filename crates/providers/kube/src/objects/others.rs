//! Leases and disruption budgets.

use serde::Deserialize;
use windlass_core::fence::Epoch;
use windlass_core::id::{Holder, ObjectName, RunId};
use windlass_core::platform::LeaseSeen;

use super::Slim;
use super::meta::Meta;
use crate::fence::RUN_LABEL;
use crate::selector::Selector;

/// The label, and its value, of the leases that are ours.
pub(crate) const LEASE_LABEL: (&str, &str) = ("app.kubernetes.io/managed-by", "windlass");

/// How the name of a lease begins; that of its app follows.
pub(crate) const LEASE_PREFIX: &str = "windlass.";

/// The annotation of a lease that holds the epoch.
pub(crate) const EPOCH: &str = "windlass.dev/epoch";

/// What is kept of a Lease.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "LeaseWire")]
pub(crate) struct LeaseObject {
    pub(crate) meta: Meta,
    holder: Holder,
}

impl LeaseObject {
    /// Who holds the app; `None` for a lease that is none of ours.
    pub(crate) fn seen(&self) -> Option<LeaseSeen> {
        let epoch = Epoch(self.meta.annotation(EPOCH)?.parse().ok()?);
        let run = self.meta.annotation(RUN_LABEL).map(RunId::from)?;
        Some(LeaseSeen { run, holder: self.holder.clone(), epoch })
    }

    pub(crate) fn app(&self) -> Option<ObjectName> {
        self.meta.name.as_str().strip_prefix(LEASE_PREFIX).map(ObjectName::from)
    }
}

impl Slim for LeaseObject {
    fn name(&self) -> &str {
        self.meta.name.as_str()
    }

    fn version(&self) -> u64 {
        self.meta.resource_version
    }
}

#[derive(Deserialize)]
struct LeaseWire {
    metadata: Meta,
    #[serde(default)]
    spec: LeaseSpec,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct LeaseSpec {
    holder_identity: Option<String>,
}

impl From<LeaseWire> for LeaseObject {
    fn from(LeaseWire { metadata, spec }: LeaseWire) -> Self {
        Self { meta: metadata, holder: Holder::new(spec.holder_identity.unwrap_or_default()) }
    }
}

/// What is kept of a PodDisruptionBudget.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "BudgetWire")]
pub(crate) struct BudgetObject {
    pub(crate) meta: Meta,
    pub(crate) selector: Option<Selector>,
    /// Ready pods that it asks for, as its controller counts them from a number or a percentage.
    pub(crate) desired_healthy: u32,
}

impl Slim for BudgetObject {
    fn name(&self) -> &str {
        self.meta.name.as_str()
    }

    fn version(&self) -> u64 {
        self.meta.resource_version
    }
}

#[derive(Deserialize)]
struct BudgetWire {
    metadata: Meta,
    spec: BudgetSpec,
    #[serde(default)]
    status: BudgetStatus,
}

#[derive(Deserialize)]
struct BudgetSpec {
    selector: Option<Selector>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct BudgetStatus {
    desired_healthy: u32,
}

impl From<BudgetWire> for BudgetObject {
    fn from(BudgetWire { metadata, spec, status }: BudgetWire) -> Self {
        Self { meta: metadata, selector: spec.selector, desired_healthy: status.desired_healthy }
    }
}
