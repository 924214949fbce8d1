//! Releases that wait for their turn: each has a place in the journal, and is planned when its turn
//! has come, against the world as it is then.

use std::collections::BTreeMap;

use futures_util::future::select;
use serde::{Deserialize, Serialize};
use windlass_core::finding::Finding;
use windlass_core::id::{AppRef, ObjectName, RunId};
use windlass_core::journal::{Head, Note};
use windlass_core::kernel::SignalKind;
use windlass_core::platform::{Fault, RouteRef};
use windlass_core::time::{Moment, Span, Timestamp};

use super::{ReleaseError, RunError, Windlass};
use crate::application::Application;
use crate::gather::GatherError;
use crate::plan::PlanError;
use crate::preflight::{ClusterFacts, preflight};
use crate::release::Release;
use crate::strategy::{Kept, Strategy};

/// How long to wait for a change of an app that a run holds before it is looked at anyway.
const LOOK_AGAIN: Span = Span::seconds(15);
/// What names a place in the queue, after the name of the run that it becomes.
const QUEUED: &str = ".queued";
/// Kind of the note that is a place in the queue.
const KIND: &str = "queued-release";
/// Raised when a place changes its meaning.
const LOGIC: u32 = 1;

/// What to do where a run holds the app that a further version is to be released to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Busy {
    /// Release nothing, and say who holds it.
    Refuse,
    /// Wait until that run has ended, and those that were queued before; then plan and release.
    Queue,
    /// Take the place of all that are queued, abort that run, wait until all is as it was, then
    /// plan and release.
    Supersede,
}

/// A place in the queue of an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ticket {
    /// The run that it becomes.
    pub(super) run: RunId,
    /// The run that held the app when it was queued.
    pub(super) behind: RunId,
    /// When it was queued.
    pub(super) since: Timestamp,
    /// Lower ones come first.
    order: u64,
    /// Whether what holds the app is to be aborted.
    supersedes: bool,
    /// What is to be released.
    pub(super) release: Release,
    services: Vec<ObjectName>,
    route: Option<RouteRef>,
    autoscaled: bool,
    start_up: Span,
    /// How.
    strategy: Kept,
    /// What was wrong with its manifests.
    findings: Vec<Finding>,
}

impl Ticket {
    /// The application without its manifests: what was found in them was found when it was queued.
    fn application(&self) -> Application {
        Application {
            objects: Vec::new(),
            release: self.release.clone(),
            services: self.services.clone(),
            route: self.route.clone(),
            autoscaled: self.autoscaled,
            start_up: self.start_up,
            cluster: ClusterFacts::default(),
        }
    }
}

fn place(run: &RunId) -> RunId {
    RunId::new(format!("{run}{QUEUED}"))
}

/// True for the name of a place in a queue.
pub(super) fn is_place(run: &RunId) -> bool {
    run.as_str().ends_with(QUEUED)
}

/// The run itself, or the one that a place in the queue becomes.
pub(super) fn begins(run: &RunId) -> RunId {
    RunId::new(run.as_str().strip_suffix(QUEUED).unwrap_or(run.as_str()))
}

impl Windlass {
    /// Plans and releases; where a run holds the app, as `busy` says, and comes back when the turn
    /// of this version has come and its run has begun. Drop the future, or lose the process, and
    /// the place in the queue stays: [`resume_all`](Windlass::resume_all) goes on from there.
    ///
    /// # Errors
    /// As for [`enqueue`](Windlass::enqueue); besides, when its turn has come and it cannot be
    /// released: it runs already, or the strategy no longer fits. Then it leaves the queue.
    pub async fn release_next(
        &self,
        wanted: &Application,
        strategy: &dyn Strategy,
        busy: Busy,
    ) -> Result<RunId, ReleaseError> {
        let run = self.enqueue(wanted, strategy, busy).await?;
        if self.ticket(&run).await?.is_some() {
            self.turn_of(&run, Some((wanted, strategy))).await?;
        }
        Ok(run)
    }

