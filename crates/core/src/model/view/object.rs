//! Any object of a manifest, and what it is.

use super::autoscaler::AutoscalerView;
use super::budget::BudgetView;
use super::claim::ClaimView;
use super::data::{ConfigMapView, SecretView};
use super::place::Place;
use super::pod::PodTemplate;
use super::read::{annotations, labels, text};
use super::service::ServiceView;
use super::workload::{DeploymentView, PodView, WorkloadKind, WorkloadView};
use crate::id::ObjectName;
use crate::manifest::{Cursor, FieldError, Manifest, Problems};
use crate::model::{Annotations, DnsLabel, DnsSubdomain, Labels, Selector};

/// An object of a manifest: its name, its labels, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Group and version, such as `apps/v1`.
    pub api_version: Box<str>,
    /// The kind, as written.
    pub kind: Box<str>,
    /// The name; `None` where the server makes one up (`generateName`), or the kind has none.
    pub name: Option<ObjectName>,
    /// The namespace; whichever it is applied to where none is named.
    pub namespace: Option<DnsLabel>,
    /// Its own labels.
    pub labels: Labels,
    /// Its own annotations.
    pub annotations: Annotations,
    /// Where it is written.
    pub place: Place,
    /// What it is.
    pub body: Body,
}

/// What an object is. The kinds that windlass has to do with are read, others are only named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// `apps/v1` Deployment.
    Deployment(Box<DeploymentView>),
    /// Anything else that makes pods from a template.
    Workload(Box<WorkloadView>),
    /// `v1` Pod.
    Pod(Box<PodView>),
    /// `v1` Service.
    Service(ServiceView),
    /// `autoscaling/v2` or `v1` HorizontalPodAutoscaler.
    Autoscaler(AutoscalerView),
    /// `policy/v1` PodDisruptionBudget.
    Budget(BudgetView),
    /// `v1` PersistentVolumeClaim.
    Claim(ClaimView),
    /// `v1` ConfigMap.
    ConfigMap(ConfigMapView),
    /// `v1` Secret.
    Secret(SecretView),
    /// A kind or version that is not modelled; the manifest holds it whole.
    Other,
}

/// The objects of some manifests, and what is wrong with those that could not be read.
#[derive(Debug, Default)]
pub struct Objects {
    /// The objects, in the order of the manifests. The items of a `List` are objects too.
    pub objects: Vec<Object>,
    /// Every field that does not hold what it should.
    pub errors: Vec<FieldError>,
}

impl Objects {
    /// Reads manifests. An object with an error may be missing from the objects, and is never
    /// silently different from what is written.
    #[must_use]
    pub fn read<'a>(manifests: impl IntoIterator<Item = &'a Manifest>) -> Self {
        let mut read = Objects::default();
        for manifest in manifests {
            let problems = Problems::new();
            Object::read_all(&manifest.cursor(&problems), &mut read.objects);
            read.errors.extend(problems.into_errors());
        }
        read
    }
}

impl Object {
    /// Reads one manifest.
    ///
    /// # Errors
    /// Every field that does not hold what it should.
    pub fn read(manifest: &Manifest) -> Result<Object, Vec<FieldError>> {
        let problems = Problems::new();
        let object = Object::read_one(&manifest.cursor(&problems));
        match (object, problems.is_empty()) {
            (Some(object), true) => Ok(object),
            (_, _) => Err(problems.into_errors()),
        }
    }

