//! Probes of containers that take traffic.

use windlass_core::finding::{Code, Finding};
use windlass_core::model::PortRef;
use windlass_core::model::view::Container;

use super::scene::{Pods, Scene};

/// A container that a Service sends traffic to, and that nobody asks whether it is ready.
pub(super) fn no_readiness(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for pods in scene.pods() {
        for container in targets(scene, pods) {
            if container.readiness.is_none() {
                found.push(Finding::new(
                    Code::NoReadinessProbe,
                    &container.place,
                    format!("container {} takes traffic without readiness probe", container.name),
                    "add a readinessProbe: without one it gets requests before it can answer them",
                ));
            }
        }
    }
}

/// The containers that a Service port means, each once. A port that no container lists leads to the
/// only container, where there is but one.
fn targets<'a>(scene: &Scene<'a>, pods: Pods<'a>) -> Vec<&'a Container> {
    let wanted: Vec<&PortRef> = scene
        .services_of(pods)
        .filter(|(_, service)| !service.publishes_not_ready)
        .flat_map(|(_, service)| service.ports.iter().map(|port| &port.target.value))
        .collect();
    match &pods.spec.containers[..] {
        [only] if !wanted.is_empty() && pods.spec.serving().count() == 1 => vec![only],
        _ => {
            let listed = |it: &&Container| wanted.iter().any(|port| it.port(port).is_some());
            pods.spec.serving().filter(listed).collect()
        }
    }
}

/// One question for "is it alive" and "can it take traffic": a slow moment becomes a restart.
pub(super) fn liveness_is_readiness(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for pods in scene.pods() {
        for container in pods.spec.serving() {
            let (Some(liveness), Some(readiness)) = (&container.liveness, &container.readiness)
            else {
                continue;
            };
            let patience = |probe: &windlass_core::model::view::Probe| {
                probe.period * u64::from(probe.failure_threshold)
            };
            // A liveness probe that waits longer leaves readiness the time to act first.
            if liveness.handler == readiness.handler && patience(liveness) <= patience(readiness) {
                found.push(Finding::new(
                    Code::LivenessIsReadiness,
                    &liveness.place,
                    format!("container {}: liveness asks what readiness asks", container.name),
                    "let liveness ask only whether the process lives, or wait longer than readiness",
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{DIGEST, GOOD, codes, edited, found};
    use super::*;

    const READINESS: &str = "        readinessProbe: {httpGet: {path: /ready, port: http}}\n";

    #[test]
    fn traffic_without_readiness_is_told_at_the_container() {
        let finding = found(&edited(GOOD, READINESS, "")).remove(0);
        assert_eq!(finding.code, Code::NoReadinessProbe);
        assert_eq!(finding.message, "container web takes traffic without readiness probe");
        let path = finding.at.unwrap().path.to_string();
        assert_eq!(path, "spec.template.spec.containers[0]");
    }

    #[test]
    fn a_container_without_traffic_needs_no_readiness() {
        let yaml = edited(GOOD, READINESS, "");
        let pinned = format!(
            "      - {{name: log, image: 'log:1{DIGEST}', resources: {{limits: {{cpu: 1, memory: 1Mi}}}}}}\n"
        );
        let beside = edited(GOOD, "      volumes: []\n", &pinned);
        assert_eq!(codes(&beside), []);
        let (head, tail) = yaml.split_once("---\napiVersion: v1\nkind: Service").unwrap();
        let (_, budget) = tail.split_once("---\n").unwrap();
        assert_eq!(codes(&format!("{head}---\n{budget}")), []);
    }

    #[test]
    fn an_unlisted_port_leads_to_the_only_container() {
        let yaml = edited(GOOD, READINESS, "");
        let yaml = edited(&yaml, "targetPort: http", "targetPort: 9999");
        assert_eq!(codes(&yaml), [Code::NoReadinessProbe]);
    }

    #[test]
    fn one_question_for_both_is_told_unless_liveness_is_more_patient() {
        let same = edited(GOOD, "path: /live, port: http}}", "path: /ready, port: http}}");
        assert_eq!(codes(&same), [Code::LivenessIsReadiness]);
        let patient = edited(
            &same,
            "livenessProbe: {httpGet",
            "livenessProbe: {failureThreshold: 10, httpGet",
        );
        assert_eq!(codes(&patient), []);
    }
}
