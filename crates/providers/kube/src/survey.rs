//! What lies around an app in its namespace, read when a release is planned.

use std::collections::{BTreeMap, BTreeSet};

use kube::api::{GetParams, ListParams};
use kube::core::Request;
use serde::Deserialize;
use serde::de::IgnoredAny;
use windlass_core::id::{AppRef, ObjectName};
use windlass_core::model::Quantity;
use windlass_core::model::view::ResourceName;
use windlass_core::platform::{Fault, ObjectKey, Quota, Survey};

use crate::connection::Connection;
use crate::objects::Listed;
use crate::place::Place;
use crate::resource::Resource;

/// Kinds that manifests mean by name, and where the API has them.
const NAMED: [(&str, &str); 7] = [
    ("ConfigMap", "api/v1/namespaces/{}/configmaps"),
    ("Secret", "api/v1/namespaces/{}/secrets"),
    ("ServiceAccount", "api/v1/namespaces/{}/serviceaccounts"),
    ("PersistentVolumeClaim", "api/v1/namespaces/{}/persistentvolumeclaims"),
    ("Service", "api/v1/namespaces/{}/services"),
    ("Deployment", "apis/apps/v1/namespaces/{}/deployments"),
    ("PriorityClass", "apis/scheduling.k8s.io/v1/priorityclasses"),
];

/// Reads quotas, autoscalers and budgets, and which of the named objects exist.
pub(crate) async fn survey(
    connection: &Connection,
    place: &Place,
    app: &AppRef,
    named: &[ObjectKey],
) -> Result<Survey, Fault> {
    let mut survey = Survey::default();
    for quota in list::<QuotaObject>(connection, app, Resource::Quotas).await? {
        quota.add_to(&mut survey);
    }
    let scalers = list::<Scaler>(connection, app, Resource::Autoscalers).await?;
    let ours = scalers.into_iter().filter(|it| it.spec.scale_target_ref.is(app));
    survey.autoscalers = ours.map(|it| it.metadata.name).collect();
    survey.budgets = budgets(place, app);
    survey.existing = existing(connection, app, named).await?;
    Ok(survey)
}

async fn list<T: serde::de::DeserializeOwned>(
    connection: &Connection,
    app: &AppRef,
    resource: Resource,
) -> Result<Vec<T>, Fault> {
    let path = resource.path(app.namespace.as_str());
    let request = || Request::new(path.clone()).list(&ListParams::default());
    Ok(connection.read::<Listed<T>>(request).await?.items)
}

fn budgets(place: &Place, app: &AppRef) -> Vec<ObjectName> {
    let known = place.known();
    let space = &known.space;
    let Some(deployment) = space.deployments.get(&app.name) else { return Vec::new() };
    let uid = &deployment.meta.uid;
    let sets = space.sets.values();
    let ours: Vec<_> =
        sets.filter(|set| set.meta.owner_references.iter().any(|it| it.uid == *uid)).collect();
    let over = space.budgets.values().filter(|budget| {
        let selector = budget.selector.as_ref();
        selector.is_some_and(|it| ours.iter().any(|set| it.selects(&set.pod_labels)))
    });
    over.map(|budget| budget.meta.name.clone()).collect()
}

/// Asks for metadata alone: what is in a Secret is none of our business.
async fn existing(
    connection: &Connection,
    app: &AppRef,
    named: &[ObjectKey],
) -> Result<BTreeSet<ObjectKey>, Fault> {
    let mut found = BTreeSet::new();
    for key in named {
        let Some((_, path)) = NAMED.iter().find(|(kind, _)| *kind == &*key.kind) else { continue };
        let path = format!("/{}", path.replace("{}", app.namespace.as_str()));
        let request =
            || Request::new(path.clone()).get_metadata(key.name.as_str(), &GetParams::default());
        if connection.find::<IgnoredAny>(request).await?.is_some() {
            found.insert(key.clone());
        }
    }
    Ok(found)
}

#[derive(Deserialize)]
struct Named {
    name: ObjectName,
}

#[derive(Deserialize)]
struct QuotaObject {
    #[serde(default)]
    status: QuotaStatus,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct QuotaStatus {
    hard: BTreeMap<String, Quantity>,
    used: BTreeMap<String, Quantity>,
}

impl QuotaObject {
    fn add_to(self, survey: &mut Survey) {
        for (resource, hard) in self.status.hard {
            let used = self.status.used.get(&resource).cloned().unwrap_or(Quantity::ZERO);
            // Such as `count/deployments.apps`: no resource of pods.
            if let Ok(name) = resource.parse::<ResourceName>() {
                survey.limit(name, Quota { hard, used });
            }
        }
    }
}

#[derive(Deserialize)]
struct Scaler {
    metadata: Named,
    spec: ScalerSpec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScalerSpec {
    scale_target_ref: Target,
}

#[derive(Deserialize)]
struct Target {
    kind: String,
    name: ObjectName,
}

impl Target {
    fn is(&self, app: &AppRef) -> bool {
        self.kind == "Deployment" && self.name == app.name
    }
}
