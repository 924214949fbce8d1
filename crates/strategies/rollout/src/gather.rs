//! What is known of an app before a release, read from its platform.

use windlass_core::id::{AppRef, ObjectName, RunId, TemplateDigest};
use windlass_core::manifest;
use windlass_core::model::view::Object;
use windlass_core::platform::{
    AppScope, AppSeen, DeploymentSeen, Fault, Membership, Platform, Refusal, RouteRef, RouteSeen,
    SetSeen, Survey, Template,
};

use crate::application::{Application, version};
use crate::preflight::{ClusterFacts, room};
use crate::release::{Facts, Side};

/// An app as it was read at planning time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The app.
    pub app: AppSeen,
    /// Its route, where the application names one.
    pub route: Option<RouteSeen>,
    /// The pod template that runs.
    pub template: Template,
    /// What lies around it; `None` where the platform does not let this caller know, or was not
    /// asked.
    pub survey: Option<Survey>,
}

/// Why nothing can be released to an app now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatherError {
    /// The cluster could not be read.
    #[error("{app} cannot be read: {fault}")]
    Unread {
        /// The app.
        app: AppRef,
        /// What the platform said.
        fault: Fault,
    },
    /// The cluster does not take the template.
    #[error(
        "the pod template of {app} is not admitted: {fault}; mend the manifest, and plan again"
    )]
    NotAdmitted {
        /// The app.
        app: AppRef,
        /// What the platform said.
        fault: Fault,
    },
    /// There is no Deployment to release to.
    #[error(
        "Deployment {app} does not exist: apply its manifest once, then release versions of it"
    )]
    NoDeployment {
        /// The app.
        app: AppRef,
    },
    /// A run holds the app.
    #[error("run {run} holds {app} (driven by {holder}): wait for it, or abort it")]
    Held {
        /// The app.
        app: AppRef,
        /// The run.
        run: RunId,
        /// Who drives it.
        holder: String,
    },
    /// The Deployment's own controller is at work.
    #[error(
        "a rollout of {app} is under way: {what}; wait until `kubectl rollout status` says it is done"
    )]
    UnderWay {
        /// The app.
        app: AppRef,
        /// What is not settled.
        what: String,
    },
    /// The template that runs could not be found.
    #[error("{app}: no ReplicaSet has the template {digest} that the Deployment asks for")]
    NoTemplate {
        /// The app.
        app: AppRef,
        /// The digest.
        digest: TemplateDigest,
    },
    /// A Service of the manifests is not in the cluster.
    #[error("Service {name} of {app} is in the manifests but not in the cluster: apply it first")]
    NoService {
        /// The app.
        app: AppRef,
        /// The Service.
        name: ObjectName,
    },
    /// The route of the manifests is not in the cluster.
    #[error("route {name} of {app} is in the manifests but not in the cluster: apply it first")]
    NoRoute {
        /// The app.
        app: AppRef,
        /// The route.
        name: ObjectName,
    },
    /// Traffic does not stand as at rest.
    #[error(
        "{app}: {what}: something else splits its traffic, or a run left it so; sweep, then plan again"
    )]
    NotAtRest {
        /// The app.
        app: AppRef,
        /// What is found.
        what: String,
    },
}

impl Observed {
    /// Reads an app.
    ///
    /// # Errors
    /// When it cannot be read, or has no Deployment.
    pub async fn read(
        platform: &Platform,
        app: &AppRef,
        services: &[ObjectName],
        route: Option<&RouteRef>,
    ) -> Result<Self, GatherError> {
        let unread = |fault| GatherError::Unread { app: app.clone(), fault };
        let scope = AppScope { app: app.clone(), services: services.to_vec() };
        let seen = platform.workloads.observe(&scope).await.map_err(unread)?;
        let Some(deployment) = &seen.deployment else {
            return Err(GatherError::NoDeployment { app: app.clone() });
        };
        let digest = deployment.template.clone();
        let template = platform.workloads.template(app, &digest).await.map_err(unread)?;
        let Some(template) = template else {
            return Err(GatherError::NoTemplate { app: app.clone(), digest });
        };
        let route = match route {
            Some(route) => platform.traffic.observe(app, route).await.map_err(unread)?,
            None => None,
        };
        Ok(Self { app: seen, route, template, survey: None })
    }

    /// The same, with what lies around the app: quotas, and what its manifests mean by name.
    ///
    /// # Errors
    /// When the cluster cannot be read. A caller that is forbidden to look around goes on without.
    pub async fn surveyed(
        self,
        platform: &Platform,
        wanted: &Application,
    ) -> Result<Self, GatherError> {
        let app = &wanted.release.app;
        match platform.workloads.survey(app, &wanted.mentioned()).await {
            Ok(survey) => Ok(Self { survey: Some(survey), ..self }),
            Err(Fault::Refused(Refusal::Forbidden { .. })) => Ok(self),
            Err(fault) => Err(GatherError::Unread { app: app.clone(), fault }),
        }
    }

    /// What is known of the cluster, from the caller and from the platform.
    pub fn cluster(&self, wanted: &Application) -> ClusterFacts {
        let known = wanted.cluster.clone();
        match &self.survey {
            Some(survey) => known.surveyed(&wanted.release.app.name, survey, &wanted.mentioned()),
            None => known,
        }
    }

