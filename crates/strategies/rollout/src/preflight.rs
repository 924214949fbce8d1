//! What is wrong with an application before anything of it is touched.
//!
//! [`preflight`] is pure: parsed manifests and [`ClusterFacts`] in, [`Finding`]s out. Each lint looks at
//! the whole set, because most faults lie between two objects: an autoscaler without its target, a
//! Service without pods, a claim with too many.

mod autoscalers;
mod budgets;
mod capacity;
mod claims;
mod facts;
mod images;
mod mentions;
mod names;
mod probes;
mod references;
mod resources;
mod scene;
mod services;
mod shutdown;
mod workloads;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use windlass_core::finding::Finding;
use windlass_core::id::ObjectName;
use windlass_core::model::Replicas;
use windlass_core::model::view::Object;

pub use facts::ClusterFacts;
pub use mentions::mentioned;
pub use windlass_core::platform::{ObjectKey, Quota};

pub(crate) use capacity::room;
use scene::Scene;

/// A lint: looks at the scene and tells what it finds.
type Lint = fn(&Scene<'_>, &mut Vec<Finding>);

const LINTS: &[Lint] = &[
    autoscalers::missing_target,
    autoscalers::share_of_no_request,
    autoscalers::two_for_one,
    autoscalers::replicas_set_by_both,
    budgets::none,
    budgets::blocks_every_eviction,
    budgets::protects_nothing,
    budgets::two_for_one,
    capacity::over_quota,
    claims::on_one_node,
    claims::not_found,
    images::not_pinned,
    names::duplicate_objects,
    names::duplicate_containers,
    probes::no_readiness,
    probes::liveness_is_readiness,
    references::secrets_and_config_maps,
    references::volumes,
    resources::no_requests,
    resources::extended_without_limit,
    services::selects_nothing,
    services::port_not_found,
    shutdown::no_grace_period,
    shutdown::hook_outlasts_grace,
    workloads::selector_mismatch,
    workloads::selector_overlap,
    workloads::no_history,
    workloads::privileged,
];

/// Everything found, the worst first.
///
/// `peaks` are the most pods that the plan runs at once, by Deployment; for one that it does not name
/// the surge of its own rolling update counts.
#[must_use]
pub fn preflight(
    objects: &[Object],
    facts: &ClusterFacts,
    peaks: &BTreeMap<ObjectName, Replicas>,
) -> Vec<Finding> {
    let scene = Scene::new(objects, facts, peaks);
    let mut findings = Vec::new();
    for lint in LINTS {
        lint(&scene, &mut findings);
    }
    findings.sort_by(Finding::order);
    findings
}
