//! What a release needs at its highest, against what there is.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use windlass_core::model::Quantity;
use windlass_core::model::view::PodSpec;

use crate::application::Application;
use crate::preflight::{ClusterFacts, Quota};

/// What runs at once at the highest point of a climb.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peak {
    /// Pods of both sides.
    pub pods: u32,
    /// Extended resources, such as GPUs, that so many pods of the new template request.
    pub extended: Vec<Demand>,
}

/// What is needed of one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// The resource, such as `nvidia.com/gpu`.
    pub resource: String,
    /// How much all pods need together.
    pub needed: Quantity,
    /// What the quota allows in all; `None` where none is known.
    pub quota: Option<Quantity>,
    /// Whether it fits what others leave of the quota.
    pub fits: bool,
}

impl Peak {
    pub(super) fn of(
        wanted: &Application,
        cluster: &ClusterFacts,
        running: u32,
        pods: u32,
    ) -> Self {
        let Some(view) = wanted.deployment() else { return Self { pods, extended: Vec::new() } };
        let demand =
            |resource: &String| demand(cluster, &view.template.spec, resource, [running, pods]);
        Self { pods, extended: extended(&view.template.spec).iter().filter_map(demand).collect() }
    }
}

/// Names of the extended resources that a pod asks for: those with a domain.
fn extended(pod: &PodSpec) -> BTreeSet<String> {
    let named = pod.all_containers().flat_map(|it| it.resources.limits.iter());
    named.filter(|(name, _)| name.prefix().is_some()).map(|(name, _)| name.to_string()).collect()
}

fn demand(
    cluster: &ClusterFacts,
    pod: &PodSpec,
    resource: &str,
    [running, pods]: [u32; 2],
) -> Option<Demand> {
    let each = pod.request(resource)?;
    let needed = each.checked_mul(pods)?;
    let name = format!("requests.{resource}");
    let quota = cluster.quotas.iter().find(|(it, _)| it.as_str() == name).map(|(_, it)| it);
    let more = each.checked_mul(pods.saturating_sub(running))?;
    let free = quota.map(Quota::free);
    Some(Demand {
        resource: resource.to_owned(),
        needed,
        quota: quota.map(|quota| quota.hard.clone()),
        fits: free.is_none_or(|free| more <= free),
    })
}
