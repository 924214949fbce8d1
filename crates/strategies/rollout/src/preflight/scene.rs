//! The set of objects as the lints look at it.

use std::collections::BTreeMap;

use windlass_core::id::ObjectName;
use windlass_core::model::view::{
    AutoscalerView, Body, BudgetView, DeploymentView, Object, PodSpec, ServiceView,
};
use windlass_core::model::{Labels, Replicas};

use super::ClusterFacts;

/// The objects of one application and what is known of their cluster.
pub(super) struct Scene<'a> {
    pub(super) objects: &'a [Object],
    pub(super) facts: &'a ClusterFacts,
    peaks: &'a BTreeMap<ObjectName, Replicas>,
}

/// Something of the set that makes pods, or is one.
#[derive(Clone, Copy)]
pub(super) struct Pods<'a> {
    pub(super) object: &'a Object,
    pub(super) labels: &'a Labels,
    pub(super) spec: &'a PodSpec,
}

impl<'a> Scene<'a> {
    pub(super) fn new(
        objects: &'a [Object],
        facts: &'a ClusterFacts,
        peaks: &'a BTreeMap<ObjectName, Replicas>,
    ) -> Self {
        Scene { objects, facts, peaks }
    }

    /// Everything that makes pods or is one, in the order of the manifests.
    pub(super) fn pods(&self) -> impl Iterator<Item = Pods<'a>> {
        self.objects.iter().filter_map(|object| match &object.body {
            Body::Pod(pod) => Some(Pods { object, labels: &pod.labels, spec: &pod.spec }),
            Body::Deployment(_)
            | Body::Workload(_)
            | Body::Service(_)
            | Body::Autoscaler(_)
            | Body::Budget(_)
            | Body::Claim(_)
            | Body::ConfigMap(_)
            | Body::Secret(_)
            | Body::Other => object.template().map(|(template, _)| Pods {
                object,
                labels: &template.labels,
                spec: &template.spec,
            }),
        })
    }

    pub(super) fn deployments(&self) -> impl Iterator<Item = (&'a Object, &'a DeploymentView)> {
        self.bodies(|body| if let Body::Deployment(it) = body { Some(&**it) } else { None })
    }

    pub(super) fn services(&self) -> impl Iterator<Item = (&'a Object, &'a ServiceView)> {
        self.bodies(|body| if let Body::Service(it) = body { Some(it) } else { None })
    }

    pub(super) fn autoscalers(&self) -> impl Iterator<Item = (&'a Object, &'a AutoscalerView)> {
        self.bodies(|body| if let Body::Autoscaler(it) = body { Some(it) } else { None })
    }

    pub(super) fn budgets(&self) -> impl Iterator<Item = (&'a Object, &'a BudgetView)> {
        self.bodies(|body| if let Body::Budget(it) = body { Some(it) } else { None })
    }

    fn bodies<T: 'a>(
        &self,
        pick: impl Fn(&'a Body) -> Option<T>,
    ) -> impl Iterator<Item = (&'a Object, T)> {
        self.objects.iter().filter_map(move |object| Some((object, pick(&object.body)?)))
    }

    /// The object of a kind and name that `from` means.
    pub(super) fn find(&self, from: &Object, kind: &str, name: &str) -> Option<&'a Object> {
        self.objects
            .iter()
            .find(|object| &*object.kind == kind && object.is_named(name) && object.is_beside(from))
    }

    /// Whether such an object is in the set or in the cluster.
    pub(super) fn exists(&self, from: &Object, kind: &str, name: &str) -> bool {
        self.find(from, kind, name).is_some() || self.facts.has(kind, name)
    }

    /// The autoscaler of a workload.
    pub(super) fn autoscaler_of(
        &self,
        workload: &Object,
    ) -> Option<(&'a Object, &'a AutoscalerView)> {
        self.autoscalers().find(|(object, autoscaler)| {
            *autoscaler.target.kind == *workload.kind
                && workload.is_named(autoscaler.target.name.as_str())
                && object.is_beside(workload)
        })
    }

    /// The fewest pods that a Deployment has while all is well: what it asks for, or what its
    /// autoscaler keeps.
    pub(super) fn usual_pods(&self, object: &Object, deployment: &DeploymentView) -> Replicas {
        match self.autoscaler_of(object) {
            Some((_, autoscaler)) => autoscaler.min,
            None => deployment.replicas.value,
        }
    }

    /// The most pods that the plan runs at once.
    pub(super) fn peak_pods(&self, object: &Object, deployment: &DeploymentView) -> Replicas {
        let planned = object.name.as_ref().and_then(|name| self.peaks.get(name));
        planned.copied().unwrap_or_else(|| deployment.peak())
    }

    /// The Services that send traffic to pods.
    pub(super) fn services_of(
        &self,
        pods: Pods<'a>,
    ) -> impl Iterator<Item = (&'a Object, &'a ServiceView)> {
        self.services().filter(move |service| leads_to(*service, pods))
    }

    /// The budgets that protect pods.
    pub(super) fn budgets_of(
        &self,
        pods: Pods<'a>,
    ) -> impl Iterator<Item = (&'a Object, &'a BudgetView)> {
        self.budgets().filter(move |(object, budget)| {
            budget.selector.as_ref().is_some_and(|selector| selector.matches(pods.labels))
                && object.is_beside(pods.object)
        })
    }
}

/// Whether a Service sends traffic to pods.
pub(super) fn leads_to((object, service): (&Object, &ServiceView), pods: Pods<'_>) -> bool {
    !service.selector.is_empty()
        && service.selector.is_subset(pods.labels)
        && object.is_beside(pods.object)
}

/// "1 pod", "3 pods".
pub(super) fn count(n: Replicas, what: &str) -> String {
    let s = if n == Replicas::ONE { "" } else { "s" };
    format!("{n} {what}{s}")
}
