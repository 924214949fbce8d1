//! What a process that never came back left: shown first, removed on request.

mod marks;
mod residue;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use windlass_core::event::{EndResult, Ending};
use windlass_core::fence::{Claim, Epoch, Expect, Fence};
use windlass_core::id::{AppRef, Kind, ObjectName, ObjectRef, RunId};
use windlass_core::kernel::Machine as _;
use windlass_core::platform::{AppScope, Change, ClaimFault, Fault, RouteRef, Templates, Write};
use windlass_core::time::Span;

use super::{ReleaseError, RunError, Windlass, queue};
use crate::application::Application;
use crate::climb::{Climb, ClimbSpec, Ground, Limits};
use marks::Around;
pub use residue::{Residue, Way};

/// Why something was not cleared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SweepError {
    /// The runs could not be read or driven.
    #[error(transparent)]
    Runs(#[from] RunError),
    /// The run that clears it could not be begun.
    #[error("it was not cleared, and nothing was touched: {0}")]
    Begin(Box<ReleaseError>),
    /// The app could not be claimed.
    #[error(transparent)]
    Claim(#[from] ClaimFault),
    /// The platform did not do it.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// It is not for a program to decide.
    #[error(
        "it has pods, and traffic may reach them: scale it to 0 once none does, then sweep again"
    )]
    HasPods,
    /// The way back ended without coming to the ground or to rest.
    #[error("{} ({}): look at the objects named, then sweep again", .0.result, .0.reason)]
    NotClear(Ending),
}

/// What a sweep has found. Print it, then [apply](Windlass::apply) it, or
/// [clear](Windlass::clear) one thing after another, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    /// What is left, by app; what must go first comes first.
    pub found: Vec<Residue>,
}

impl fmt::Display for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.found.is_empty() {
            return f.write_str("nothing is left behind");
        }
        let lines: Vec<String> = self.found.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// An app that is swept.
#[derive(Debug, Default)]
struct Place {
    services: BTreeSet<ObjectName>,
    route: Option<RouteRef>,
    /// Runs of it that the journal holds, by how far they are.
    runs: BTreeMap<RunId, Known>,
}

/// What the journal knows of a run.
#[derive(Clone, Debug)]
enum Known {
    /// It goes on, here or in another process.
    Driven,
    /// It has not ended, and nobody here drives it: its notch, from 1, of so many.
    Left(u32, u32),
    /// It ended without coming to the ground or to rest.
    Failed(Arc<ClimbSpec>),
    /// It ended.
    Ended,
}

impl Windlass {
    /// Shows what runs left of the apps of this journal: those that stand still, those that have
    /// failed, and those that this journal does not know. Touches nothing.
    ///
    /// # Errors
    /// When the journal or the platform cannot be read.
    pub async fn sweep(&self) -> Result<Sweep, SweepError> {
        self.sweep_also(&[]).await
    }

    /// The same, and besides what runs left of these apps, whether or not the journal knows of
    /// them: after a journal was lost. The route and the Services are those of the manifests; one
    /// that names no route is taken to have none.
    ///
    /// # Errors
    /// When the journal or the platform cannot be read.
    pub async fn sweep_also(&self, apps: &[Application]) -> Result<Sweep, SweepError> {
        let mut places = self.places().await?;
        for app in apps {
            let place = places.entry(app.release.app.clone()).or_default();
            place.services.extend(app.services.iter().cloned());
            place.services.insert(ObjectName::new(format!("{}-preview", app.release.app.name)));
            place.services.extend(app.route.iter().map(|route| route.candidate.clone()));
            place.route = place.route.take().or_else(|| app.route.clone());
        }
        let mut found = Vec::new();
        for (app, place) in &places {
            let around = self.around(app, place).await?;
            found.extend(marks::residues(&around, &self.platform.name, &place.runs));
        }
        Ok(Sweep { found })
    }

    /// Clears all that a sweep has found, one after another. What is not as it was then, or is not
    /// for a program to decide, stays, with the reason beside it.
    pub async fn apply(&self, sweep: &Sweep) -> Vec<(Residue, Result<(), SweepError>)> {
        let mut ends = Vec::new();
        for residue in &sweep.found {
            ends.push((residue.clone(), self.clear(residue).await));
        }
        ends
    }

