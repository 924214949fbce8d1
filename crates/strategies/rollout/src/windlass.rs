//! What users hold: plans, releases, and every run of this process.

mod ears;
mod error;
mod runs;
mod sweep;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::{join_all, select};
use sha2::{Digest as _, Sha256};
use windlass_core::clock::Clock;
use windlass_core::engine::{
    Doors, DriveError, Effect, Inbox, Now, Outbox, Pace, Run, Stop, drive, mailbox,
};
use windlass_core::event::Ending;
use windlass_core::id::{AppRef, Holder, RunId};
use windlass_core::journal::{Journal, MemoryJournal};
use windlass_core::kernel::{Machine, Signal, SignalKind};
use windlass_core::platform::{AppScope, ClaimFault, Host, Platform, SilentHost};
use windlass_core::time::Span;

pub use ears::Waits;
pub use error::{ReleaseError, RunError};
pub use runs::{Listed, RunState};
pub use sweep::{Residue, SweepError};

use crate::application::Application;
use crate::climb::Climb;
use crate::gather::{GatherError, Observed};
use crate::plan::{Plan, PlanError};
use crate::strategy::Strategy;
use crate::world::ClimbWorld;
use ears::Ears;

/// How long to wait for a change of an app that a run holds before it is looked at anyway.
const LOOK_AGAIN: Span = Span::seconds(15);

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

