//! The compiled spec of a climb: pinned by the first record, and complete.

use serde::{Deserialize, Serialize};
use windlass_core::finding::Finding;
use windlass_core::id::{AppRef, ObjectName, RunId, Uid};
use windlass_core::model::DeploymentStrategy;
use windlass_core::platform::{AppScope, RouteRef, Templates};
use windlass_core::time::Span;

use crate::release::{Facts, Origin, Release, Side};
use crate::strategy::{Misfit, Strategy};
use crate::track::{Means, Track, Via};

/// Everything a climb needs to know and never asks again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClimbSpec {
    /// The run that climbs.
    pub run: RunId,
    /// The app.
    pub app: AppRef,
    /// Name of the platform, for people.
    pub platform: String,
    /// The environment, for people.
    pub environment: String,
    /// The version that runs.
    pub from: String,
    /// The version that is released.
    pub to: String,
    /// The side that runs.
    pub stable: Side,
    /// The side that is released.
    pub candidate: Side,
    /// Where the candidate's ReplicaSet comes from.
    pub origin: Origin,
    /// Both templates.
    pub templates: Templates,
    /// How the app was before.
    pub ground: Ground,
    /// The notches.
    pub track: Track,
    /// Deadlines.
    pub limits: Limits,
    /// What happens when somebody changes the Deployment's template midway.
    pub third: ThirdVersion,
    /// Findings of the preflight, for the record.
    pub findings: Vec<Finding>,
}

/// How the app was before the release, as far as the climb must give it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// True when the app was at rest, and nobody can have a write to it under way. Otherwise those
    /// are sealed off first.
    pub at_rest: bool,
    /// Identity of the Deployment.
    pub uid: Uid,
    /// `spec.replicas` at planning time; the climb follows it when it moves.
    pub replicas: u32,
    /// `spec.paused`, as the user has it.
    pub paused: bool,
    /// `spec.revisionHistoryLimit`.
    pub history_limit: u32,
    /// `spec.strategy`.
    pub strategy: DeploymentStrategy,
    /// Services that select the app's pods.
    pub services: Vec<ObjectName>,
}

/// Deadlines of a climb. Those of a notch stand at the notch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Wall time for the whole climb; past it, it aborts.
    pub total: Span,
    /// Watched time for each of promotion, clean-up and abort.
    pub phase: Span,
    /// Wall time in a pause; past it, it aborts.
    pub pause: Span,
    /// Wall time for an approval; past it, it aborts.
    pub approval: Span,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total: Span::hours(24),
            phase: Span::minutes(15),
            pause: Span::hours(12),
            approval: Span::hours(12),
        }
    }
}

/// What happens when somebody changes the Deployment's template midway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ThirdVersion {
    /// The other change wins: the climb takes down what it has made and ends.
    Supersede,
    /// The change is put back, once, and the climb aborts.
    Refuse,
}

impl ClimbSpec {
    /// What is to be read of the cluster.
    pub fn scope(&self) -> AppScope {
        let made = self.candidate_service().into_iter().cloned();
        let mut services = self.ground.services.clone();
        services.extend(made);
        AppScope { app: self.app.clone(), services }
    }

    /// The route that tells the sides' traffic apart, where one does.
    pub fn route(&self) -> Option<&RouteRef> {
        match &self.track.means {
            Means::Beside(Via::Route(route)) => Some(route),
            Means::Beside(Via::Selector { .. } | Via::Replicas) | Means::InPlace { .. } => None,
        }
    }

    /// The Service that is made for the candidate, where there is one.
    pub fn candidate_service(&self) -> Option<&ObjectName> {
        match &self.track.means {
            Means::Beside(Via::Route(route)) => Some(&route.candidate),
            Means::Beside(Via::Selector { preview }) => Some(preview),
            Means::Beside(Via::Replicas) | Means::InPlace { .. } => None,
        }
    }

    /// True where Services are pinned to one side.
    pub(crate) fn pins(&self) -> bool {
        self.candidate_service().is_some()
    }
}

impl ClimbSpec {
    /// Compiles a release by a strategy, for an app of which this is known.
    ///
    /// # Errors
    /// When the strategy does not fit the app.
    pub fn compile(
        run: RunId,
        platform: &str,
        release: &Release,
        facts: &Facts,
        strategy: &dyn Strategy,
    ) -> Result<Self, Vec<Misfit>> {
        let (candidate, origin) = facts.candidate(release);
        Ok(Self {
            run,
            app: release.app.clone(),
            platform: platform.to_owned(),
            environment: release.environment.clone(),
            from: facts.version.clone(),
            to: release.version.clone(),
            stable: facts.stable.clone(),
            candidate,
            origin,
            templates: [facts.template.clone(), release.template.clone()].into_iter().collect(),
            ground: Ground {
                at_rest: true,
                uid: facts.uid.clone(),
                replicas: facts.replicas,
                paused: facts.paused,
                history_limit: facts.history_limit,
                strategy: facts.strategy,
                services: facts.services.clone(),
            },
            track: strategy.track(release, facts)?.checked()?,
            limits: Limits::default(),
            third: ThirdVersion::Supersede,
            findings: Vec::new(),
        })
    }
}
