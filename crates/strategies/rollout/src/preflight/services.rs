//! Services that lead nowhere.

use windlass_core::finding::{Code, Finding};
use windlass_core::model::PortRef;

use super::scene::{Pods, Scene};

/// A Service whose selector matches no pod of the set.
pub(super) fn selects_nothing(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for (object, service) in scene.services() {
        let leads = service.selector.is_empty()
            || scene.pods().any(|pods| {
                pods.object.is_beside(object) && service.selector.is_subset(pods.labels)
            });
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

/// A Service port whose named target is no port of the pods.
pub(super) fn port_not_found(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for pods in scene.pods() {
        for (object, service) in scene.services_of(pods) {
            for port in &service.ports {
                // A number reaches the pod whether a container lists it or not.
                let PortRef::Name(name) = &port.target.value else { continue };
                if !names_port(pods, &port.target.value) {
                    found.push(Finding::new(
                        Code::ServicePortNotFound,
                        &port.target.place,
                        format!("{} targets port {name}, which no container has", object.title()),
                        format!("name a containerPort {name} in {}", pods.object.title()),
                    ));
                }
            }
        }
    }
}

fn names_port(pods: Pods<'_>, port: &PortRef) -> bool {
    pods.spec.container_of_port(port).is_some()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, codes, edited, found};
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
    fn a_number_reaches_the_pod_without_being_listed() {
        let yaml = edited(GOOD, "targetPort: http", "targetPort: 9999");
        assert_eq!(codes(&yaml), []);
    }
}