    /// Plans and releases where nothing is in the way, or takes a place in the queue, and gives
    /// the run that it is or becomes: [drive](Windlass::drive) it. The place is in the journal.
    ///
    /// A queued version is planned when its turn has come, by the strategy that was given now, and
    /// against the app as it is then: what the run before it promoted is what it climbs beside.
    /// That the run before it went back instead changes nothing: each version was asked for.
    ///
    /// # Errors
    /// As for [`plan`](Windlass::plan) and [`release`](Windlass::release); besides, when it would
    /// have to wait and `busy` says not to, or its strategy has no form that can be kept.
    pub async fn enqueue(
        &self,
        wanted: &Application,
        strategy: &dyn Strategy,
        busy: Busy,
    ) -> Result<RunId, ReleaseError> {
        let app = &wanted.release.app;
        let queue = self.tickets(app).await?;
        let plan = self.plan(wanted, strategy).await.map_err(ReleaseError::from);
        let behind = match (plan, queue.last(), self.unfinished(app).await?) {
            (Err(error), _, _) if busy == Busy::Refuse => return Err(error),
            (Err(error), _, _) => error.held_by().cloned().ok_or(error)?,
            (Ok(_), Some(last), _) => last.run.clone(),
            (Ok(_), None, Some(run)) => run,
            (Ok(plan), None, None) => match self.release(&plan).await {
                Err(error) => error.held_by().cloned().ok_or(error)?,
                released => return released,
            },
        };
        if busy == Busy::Refuse {
            return Err(ReleaseError::Busy { app: app.clone(), run: behind });
        }
        let strategy = strategy.kept().ok_or(ReleaseError::NotKept { app: app.clone() })?;
        if busy == Busy::Supersede {
            for ticket in &queue {
                self.withdraw(&ticket.run).await?;
            }
        }
        let run = self.new_run(app, &wanted.release.version);
        let ticket = Ticket {
            run: run.clone(),
            behind,
            since: self.clock.now(),
            order: queue.last().map_or(0, |last| last.order + 1),
            supersedes: busy == Busy::Supersede,
            release: wanted.release.clone(),
            services: wanted.services.clone(),
            route: wanted.route.clone(),
            autoscaled: wanted.autoscaled,
            start_up: wanted.start_up,
            strategy,
            findings: preflight(&wanted.objects, &wanted.cluster, &BTreeMap::new()),
        };
        let at = Moment { wall: ticket.since, watched: Span::ZERO, steady: ticket.since };
        let note = Note::new(KIND, LOGIC, place(&run), at, ticket).encode()?;
        self.journal.append(&place(&run), 0, note).await?;
        Ok(run)
    }

    /// Takes a version out of the queue. Nothing happens where it is not there, or has begun:
    /// then abort it.
    ///
    /// # Errors
    /// When the journal cannot be read or written.
    pub async fn withdraw(&self, run: &RunId) -> Result<(), RunError> {
        if self.journal.ends(run).await?.is_none() && self.ticket(run).await?.is_some() {
            self.journal.remove(&place(run)).await?;
        }
        Ok(())
    }

    /// The place of a run in a queue.
    pub(super) async fn ticket(&self, run: &RunId) -> Result<Option<Ticket>, RunError> {
        let Some((first, _, _)) = self.journal.ends(&place(run)).await? else { return Ok(None) };
        Ok(Some(Note::<Ticket>::decode(KIND, LOGIC, &first)?.note))
    }

    /// A run that has begun, and been seen to hold its app, needs its place no more.
    pub(super) async fn leave_queue(&self, run: &RunId) -> Result<(), RunError> {
        if self.ticket(run).await?.is_some() {
            self.journal.remove(&place(run)).await?;
        }
        Ok(())
    }

    /// The queue of an app, in its order, without those that have begun.
    pub(super) async fn tickets(&self, app: &AppRef) -> Result<Vec<Ticket>, RunError> {
        let mut queue = Vec::new();
        for name in self.journal.runs().await?.iter().filter(|name| is_place(name)) {
            let run = begins(name);
            let ticket = self.ticket(&run).await?.filter(|it| it.release.app == *app);
            if let Some(ticket) = ticket
                && self.journal.ends(&run).await?.is_none()
            {
                queue.push(ticket);
            }
        }
        queue.sort_by(|a, b| (a.order, &a.run).cmp(&(b.order, &b.run)));
        Ok(queue)
    }

    /// A run of the app that has begun and not ended, by this journal.
    pub(super) async fn unfinished(&self, app: &AppRef) -> Result<Option<RunId>, RunError> {
        for run in self.journal.runs().await?.into_iter().filter(|run| !is_place(run)) {
            let Some((_, index, last)) = self.journal.ends(&run).await? else { continue };
            if !Head::decode(index, &last)?.ended && self.load(&run).await?.spec().app == *app {
                return Ok(Some(run));
            }
        }
        Ok(None)
    }

