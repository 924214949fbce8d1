//! What lies around an app: quotas of its namespace, and objects that only exist.

use windlass_core::id::{AppRef, ObjectName};
use windlass_core::model::Quantity;
use windlass_core::platform::{ObjectKey, Quota, Survey};

use crate::objects;
use crate::world::World;

impl World {
    /// What a caller may know of the namespace of an app; see
    /// [`Workloads::survey`](windlass_core::platform::Workloads::survey).
    pub fn survey(&self, app: &AppRef, named: &[ObjectKey]) -> Survey {
        let mut survey = Survey::default();
        let exists = |key: &&ObjectKey| self.exists(&app.namespace, key);
        survey.existing = named.iter().filter(exists).cloned().collect();
        let deployment = ObjectKey::new("Deployment", app.name.as_str());
        if let Some(space) = self.store.namespaces.get(&app.namespace) {
            let scalers = space.autoscalers.iter().filter(|(_, target)| **target == deployment);
            survey.autoscalers = scalers.map(|(name, _)| name.clone()).collect();
            quotas(&mut survey, &space.quota, space.pods, |resource| {
                space.extended.get(resource).copied().unwrap_or(0)
            });
        }
        let known = self.find(app).map(|id| &self.store[id]);
        survey.budgets = known.map(|it| it.budgets.keys().cloned().collect()).unwrap_or_default();
        survey
    }

    fn exists(&self, namespace: &ObjectName, key: &ObjectKey) -> bool {
        let beside = |app: &&AppRef| app.namespace == *namespace;
        let space = self.store.namespaces.get(namespace);
        match &*key.kind {
            "Deployment" => {
                let app = AppRef { namespace: namespace.clone(), name: key.name.clone() };
                self.deployment(&app).is_some()
            }
            "Service" => {
                self.apps().filter(beside).any(|app| self.service(app, &key.name).is_some())
            }
            "HorizontalPodAutoscaler" => {
                space.is_some_and(|space| space.autoscalers.contains_key(&key.name))
            }
            _ => space.is_some_and(|space| space.existing.contains(key)),
        }
    }

    /// Says that an object exists of which nothing else is simulated: a ConfigMap, a Secret, a
    /// claim.
    pub fn note(&mut self, namespace: &ObjectName, key: ObjectKey) {
        self.store.namespaces.entry(namespace.clone()).or_default().existing.insert(key);
    }

    /// Takes such an object away; false where there was none.
    pub fn forget(&mut self, namespace: &ObjectName, key: &ObjectKey) -> bool {
        let space = self.store.namespaces.get_mut(namespace);
        space.is_some_and(|space| space.existing.remove(key))
    }

    /// Says what an autoscaler scales. It is for [`World::scale`] to move anything.
    pub fn scale_by(&mut self, namespace: &ObjectName, name: &ObjectName, target: ObjectKey) {
        let space = self.store.namespaces.entry(namespace.clone()).or_default();
        space.autoscalers.insert(name.clone(), target);
    }
}

/// Thousandths of a byte, in the units in which memory is written.
fn bytes(millis: u64) -> Quantity {
    let bytes = millis.div_ceil(1_000);
    let written = format!("{}Ki", bytes / 1_024).parse();
    let whole = written.ok().filter(|_| bytes.is_multiple_of(1_024));
    whole.unwrap_or_else(|| Quantity::from_units(i64::try_from(bytes).unwrap_or(i64::MAX)))
}

/// As a ResourceQuota reports them, used amounts counted from the pods that exist.
fn quotas(survey: &mut Survey, quota: &objects::Quota, pods: u32, used: impl Fn(&str) -> u64) {
    let units = |n: u64| Quantity::from_units(i64::try_from(n).unwrap_or(i64::MAX));
    let millis = |n: u64| Quantity::from_millis(i64::try_from(n).unwrap_or(i64::MAX));
    let mut limit = |resource: &str, hard: Quantity, used: Quantity| {
        if let Ok(name) = resource.parse() {
            survey.limit(name, Quota { hard, used });
        }
    };
    if let Some(most) = quota.pods {
        limit("pods", units(most.into()), units(pods.into()));
    }
    for (resource, most) in &quota.extended {
        if resource.contains('/') {
            limit(&format!("requests.{resource}"), units(*most), units(used(resource)));
        } else if resource.ends_with("memory") {
            limit(resource, bytes(*most), bytes(used(resource)));
        } else {
            limit(resource, millis(*most), millis(used(resource)));
        }
    }
}

#[cfg(test)]
mod tests {
    use windlass_core::manifest;

    use super::*;
    use crate::WorldConfig;

    const AROUND: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web:1
        resources: {requests: {cpu: 250m, memory: 1Gi}, limits: {memory: 1Gi, nvidia.com/gpu: 2}}
---
{apiVersion: v1, kind: ResourceQuota, metadata: {name: all, namespace: shop}, spec: {hard: {pods: 9, requests.nvidia.com/gpu: 8, requests.cpu: '2', limits.memory: 16Gi, count/secrets: 3}}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: shop}, data: {a: b}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: elsewhere, namespace: other}, data: {a: b}}
---
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web-hpa, namespace: shop}, spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 9}}
---
{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web-pdb, namespace: shop}, spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}}
";

    fn world() -> (World, AppRef) {
        let mut world = World::new(1, WorldConfig::default());
        let read = manifest::parse("around.yaml", AROUND.as_bytes()).expect("valid");
        world.apply_manifests(&read).expect("valid");
        world.advance(windlass_core::time::Span::minutes(1));
        (world, AppRef::new("shop", "web"))
    }

    #[test]
    fn a_survey_tells_quotas_with_what_the_pods_use_of_them() {
        let (world, app) = world();
        let survey = world.survey(&app, &[]);
        let told: Vec<String> = survey
            .quotas
            .iter()
            .map(|(name, quota)| format!("{name} {}/{}", quota.used, quota.hard))
            .collect();
        assert_eq!(
            told,
            [
                "limits.memory 3Gi/16Gi",
                "pods 3/9",
                "requests.cpu 750m/2",
                "requests.nvidia.com/gpu 6/8"
            ]
        );
    }

    #[test]
    fn a_survey_tells_which_of_the_named_objects_exist_in_the_namespace() {
        let (mut world, app) = world();
        let settings = ObjectKey::new("ConfigMap", "settings");
        let asked = [
            settings.clone(),
            ObjectKey::new("ConfigMap", "elsewhere"),
            ObjectKey::new("Secret", "settings"),
            ObjectKey::new("Deployment", "web"),
        ];
        let found = world.survey(&app, &asked).existing;
        assert_eq!(found, [asked[0].clone(), asked[3].clone()].into());
        assert!(world.forget(&app.namespace, &settings));
        assert!(!world.survey(&app, &asked).existing.contains(&settings));
    }

    #[test]
    fn a_survey_tells_who_scales_the_app_and_guards_its_pods() {
        let (world, app) = world();
        let survey = world.survey(&app, &[]);
        assert_eq!(survey.autoscalers, [ObjectName::new("web-hpa")]);
        assert_eq!(survey.budgets, [ObjectName::new("web-pdb")]);
        let other = world.survey(&AppRef::new("other", "web"), &[]);
        assert_eq!(other, Survey::default());
    }

    #[test]
    fn a_quota_that_was_applied_holds_pods_back() {
        let (mut world, app) = world();
        world.scale(&app, 9).expect("it exists");
        world.advance(windlass_core::time::Span::minutes(5));
        assert_eq!(world.deployment(&app).expect("it exists").status.pods.ready, 4, "8 GPUs");
    }
}
