//! Autoscalers and what they scale.

use windlass_core::finding::{Code, Finding};
use windlass_core::model::view::{Container, Metric, MetricSource, MetricValue, Object, PodSpec};

use super::scene::Scene;

/// An autoscaler of something that does not exist.
pub(super) fn missing_target(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for (object, autoscaler) in scene.autoscalers() {
        let target = &autoscaler.target;
        if !scene.exists(object, &target.kind, target.name.as_str()) {
            found.push(Finding::new(
                Code::AutoscalerTargetNotFound,
                &target.name.place,
                format!("{}: no {} {} exists", name(object), target.kind, target.name.value),
                "correct scaleTargetRef, or remove the autoscaler",
            ));
        }
    }
}

fn name(object: &Object) -> String {
    match &object.name {
        Some(name) => format!("autoscaler {name}"),
        None => "autoscaler".to_owned(),
    }
}

/// A share of a request that a container does not make cannot be measured.
pub(super) fn share_of_no_request(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for (object, autoscaler) in scene.autoscalers() {
        let target = &autoscaler.target;
        let Some(workload) = scene.find(object, &target.kind, target.name.as_str()) else {
            continue;
        };
        let Some((template, _)) = workload.template() else { continue };
        for metric in &autoscaler.metrics {
            let (Some(resource), MetricValue::Utilization(_)) = (metric.resource(), &metric.target)
            else {
                continue;
            };
            for container in measured(metric, &template.spec) {
                if container.resources.request(resource.as_str()).is_none() {
                    found.push(Finding::new(
                        Code::AutoscalerWithoutRequest,
                        &metric.place,
                        format!(
                            "{} measures {resource}, container {} requests none",
                            name(object),
                            container.name
                        ),
                        format!(
                            "give container {} a request of {resource}, or scale by AverageValue",
                            container.name
                        ),
                    ));
                }
            }
        }
    }
}

/// The containers whose requests a metric is a share of.
fn measured<'a>(metric: &'a Metric, spec: &'a PodSpec) -> impl Iterator<Item = &'a Container> {
    spec.serving().filter(|container| match &metric.source {
        MetricSource::Resource(_) => true,
        MetricSource::ContainerResource { container: wanted, .. } => container.name == *wanted,
        MetricSource::Pods(_) | MetricSource::Object { .. } | MetricSource::External(_) => false,
    })
}

/// Two autoscalers pull at one target.
pub(super) fn two_for_one(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    let all: Vec<_> = scene.autoscalers().collect();
    for (nth, (object, autoscaler)) in all.iter().enumerate() {
        let target = &autoscaler.target;
        let first = all[..nth].iter().find(|(other, earlier)| {
            earlier.target.kind == target.kind
                && earlier.target.name == target.name
                && other.is_beside(object)
        });
        if let Some((first, _)) = first {
            found.push(Finding::new(
                Code::TwoAutoscalers,
                &target.name.place,
                format!(
                    "{} and {} scale {} {}",
                    name(first),
                    name(object),
                    target.kind,
                    target.name.value
                ),
                "put the metrics of both into one autoscaler",
            ));
        }
    }
}

/// A manifest that sets the number that its autoscaler owns: every apply moves the pods.
pub(super) fn replicas_set_by_both(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for (object, deployment) in scene.deployments() {
        let Some((_, autoscaler)) = scene.autoscaler_of(object) else { continue };
        if !deployment.sets_replicas {
            continue;
        }
        let replicas = deployment.replicas.value;
        let (min, max) = (autoscaler.min, autoscaler.max.value);
        let message = if replicas < min || replicas > max {
            format!("replicas {replicas} is outside of its autoscaler's {min} to {max}")
        } else {
            format!("replicas {replicas} is set where an autoscaler owns the number")
        };
        let mend = "leave replicas out of the manifest: each apply undoes what the autoscaler did";
        found.push(Finding::new(
            Code::ReplicasAndAutoscaler,
            &deployment.replicas.place,
            message,
            mend,
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, codes, codes_knowing, edited, found};
    use super::super::{ClusterFacts, ObjectKey};
    use super::*;

    const AUTOSCALER: &str = "---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web-hpa}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 3
  maxReplicas: 9
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
";

    fn scaled() -> String {
        format!("{}{AUTOSCALER}", edited(GOOD, "  replicas: 3\n", ""))
    }

    #[test]
    fn an_autoscaler_that_fits_is_fine() {
        assert_eq!(codes(&scaled()), []);
    }

    #[test]
    fn a_target_that_is_nowhere_is_an_error() {
        let yaml =
            edited(&scaled(), "kind: Deployment, name: web}", "kind: Deployment, name: api}");
        let finding = found(&yaml).remove(0);
        assert_eq!(finding.code, Code::AutoscalerTargetNotFound);
        assert_eq!(finding.message, "autoscaler web-hpa: no Deployment api exists");
        let mut facts = ClusterFacts::default();
        facts.existing.insert(ObjectKey::new("Deployment", "api"));
        assert!(!codes_knowing(&yaml, &facts).contains(&Code::AutoscalerTargetNotFound));
    }

    #[test]
    fn a_share_needs_a_request_and_a_limit_stands_in_for_one() {
        let none =
            edited(&scaled(), "requests: {cpu: 100m, memory: 64Mi}", "requests: {memory: 64Mi}");
        assert!(codes(&none).contains(&Code::AutoscalerWithoutRequest));
        let limit = edited(&none, "limits: {memory: 64Mi}", "limits: {memory: 64Mi, cpu: 1}");
        assert_eq!(codes(&limit), []);
        let value = edited(
            &none,
            "{type: Utilization, averageUtilization: 70}",
            "{type: AverageValue, averageValue: 1}",
        );
        assert!(!codes(&value).contains(&Code::AutoscalerWithoutRequest));
    }

    #[test]
    fn two_autoscalers_of_one_target_are_an_error() {
        let second = edited(AUTOSCALER, "name: web-hpa", "name: web-too");
        assert_eq!(codes(&format!("{}{second}", scaled())), [Code::TwoAutoscalers]);
    }

    #[test]
    fn replicas_beside_an_autoscaler_are_told() {
        let message = |yaml: &str| found(yaml).remove(0).message;
        let both = format!("{GOOD}{AUTOSCALER}");
        assert_eq!(codes(&both), [Code::ReplicasAndAutoscaler]);
        assert!(message(&both).contains("an autoscaler owns the number"));
        let outside = edited(&both, "minReplicas: 3", "minReplicas: 5");
        assert!(message(&outside).contains("replicas 3 is outside of its autoscaler's 5 to 9"));
    }
}
