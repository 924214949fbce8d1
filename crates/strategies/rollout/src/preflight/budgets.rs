//! Disruption budgets: none, too tight, or in each other's way.

use windlass_core::finding::{Code, Finding};
use windlass_core::model::Replicas;
use windlass_core::model::view::Object;

use super::scene::{Pods, Scene, count};

/// Several pods that a drain may evict all at once.
pub(super) fn none(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for (object, deployment) in scene.deployments() {
        let pods = scene.usual_pods(object, deployment);
        let template = &deployment.template;
        let own = Pods { object, labels: &template.labels, spec: &template.spec };
        let guarded = object.name.as_ref().is_some_and(|name| scene.facts.guarded.contains(name));
        if pods > Replicas::ONE && !guarded && scene.budgets_of(own).next().is_none() {
            found.push(Finding::new(
                Code::NoBudget,
                &object.place,
                format!("{} has {} and no disruption budget", object.title(), count(pods, "pod")),
                "add a PodDisruptionBudget with maxUnavailable 1: a node drain may take all pods at once",
            ));
        }
    }
}

/// A budget under which no node can be drained.
pub(super) fn blocks_every_eviction(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for (object, deployment) in scene.deployments() {
        let pods = scene.usual_pods(object, deployment);
        let template = &deployment.template;
        let own = Pods { object, labels: &template.labels, spec: &template.spec };
        for (budget_object, budget) in scene.budgets_of(own) {
            if pods > Replicas::ZERO && budget.floor.evictable(pods) == Replicas::ZERO {
                found.push(Finding::new(
                    Code::BudgetBlocksAll,
                    &budget.floor.place,
                    format!("{} lets none of {} go", title(budget_object), count(pods, "pod")),
                    "allow at least one (maxUnavailable: 1), or node drains and upgrades hang",
                ));
            }
        }
    }
}

fn title(object: &Object) -> String {
    match &object.name {
        Some(name) => format!("disruption budget {name}"),
        None => "disruption budget".to_owned(),
    }
}

/// A budget that protects no pod of the set.
pub(super) fn protects_nothing(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for (object, budget) in scene.budgets() {
        let protects = scene.pods().any(|pods| {
            pods.object.is_beside(object)
                && budget.selector.as_ref().is_some_and(|selector| selector.matches(pods.labels))
        });
        if !protects {
            found.push(Finding::new(
                Code::BudgetSelectsNothing,
                &object.place,
                format!("{} protects no pod of these manifests", title(object)),
                "let its selector match the labels of the pods",
            ));
        }
    }
}

/// Two budgets for one pod: the eviction API refuses to choose.
pub(super) fn two_for_one(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for pods in scene.pods() {
        let mut budgets = scene.budgets_of(pods);
        if let (Some((first, _)), Some((second, _))) = (budgets.next(), budgets.next()) {
            found.push(Finding::new(
                Code::TwoBudgets,
                &second.place,
                format!(
                    "{} has two budgets: {} and {}",
                    pods.object.title(),
                    title(first),
                    title(second)
                ),
                "keep one of them: no pod with two budgets can be evicted",
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ClusterFacts;
    use super::super::testing::{GOOD, codes, codes_knowing, edited, found};
    use super::*;

    const BUDGET: &str = "---
{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web}, spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}}
";

    #[test]
    fn several_pods_without_a_budget_are_told() {
        let without = edited(GOOD, BUDGET, "");
        assert_eq!(codes(&without), [Code::NoBudget]);
        assert_eq!(
            found(&without)[0].message,
            "Deployment web has 3 pods and no disruption budget"
        );
        assert_eq!(codes(&edited(&without, "replicas: 3", "replicas: 1")), []);
    }

    #[test]
    fn a_budget_that_is_in_the_cluster_alone_counts() {
        let facts = ClusterFacts { guarded: ["web".into()].into(), ..ClusterFacts::default() };
        assert_eq!(codes_knowing(&edited(GOOD, BUDGET, ""), &facts), []);
    }

    #[test]
    fn a_budget_that_lets_no_pod_go_is_told() {
        for floor in
            ["minAvailable: 3", "minAvailable: 100%", "maxUnavailable: 0", "maxUnavailable: 0%"]
        {
            let yaml = edited(GOOD, "maxUnavailable: 1", floor);
            assert_eq!(codes(&yaml), [Code::BudgetBlocksAll], "{floor}");
        }
        for floor in ["minAvailable: 2", "minAvailable: 50%", "maxUnavailable: 1%"] {
            assert_eq!(codes(&edited(GOOD, "maxUnavailable: 1", floor)), [], "{floor}");
        }
    }

    #[test]
    fn a_budget_of_nothing_is_told() {
        let wrong = BUDGET.replace("app: web", "app: wbe").replace("name: web", "name: other");
        assert_eq!(codes(&format!("{GOOD}{wrong}")), [Code::BudgetSelectsNothing]);
    }

    #[test]
    fn two_budgets_for_one_pod_are_told() {
        let second = BUDGET.replace("name: web", "name: other");
        assert_eq!(codes(&format!("{GOOD}{second}")), [Code::TwoBudgets]);
    }
}
