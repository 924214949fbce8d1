//! What users hold: plans, releases, and every run of this process.

mod driving;
mod ears;
mod error;
mod queue;
mod runs;
mod sweep;
mod why;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::join_all;
use sha2::{Digest as _, Sha256};
use windlass_core::clock::Clock;
use windlass_core::engine::{
    Doors, DriveError, Effect, Inbox, Now, Outbox, Pace, Run, Stop, drive, mailbox,
};
use windlass_core::event::Ending;
use windlass_core::id::{AppRef, Holder, RunId};
use windlass_core::journal::{Journal, MemoryJournal};
use windlass_core::kernel::{Machine, Signal, SignalKind};
use windlass_core::platform::{ClaimFault, Host, Platform, SilentHost};

pub use ears::Waits;
pub use error::{ReleaseError, RunError};
pub use queue::Busy;
pub use runs::{Listed, RunState};
pub use sweep::{Residue, Sweep, SweepError, Way};
pub use why::{Standing, Turn, Why};

use crate::application::Application;
use crate::climb::{Climb, ClimbSpec};
use crate::gather::{GatherError, Observed};
use crate::plan::{Plan, PlanError};
use crate::release::Release;
use crate::strategy::Strategy;
use crate::world::ClimbWorld;
use ears::Ears;

/// Releases applications to one platform, and drives their runs. Needs no runtime: its futures run
/// wherever they are polled, and many run in one thread.
///
/// A run that is dropped midway, or whose process dies, loses nothing: [`resume_all`] goes on from
/// the journal.
///
/// [`resume_all`]: Windlass::resume_all
#[derive(Debug)]
pub struct Windlass {
    platform: Platform,
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    ears: Arc<Ears>,
    holder: Holder,
    runs: Mutex<BTreeMap<RunId, Live>>,
    said: AtomicU64,
}

/// A run that this process has to do with.
#[derive(Debug)]
struct Live {
    outbox: Outbox,
    /// `None` while it is driven.
    parked: Option<Parked>,
}

/// A run that was begun, and that nobody drives yet.
#[derive(Debug)]
struct Parked {
    run: Run<Climb>,
    first: Vec<Effect<Climb>>,
    inbox: Inbox,
}

/// Most characters of a label's value.
const LABEL: usize = 63;

impl Windlass {
    /// Releases to `platform`, as `holder`: a name for this process, unique per start, that others
    /// are told when they find an app in use. Runs are kept in memory and nobody hears of them,
    /// until a [journal](Windlass::with_journal) and a [host](Windlass::with_host) are given.
    pub fn new(platform: Platform, clock: impl Clock + 'static, holder: impl Into<Holder>) -> Self {
        Self {
            platform,
            journal: Arc::new(MemoryJournal::default()),
            clock: Arc::new(clock),
            ears: Arc::new(Ears::new(Arc::new(SilentHost))),
            holder: holder.into(),
            runs: Mutex::default(),
            said: AtomicU64::new(0),
        }
    }

    /// Runs are kept there: what is acknowledged there outlives this process, and
    /// [`resume_all`](Windlass::resume_all) of the next one takes it up. One journal serves one
    /// process at a time.
    #[must_use]
    pub fn with_journal(self, journal: Arc<dyn Journal>) -> Self {
        Self { journal, ..self }
    }

    /// Hears of everything, and is asked for approvals.
    #[must_use]
    pub fn with_host(self, host: Arc<dyn Host>) -> Self {
        Self { ears: Arc::new(Ears::new(host)), ..self }
    }

    /// Plans a release. Reads the platform, and touches nothing.
    ///
    /// # Errors
    /// When the app is not at rest, runs the version already, or the strategy does not fit it.
    pub async fn plan(
        &self,
        wanted: &Application,
        strategy: &dyn Strategy,
    ) -> Result<Plan, PlanError> {
        let run = self.new_run(&wanted.release.app, &wanted.release.version);
        self.plan_as(run, wanted, strategy).await
    }

