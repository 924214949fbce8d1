//! Which runs this process drives, and taking them up and giving their apps back.

use futures_util::future::join;
use windlass_core::engine::{Pace, Run, mailbox};
use windlass_core::event::Ending;
use windlass_core::id::RunId;
use windlass_core::kernel::SignalKind;
use windlass_core::platform::AppScope;

use super::{Inbox, Live, Parked, RunError, Windlass};
use crate::climb::Climb;

impl Windlass {
    /// Marks a run as driven by the caller; its parked state, or where its signals come in.
    pub(super) fn take(
        &self,
        run: &RunId,
    ) -> Result<(Result<Parked, Inbox>, Driving<'_>), RunError> {
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

    pub(super) async fn load(&self, run: &RunId) -> Result<Run<Climb>, RunError> {
        let ends = self.journal.ends(run).await?;
        let (first, index, last) = ends.ok_or_else(|| RunError::Unknown { run: run.clone() })?;
        Ok(Run::resume(&first, index, &last, Pace::default(), self.now())?)
    }

    /// Takes up a run that nobody here drives, aborts it, and drives it to its end.
    pub(super) async fn climb_back(&self, run: &RunId, reason: &str) -> Result<Ending, RunError> {
        let abort = || self.signal(run, SignalKind::Abort, self.holder.as_str(), reason);
        // Driving comes first: a run can be told something once it is driven.
        let (ended, _told) = join(self.climb(run), async { abort() }).await;
        ended
    }

    /// An ended run must not hold its app.
    pub(super) async fn give_back(&self, climb: &Run<Climb>) -> Result<(), RunError> {
        let (run, app) = (climb.id(), &climb.spec().app);
        let failed = |reason: String| RunError::GiveBack { run: run.clone(), reason };
        let scope = AppScope { app: app.clone(), services: Vec::new() };
        let workloads = &self.platform.workloads;
        let seen = workloads.observe(&scope).await.map_err(|fault| failed(fault.to_string()))?;
        if seen.lease.is_some_and(|lease| lease.run == *run) {
            let claimed = workloads.claim(app, run, &self.holder).await;
            let claim = claimed.map_err(|fault| failed(fault.to_string()))?;
            let given = workloads.release(app, run, claim.epoch).await;
            given.map_err(|fault| failed(fault.to_string()))?;
        }
        Ok(())
    }
}

/// While it lives, the run is driven.
pub(super) struct Driving<'a> {
    windlass: &'a Windlass,
    run: RunId,
}

impl Drop for Driving<'_> {
    fn drop(&mut self) {
        self.windlass.live().remove(&self.run);
        self.windlass.ears.forget(&self.run);
    }
}
