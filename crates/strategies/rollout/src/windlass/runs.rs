//! What can be asked of the runs of a journal.

use std::fmt;

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

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunState::Driven(_) => f.write_str("this process drives it"),
            RunState::Queued { behind, since } => {
                write!(f, "queued behind {behind} since {since}")
            }
            RunState::Released => f.write_str("released, and not driven yet"),
            RunState::Left { phase, notch, of } => match phase {
                Phase::Before => f.write_str("left before its first notch"),
                Phase::Climb => write!(f, "left at notch {notch} of {of}"),
                Phase::Promote => f.write_str("left in its promotion"),
                Phase::Warm => f.write_str("left promoted, with the old side warm"),
                Phase::Settle => f.write_str("left promoted, on its way to rest"),
                Phase::Lower { .. } => f.write_str("left on its way back"),
                Phase::Yield { .. } => f.write_str("left on its way out of somebody's way"),
            },
            RunState::Ended(ending) => write!(f, "{} ({})", ending.result, ending.reason),
        }
    }
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

    pub(super) async fn look_up(&self, run: &RunId) -> Result<Listed, RunError> {
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