    async fn plan_as(
        &self,
        run: RunId,
        wanted: &Application,
        strategy: &dyn Strategy,
    ) -> Result<Plan, PlanError> {
        let (app, route) = (&wanted.release.app, wanted.route.as_ref());
        let observed = Observed::read(&self.platform, app, &wanted.services, route).await?;
        // One that is not at rest is told so at once.
        observed.facts(wanted)?;
        let wanted = &self.admitted(wanted).await?;
        let observed = observed.surveyed(&self.platform, wanted).await?;
        Plan::of(run, &self.platform.name, wanted, &observed, strategy)
    }

    /// The application with its template as the cluster would keep it: only that can be compared with
    /// what the cluster has.
    async fn admitted(&self, wanted: &Application) -> Result<Application, GatherError> {
        let Release { app, template, .. } = &wanted.release;
        let admitted = self.platform.workloads.admit(app, template).await;
        let template =
            admitted.map_err(|fault| GatherError::NotAdmitted { app: app.clone(), fault })?;
        let release = Release { template, ..wanted.release.clone() };
        Ok(Application { release, ..wanted.clone() })
    }

    /// Begins the release that a plan describes, and gives its run. It is recorded, and moves once
    /// it is [driven](Windlass::drive). The same plan twice is the same run.
    ///
    /// # Errors
    /// When the world is not as it was when the plan was made, or the journal fails.
    pub async fn release(&self, plan: &Plan) -> Result<RunId, ReleaseError> {
        let spec = &plan.spec;
        let run = spec.run.clone();
        if self.live().contains_key(&run) || self.journal.ends(&run).await?.is_some() {
            return Ok(run);
        }
        let route = plan.fingerprint.route.as_ref().map(|it| &it.route);
        let observed =
            Observed::read(&self.platform, &spec.app, &spec.ground.services, route).await?;
        observed.free(&spec.app)?;
        let moved = plan.moved(&observed);
        if !moved.is_empty() {
            return Err(ReleaseError::Moved { app: spec.app.clone(), moved });
        }
        self.begin(spec.clone()).await
    }

    /// Records a run, which moves once it is driven.
    async fn begin(&self, spec: ClimbSpec) -> Result<RunId, ReleaseError> {
        let run = spec.run.clone();
        let spec = Arc::new(spec);
        let (begun, first) = Run::begin(run.clone(), spec, Pace::default(), self.now())?;
        for effect in &first {
            if let Effect::Record { index, bytes } = effect {
                self.journal.append(&run, *index, bytes.clone()).await?;
            }
        }
        let (outbox, inbox) = mailbox();
        let parked = Some(Parked { run: begun, first, inbox });
        self.live().insert(run.clone(), Live { outbox, parked });
        Ok(run)
    }

    /// Drives a run until it has ended: one that was released here, or one that is in the journal
    /// and that nobody drives. One that is queued waits for its turn first. Drop the future to
    /// stop; the run can be resumed.
    ///
    /// # Errors
    /// When the run is not known or driven already, its app is taken, or the journal fails.
    pub async fn drive(&self, run: &RunId) -> Result<Ending, RunError> {
        loop {
            let queued = self.ticket(run).await?.is_some();
            if queued {
                self.turn_of(run, None).await.map_err(|error| RunError::of_queue(run, error))?;
            }
            match self.climb(run).await {
                // Another process was faster: the place in the queue is still there.
                Err(RunError::TooLate { .. }) if queued => {}
                end => return end,
            }
        }
    }

