//! Strategies that can be written down: what a release in a queue is planned by, also by the next
//! process.

use serde::{Deserialize, Serialize};

use crate::release::{Facts, Release};
use crate::strategy::{
    BlueGreen, Canary, Misfit, Recreate, RollbackWindow, RollingUpdate, Strategy,
};
use crate::track::Track;

/// A strategy as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kept {
    /// A canary.
    Canary(Canary),
    /// A blue-green rollout.
    BlueGreen(BlueGreen),
    /// A rolling update.
    RollingUpdate(RollingUpdate),
    /// Recreate.
    Recreate(Recreate),
    /// A strategy with a short way back to one of the last few revisions.
    RollbackWindow {
        /// For everything else.
        strategy: Box<Kept>,
        /// How many of the kept revisions are near enough.
        revisions: u32,
    },
    /// A track that does not depend on how the app is then: a strategy of your own may give one.
    Track(Box<Track>),
}

impl Strategy for Kept {
    fn track(&self, release: &Release, facts: &Facts) -> Result<Track, Vec<Misfit>> {
        match self {
            Kept::Canary(it) => it.track(release, facts),
            Kept::BlueGreen(it) => it.track(release, facts),
            Kept::RollingUpdate(it) => it.track(release, facts),
            Kept::Recreate(it) => it.track(release, facts),
            Kept::RollbackWindow { strategy, revisions } => {
                let strategy = Kept::clone(strategy);
                RollbackWindow { strategy, revisions: *revisions }.track(release, facts)
            }
            Kept::Track(track) => Track::clone(track).checked(),
        }
    }

    fn kept(&self) -> Option<Kept> {
        Some(self.clone())
    }
}