    /// How the object is spoken of: `Deployment web`.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("{} {name}", self.kind),
            None => format!("{} without a name", self.kind),
        }
    }

    /// Whether a reference by name means this object.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        self.name.as_ref().is_some_and(|own| own.as_str() == name)
    }

    /// Whether both objects end up in the same namespace, as far as can be told: one that names no
    /// namespace goes where the other does.
    #[must_use]
    pub fn is_beside(&self, other: &Object) -> bool {
        match (&self.namespace, &other.namespace) {
            (Some(own), Some(other)) => own == other,
            (None, _) | (_, None) => true,
        }
    }

    /// The pods it makes, if it makes any: their template and how its owner finds them.
    #[must_use]
    pub fn template(&self) -> Option<(&PodTemplate, Option<&Selector>)> {
        match &self.body {
            Body::Deployment(it) => Some((&it.template, Some(&it.selector.value))),
            Body::Workload(it) => Some((&it.template, it.selector.as_ref())),
            Body::Pod(_)
            | Body::Service(_)
            | Body::Autoscaler(_)
            | Body::Budget(_)
            | Body::Claim(_)
            | Body::ConfigMap(_)
            | Body::Secret(_)
            | Body::Other => None,
        }
    }

    fn read_all(root: &Cursor<'_>, into: &mut Vec<Object>) {
        let of_core = root.field("apiVersion").node().and_then(|n| n.as_str()) == Some("v1");
        if of_core && root.field("kind").node().and_then(|node| node.as_str()) == Some("List") {
            for item in root.field("items").items() {
                Object::read_all(&item, into);
            }
        } else {
            into.extend(Object::read_one(root));
        }
    }

    fn read_one(root: &Cursor<'_>) -> Option<Object> {
        let api_version = text(&root.required("apiVersion"));
        let kind = text(&root.required("kind"));
        let (api_version, kind) = (api_version?, kind?);
        let metadata = root.field("metadata");
        let body = Body::read(root, &api_version, &kind);
        let name = match &body {
            Some(Body::Other) => metadata.field("name").str().map(ObjectName::new),
            Some(_) | None => name(&metadata),
        };
        Some(Object {
            api_version,
            kind,
            name,
            namespace: metadata.field("namespace").parse(),
            labels: labels(&metadata.field("labels")),
            annotations: annotations(&metadata.field("annotations")),
            place: Place::of(root),
            body: body?,
        })
    }
}

/// The checked name of a modelled kind; it is required unless the server makes one up.
fn name(metadata: &Cursor<'_>) -> Option<ObjectName> {
    let field = if metadata.field("generateName").is_present() {
        metadata.field("name")
    } else {
        metadata.required("name")
    };
    field.parse::<DnsSubdomain>().map(|name| ObjectName::new(name.as_str()))
}

impl Body {
    fn read(root: &Cursor<'_>, api_version: &str, kind: &str) -> Option<Self> {
        let workload = |kind| WorkloadView::read(root, kind).map(|it| Body::Workload(Box::new(it)));
        match (api_version, kind) {
            ("apps/v1", "Deployment") => {
                DeploymentView::read(root).map(|it| Body::Deployment(Box::new(it)))
            }
            ("apps/v1", "ReplicaSet") => workload(WorkloadKind::ReplicaSet),
            ("apps/v1", "StatefulSet") => workload(WorkloadKind::StatefulSet),
            ("apps/v1", "DaemonSet") => workload(WorkloadKind::DaemonSet),
            ("v1", "ReplicationController") => workload(WorkloadKind::ReplicationController),
            ("batch/v1", "Job") => workload(WorkloadKind::Job),
            ("batch/v1", "CronJob") => workload(WorkloadKind::CronJob),
            ("v1", "Pod") => PodView::read(root).map(|it| Body::Pod(Box::new(it))),
            ("v1", "Service") => Some(Body::Service(ServiceView::read(root))),
            ("autoscaling/v2" | "autoscaling/v1", "HorizontalPodAutoscaler") => {
                AutoscalerView::read(root).map(Body::Autoscaler)
            }
            ("policy/v1", "PodDisruptionBudget") => BudgetView::read(root).map(Body::Budget),
            ("v1", "PersistentVolumeClaim") => Some(Body::Claim(ClaimView::read(root))),
            ("v1", "ConfigMap") => Some(Body::ConfigMap(ConfigMapView::read(root))),
            ("v1", "Secret") => Some(Body::Secret(SecretView::read(root))),
            (_, _) => Some(Body::Other),
        }
    }
}
