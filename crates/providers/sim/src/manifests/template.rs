//! What a pod template says that the simulator goes by.

use std::collections::BTreeMap;
use std::sync::Arc;

use windlass_core::manifest;
use windlass_core::model::view::{Body, Container, Object, PodTemplate};
use windlass_core::platform::Template;

use super::labels;
use crate::objects::Labels;

/// What a pod template says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// Labels of its pods.
    pub(crate) labels: Labels,
    /// What a quota counts of each pod: units of extended resources, and thousandths of
    /// `requests.cpu` and the like.
    pub(crate) requests: Arc<BTreeMap<Arc<str>, u64>>,
}

impl Said {
    /// Reads a template; one that is no pod template says nothing.
    pub(crate) fn read(template: &Template) -> Self {
        if !template.body.contains("\"containers\"") {
            return Self::default();
        }
        // A view is read from a whole object: this is the least that can be wrapped around it.
        let wrapped = format!(
            r#"{{"apiVersion":"apps/v1","kind":"Deployment","metadata":{{"name":"t"}},"spec":{{"selector":{{}},"template":{}}}}}"#,
            template.body
        );
        let objects = manifest::parse("template", wrapped.as_bytes()).unwrap_or_default();
        let object = objects.first().and_then(|manifest| Object::read(manifest).ok());
        match object.map(|object| object.body) {
            Some(Body::Deployment(view)) => Self {
                labels: labels(&view.template.labels),
                requests: Arc::new(requests(&view.template)),
            },
            Some(
                Body::Workload(_)
                | Body::Pod(_)
                | Body::Service(_)
                | Body::Autoscaler(_)
                | Body::Budget(_)
                | Body::Claim(_)
                | Body::ConfigMap(_)
                | Body::Secret(_)
                | Body::Other,
            )
            | None => Self::default(),
        }
    }
}

/// What the scheduler keeps free for a pod: the sum over its containers, or what its greediest
/// init container asks for where that is more.
fn requests(template: &PodTemplate) -> BTreeMap<Arc<str>, u64> {
    let mut sum = BTreeMap::new();
    let sidecars = template.spec.init_containers.iter().filter(|c| c.is_sidecar);
    for container in template.spec.containers.iter().chain(sidecars) {
        for (resource, amount) in counted(container) {
            *sum.entry(resource).or_default() += amount;
        }
    }
    for container in template.spec.init_containers.iter().filter(|c| !c.is_sidecar) {
        for (resource, amount) in counted(container) {
            let most: &mut u64 = sum.entry(resource).or_default();
            *most = (*most).max(amount);
        }
    }
    sum
}

/// What a quota counts of a container.
fn counted(container: &Container) -> impl Iterator<Item = (Arc<str>, u64)> {
    extended(container).chain(COMPUTE.into_iter().filter_map(|(counted, of_limits, resource)| {
        let resources = &container.resources;
        let amount = match of_limits {
            true => resources.limits.get(resource),
            false => resources.request(resource),
        };
        let millis = amount?.millis_rounded_up()?;
        Some((counted.into(), u64::try_from(millis).unwrap_or(u64::MAX)))
    }))
}

/// Name in a quota, whether it counts limits, and the resource.
const COMPUTE: [(&str, bool, &str); 4] = [
    ("requests.cpu", false, "cpu"),
    ("requests.memory", false, "memory"),
    ("limits.cpu", true, "cpu"),
    ("limits.memory", true, "memory"),
];

/// Extended resources, such as `nvidia.com/gpu`, that a container requests. Their request and
/// limit must be equal, so that the limits name them all.
fn extended(container: &Container) -> impl Iterator<Item = (Arc<str>, u64)> {
    let named = container.resources.limits.iter().filter(|(name, _)| name.prefix().is_some());
    named.map(|(name, amount)| {
        (name.as_str().into(), u64::try_from(amount.units_rounded_up()).unwrap_or(u64::MAX))
    })
}
