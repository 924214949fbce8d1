//! Rollback window: the way back to a revision that ran not long ago is short.

use windlass_core::weight::Weight;

use crate::release::{Facts, Release};
use crate::strategy::{Kept, Misfit, Strategy};
use crate::track::{Notch, Notches, Place, Track};

/// Any strategy, but straight back to one of the last few revisions: what they prove was proven
/// when they ran. All else is climbed as the strategy says.
///
/// The candidate still has to be ready before it gets traffic, hooks before the rollout are still
/// asked, and the side that goes is still kept warm. The rule is argo-rollouts' `rollbackWindow`,
/// counted in the revisions that the Deployment keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollbackWindow<S> {
    /// The strategy for everything else.
    pub strategy: S,
    /// How many of the kept revisions, the newest first, are near enough.
    pub revisions: u32,
}

impl<S: Strategy> Strategy for RollbackWindow<S> {
    fn kept(&self) -> Option<Kept> {
        let strategy = Box::new(self.strategy.kept()?);
        Some(Kept::RollbackWindow { strategy, revisions: self.revisions })
    }

    fn track(&self, release: &Release, facts: &Facts) -> Result<Track, Vec<Misfit>> {
        let mut track = self.strategy.track(release, facts)?;
        let near = facts.kept.iter().take(self.revisions as usize);
        if near.into_iter().any(|side| side.template == release.template.digest) {
            track.strategy = format!("{}, straight back", track.strategy);
            track.notches = Notches::new(vec![Notch::at(Weight::FULL)])?;
            track.analyses.retain(|placed| placed.at == Place::After);
        }
        track.checked()
    }
}
