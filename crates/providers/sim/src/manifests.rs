//! `kubectl apply -f` for the simulated cluster: from a user's own manifests to what runs.

mod quota;
mod route;
mod template;

use windlass_core::id::{AppRef, ObjectName};
use windlass_core::manifest::{FieldError, Manifest};
use windlass_core::model::view::{
    Body, BudgetView, DeploymentView, Floor, Object, Objects, Place, ServiceView,
};
use windlass_core::model::{self, Replicas, Selector, canonical_template, template_digest};
use windlass_core::platform::{ObjectKey, Refusal, Template};

pub(crate) use template::Said;

use crate::objects::{Budget, DeploymentSpec, Labels};
use crate::traffic::PlaneConfig;
use crate::world::World;

/// What became of some manifests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// The apps, in the order of their Deployments.
    pub apps: Vec<AppRef>,
    /// Objects that nothing is simulated of, or no more than that they exist, such as
    /// `ConfigMap settings`; or a Service whose selector means no Deployment.
    pub left: Vec<String>,
}

/// Why manifests were not applied.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ApplyError {
    /// A field does not hold what it should.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// A selector by expressions.
    #[error("{place}: the simulator selects by labels only: write matchLabels")]
    Expressions {
        /// Where it is written.
        place: Place,
    },
    /// The server refused the object.
    #[error("{place}: {title} was refused")]
    Refused {
        /// Where it is written.
        place: Place,
        /// The object.
        title: String,
        /// Why.
        #[source]
        refusal: Refusal,
    },
}

