//! Whether what the plan runs at once fits the quota.

use std::collections::BTreeMap;

use windlass_core::finding::{Code, Finding};
use windlass_core::model::view::{Place, PodSpec, ResourceName};
use windlass_core::model::{Quantity, Replicas};

use super::Quota;
use super::scene::{Scene, count};

/// The peak of an update against what the namespace may use.
pub(super) fn over_quota(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for (object, deployment) in scene.deployments() {
        let peak = scene.peak_pods(object, deployment);
        let running = object.name.as_ref().and_then(|name| scene.facts.running.get(name));
        let more = peak.saturating_sub(running.copied().unwrap_or(Replicas::ZERO));
        for (resource, quota) in &scene.facts.quotas {
            let Some(each) = Demand::of(resource.as_str(), &deployment.template.spec) else {
                continue;
            };
            if let Some(finding) = exceeds(quota, &each, [peak, more]) {
                found.push(finding);
            }
        }
    }
}

/// What one pod takes of a quota.
struct Demand<'a> {
    resource: &'a str,
    amount: Quantity,
    place: &'a Place,
}

impl<'a> Demand<'a> {
    /// `None` for a quota on something that a pod does not take.
    fn of(quota: &'a str, spec: &'a PodSpec) -> Option<Self> {
        if quota == "pods" {
            return Some(Demand {
                resource: "pods",
                amount: Quantity::from_units(1),
                place: &spec.place,
            });
        }
        if let Some(resource) = quota.strip_prefix("limits.") {
            let limits: Vec<_> =
                spec.serving().filter_map(|it| it.resources.limits.get(resource)).collect();
            let place = &limits.first()?.place;
            let amount = limits.iter().try_fold(Quantity::ZERO, |sum, it| sum.checked_add(it))?;
            return Some(Demand { resource, amount, place });
        }
        // A quota on plain `cpu` counts requests.
        let resource = quota.strip_prefix("requests.").unwrap_or(quota);
        let place = spec.all_containers().find_map(|it| it.resources.request(resource))?;
        Some(Demand { resource, amount: spec.request(resource)?, place: &place.place })
    }
}

/// Most pods of this kind that the quotas leave room for beside those that run; `None` where no
/// quota limits them.
pub(crate) fn room(quotas: &BTreeMap<ResourceName, Quota>, spec: &PodSpec) -> Option<u32> {
    let rooms = quotas.iter().filter_map(|(resource, quota)| {
        let each = Demand::of(resource.as_str(), spec)?.amount;
        (each > Quantity::ZERO).then(|| how_often(&each, &quota.free()))
    });
    rooms.min()
}

/// How often `each` goes into `free`.
fn how_often(each: &Quantity, free: &Quantity) -> u32 {
    let fits = |times: u32| each.checked_mul(times).is_some_and(|sum| sum <= *free);
    let (mut low, mut high) = (0, u32::MAX);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if fits(middle) { low = middle } else { high = middle - 1 }
    }
    low
}

