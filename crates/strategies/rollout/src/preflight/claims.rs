//! Claims of volumes that too many pods mount.

use windlass_core::finding::{Code, Finding};
use windlass_core::model::Replicas;
use windlass_core::model::view::{Body, ClaimView, DeploymentView, Object, Volume};

use super::references::absence;
use super::scene::{Scene, count};

/// A claim that only one node may mount, shared by several pods or by two revisions.
pub(super) fn on_one_node(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for (object, deployment) in scene.deployments() {
        for (volume, name, _) in deployment.template.spec.claims() {
            let Some(mode) = scene
                .find(object, "PersistentVolumeClaim", name.as_str())
                .and_then(claim_of)
                .and_then(single_node_mode)
            else {
                continue;
            };
            let pods = most_pods(scene, object, deployment);
            if pods > Replicas::ONE {
                found.push(Finding::new(
                    Code::ClaimOnOneNode,
                    &name.place,
                    format!("{mode} claim {} is mounted by {}", name.value, count(pods, "replica")),
                    "claim it ReadWriteMany or ReadOnlyMany, or give each pod its own claim \
                     with a StatefulSet",
                ));
            } else if overlaps(deployment) {
                found.push(update_finding(volume, name.as_str(), mode));
            }
        }
    }
}

fn update_finding(volume: &Volume, claim: &str, mode: &str) -> Finding {
    Finding::new(
        Code::ClaimBlocksUpdate,
        &volume.place,
        format!("{mode} claim {claim} is mounted by old and new pod of an update"),
        "use strategy Recreate, or claim it ReadWriteMany; a new pod on another node waits for ever",
    )
}

fn claim_of(object: &Object) -> Option<&ClaimView> {
    if let Body::Claim(claim) = &object.body { Some(claim) } else { None }
}

/// The access mode, where none of the claim's modes lets pods on several nodes in.
fn single_node_mode(claim: &ClaimView) -> Option<&'static str> {
    let shared = claim.access_modes.iter().any(|mode| mode.is_shared());
    let first = claim.access_modes.first()?;
    (!shared).then(|| first.value.as_str())
}

/// Pods that the claim has to bear while all is well.
fn most_pods(scene: &Scene<'_>, object: &Object, deployment: &DeploymentView) -> Replicas {
    match scene.autoscaler_of(object) {
        // An autoscaler may start at one pod and go on from there.
        Some((_, autoscaler)) if autoscaler.min <= Replicas::ONE => autoscaler.max.value,
        Some((_, autoscaler)) => autoscaler.min,
        None => deployment.replicas.value,
    }
}

/// Whether an update starts a new pod before the old one has gone.
fn overlaps(deployment: &DeploymentView) -> bool {
    deployment.strategy.room(deployment.replicas.value).surge > Replicas::ZERO
}

/// A claim that nobody makes.
pub(super) fn not_found(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for pods in scene.pods() {
        for (_, name, _) in pods.spec.claims() {
            const KIND: &str = "PersistentVolumeClaim";
            let in_set = scene.find(pods.object, KIND, name.as_str()).is_some();
            let lacks = scene.facts.lacks(KIND, name.as_str());
            if scene.facts.has(KIND, name.as_str()) {
                continue;
            }
            if let Some((wrong, mend)) = absence(in_set, lacks) {
                let message = format!("claim {} {wrong}", name.value);
                found.push(Finding::new(Code::ClaimNotFound, &name.place, message, mend));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, codes, edited};
    use super::*;

    const VOLUME: &str = "      volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]\n";

    fn with_claim(mode: &str, replicas: u8, strategy: &str) -> String {
        let yaml = edited(GOOD, "      volumes: []\n", VOLUME);
        let yaml = edited(&yaml, "replicas: 3", &format!("replicas: {replicas}"));
        let yaml = edited(&yaml, "strategy: {}", &format!("strategy: {strategy}"));
        format!(
            "{yaml}---\n{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: data}}, \
             spec: {{accessModes: [{mode}], resources: {{requests: {{storage: 1Gi}}}}}}}}\n"
        )
    }

    #[test]
    fn a_claim_of_one_node_with_several_pods_is_an_error_at_the_claim_name() {
        let yaml = with_claim("ReadWriteOnce", 3, "{}");
        let found = super::super::testing::found(&yaml);
        let finding = found.iter().find(|f| f.code == Code::ClaimOnOneNode).unwrap();
        assert_eq!(finding.message, "ReadWriteOnce claim data is mounted by 3 replicas");
        assert!(finding.at.as_ref().unwrap().path.to_string().ends_with("claimName"));
    }

    #[test]
    fn a_claim_that_all_may_mount_is_fine() {
        assert_eq!(codes(&with_claim("ReadWriteMany", 3, "{}")), []);
    }

    #[test]
    fn one_pod_that_is_replaced_before_it_goes_blocks_its_own_update() {
        let code = Code::ClaimBlocksUpdate;
        assert!(codes(&with_claim("ReadWriteOnce", 1, "{}")).contains(&code));
        assert!(!codes(&with_claim("ReadWriteOnce", 1, "{type: Recreate}")).contains(&code));
        let no_surge = "{rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}";
        assert!(!codes(&with_claim("ReadWriteOnce", 1, no_surge)).contains(&code));
    }

    #[test]
    fn a_claim_that_nobody_makes_is_worth_a_word() {
        let yaml = edited(GOOD, "      volumes: []\n", VOLUME);
        assert_eq!(codes(&yaml), [Code::ClaimNotFound]);
    }
}