/// What to do where a run holds the app that a further version is to be released to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    /// Release nothing, and say who holds it.
    Refuse,
    /// Wait until that run has ended, then plan and release.
    Queue,
    /// Abort that run, wait until all is as it was, then plan and release.
    Supersede,
}

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

    /// Runs are kept there: what is acknowledged there outlives this process.
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
        let (app, route) = (&wanted.release.app, wanted.route.as_ref());
        let observed = Observed::read(&self.platform, app, &wanted.services, route).await?;
        let run = self.new_run(app, &wanted.release.version);
        Plan::of(run, &self.platform.name, wanted, &observed, strategy)
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
        if let Some(lease) = &observed.app.lease {
            let (run, holder) = (lease.run.clone(), lease.holder.to_string());
            return Err(GatherError::Held { app: spec.app.clone(), run, holder }.into());
        }
        let moved = plan.moved(&observed);
        if !moved.is_empty() {
            return Err(ReleaseError::Moved { app: spec.app.clone(), moved });
        }
        let spec = Arc::new(spec.clone());
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

    /// Plans and releases; where a run holds the app, as `busy` says. What waits in a queue waits
    /// in this future alone: it is planned when its turn has come, against the world as it is then.
    ///
    /// # Errors
    /// As for [`plan`](Windlass::plan) and [`release`](Windlass::release); besides, when a run is
    /// to be superseded that another process drives.
    pub async fn release_next(
        &self,
        wanted: &Application,
        strategy: &dyn Strategy,
        busy: Busy,
    ) -> Result<RunId, ReleaseError> {
        let mut told = None;
        loop {
            let planned = self.plan(wanted, strategy).await.map_err(ReleaseError::from);
            let released = match planned {
                Ok(plan) => self.release(&plan).await,
                Err(error) => Err(error),
            };
            let Some(holding) = released.as_ref().err().and_then(ReleaseError::held_by) else {
                return released;
            };
            match busy {
                Busy::Refuse => return released,
                Busy::Queue => {}
                Busy::Supersede if told.as_ref() == Some(holding) => {}
                Busy::Supersede => {
                    let reason = format!("{} is to be released instead", wanted.release.version);
                    self.signal(holding, SignalKind::Abort, self.holder.as_str(), &reason)?;
                    told = Some(holding.clone());
                }
            }
            self.changed(&wanted.release.app).await;
        }
    }

    /// Drives a run until it has ended: one that was released here, or one that is in the journal
    /// and that nobody drives. Drop the future to stop; the run can be resumed.
    ///
    /// # Errors
    /// When the run is not known or driven already, its app is taken, or the journal fails.
    pub async fn drive(&self, run: &RunId) -> Result<Ending, RunError> {
        let (parked, _driving) = self.take(run)?;
        let Parked { run: mut climb, first, mut inbox } = match parked {
            Ok(parked) => parked,
            Err(inbox) => Parked { run: self.load(run).await?, first: Vec::new(), inbox },
        };
        if let Some(outcome) = climb.outcome().cloned() {
            self.give_back(&climb).await?;
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
    /// once until each has ended. One that had ended gives its app back, where it still holds it.
    ///
    /// # Errors
    /// When the journal cannot be read. What goes wrong with one run stands beside it.
    pub async fn resume_all(&self) -> Result<Vec<(RunId, Result<Ending, RunError>)>, RunError> {
        let known = self.journal.runs().await?;
        let driven = |run: &RunId| self.live().get(run).is_some_and(|it| it.parked.is_none());
        let left: Vec<RunId> = known.into_iter().filter(|run| !driven(run)).collect();
        Ok(self.drive_all(&left).await)
    }

    /// Tells a run that this process drives, or has released, something.
    ///
    /// # Errors
    /// When it does not: resume the run first, or tell the process that drives it.
    pub fn signal(
        &self,
        run: &RunId,
        kind: SignalKind,
        by: &str,
        reason: &str,
    ) -> Result<(), RunError> {
        let number = self.said.fetch_add(1, Ordering::Relaxed);
        let (by, reason) = (by.to_owned(), reason.to_owned());
        let id = format!("{}-{number}", self.holder);
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

    /// A name that no other run has: app and version for people, the rest from this process and
    /// its time.
    fn new_run(&self, app: &AppRef, version: &str) -> RunId {
        let number = self.said.fetch_add(1, Ordering::Relaxed);
        let seed = format!("{}/{}/{number}", self.holder, self.clock.now().millis());
        let mut name = format!("{}-{version}-", app.name);
        for byte in Sha256::digest(seed).iter().take(4) {
            // Writing to a String does not fail.
            let _infallible = write!(name, "{byte:02x}");
        }
        RunId::new(name)
    }

    /// Marks a run as driven by the caller; its parked state, or where its signals come in.
    fn take(&self, run: &RunId) -> Result<(Result<Parked, Inbox>, Driving<'_>), RunError> {
        let mut live = self.live();
        let taken = match live.get_mut(run) {
            Some(known) => {
                Ok(known.parked.take().ok_or_else(|| RunError::Driven { run: run.clone() })?)
            }
            None => {
                let (outbox, inbox) = mailbox();
                live.insert(run.clone(), Live { outbox, parked: None });
                Err(inbox)
            }
        };
        Ok((taken, Driving { windlass: self, run: run.clone() }))
    }

    async fn load(&self, run: &RunId) -> Result<Run<Climb>, RunError> {
        let ends = self.journal.ends(run).await?;
        let (first, index, last) = ends.ok_or_else(|| RunError::Unknown { run: run.clone() })?;
        Ok(Run::resume(&first, index, &last, Pace::default(), self.now())?)
    }

    /// An ended run must not hold its app.
    async fn give_back(&self, climb: &Run<Climb>) -> Result<(), RunError> {
        let (run, app) = (climb.id(), &climb.spec().app);
        let failed = |reason: String| RunError::GiveBack { run: run.clone(), reason };
        let scope = AppScope { app: app.clone(), services: Vec::new() };
        let workloads = &self.platform.workloads;
        let seen = workloads.observe(&scope).await.map_err(|fault| failed(fault.to_string()))?;
        if seen.lease.is_some_and(|lease| lease.run == *run) {
            let claimed = workloads.claim(app, run, &self.holder).await;
            let epoch = claimed.map_err(|fault| failed(fault.to_string()))?;
            let given = workloads.release(app, run, epoch).await;
            given.map_err(|fault| failed(fault.to_string()))?;
        }
        Ok(())
    }

    /// Resolves when an app may have changed, or after a while.
    async fn changed(&self, app: &AppRef) {
        let changed = self.platform.workloads.changed(app);
        let later = self.clock.sleep_until(self.clock.monotonic() + LOOK_AGAIN);
        let _either = select(changed, later).await;
    }
}

/// While it lives, the run is driven.
struct Driving<'a> {
    windlass: &'a Windlass,
    run: RunId,
}

impl Drop for Driving<'_> {
    fn drop(&mut self) {
        self.windlass.live().remove(&self.run);
        self.windlass.ears.forget(&self.run);
    }
}
