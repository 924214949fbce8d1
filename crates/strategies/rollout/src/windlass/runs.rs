//! What can be asked of the runs of a journal.

use windlass_core::event::Ending;
use windlass_core::id::{AppRef, RunId};
use windlass_core::kernel::Machine;
use windlass_core::time::Timestamp;

use super::queue::{self, Ticket};
use super::{RunError, Waits, Windlass};
use crate::climb::{Climb, Phase};

/// One run of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The run.
    pub run: RunId,
    /// Its app.
    pub app: AppRef,
    /// The version that ran before; for one that is queued, the one that is to run before, or
    /// nothing where this journal does not know.
    pub from: String,
    /// The version that is released.
    pub to: String,
    /// Where it stands.
    pub state: RunState,
}

/// Where a run stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunState {
    /// This process drives it; what it waits for, once it has said so.
    Driven(Option<Waits>),
    /// It waits for its turn.
    Queued {
        /// The run that comes before it.
        behind: RunId,
        /// Since when.
        since: Timestamp,
    },
    /// This process has released it, and does not drive it yet.
    Released,
    /// Nobody in this process drives it. It stands at this notch, from 1, of so many, or is on its
    /// way up or down after that: resume it.
    Left {
        /// What it was at.
        phase: Phase,
        /// The notch.
        notch: u32,
        /// How many there are.
        of: u32,
    },
    /// It has ended.
    Ended(Ending),
}

impl Windlass {
    /// All runs of the journal, in the order of their names.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn list(&self) -> Result<Vec<Listed>, RunError> {
        let mut listed = Vec::new();
        for name in self.journal.runs().await? {
            let run = queue::begins(&name);
            if name == run || self.journal.ends(&run).await?.is_none() {
                listed.push(self.look_up(&run).await?);
            }
        }
        Ok(listed)
    }

    /// Why a run stands where it stands: what it waits for, until when, and what happens then; or
    /// how it ended, or who has to go on.
    ///
    /// # Errors
    /// When the journal does not know it.
    pub async fn why(&self, run: &RunId) -> Result<RunState, RunError> {
        Ok(self.look_up(run).await?.state)
    }

    async fn look_up(&self, run: &RunId) -> Result<Listed, RunError> {
        if self.journal.ends(run).await?.is_none()
            && let Some(ticket) = self.ticket(run).await?
        {
            return self.queued(ticket).await;
        }
        let climb = self.load(run).await?;
        let spec = climb.spec();
        let live = self.live().get(run).map(|live| live.parked.is_some());
        let state = match (climb.outcome(), live) {
            (Some(outcome), _) => RunState::Ended(Climb::ending(spec, outcome)),
            (None, Some(true)) => RunState::Released,
            (None, Some(false)) => RunState::Driven(self.ears.waits(run)),
            (None, None) => RunState::Left {
                phase: climb.state().phase.clone(),
                notch: climb.state().notch + 1,
                of: spec.track.top() + 1,
            },
        };
        let (app, from, to) = (spec.app.clone(), spec.from.clone(), spec.to.clone());
        Ok(Listed { run: run.clone(), app, from, to, state })
    }

    async fn queued(&self, ticket: Ticket) -> Result<Listed, RunError> {
        let app = ticket.release.app;
        let mut queue = self.tickets(&app).await?;
        queue.truncate(queue.iter().position(|it| it.run == ticket.run).unwrap_or(0));
        let unfinished = self.unfinished(&app).await?;
        let (behind, from) = match (queue.pop(), unfinished) {
            (Some(before), _) => (before.run, before.release.version),
            (None, Some(run)) => {
                let from = self.load(&run).await?.spec().to.clone();
                (run, from)
            }
            (None, None) => (ticket.behind, String::new()),
        };
        let state = RunState::Queued { behind, since: ticket.since };
        Ok(Listed { run: ticket.run, app, from, to: ticket.release.version, state })
    }
}
