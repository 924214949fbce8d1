//! The controllers and nodes of the cluster: what moves the objects when nobody writes.

mod deployment;
mod endpoints;
mod garbage;
mod kubelet;
mod pods;
mod replica_set;

pub(crate) use deployment::DeploymentView;
pub use endpoints::Backend;
pub(crate) use pods::SetPods;
pub use pods::{PodCounts, Routed};
pub(crate) use replica_set::SetWork;

#[cfg(test)]
mod tests;
