//! What is kept of the API's objects: the fields that decisions rest on, read straight from the
//! answer, and nothing else of it.

mod deployment;
mod meta;
mod others;
mod pod;
mod replica_set;
mod service;

pub(crate) use deployment::DeploymentObject;
pub(crate) use meta::{Meta, OwnerRef, Texts, touched};
pub(crate) use others::{BudgetObject, EPOCH, LEASE_LABEL, LEASE_PREFIX, LeaseObject};
pub(crate) use pod::{PodObject, PodState};
pub(crate) use replica_set::{REVISION, ReplicaSetObject};
pub(crate) use service::{SERVICE_NAME, ServiceObject, SliceObject};
pub(crate) use template::whole as whole_template;

mod template;

use serde::Deserialize;

/// An object of one of the watched collections.
pub(crate) trait Slim: Clone + serde::de::DeserializeOwned + Send + 'static {
    fn name(&self) -> &str;
    fn version(&self) -> u64;
}

/// A list as the API gives it.
#[derive(Debug, Deserialize)]
pub(crate) struct Listed<T> {
    pub(crate) metadata: ListMeta,
    #[serde(default = "Vec::new")]
    pub(crate) items: Vec<T>,
}

/// The metadata of a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListMeta {
    #[serde(deserialize_with = "meta::number")]
    pub(crate) resource_version: u64,
    /// Where the next page begins.
    #[serde(default, rename = "continue")]
    pub(crate) next: Option<String>,
}