impl World {
    /// Applies manifests as `kubectl apply` does: Deployments, the Services, routes (HTTPRoutes of
    /// the Gateway API) and disruption budgets that go with them, and quotas. ConfigMaps, Secrets,
    /// claims and autoscalers exist from then on, and do nothing. What names no namespace goes into
    /// `default`. Nothing is applied when something cannot be read.
    ///
    /// # Errors
    /// Everything that cannot be read; or the first object that the server refuses, as it refuses
    /// another selector of a Deployment that exists.
    pub fn apply_manifests(&mut self, manifests: &[Manifest]) -> Result<Applied, Vec<ApplyError>> {
        let mut errors: Vec<ApplyError> = Vec::new();
        let mut objects = Vec::new();
        for manifest in manifests {
            let read = Objects::read([manifest]);
            errors.extend(read.errors.into_iter().map(ApplyError::Field));
            for object in read.objects {
                errors.extend(unselectable(&object).map(|place| ApplyError::Expressions { place }));
                objects.push((manifest, object));
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        // In the order of what refers to what, whatever the order in the files.
        objects.sort_by_key(|(_, object)| rank(object));
        let mut applied = Applied::default();
        for (manifest, object) in &objects {
            self.apply_object(manifest, object, &mut applied).map_err(|refusal| {
                let (place, title) = (object.place.clone(), object.title());
                vec![ApplyError::Refused { place, title, refusal }]
            })?;
        }
        Ok(applied)
    }

    fn apply_object(
        &mut self,
        manifest: &Manifest,
        object: &Object,
        applied: &mut Applied,
    ) -> Result<(), Refusal> {
        let simulated = match (&object.body, &object.name) {
            (Body::Deployment(view), Some(name)) => {
                let app = AppRef { namespace: namespace(object), name: name.clone() };
                self.apply(&app, deployment(manifest, view))?;
                applied.apps.push(app);
                true
            }
            (Body::Service(view), Some(name)) => self.apply_service(object, name, view)?,
            (Body::Budget(view), Some(name)) => self.apply_budget(object, name, view),
            (Body::Other, Some(name)) if route::is_route(object) => {
                self.apply_route(manifest, object, name)
            }
            (Body::Other, Some(_)) if quota::is_quota(object) => {
                self.apply_quota(manifest, object)?;
                true
            }
            (Body::Autoscaler(view), Some(name)) => {
                let target = ObjectKey::new(&view.target.kind, view.target.name.as_str());
                self.scale_by(&namespace(object), name, target);
                false
            }
            (Body::Claim(_) | Body::ConfigMap(_) | Body::Secret(_), Some(name)) => {
                self.note(&namespace(object), ObjectKey::new(&object.kind, name.as_str()));
                false
            }
            (
                Body::Deployment(_)
                | Body::Service(_)
                | Body::Budget(_)
                | Body::Workload(_)
                | Body::Pod(_)
                | Body::Autoscaler(_)
                | Body::Claim(_)
                | Body::ConfigMap(_)
                | Body::Secret(_)
                | Body::Other,
                _,
            ) => false,
        };
        if !simulated {
            applied.left.push(object.title());
        }
        Ok(())
    }

    fn apply_service(
        &mut self,
        object: &Object,
        name: &ObjectName,
        view: &ServiceView,
    ) -> Result<bool, Refusal> {
        let selector = labels(&view.selector);
        let Some(app) = self.selected_by(&namespace(object), &selector) else { return Ok(false) };
        match self.create_service(&app, name, selector.clone()) {
            Err(Refusal::Exists) => self.select(&app, name, selector)?,
            other => other?,
        }
        Ok(true)
    }

    fn apply_budget(&mut self, object: &Object, name: &ObjectName, view: &BudgetView) -> bool {
        let selector = view.selector.as_ref().map(|s| labels(&s.match_labels)).unwrap_or_default();
        let Some(app) = self.selected_by(&namespace(object), &selector) else { return false };
        let pods = self.deployment(&app).map_or(0, |deployment| deployment.spec.replicas);
        let pods = Replicas::try_from(pods).unwrap_or(Replicas::ZERO);
        let min_available = match view.floor.value {
            Floor::Available(kept) => kept.rounded_up(pods).get(),
            Floor::Missing(missing) => pods.get().saturating_sub(missing.rounded_up(pods).get()),
        };
        self.set_budget(&app, name, Some(Budget { selector, min_available }));
        true
    }

    fn apply_route(&mut self, manifest: &Manifest, object: &Object, name: &ObjectName) -> bool {
        let Some(rules) = route::rules(manifest, &object.place) else { return false };
        let namespace = namespace(object);
        let services = rules.iter().flat_map(|rule| &rule.backends).map(|b| &b.service);
        let homes = services.filter_map(|service| self.home_of(&namespace, service));
        let Some(app) = homes.into_iter().next() else { return false };
        if !self.edit_route(&app, name, rules.clone()) {
            self.add_route(&app, name, rules, PlaneConfig::default());
        }
        true
    }

    /// The first app of a namespace whose pods a selector means.
    fn selected_by(&self, namespace: &ObjectName, selector: &Labels) -> Option<AppRef> {
        let mut apps = self.apps().filter(|app| app.namespace == *namespace);
        let found = apps.find(|app| {
            let spec = self.deployment(app).map(|deployment| &deployment.spec);
            spec.is_some_and(|spec| {
                let said = Said::read(&spec.template);
                selector.selects(&said.labels.and(&spec.selector))
            })
        });
        found.cloned()
    }
}

/// Where a selector is written that is more than labels.
fn unselectable(object: &Object) -> Option<Place> {
    let by_expressions = |selector: &Selector| !selector.match_expressions.is_empty();
    match &object.body {
        Body::Deployment(view) if by_expressions(&view.selector) => {
            Some(view.selector.place.clone())
        }
        Body::Budget(view) if view.selector.as_ref().is_some_and(by_expressions) => {
            Some(object.place.clone())
        }
        Body::Deployment(_)
        | Body::Budget(_)
        | Body::Workload(_)
        | Body::Pod(_)
        | Body::Service(_)
        | Body::Autoscaler(_)
        | Body::Claim(_)
        | Body::ConfigMap(_)
        | Body::Secret(_)
        | Body::Other => None,
    }
}

fn rank(object: &Object) -> u8 {
    match &object.body {
        Body::Deployment(_) => 0,
        Body::Service(_) | Body::Budget(_) => 1,
        Body::Workload(_)
        | Body::Pod(_)
        | Body::Autoscaler(_)
        | Body::Claim(_)
        | Body::ConfigMap(_)
        | Body::Secret(_)
        | Body::Other => 2,
    }
}

fn namespace(object: &Object) -> ObjectName {
    ObjectName::new(object.namespace.as_ref().map_or("default", |name| name.as_str()))
}

fn labels(written: &model::Labels) -> Labels {
    let mut labels = Labels::default();
    written.iter().for_each(|(key, value)| labels.set(key.as_str(), value.as_str()));
    labels
}

fn deployment(manifest: &Manifest, view: &DeploymentView) -> DeploymentSpec {
    let written = manifest.root.find(&view.template.place.path);
    let template = written.map(|node| Template {
        digest: template_digest(node),
        body: canonical_template(node).into(),
    });
    DeploymentSpec {
        selector: labels(&view.selector.match_labels),
        template: template.unwrap_or_else(|| Template { digest: "".into(), body: "".into() }),
        replicas: view.replicas.get(),
        strategy: view.strategy,
        paused: view.paused,
        history_limit: *view.history_limit,
        min_ready: view.min_ready,
        progress_deadline: Some(view.progress_deadline),
    }
}

#[cfg(test)]
mod tests;
