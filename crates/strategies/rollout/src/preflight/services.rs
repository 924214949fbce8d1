//! Services that lead nowhere.

use windlass_core::finding::{Code, Finding};
use windlass_core::model::PortRef;

use super::scene::{Scene, leads_to};

/// A Service whose selector matches no pod of the set.
pub(super) fn selects_nothing(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for (object, service) in scene.services() {
        let leads = service.selector.is_empty()
            || scene.pods().any(|pods| leads_to((object, service), pods));
        if !leads {
            found.push(Finding::new(
                Code::ServiceSelectsNothing,
                &service.selector.place,
                format!("{} selects no pod of these manifests", object.title()),
                format!("no template has the labels {}; correct one side", service.selector.value),
            ));
        }
    }
}

/// A Service port whose named target is no port of any of its pods.
pub(super) fn port_not_found(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for (object, service) in scene.services() {
        let pods: Vec<_> = scene.pods().filter(|pods| leads_to((object, service), *pods)).collect();
        for port in service.ports.iter().filter(|_| !pods.is_empty()) {
            // A number reaches the pod whether a container lists it or not.
            let PortRef::Name(name) = &port.target.value else { continue };
            if pods.iter().all(|it| it.spec.container_of_port(&port.target.value).is_none()) {
                found.push(Finding::new(
                    Code::ServicePortNotFound,
                    &port.target.place,
                    format!("{} targets port {name}, which no container has", object.title()),
                    format!("name a containerPort {name} in the pods that it selects"),
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{DIGEST, GOOD, codes, edited, found};
    use super::*;

    #[test]
    fn a_service_without_pods_is_told() {
        let yaml = edited(GOOD, "selector: {app: web}\n  ports", "selector: {app: wbe}\n  ports");
        assert_eq!(codes(&yaml), [Code::ServiceSelectsNothing]);
    }

    #[test]
    fn a_service_whose_endpoints_somebody_else_writes_is_fine() {
        let yaml = edited(GOOD, "selector: {app: web}\n  ports", "ports");
        assert_eq!(codes(&yaml), []);
    }

    #[test]
    fn a_named_port_that_no_container_has_is_an_error() {
        let yaml = edited(GOOD, "targetPort: http", "targetPort: htpt");
        let finding = found(&yaml).remove(0);
        assert_eq!(finding.code, Code::ServicePortNotFound);
        assert_eq!(finding.message, "Service web targets port htpt, which no container has");
    }

    #[test]
    fn pods_without_the_port_are_fine_beside_pods_that_have_it() {
        let pod = format!(
            "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: p, labels: {{app: web}}}}, spec: \
             {{containers: [{{name: p, image: 'p:1{DIGEST}', readinessProbe: {{exec: {{command: [a]}}}}, \
             resources: {{limits: {{cpu: 1, memory: 1Mi}}}}}}]}}}}\n"
        );
        assert_eq!(codes(&format!("{GOOD}{pod}")), []);
    }

    #[test]
    fn a_number_reaches_the_pod_without_being_listed() {
        let yaml = edited(GOOD, "targetPort: http", "targetPort: 9999");
        assert_eq!(codes(&yaml), []);
    }
}
