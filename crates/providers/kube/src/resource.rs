//! What is read and written, and where the API has it.

/// A collection of the API that this provider meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Resource {
    Deployments,
    ReplicaSets,
    Pods,
    Services,
    EndpointSlices,
    Leases,
    Budgets,
    Quotas,
    Autoscalers,
}

impl Resource {
    /// Group and version, as a path.
    fn group(self) -> &'static str {
        match self {
            Resource::Deployments | Resource::ReplicaSets => "apis/apps/v1",
            Resource::Pods | Resource::Services | Resource::Quotas => "api/v1",
            Resource::EndpointSlices => "apis/discovery.k8s.io/v1",
            Resource::Leases => "apis/coordination.k8s.io/v1",
            Resource::Budgets => "apis/policy/v1",
            Resource::Autoscalers => "apis/autoscaling/v2",
        }
    }

    /// The plural name.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Resource::Deployments => "deployments",
            Resource::ReplicaSets => "replicasets",
            Resource::Pods => "pods",
            Resource::Services => "services",
            Resource::EndpointSlices => "endpointslices",
            Resource::Leases => "leases",
            Resource::Budgets => "poddisruptionbudgets",
            Resource::Quotas => "resourcequotas",
            Resource::Autoscalers => "horizontalpodautoscalers",
        }
    }

    /// The path of the collection in a namespace.
    pub(crate) fn path(self, namespace: &str) -> String {
        format!("/{}/namespaces/{namespace}/{}", self.group(), self.plural())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_group_has_a_path_of_its_own() {
        assert_eq!(Resource::Pods.path("shop"), "/api/v1/namespaces/shop/pods");
        let sets = Resource::ReplicaSets.path("shop");
        assert_eq!(sets, "/apis/apps/v1/namespaces/shop/replicasets");
    }
}