    async fn climb(&self, run: &RunId) -> Result<Ending, RunError> {
        let (parked, _driving) = self.take(run)?;
        let Parked { run: mut climb, first, mut inbox } = match parked {
            Ok(parked) => parked,
            Err(inbox) => Parked { run: self.load(run).await?, first: Vec::new(), inbox },
        };
        if let Some(outcome) = climb.outcome().cloned() {
            if !climb.failed() {
                self.give_back(&climb).await?;
            }
            self.leave_queue(run).await?;
            return Ok(Climb::ending(climb.spec(), &outcome));
        }
        let host: Arc<dyn Host> = self.ears.clone();
        let world = ClimbWorld::new(Arc::clone(climb.spec()), self.platform.clone(), host);
        let doors = Doors {
            world: &world,
            clock: &*self.clock,
            journal: &*self.journal,
            host: &*self.ears,
            holder: &self.holder,
        };
        let fresh = climb.epoch().0 == 0;
        let stop = match drive(&mut climb, first, doors, &mut inbox).await {
            Err(DriveError::Claim(ClaimFault::Held { run: other, holder })) if fresh => {
                // Nothing was touched: the run has never been.
                self.journal.remove(run).await?;
                let app = climb.spec().app.clone();
                return Err(RunError::TooLate { run: run.clone(), app, other, holder });
            }
            end => end.map_err(|error| RunError::of(run, error))?,
        };
        self.leave_queue(run).await?;
        match (stop, climb.outcome()) {
            (Stop::Ended, Some(outcome)) => Ok(Climb::ending(climb.spec(), outcome)),
            (Stop::Ended | Stop::Fenced, _) => Err(RunError::TakenOver { run: run.clone() }),
        }
    }

    /// Drives all of these at once until each has ended.
    pub async fn drive_all(&self, runs: &[RunId]) -> Vec<(RunId, Result<Ending, RunError>)> {
        let drives = runs.iter().map(|run| async { (run.clone(), self.drive(run).await) });
        join_all(drives).await
    }

    /// Takes up every run of the journal that nobody in this process drives, and drives all at
    /// once until each has ended. One that had ended gives its app back, where it still holds it and
    /// has not failed: a failed one keeps it until a sweep. Those that are queued follow in their
    /// order.
    ///
    /// # Errors
    /// When the journal cannot be read. What goes wrong with one run stands beside it.
    pub async fn resume_all(&self) -> Result<Vec<(RunId, Result<Ending, RunError>)>, RunError> {
        let known = self.journal.runs().await?;
        let driven = |run: &RunId| self.live().get(run).is_some_and(|it| it.parked.is_none());
        let left: BTreeSet<RunId> = known.iter().map(queue::begins).collect();
        let left: Vec<RunId> = left.into_iter().filter(|run| !driven(run)).collect();
        Ok(self.drive_all(&left).await)
    }

    /// Pauses, resumes, approves, skips, promotes or aborts a run that this process drives or has
    /// released; `by` and `reason` are recorded. What becomes of it is an event.
    ///
    /// # Errors
    /// When this process has nothing to do with the run: drive it first, or tell the process that
    /// does.
    pub fn signal(
        &self,
        run: &RunId,
        kind: SignalKind,
        by: &str,
        reason: &str,
    ) -> Result<(), RunError> {
        let number = self.said.fetch_add(1, Ordering::Relaxed);
        let (by, reason) = (by.to_owned(), reason.to_owned());
        let id = format!("{}-{}-{number}", self.holder, self.clock.now().millis());
        let signal = Signal { id, by, reason, expect: None, kind };
        let live = self.live();
        let sent = live.get(run).map(|live| live.outbox.unbounded_send(signal));
        match sent {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) | None => Err(RunError::NotDriven { run: run.clone() }),
        }
    }

    fn live(&self) -> MutexGuard<'_, BTreeMap<RunId, Live>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Now {
        Now { wall: self.clock.now(), mono: self.clock.monotonic() }
    }

    /// A name that no other run has, and that a label can hold: app and version for people, the rest
    /// from this process and its time.
    fn new_run(&self, app: &AppRef, version: &str) -> RunId {
        let number = self.said.fetch_add(1, Ordering::Relaxed);
        let seed = format!("{}/{}/{number}", self.holder, self.clock.now().millis());
        let fits = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
        let people = format!("{}-{version}", app.name);
        let mut name: String = people.chars().map(fits).take(LABEL - 9).collect();
        name.push('-');
        for byte in Sha256::digest(seed).iter().take(4) {
            // Writing to a String does not fail.
            let _infallible = write!(name, "{byte:02x}");
        }
        RunId::new(name)
    }
}