fn exceeds(quota: &Quota, each: &Demand<'_>, [peak, more]: [Replicas; 2]) -> Option<Finding> {
    let free = quota.free();
    let needed = each.amount.checked_mul(more.get())?;
    let all = each.amount.checked_mul(peak.get())?;
    (needed > free && needed > Quantity::ZERO).then(|| {
        let (resource, hard, used) = (each.resource, &quota.hard, &quota.used);
        let at_peak = count(peak, "pod");
        let message = match resource {
            "pods" => format!("{at_peak} at the peak, quota {hard}: does not fit"),
            _ => format!(
                "{at_peak} at the peak ask for {all} {resource}, quota {hard}: does not fit"
            ),
        };
        let mend = format!(
            "{used} of {hard} are used and {needed} more are needed: raise the quota, or release \
             with less surge"
        );
        Finding::new(Code::OverQuota, each.place, message, mend)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::ClusterFacts;
    use super::super::testing::{GOOD, edited, found_knowing};
    use super::*;

    fn quota(resource: &str, hard: &str, used: &str, running: u16) -> ClusterFacts {
        let quota = Quota { hard: hard.parse().unwrap(), used: used.parse().unwrap() };
        ClusterFacts {
            quotas: BTreeMap::from([(resource.parse().unwrap(), quota)]),
            running: BTreeMap::from([("web".into(), running.into())]),
            ..ClusterFacts::default()
        }
    }

    fn with_gpu() -> String {
        edited(GOOD, "limits: {memory: 64Mi}", "limits: {memory: 64Mi, nvidia.com/gpu: 1}")
    }

    fn messages(yaml: &str, facts: &ClusterFacts, peak: Option<u16>) -> Vec<String> {
        let peaks = peak.map(|peak| ("web".into(), peak.into())).into_iter().collect();
        found_knowing(yaml, facts, &peaks).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_surge_beyond_the_gpu_quota_is_an_error() {
        let facts = quota("requests.nvidia.com/gpu", "4", "3", 3);
        assert_eq!(
            messages(&with_gpu(), &facts, Some(6)),
            ["6 pods at the peak ask for 6 nvidia.com/gpu, quota 4: does not fit"]
        );
        assert!(messages(&with_gpu(), &facts, Some(4)).is_empty());
    }

    #[test]
    fn without_a_plan_the_surge_of_the_deployment_counts() {
        assert!(
            messages(&with_gpu(), &quota("requests.nvidia.com/gpu", "4", "3", 3), None).is_empty()
        );
        assert_eq!(
            messages(&with_gpu(), &quota("requests.nvidia.com/gpu", "3", "3", 3), None).len(),
            1
        );
    }

    #[test]
    fn what_others_use_is_not_free() {
        assert_eq!(
            messages(&with_gpu(), &quota("requests.nvidia.com/gpu", "6", "5", 3), Some(5)).len(),
            1
        );
        assert!(
            messages(&with_gpu(), &quota("requests.nvidia.com/gpu", "6", "3", 3), Some(5))
                .is_empty()
        );
    }

    #[test]
    fn the_room_is_that_of_the_tightest_quota() {
        let manifests = windlass_core::manifest::parse("app.yaml", with_gpu().as_bytes()).unwrap();
        let read = windlass_core::model::view::Objects::read(&manifests);
        let (template, _) = read.objects[0].template().unwrap();
        let room = |quotas: &[(&str, &str, &str)]| {
            let facts = quotas.iter().map(|(resource, hard, used)| {
                let quota = Quota { hard: hard.parse().unwrap(), used: used.parse().unwrap() };
                (resource.parse().unwrap(), quota)
            });
            super::room(&facts.collect(), &template.spec)
        };
        let gpu = "requests.nvidia.com/gpu";
        assert_eq!(room(&[]), None);
        assert_eq!(room(&[("count/secrets", "3", "3")]), None);
        assert_eq!(room(&[(gpu, "8", "3")]), Some(5));
        assert_eq!(room(&[(gpu, "8", "3"), ("requests.memory", "256Mi", "64Mi")]), Some(3));
        assert_eq!(room(&[(gpu, "2", "3")]), Some(0));
    }

    #[test]
    fn requests_limits_and_pods_are_counted() {
        for (resource, fits, too_small) in [
            ("cpu", "400m", "399m"),
            ("requests.memory", "256Mi", "255Mi"),
            ("limits.memory", "256Mi", "255Mi"),
            ("pods", "4", "3"),
        ] {
            assert!(messages(GOOD, &quota(resource, fits, "0", 0), None).is_empty(), "{resource}");
            assert_eq!(
                messages(GOOD, &quota(resource, too_small, "0", 0), None).len(),
                1,
                "{resource}"
            );
        }
        assert!(messages(GOOD, &quota("count/secrets", "0", "0", 0), None).is_empty());
    }
}