    /// Clears one thing that a [sweep](Windlass::sweep) has shown. A run that was left half raised
    /// goes to the ground or, once its candidate is the app, to rest: by the climb itself, which
    /// moves traffic before pods. Anything else goes if it is still as it was.
    ///
    /// # Errors
    /// When a run holds the app by now, the object has changed, or it has pods.
    pub async fn clear(&self, residue: &Residue) -> Result<(), SweepError> {
        let workloads = &self.platform.workloads;
        match residue {
            Residue::Pods { .. } => Err(SweepError::HasPods),
            Residue::Lease { app, run, .. } => {
                let Claim { epoch, .. } = workloads.claim(app, run, &self.holder).await?;
                Ok(workloads.release(app, run, epoch).await?)
            }
            Residue::Left { run, .. } => self.lower(run).await,
            Residue::Half { way, spec, .. } => {
                let run = self.new_run(&spec.app, "sweep");
                let spec = ClimbSpec { run: run.clone(), ..ClimbSpec::clone(spec) };
                let begun = self.begin(spec).await;
                begun.map_err(|error| SweepError::Begin(Box::new(error)))?;
                match way {
                    Way::Ground => self.lower(&run).await,
                    Way::Rest => cleared(self.climb(&run).await?),
                }
            }
            Residue::Made { app, object, expect, .. } => {
                let run = self.new_run(app, "sweep");
                let Claim { epoch, .. } = workloads.claim(app, &run, &self.holder).await?;
                let end = self.delete(app, &run, epoch, object, expect).await;
                workloads.release(app, &run, epoch).await?;
                Ok(end?)
            }
        }
    }

    /// Takes a run up and back to the ground; past the point of no return, to rest.
    async fn lower(&self, run: &RunId) -> Result<(), SweepError> {
        cleared(self.climb_back(run, "a sweep takes back what was left half raised").await?)
    }

    async fn delete(
        &self,
        app: &AppRef,
        run: &RunId,
        epoch: Epoch,
        object: &ObjectRef,
        expect: &Expect,
    ) -> Result<(), Fault> {
        let change = match object.kind {
            Kind::ReplicaSet => Change::DeleteSet,
            Kind::Service => Change::DeleteService,
            Kind::Deployment | Kind::Route => return Err(Fault::Withdrawn),
        };
        let write = Write { object: object.clone(), expect: expect.clone(), change };
        let fence = Fence { run: run.clone(), epoch, seq: 1 };
        let templates = Templates::default();
        self.platform.workloads.write(app, &templates, &fence, &write).await.map(drop)
    }

    /// The apps of the journal.
    async fn places(&self) -> Result<BTreeMap<AppRef, Place>, SweepError> {
        let mut places: BTreeMap<AppRef, Place> = BTreeMap::new();
        let runs = self.journal.runs().await.map_err(RunError::from)?;
        for run in runs.into_iter().filter(|run| !queue::is_place(run)) {
            let climb = self.load(&run).await?;
            let spec = climb.spec();
            let place = places.entry(spec.app.clone()).or_default();
            place.services.extend(spec.scope().services);
            place.route = spec.route().cloned().or(place.route.take());
            let known = match climb.outcome().map(|it| Climb::ending(spec, it).result) {
                Some(EndResult::Failed) => Known::Failed(Arc::clone(spec)),
                Some(EndResult::Promoted | EndResult::RolledBack | EndResult::Superseded) => {
                    Known::Ended
                }
                None if self.live().contains_key(&run) => Known::Driven,
                None => Known::Left(climb.state().notch + 1, spec.track.top() + 1),
            };
            place.runs.insert(run, known);
        }
        Ok(places)
    }

    /// Reads an app with all that marks can lead to.
    async fn around(&self, app: &AppRef, place: &Place) -> Result<Around, SweepError> {
        let platform = &self.platform;
        let services = place.services.iter().cloned().collect();
        let scope = AppScope { app: app.clone(), services };
        let seen = platform.workloads.observe(&scope).await?;
        let route = match &place.route {
            Some(route) => {
                platform.traffic.observe(app, route).await?.map(|it| (route.clone(), it))
            }
            None => None,
        };
        let mut templates = Vec::new();
        for digest in seen.sets.iter().map(|set| &set.template).collect::<BTreeSet<_>>() {
            templates.extend(platform.workloads.template(app, digest).await?);
        }
        Ok(Around { app: app.clone(), seen, route, templates })
    }
}

fn cleared(ending: Ending) -> Result<(), SweepError> {
    match ending.result {
        EndResult::Promoted | EndResult::RolledBack | EndResult::Superseded => Ok(()),
        EndResult::Failed => Err(SweepError::NotClear(ending)),
    }
}

/// A climb that never raises anything: it is past its time from the start. Whoever left the app half
/// raised may still have writes under way.
fn only_back(spec: ClimbSpec) -> ClimbSpec {
    let limits = Limits { total: Span::ZERO, ..Limits::default() };
    let ground = Ground { at_rest: false, ..spec.ground };
    ClimbSpec { limits, ground, ..spec }
}
