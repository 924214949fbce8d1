//! An application as its manifests describe it: what is to be released, and what belongs to it.

use windlass_core::id::{AppRef, ObjectName};
use windlass_core::manifest::{FieldError, Manifest, Node};
use windlass_core::model::view::{
    AutoscalerView, Body, DeploymentView, Object, Objects, PodSpec, Probe, ServiceView,
};
use windlass_core::model::{canonical_template, template_digest};
use windlass_core::platform::{ObjectKey, RouteRef, Template};
use windlass_core::time::Span;

use crate::preflight::{ClusterFacts, mentioned};
use crate::release::Release;

/// Least time that a pod is taken to need from its making until it is ready.
const START_UP: Span = Span::seconds(5);

/// A Deployment that is to be released, with what its manifests say beside it.
#[derive(Clone, Debug)]
pub struct Application {
    /// All objects of the manifests, for the findings.
    pub objects: Vec<Object>,
    /// What is to be released.
    pub release: Release,
    /// Services that select its pods.
    pub services: Vec<ObjectName>,
    /// The route that leads to one of them.
    pub route: Option<RouteRef>,
    /// True when an autoscaler owns its number of pods.
    pub autoscaled: bool,
    /// How long a pod typically takes until it is ready, by its probes.
    pub start_up: Span,
    /// What the caller knows of the cluster; its platform adds to it.
    pub cluster: ClusterFacts,
}

/// Why manifests are no application that can be released.
#[derive(Debug, thiserror::Error)]
pub enum ApplicationError {
    /// A field does not hold what it should.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// There is nothing to release.
    #[error("no Deployment in the manifests: give the file that holds it")]
    NoDeployment,
    /// There are several Deployments.
    #[error("{} Deployments in the manifests ({}): name one of them", names.len(), list(names))]
    SeveralDeployments {
        /// Their names.
        names: Vec<ObjectName>,
    },
    /// The one that was named is not there.
    #[error("no Deployment {name} in the manifests: they hold {}", list(names))]
    NotFound {
        /// The name that was asked for.
        name: ObjectName,
        /// Those that are there.
        names: Vec<ObjectName>,
    },
}

/// Everything that keeps manifests from being an application, one reason per line.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Unreadable(pub Vec<ApplicationError>);

fn list(names: &[ObjectName]) -> String {
    names.iter().map(ObjectName::as_str).collect::<Vec<_>>().join(", ")
}

impl Application {
    /// Reads the only Deployment of some manifests, and what belongs to it. What names no
    /// namespace is taken to be in `default`.
    ///
    /// # Errors
    /// Everything that cannot be read, or that there is not exactly one Deployment.
    pub fn read(manifests: &[Manifest]) -> Result<Self, Unreadable> {
        Self::choose(manifests, None).map_err(Unreadable)
    }

    /// Reads the Deployment of this name, and what belongs to it.
    ///
    /// # Errors
    /// Everything that cannot be read, or that there is no such Deployment.
    pub fn named(manifests: &[Manifest], name: &str) -> Result<Self, Unreadable> {
        Self::choose(manifests, Some(name)).map_err(Unreadable)
    }

    /// The same, with what is known of the cluster beside what its platform tells of it: quotas, and
    /// objects that are there already.
    #[must_use]
    pub fn knowing(self, cluster: ClusterFacts) -> Self {
        Self { cluster, ..self }
    }

    fn choose(manifests: &[Manifest], name: Option<&str>) -> Result<Self, Vec<ApplicationError>> {
        let mut errors = Vec::new();
        let mut found = Vec::new();
        for manifest in manifests {
            let read = Objects::read([manifest]);
            errors.extend(read.errors.into_iter().map(ApplicationError::Field));
            found.extend(read.objects.into_iter().map(|object| (manifest, object)));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let at = which(&found, name).map_err(|error| vec![error])?;
        let (manifest, object) = &found[at];
        let Body::Deployment(view) = &object.body else {
            return Err(vec![ApplicationError::NoDeployment]);
        };
        let services = services(&found, object, view);
        let app = AppRef { namespace: namespace(object), name: name_of(object) };
        Ok(Self {
            release: release(manifest, object, view, app),
            route: route(&found, object, &services),
            services,
            autoscaled: found.iter().any(|(_, other)| autoscales(other, object)),
            start_up: start_up(&view.template.spec),
            cluster: ClusterFacts::default(),
            objects: found.into_iter().map(|(_, object)| object).collect(),
        })
    }

    /// The objects that it means by name and cannot do without, in its own namespace.
    pub fn mentioned(&self) -> Vec<ObjectKey> {
        let own = self.objects.iter().find(|object| self.is_own(object));
        own.map(|own| mentioned(&self.objects, own)).unwrap_or_default()
    }

    fn is_own(&self, object: &Object) -> bool {
        let app = &self.release.app;
        matches!(object.body, Body::Deployment(_))
            && object.is_named(app.name.as_str())
            && namespace(object) == app.namespace
    }

    /// The Deployment's own view.
    pub fn deployment(&self) -> Option<&DeploymentView> {
        self.objects.iter().find_map(|object| {
            let Body::Deployment(view) = &object.body else { return None };
            self.is_own(object).then_some(&**view)
        })
    }
}

type Found<'a> = [(&'a Manifest, Object)];

