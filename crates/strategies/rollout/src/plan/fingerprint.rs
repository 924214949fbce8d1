//! What a plan was made for: the world must still be so when it is applied.

use std::fmt;

use serde::{Deserialize, Serialize};
use windlass_core::id::{ObjectName, PodHash, TemplateDigest, Uid};
use windlass_core::model::DeploymentStrategy;
use windlass_core::platform::RouteRef;
use windlass_core::weight::Weight;

use crate::gather::Observed;

/// The facts that a plan rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Identity of the Deployment.
    pub uid: Uid,
    /// Its generation; `None` where an autoscaler owns its size and moves it.
    pub generation: Option<u64>,
    /// Its size; `None` where an autoscaler owns it: the climb follows.
    pub replicas: Option<u32>,
    /// Digest of the pod template it asks for.
    pub template: TemplateDigest,
    /// `spec.paused`.
    pub paused: bool,
    /// `spec.strategy`, with percentages of the size; `None` where an autoscaler moves that.
    pub strategy: Option<DeploymentStrategy>,
    /// The Services, each with the side it is pinned to.
    pub services: Vec<(ObjectName, Option<PodHash>)>,
    /// The route.
    pub route: Option<RoutePrint>,
}

/// A route as a plan found it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutePrint {
    /// The route and its Services.
    pub route: RouteRef,
    /// Its identity.
    pub uid: Uid,
    /// The candidate's weight in it; `None` at rest.
    pub written: Option<Weight>,
}

/// One thing that is not as it was when the plan was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// What.
    pub field: String,
    /// When the plan was made.
    pub was: String,
    /// Now.
    pub is: String,
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was {}, is {}", self.field, self.was, self.is)
    }
}

impl Fingerprint {
    /// The fingerprint of an app as it was read; `None` without a Deployment.
    pub(crate) fn of(
        observed: &Observed,
        route: Option<&RouteRef>,
        autoscaled: bool,
    ) -> Option<Self> {
        let deployment = observed.app.deployment.as_ref()?;
        let services = observed.app.services.iter();
        Some(Self {
            uid: deployment.uid.clone(),
            generation: (!autoscaled).then_some(deployment.generation),
            replicas: (!autoscaled).then_some(deployment.replicas),
            template: deployment.template.clone(),
            paused: deployment.paused,
            strategy: (!autoscaled).then_some(deployment.strategy),
            services: services.map(|it| (it.name.clone(), it.pin.clone())).collect(),
            route: route.zip(observed.route.as_ref()).map(|(route, seen)| RoutePrint {
                route: route.clone(),
                uid: seen.uid.clone(),
                written: seen.written,
            }),
        })
    }

    /// All that differs, the most telling first.
    pub(crate) fn moved(&self, now: &Self) -> Vec<Moved> {
        let mut moved = Vec::new();
        let mut compare = |field: &str, was: String, is: String| {
            if was != is {
                moved.push(Moved { field: field.to_owned(), was, is });
            }
        };
        let short = |digest: &TemplateDigest| digest.pod_hash().to_string();
        let number = |n: Option<u64>| n.map_or("not compared".to_owned(), |n| n.to_string());
        compare("uid of the Deployment", self.uid.to_string(), now.uid.to_string());
        compare("spec.template", short(&self.template), short(&now.template));
        compare(
            "spec.replicas",
            number(self.replicas.map(u64::from)),
            number(now.replicas.map(u64::from)),
        );
        compare("spec.paused", self.paused.to_string(), now.paused.to_string());
        compare("spec.strategy", strategy(self.strategy), strategy(now.strategy));
        compare("generation", number(self.generation), number(now.generation));
        for (name, was) in &self.services {
            let pin = |pin: &Option<PodHash>| {
                pin.as_ref().map_or("not pinned".to_owned(), |hash| format!("pinned to {hash}"))
            };
            let is = now.services.iter().find(|(other, _)| other == name);
            let is = is.map_or("gone".to_owned(), |(_, is)| pin(is));
            compare(&format!("Service {name}"), pin(was), is);
        }
        compare("route", route(self.route.as_ref()), route(now.route.as_ref()));
        moved
    }
}

fn strategy(strategy: Option<DeploymentStrategy>) -> String {
    match strategy {
        None => "not compared".to_owned(),
        Some(strategy) => strategy.to_string(),
    }
}

fn route(route: Option<&RoutePrint>) -> String {
    match route {
        None => "gone".to_owned(),
        Some(RoutePrint { uid, written: None, .. }) => format!("{uid} without a candidate"),
        Some(RoutePrint { uid, written: Some(weight), .. }) => {
            format!("{uid} with {weight} for a candidate")
        }
    }
}
