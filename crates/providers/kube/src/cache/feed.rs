//! One watched collection: how far it has been told, and when that was last proven.

use windlass_core::time::Span;

use crate::resource::Resource;

/// The collections that are watched in a namespace.
pub(crate) const FEEDS: [FeedId; 7] = [
    FeedId::Deployments,
    FeedId::ReplicaSets,
    FeedId::Pods,
    FeedId::Services,
    FeedId::EndpointSlices,
    FeedId::Leases,
    FeedId::Budgets,
];

/// Which collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FeedId {
    Deployments,
    ReplicaSets,
    Pods,
    Services,
    EndpointSlices,
    Leases,
    Budgets,
}

impl FeedId {
    pub(crate) fn resource(self) -> Resource {
        match self {
            FeedId::Deployments => Resource::Deployments,
            FeedId::ReplicaSets => Resource::ReplicaSets,
            FeedId::Pods => Resource::Pods,
            FeedId::Services => Resource::Services,
            FeedId::EndpointSlices => Resource::EndpointSlices,
            FeedId::Leases => Resource::Leases,
            FeedId::Budgets => Resource::Budgets,
        }
    }

    /// Objects without these labels are none of ours.
    pub(crate) fn labels(self) -> Option<&'static str> {
        match self {
            FeedId::ReplicaSets | FeedId::Pods => Some("pod-template-hash"),
            FeedId::EndpointSlices => Some(crate::objects::SERVICE_NAME),
            FeedId::Leases => Some("app.kubernetes.io/managed-by=windlass"),
            FeedId::Deployments | FeedId::Services | FeedId::Budgets => None,
        }
    }
}

/// How far a collection has been told. Times are those of the monotonic clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Feed {
    /// The newest version that was told of any of its objects.
    pub(crate) version: u64,
    /// When the last list of all of them began.
    pub(crate) listed: Option<Span>,
    /// When the server last said that this is all there is to say.
    pub(crate) proven: Option<Span>,
}
