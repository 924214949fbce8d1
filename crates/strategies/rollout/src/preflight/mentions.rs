//! Which objects manifests mean by name: what a platform is asked for.

use std::collections::{BTreeMap, BTreeSet};

use windlass_core::model::view::Object;
use windlass_core::platform::ObjectKey;

use super::ClusterFacts;
use super::references;
use super::scene::Scene;

/// The objects that those beside `of` cannot do without: ConfigMaps, Secrets and claims of their
/// pods, and what autoscalers scale. Those in the manifests themselves are among them: a release
/// applies none of them.
#[must_use]
pub fn mentioned(objects: &[Object], of: &Object) -> Vec<ObjectKey> {
    let (facts, peaks) = (ClusterFacts::default(), BTreeMap::new());
    let scene = Scene::new(objects, &facts, &peaks);
    let mut keys = BTreeSet::new();
    for pods in scene.pods().filter(|pods| pods.object.is_beside(of)) {
        keys.extend(references::mentioned(pods));
        let claims = pods.spec.claims();
        keys.extend(
            claims.map(|(_, name, _)| ObjectKey::new("PersistentVolumeClaim", name.as_str())),
        );
    }
    for (_, scaler) in scene.autoscalers().filter(|(object, _)| object.is_beside(of)) {
        keys.insert(ObjectKey::new(&scaler.target.kind, scaler.target.name.as_str()));
    }
    keys.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use windlass_core::manifest;
    use windlass_core::model::view::Objects;

    use super::super::testing::{GOOD, edited};
    use super::*;

    #[test]
    fn all_that_pods_and_autoscalers_need_by_name_is_mentioned_once() {
        let yaml = edited(
            GOOD,
            "        env: []\n",
            "        envFrom: [{secretRef: {name: keys}}, {configMapRef: {name: settings}}]\n        \
             env: [{name: A, valueFrom: {secretKeyRef: {name: keys, key: a}}}, {name: B, valueFrom: \
             {secretKeyRef: {name: spare, key: b, optional: true}}}]\n",
        );
        let volume = "volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]";
        let yaml = edited(&yaml, "volumes: []", volume);
        let scaler = "---\n{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: \
                      {name: s}, spec: {scaleTargetRef: {kind: StatefulSet, name: db}, maxReplicas: 3}}\n";
        let manifests = manifest::parse("app.yaml", format!("{yaml}{scaler}").as_bytes()).unwrap();
        let read = Objects::read(&manifests);
        let keys = mentioned(&read.objects, &read.objects[0]);
        let told: Vec<String> = keys.iter().map(|it| format!("{} {}", it.kind, it.name)).collect();
        assert_eq!(
            told,
            ["ConfigMap settings", "PersistentVolumeClaim data", "Secret keys", "StatefulSet db"]
        );
    }
}
