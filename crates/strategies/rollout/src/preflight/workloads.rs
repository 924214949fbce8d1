//! Deployments as such.

use windlass_core::finding::{Code, Finding};

use super::scene::Scene;

/// A selector that does not match its own template is refused by the API server.
pub(super) fn selector_mismatch(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for object in scene.objects {
        let Some((template, Some(selector))) = object.template() else { continue };
        if !selector.matches(&template.labels) {
            found.push(Finding::new(
                Code::SelectorMismatch,
                &template.place,
                format!("{} does not select its own pods ({selector})", object.title()),
                "give the template the labels that the selector asks for",
            ));
        }
    }
}

/// Two Deployments that select each other's pods fight over them.
pub(super) fn selector_overlap(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    let all: Vec<_> = scene.deployments().collect();
    for (nth, (object, deployment)) in all.iter().enumerate() {
        for (other, theirs) in &all[..nth] {
            let overlaps = deployment.selector.matches(&theirs.template.labels)
                || theirs.selector.matches(&deployment.template.labels);
            if overlaps && object.is_beside(other) && object.name != other.name {
                found.push(Finding::new(
                    Code::SelectorOverlap,
                    &deployment.selector.place,
                    format!("{} and {} select each other's pods", other.title(), object.title()),
                    "give each of them a label of its own in selector and template",
                ));
            }
        }
    }
}

/// Without old ReplicaSets there is nothing to go back to.
pub(super) fn no_history(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for (object, deployment) in scene.deployments() {
        if deployment.history_limit.value == 0 {
            found.push(Finding::new(
                Code::NoHistory,
                &deployment.history_limit.place,
                format!("{} keeps no old revision, so there is no undo", object.title()),
                "leave revisionHistoryLimit out (10), or keep at least 2",
            ));
        }
    }
}

/// Containers with all rights of their node.
pub(super) fn privileged(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for pods in scene.pods() {
        for container in pods.spec.all_containers() {
            if container.security.privileged {
                found.push(Finding::new(
                    Code::Privileged,
                    &container.place,
                    format!("container {} has all rights of its node", container.name),
                    "name the capabilities that it needs in place of privileged",
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, codes, edited};
    use super::*;

    #[test]
    fn a_selector_that_misses_its_own_pods_is_an_error() {
        let yaml = edited(
            GOOD,
            "selector: {matchLabels: {app: web}}\n  template",
            "selector: {matchLabels: {app: web, tier: x}}\n  template",
        );
        assert_eq!(codes(&yaml), [Code::SelectorMismatch]);
    }

    #[test]
    fn deployments_that_select_each_others_pods_are_an_error() {
        let (deployment, _) = GOOD.split_once("---").unwrap();
        let second = deployment.replacen("name: web", "name: web-too", 1);
        assert_eq!(codes(&format!("{GOOD}---\n{second}")), [Code::SelectorOverlap]);
        let apart =
            second.replace("app: web", "app: other").replacen("replicas: 3", "replicas: 1", 1);
        assert_eq!(codes(&format!("{GOOD}---\n{apart}")), []);
    }

    #[test]
    fn no_history_is_told() {
        let with = |limit: u8| {
            edited(
                GOOD,
                "  replicas: 3\n",
                &format!("  replicas: 3\n  revisionHistoryLimit: {limit}\n"),
            )
        };
        assert_eq!(codes(&with(0)), [Code::NoHistory]);
        assert_eq!(codes(&with(1)), []);
    }

    #[test]
    fn a_privileged_container_is_told() {
        let with = |it: bool| {
            edited(
                GOOD,
                "        env: []\n",
                &format!("        securityContext: {{privileged: {it}}}\n"),
            )
        };
        assert_eq!(codes(&with(true)), [Code::Privileged]);
        assert_eq!(codes(&with(false)), []);
    }
}
