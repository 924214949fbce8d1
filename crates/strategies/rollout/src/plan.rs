//! Plans: everything a release is going to do, before anything is touched.
//!
//! Nothing in a plan is guessed: its writes, times and pods are those of the climb itself, run to
//! its end against a toy app in memory that starts as the app was read. A fault-free climb sends
//! exactly these writes.

mod fingerprint;
mod peak;
mod rehearsal;
mod text;
mod toy;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use windlass_core::event::NotchOutline;
use windlass_core::finding::Finding;
use windlass_core::id::{AppRef, Kind, ObjectRef, RunId};
use windlass_core::model::Replicas;
use windlass_core::platform::Write;
use windlass_core::time::Span;

pub use fingerprint::{Fingerprint, Moved, RoutePrint};
pub use peak::{Demand, Peak};

use crate::application::Application;
use crate::climb::ClimbSpec;
use crate::gather::{GatherError, Observed};
use crate::preflight::{ClusterFacts, preflight};
use crate::strategy::{Misfit, Strategy};
use crate::track::OnFail;
use rehearsal::{Rehearsal, rehearse};

/// Version of the form that a plan is written in. A reader refuses those that it does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlanFormat {
    /// The first version.
    #[default]
    #[serde(rename = "windlass.dev/plan/v1")]
    V1,
}

/// A release as it will be, if nothing goes wrong. It can be written down, read back and applied
/// later, as long as the world is as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Version of its form.
    pub format: PlanFormat,
    /// What the climb is given: sides, notches, deadlines, and the run that applies it. Its `limits`,
    /// and what it does when somebody else changes the app, may be set here before it is released.
    pub spec: ClimbSpec,
    /// The world that it was made for.
    pub fingerprint: Fingerprint,
    /// The notches in order.
    pub notches: Vec<PlannedNotch>,
    /// Every write, in the order in which it will be sent.
    pub writes: Vec<PlannedWrite>,
    /// About how long it takes: bakes, measurements and the time the old side is kept warm, with
    /// the start-up time that the probes let expect.
    pub about: Span,
    /// What it needs at its highest.
    pub peak: Peak,
    /// What is wrong with the application, the worst rehearsed.
    pub findings: Vec<Finding>,
}

/// One notch of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedNotch {
    /// Pods, traffic and holds.
    #[serde(flatten)]
    pub notch: NotchOutline,
    /// Time from the beginning until it is reached.
    pub reached: Span,
    /// What happens when it fails.
    pub otherwise: OnFail,
}

/// One write of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedWrite {
    /// The object.
    pub object: ObjectRef,
    /// What becomes of it.
    pub change: String,
}

impl From<&Write> for PlannedWrite {
    fn from(write: &Write) -> Self {
        Self { object: write.object.clone(), change: write.change.to_string() }
    }
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The app is not in a state to be released to.
    #[error(transparent)]
    Gather(#[from] GatherError),
    /// The version runs already.
    #[error("{app} runs {version} already: there is nothing to release")]
    Runs {
        /// The app.
        app: AppRef,
        /// The version.
        version: String,
    },
    /// The strategy does not fit the app.
    #[error("{}", misfits.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Misfit {
        /// Each reason says which field, and what to do.
        misfits: Vec<Misfit>,
    },
    /// Even where everything goes well it would not be promoted.
    #[error("even where everything goes well this would not be promoted: {reason}")]
    NoEnd {
        /// Why.
        reason: String,
    },
}

impl Plan {
    /// Plans a release. Pure: the app was read before.
    ///
    /// # Errors
    /// When the app is not at rest, runs this version, or the strategy does not fit it.
    pub fn of(
        run: RunId,
        platform: &str,
        wanted: &Application,
        observed: &Observed,
        strategy: &dyn Strategy,
    ) -> Result<Self, PlanError> {
        let facts = observed.facts(wanted)?;
        let (app, release) = (&wanted.release.app, &wanted.release);
        if facts.stable.template == release.template.digest {
            return Err(PlanError::Runs { app: app.clone(), version: release.version.clone() });
        }
        let fingerprint = Fingerprint::of(observed, wanted.route.as_ref(), facts.autoscaled)
            .ok_or_else(|| GatherError::NoDeployment { app: app.clone() })?;
        let mut spec = ClimbSpec::compile(run, platform, release, &facts, strategy)
            .map_err(|misfits| PlanError::Misfit { misfits })?;
        let no_end = |reason| PlanError::NoEnd { reason };
        let rehearsed = rehearse(&spec, observed, wanted.start_up).map_err(no_end)?;
        let cluster = observed.cluster(wanted);
        let findings = findings(wanted, &cluster, facts.replicas, rehearsed.peak);
        spec.findings.clone_from(&findings);
        Ok(Self {
            format: PlanFormat::V1,
            fingerprint,
            notches: notches(&spec, &rehearsed),
            writes: rehearsed.writes.iter().map(PlannedWrite::from).collect(),
            about: rehearsed.lasted,
            peak: Peak::of(wanted, &cluster, facts.replicas, rehearsed.peak),
            findings,
            spec,
        })
    }

    /// How many writes go to each kind of object; kinds without one are missing.
    pub fn writes_by_kind(&self) -> BTreeMap<Kind, usize> {
        let mut counts = BTreeMap::new();
        for write in &self.writes {
            *counts.entry(write.object.kind).or_default() += 1;
        }
        counts
    }

    /// What is not as it was when the plan was made; empty while it may be applied.
    pub fn moved(&self, observed: &Observed) -> Vec<Moved> {
        let route = self.fingerprint.route.as_ref().map(|it| &it.route);
        match Fingerprint::of(observed, route, self.fingerprint.replicas.is_none()) {
            Some(now) => self.fingerprint.moved(&now),
            None => vec![Moved {
                field: "Deployment".to_owned(),
                was: self.fingerprint.uid.to_string(),
                is: "gone".to_owned(),
            }],
        }
    }
}

fn findings(wanted: &Application, known: &ClusterFacts, running: u32, peak: u32) -> Vec<Finding> {
    let name = &wanted.release.app.name;
    let pods = |count: u32| Replicas::try_from(count).unwrap_or(Replicas::ZERO);
    let mut cluster = known.clone();
    cluster.running.entry(name.clone()).or_insert_with(|| pods(running));
    preflight(&wanted.objects, &cluster, &BTreeMap::from([(name.clone(), pods(peak))]))
}

fn notches(spec: &ClimbSpec, rehearsal: &Rehearsal) -> Vec<PlannedNotch> {
    let outline = crate::climb::outline(spec).notches;
    let with = outline.into_iter().zip(spec.track.notches.iter()).zip(&rehearsal.reached);
    with.map(|((notch, on_track), reached)| PlannedNotch {
        notch,
        reached: *reached,
        otherwise: on_track.failing,
    })
    .collect()
}