/// The index of the Deployment that is meant.
fn which(found: &Found<'_>, name: Option<&str>) -> Result<usize, ApplicationError> {
    let is_deployment = |object: &Object| matches!(object.body, Body::Deployment(_));
    let deployments = || found.iter().enumerate().filter(|(_, (_, it))| is_deployment(it));
    let names = || deployments().map(|(_, (_, it))| name_of(it)).collect();
    let mut meant = deployments().filter(|(_, (_, it))| name.is_none_or(|name| it.is_named(name)));
    match (meant.next(), meant.next(), name) {
        (Some((at, _)), None, _) => Ok(at),
        (Some(_), Some(_), _) => Err(ApplicationError::SeveralDeployments { names: names() }),
        (None, _, Some(name)) => {
            Err(ApplicationError::NotFound { name: name.into(), names: names() })
        }
        (None, _, None) => Err(ApplicationError::NoDeployment),
    }
}

fn name_of(object: &Object) -> ObjectName {
    object.name.clone().unwrap_or_else(|| ObjectName::new(""))
}

fn namespace(object: &Object) -> ObjectName {
    ObjectName::new(object.namespace.as_ref().map_or("default", |name| name.as_str()))
}

fn release(manifest: &Manifest, object: &Object, view: &DeploymentView, app: AppRef) -> Release {
    let written = manifest.root.find(&view.template.place.path);
    let template = written.map_or_else(
        || Template { digest: "".into(), body: "".into() },
        |node| Template { digest: template_digest(node), body: canonical_template(node).into() },
    );
    let environment = object.labels.get("environment").map_or("default", |value| value.as_str());
    Release {
        app,
        version: written.map(version).unwrap_or_default(),
        template,
        environment: environment.to_owned(),
    }
}

/// What people call the version of a pod template: the label `app.kubernetes.io/version` or
/// `version`, else the tag of its first image, else its hash.
pub(crate) fn version(template: &Node) -> String {
    let under = |node: &Node, path: &[&str]| {
        path.iter().try_fold(node.clone(), |node, key| node.get(key).cloned())
    };
    let label = |key: &str| {
        let labels = under(template, &["metadata", "labels"])?;
        labels.get(key).and_then(Node::as_str).map(str::to_owned)
    };
    let tag = || {
        let containers = under(template, &["spec", "containers"])?;
        let image = containers.as_list()?.first()?.get("image")?.as_str()?.to_owned();
        let name = image.split('@').next()?.rsplit('/').next()?.to_owned();
        name.split_once(':').map(|(_, tag)| tag.to_owned())
    };
    label("app.kubernetes.io/version")
        .or_else(|| label("version"))
        .or_else(tag)
        .unwrap_or_else(|| template_digest(template).pod_hash().to_string())
}

fn services(found: &Found<'_>, app: &Object, view: &DeploymentView) -> Vec<ObjectName> {
    let selects = |service: &ServiceView| {
        let selector = &service.selector.value;
        !selector.is_empty() && selector.is_subset(&view.template.labels)
    };
    let names = found.iter().filter_map(|(_, object)| {
        let Body::Service(service) = &object.body else { return None };
        let meant = object.is_beside(app) && selects(service);
        object.name.clone().filter(|_| meant)
    });
    names.collect()
}

/// The first HTTPRoute of the Gateway API with one of the Services behind it.
fn route(found: &Found<'_>, app: &Object, services: &[ObjectName]) -> Option<RouteRef> {
    found.iter().find_map(|(manifest, object)| {
        let is_route = &*object.kind == "HTTPRoute"
            && object.api_version.starts_with("gateway.networking.k8s.io/")
            && object.is_beside(app);
        let rules = manifest.root.find(&object.place.path)?.get("spec")?.get("rules")?;
        let backends =
            rules.as_list()?.iter().filter_map(|rule| rule.get("backendRefs")?.as_list());
        let mut names = backends.flatten().filter_map(|backend| backend.get("name")?.as_str());
        let stable = names.find_map(|name| services.iter().find(|it| it.as_str() == name))?;
        is_route.then(|| RouteRef {
            name: name_of(object),
            stable: stable.clone(),
            candidate: ObjectName::new(format!("{stable}-candidate")),
        })
    })
}

fn autoscales(object: &Object, app: &Object) -> bool {
    let targets = |scaler: &AutoscalerView| {
        &*scaler.target.kind == "Deployment" && app.is_named(scaler.target.name.as_str())
    };
    matches!(&object.body, Body::Autoscaler(scaler) if object.is_beside(app) && targets(scaler))
}

/// When the slowest container can first be ready: its first successful probe.
fn start_up(pod: &PodSpec) -> Span {
    let first = |probe: &Option<Probe>| {
        probe.as_ref().map_or(Span::ZERO, |probe| probe.initial_delay + probe.period)
    };
    let ready = pod.serving().map(|it| first(&it.startup).max(first(&it.readiness)));
    ready.max().unwrap_or(Span::ZERO).max(START_UP)
}

#[cfg(test)]
mod tests;
