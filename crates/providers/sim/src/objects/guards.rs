//! Leases, disruption budgets and quotas.

use std::collections::BTreeMap;
use std::sync::Arc;

use windlass_core::fence::Epoch;
use windlass_core::id::{Holder, RunId};
use windlass_core::platform::LeaseSeen;

use super::meta::Labels;

/// Who holds an app. The object outlives its holders, so that no epoch is ever given twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lease {
    /// The run and the process that drives it; `None` when nobody holds the app.
    pub held: Option<(RunId, Holder)>,
    /// How often the app has been taken.
    pub epoch: Epoch,
}

impl Lease {
    /// What a reader sees of it.
    pub(crate) fn seen(&self) -> Option<LeaseSeen> {
        let (run, holder) = self.held.clone()?;
        Some(LeaseSeen { run, holder, epoch: self.epoch })
    }
}

/// A PodDisruptionBudget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Which pods it is over: all that wear these labels, whoever owns them.
    pub selector: Labels,
    /// Ready pods below which nobody is evicted.
    pub min_available: u32,
}

/// A ResourceQuota over a namespace. What is not limited is `None` or absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// Pods that may exist, terminating ones included.
    pub pods: Option<u32>,
    /// Units of extended resources, such as `nvidia.com/gpu`, that those pods may request; and
    /// thousandths of `requests.cpu`, `requests.memory`, `limits.cpu` and `limits.memory`.
    pub extended: BTreeMap<Arc<str>, u64>,
}