    /// Waits until the turn of a queued run has come, and begins it. `given` is what it was queued
    /// with, where that is still in memory.
    pub(super) async fn turn_of(
        &self,
        run: &RunId,
        given: Option<(&Application, &dyn Strategy)>,
    ) -> Result<(), ReleaseError> {
        let mut told = None;
        loop {
            if self.journal.ends(run).await?.is_some() {
                return Ok(());
            }
            let ticket = self.ticket(run).await?;
            let ticket = ticket.ok_or_else(|| RunError::Withdrawn { run: run.clone() })?;
            let app = &ticket.release.app;
            let is_first = self.tickets(app).await?.first().is_some_and(|it| it.run == *run);
            let holding = match (is_first, self.unfinished(app).await?) {
                (false, _) => None,
                (true, Some(holding)) => Some(holding),
                (true, None) => match self.begin_queued(&ticket, given).await {
                    Ok(()) => return Ok(()),
                    Err(error) if is_passing(&error) => None,
                    Err(error) => Some(error.held_by().cloned().ok_or(error)?),
                },
            };
            if let Some(holding) = holding.filter(|_| ticket.supersedes)
                && told.as_ref() != Some(&holding)
            {
                Box::pin(self.make_way(&holding, &ticket)).await?;
                told = Some(holding);
            }
            self.changed(app).await;
        }
    }

    async fn begin_queued(
        &self,
        ticket: &Ticket,
        given: Option<(&Application, &dyn Strategy)>,
    ) -> Result<(), ReleaseError> {
        let kept = ticket.application();
        let (wanted, strategy) = given.unwrap_or((&kept, &ticket.strategy));
        let planned = self.plan_as(ticket.run.clone(), wanted, strategy).await;
        let released = match planned {
            Ok(mut plan) => {
                if given.is_none() {
                    plan.spec.findings.clone_from(&ticket.findings);
                }
                self.release(&plan).await
            }
            Err(error) => Err(error.into()),
        };
        if let Err(error) = &released
            && is_final(error)
        {
            self.journal.remove(&place(&ticket.run)).await?;
        }
        released.map(drop)
    }

    /// Aborts the run that holds the app. One that nobody in this process drives is taken up for
    /// that, and driven to its end.
    async fn make_way(&self, holding: &RunId, ticket: &Ticket) -> Result<(), RunError> {
        let reason = format!("{} is to be released instead", ticket.release.version);
        if self.signal(holding, SignalKind::Abort, self.holder.as_str(), &reason).is_ok() {
            return Ok(());
        }
        if self.journal.ends(holding).await?.is_none() {
            return Err(RunError::NotDriven { run: holding.clone() });
        }
        self.climb_back(holding, &reason).await.map(drop)
    }

    /// Resolves when an app may have changed, or after a while.
    async fn changed(&self, app: &AppRef) {
        let changed = self.platform.workloads.changed(app);
        let later = self.clock.sleep_until(self.clock.monotonic() + LOOK_AGAIN);
        let _either = select(changed, later).await;
    }
}

/// True where waiting helps: the Deployment's own controller is at work.
fn is_passing(error: &ReleaseError) -> bool {
    matches!(error, ReleaseError::Plan(PlanError::Gather(GatherError::UnderWay { .. })))
        || matches!(error, ReleaseError::Moved { .. })
}

/// True where no waiting helps: the version leaves the queue.
fn is_final(error: &ReleaseError) -> bool {
    match error {
        ReleaseError::Plan(
            PlanError::Runs { .. } | PlanError::Misfit { .. } | PlanError::NoEnd { .. },
        )
        | ReleaseError::NotKept { .. } => true,
        ReleaseError::Plan(PlanError::Gather(gathering)) => match gathering {
            GatherError::NoDeployment { .. }
            | GatherError::NoService { .. }
            | GatherError::NoRoute { .. } => true,
            GatherError::NotAdmitted { fault, .. } => {
                matches!(fault, Fault::Refused(refusal) if !refusal.is_transient())
            }
            GatherError::Unread { .. }
            | GatherError::Held { .. }
            | GatherError::UnderWay { .. }
            | GatherError::NoTemplate { .. }
            | GatherError::NotAtRest { .. } => false,
        },
        ReleaseError::Moved { .. }
        | ReleaseError::Busy { .. }
        | ReleaseError::Run(_)
        | ReleaseError::Journal(_)
        | ReleaseError::Record(_) => false,
    }
}
