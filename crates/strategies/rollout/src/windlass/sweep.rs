//! What a process that never came back left: shown first, removed on request.

use std::collections::BTreeMap;
use std::fmt;

use windlass_core::fence::{Epoch, Expect, Fence};
use windlass_core::id::{AppRef, Kind, ObjectName, ObjectRef, RunId};
use windlass_core::platform::{
    AppScope, AppSeen, Change, ClaimFault, Fault, Membership, Templates, Write,
};

use super::{RunError, Windlass, queue};
use crate::climb::ClimbSpec;

/// Something that a run left behind. Nothing of it is removed while a run holds the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Residue {
    /// A run that has ended, or that this journal does not know, holds an app. Clearing takes the
    /// app from it: a process that drives it elsewhere stops. Make sure that there is none.
    Lease {
        /// The app.
        app: AppRef,
        /// The run.
        run: RunId,
        /// The process that drove it.
        holder: String,
        /// True when this journal knows the run, and that it has ended.
        ended: bool,
    },
    /// An object that a run made, and that is of no use any more: a ReplicaSet without pods, or a
    /// Service that leads to none.
    Made {
        /// The app.
        app: AppRef,
        /// The object.
        object: ObjectRef,
        /// The run whose label it wears.
        run: RunId,
        /// What must still be true when it is deleted.
        expect: Expect,
    },
    /// A ReplicaSet that a run made and that still has pods. It is only shown: traffic may reach
    /// them. Scale it to 0 once none does, then sweep again.
    Pods {
        /// The app.
        app: AppRef,
        /// The ReplicaSet.
        set: ObjectName,
        /// The run whose label it wears.
        run: RunId,
        /// How many pods it has.
        pods: u32,
    },
}

impl fmt::Display for Residue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Residue::Lease { app, run, holder, ended } => {
                let known =
                    if *ended { "which has ended" } else { "which this journal does not know" };
                write!(f, "{app} is held by run {run} of {holder}, {known}")
            }
            Residue::Made { app, object, run, .. } => {
                write!(f, "{app}: {object} was made by run {run} and leads nowhere")
            }
            Residue::Pods { app, set, run, pods } => {
                write!(
                    f,
                    "{app}: ReplicaSet {set} of run {run} has {pods} pods: scale it to 0 once no traffic reaches it"
                )
            }
        }
    }
}

/// Why something was not cleared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SweepError {
    /// The runs could not be read.
    #[error(transparent)]
    Runs(#[from] RunError),
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
}

impl Windlass {
    /// Shows what runs that have ended, or that nobody knows, left of the apps of this journal.
    /// Touches nothing.
    ///
    /// # Errors
    /// When the journal or the platform cannot be read.
    pub async fn sweep(&self) -> Result<Vec<Residue>, SweepError> {
        let mut apps: BTreeMap<AppRef, Vec<ObjectName>> = BTreeMap::new();
        let mut ended = BTreeMap::new();
        let runs = self.journal.runs().await.map_err(RunError::from)?;
        for run in runs.into_iter().filter(|run| !queue::is_place(run)) {
            let climb = self.load(&run).await?;
            let spec: &ClimbSpec = climb.spec();
            apps.entry(spec.app.clone()).or_default().extend(spec.scope().services);
            ended.insert(run, climb.outcome().is_some());
        }
        let mut found = Vec::new();
        for (app, mut services) in apps {
            services.sort();
            services.dedup();
            let scope = AppScope { app, services };
            let seen = self.platform.workloads.observe(&scope).await?;
            residues(&scope.app, &seen, &ended, &mut found);
        }
        Ok(found)
    }

    /// Removes one thing that a [sweep](Windlass::sweep) has shown, if it is still as it was.
    ///
    /// # Errors
    /// When a run holds the app by now, the object has changed, or it has pods.
    pub async fn clear(&self, residue: &Residue) -> Result<(), SweepError> {
        let workloads = &self.platform.workloads;
        match residue {
            Residue::Pods { .. } => Err(SweepError::HasPods),
            Residue::Lease { app, run, .. } => {
                let epoch = workloads.claim(app, run, &self.holder).await?;
                Ok(workloads.release(app, run, epoch).await?)
            }
            Residue::Made { app, object, expect, .. } => {
                let run = self.new_run(app, "sweep");
                let epoch = workloads.claim(app, &run, &self.holder).await?;
                let end = self.delete(app, &run, epoch, object, expect).await;
                workloads.release(app, &run, epoch).await?;
                Ok(end?)
            }
        }
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
}

/// What is left of one app. `ended` holds the runs that are known.
fn residues(app: &AppRef, seen: &AppSeen, ended: &BTreeMap<RunId, bool>, found: &mut Vec<Residue>) {
    let goes_on = |run: &RunId| ended.get(run) == Some(&false);
    if let Some(lease) = &seen.lease {
        if !goes_on(&lease.run) {
            found.push(Residue::Lease {
                app: app.clone(),
                run: lease.run.clone(),
                holder: lease.holder.to_string(),
                ended: ended.contains_key(&lease.run),
            });
        }
        return;
    }
    let made = |object, run: &RunId, expect| Residue::Made {
        app: app.clone(),
        object,
        run: run.clone(),
        expect,
    };
    for set in seen.sets.iter().filter(|set| set.membership == Membership::Apart) {
        let Some(run) = set.made_by.as_ref().filter(|run| !goes_on(run)) else { continue };
        let pods = set.pods.max(set.replicas);
        found.push(if pods > 0 {
            Residue::Pods { app: app.clone(), set: set.name.clone(), run: run.clone(), pods }
        } else {
            let object = ObjectRef::new(Kind::ReplicaSet, set.name.clone());
            made(object, run, Expect::at(&set.uid, &set.token))
        });
    }
    for service in &seen.services {
        let Some(run) = service.made_by.as_ref().filter(|run| !goes_on(run)) else { continue };
        if service.endpoints == 0 {
            let object = ObjectRef::new(Kind::Service, service.name.clone());
            found.push(made(object, run, Expect::at(&service.uid, &service.token)));
        }
    }
}
