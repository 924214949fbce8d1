//! What containers ask for.

use windlass_core::finding::{Code, Finding};

use super::scene::Scene;

/// A container that asks for no CPU or memory: the scheduler packs it anywhere, and it is the first
/// to be evicted.
pub(super) fn no_requests(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for pods in scene.pods() {
        for container in pods.spec.serving() {
            let missing: Vec<_> = ["cpu", "memory"]
                .into_iter()
                .filter(|resource| container.resources.request(resource).is_none())
                .collect();
            if !missing.is_empty() {
                found.push(Finding::new(
                    Code::NoRequests,
                    &container.resources.place,
                    format!(
                        "container {} requests no {}",
                        container.name,
                        missing.join(" and no ")
                    ),
                    "add resources.requests of what it uses on a usual day",
                ));
            }
        }
    }
}

/// Extended resources cannot be overcommitted: the API server wants request and limit equal.
pub(super) fn extended_without_limit(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for pods in scene.pods() {
        for container in pods.spec.all_containers() {
            for (name, request) in container.resources.requests.iter() {
                let extended =
                    name.prefix().is_some_and(|prefix| !prefix.ends_with("kubernetes.io"));
                let limit = container.resources.limits.get(name.as_str());
                if extended && limit.is_none_or(|limit| limit.value != request.value) {
                    found.push(Finding::new(
                        Code::ExtendedResourceLimit,
                        &request.place,
                        format!(
                            "container {} requests {} {name} without the same limit",
                            container.name, request.value
                        ),
                        format!("write limits.{name}: {} as well", request.value),
                    ));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, codes, edited, found};
    use super::*;

    #[test]
    fn missing_requests_are_named() {
        let message = |yaml: &str| {
            let findings = found(yaml);
            assert_eq!(findings[0].code, Code::NoRequests);
            findings[0].message.clone()
        };
        let none = edited(
            GOOD,
            "resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 64Mi}}",
            "resources: {}",
        );
        assert_eq!(message(&none), "container web requests no cpu and no memory");
        let cpu = edited(GOOD, "requests: {cpu: 100m, memory: 64Mi}", "requests: {memory: 64Mi}");
        assert_eq!(message(&cpu), "container web requests no cpu");
        let by_limit = edited(GOOD, "requests: {cpu: 100m, memory: 64Mi}", "requests: {cpu: 100m}");
        assert_eq!(codes(&by_limit), []);
    }

    #[test]
    fn an_extended_resource_needs_the_same_limit() {
        let requested =
            edited(GOOD, "requests: {cpu: 100m,", "requests: {nvidia.com/gpu: 1, cpu: 100m,");
        assert_eq!(codes(&requested), [Code::ExtendedResourceLimit]);
        let limited = edited(
            &requested,
            "limits: {memory: 64Mi}",
            "limits: {memory: 64Mi, nvidia.com/gpu: 1}",
        );
        assert_eq!(codes(&limited), []);
    }
}