    /// True when an autoscaler owns the number of pods, in the manifests or in the cluster.
    pub fn autoscaled(&self, wanted: &Application) -> bool {
        let there = self.survey.as_ref().is_some_and(|survey| !survey.autoscalers.is_empty());
        wanted.autoscaled || there
    }

    /// Refuses an app that a run holds.
    pub(crate) fn free(&self, app: &AppRef) -> Result<(), GatherError> {
        let Some(lease) = &self.app.lease else { return Ok(()) };
        let (run, holder) = (lease.run.clone(), lease.holder.to_string());
        Err(GatherError::Held { app: app.clone(), run, holder })
    }

    /// What a strategy and a climb need to know.
    ///
    /// # Errors
    /// When the app is not at rest: held by a run, rolling, or with traffic split already.
    pub fn facts(&self, wanted: &Application) -> Result<Facts, GatherError> {
        let app = &wanted.release.app;
        self.free(app)?;
        let Some(deployment) = &self.app.deployment else {
            return Err(GatherError::NoDeployment { app: app.clone() });
        };
        let stable = self.stable(app, deployment)?;
        self.check_traffic(wanted)?;
        let is_kept = |set: &&SetSeen| {
            set.membership == Membership::Owned && set.name != stable.name && set.pods == 0
        };
        let mut kept: Vec<&SetSeen> = self.app.sets.iter().filter(is_kept).collect();
        kept.sort_by_key(|set| std::cmp::Reverse(set.revision));
        Ok(Facts {
            version: running_version(&self.template),
            uid: deployment.uid.clone(),
            replicas: deployment.replicas,
            paused: deployment.paused,
            history_limit: deployment.history_limit,
            strategy: deployment.strategy,
            kept: kept.into_iter().map(Side::from).collect(),
            stable: stable.into(),
            template: self.template.clone(),
            services: wanted.services.clone(),
            route: wanted.route.clone(),
            autoscaled: self.autoscaled(wanted),
            room: wanted
                .deployment()
                .and_then(|view| room(&self.cluster(wanted).quotas, &view.template.spec)),
        })
    }

    /// The one ReplicaSet that runs, once the Deployment's controller has nothing left to do.
    fn stable(&self, app: &AppRef, deployment: &DeploymentSeen) -> Result<&SetSeen, GatherError> {
        let under_way = |what: String| GatherError::UnderWay { app: app.clone(), what };
        let active: Vec<&SetSeen> = self
            .app
            .sets
            .iter()
            .filter(|set| set.membership != Membership::Apart && (set.replicas > 0 || set.pods > 0))
            .collect();
        if let [first, second, ..] = active.as_slice() {
            let what = format!("ReplicaSets {} and {} both have pods", first.name, second.name);
            return Err(under_way(what));
        }
        let status = deployment.status;
        if deployment.observed_generation < deployment.generation {
            return Err(under_way("its controller has not seen the latest change".to_owned()));
        }
        if status.updated != deployment.replicas || status.replicas != deployment.replicas {
            return Err(under_way(format!(
                "{} of {} pods are of the template it asks for",
                status.updated, deployment.replicas
            )));
        }
        if let Some(apart) = self.app.sets.iter().find(|set| {
            set.membership == Membership::Apart && set.made_by.is_some() && set.pods > 0
        }) {
            let what = format!("ReplicaSet {} of an earlier run still has pods", apart.name);
            return Err(GatherError::NotAtRest { app: app.clone(), what });
        }
        let owned = |set: &&SetSeen| {
            set.template == deployment.template && set.membership == Membership::Owned
        };
        self.app.sets.iter().find(owned).ok_or_else(|| GatherError::NoTemplate {
            app: app.clone(),
            digest: deployment.template.clone(),
        })
    }

    fn check_traffic(&self, wanted: &Application) -> Result<(), GatherError> {
        let app = &wanted.release.app;
        for name in &wanted.services {
            let Some(service) = self.app.services.iter().find(|it| it.name == *name) else {
                return Err(GatherError::NoService { app: app.clone(), name: name.clone() });
            };
            if let Some(pin) = &service.pin {
                let what = format!("Service {name} is pinned to {pin}");
                return Err(GatherError::NotAtRest { app: app.clone(), what });
            }
        }
        match (&wanted.route, &self.route) {
            (Some(route), None) => {
                Err(GatherError::NoRoute { app: app.clone(), name: route.name.clone() })
            }
            (Some(route), Some(seen)) if seen.written.is_some() => {
                let what = format!("route {} sends traffic to {}", route.name, route.candidate);
                Err(GatherError::NotAtRest { app: app.clone(), what })
            }
            (_, _) => Ok(()),
        }
    }
}

/// What people call the version of a template that was read from a cluster.
pub(crate) fn running_version(template: &Template) -> String {
    let wrapped = format!(
        r#"{{"apiVersion":"apps/v1","kind":"Deployment","metadata":{{"name":"t"}},"spec":{{"selector":{{}},"template":{}}}}}"#,
        template.body
    );
    let read = manifest::parse("template", wrapped.as_bytes()).unwrap_or_default();
    let node = read.first().and_then(|it| it.root.get("spec")?.get("template"));
    match node {
        Some(node) if read.first().is_some_and(|it| Object::read(it).is_ok()) => version(node),
        _ => template.digest.pod_hash().to_string(),
    }
}
