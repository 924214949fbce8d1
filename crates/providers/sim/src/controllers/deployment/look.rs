//! One look of the Deployment controller: a copy of the Deployment, the sets it owns, and the two
//! writes it knows.

use std::sync::Arc;
use windlass_core::model::DeploymentStrategy;

use windlass_core::time::Span;

use crate::objects::{Condition, Deployment, Progress, ReplicaSet, SetId};
use crate::world::{AppId, WatchEvent, World};

/// The look could not be finished: it is tried again after a back-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Again;

/// A ReplicaSet as the cache has it, or as the last write of this look left it.
#[derive(Clone, Debug)]
pub(super) struct Set {
    pub(super) id: SetId,
    pub(super) object: Arc<ReplicaSet>,
}

impl Set {
    /// True when pods are asked of it.
    pub(super) fn is_active(&self) -> bool {
        self.object.replicas > 0
    }
}

/// The new set of a Deployment, where there is one, and the old ones.
#[derive(Clone, Debug)]
pub(super) struct Family {
    pub(super) new: Option<Set>,
    pub(super) old: Vec<Set>,
}

impl Family {
    /// All sets, the old ones first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Set> {
        self.old.iter().chain(&self.new)
    }

    /// Pods asked for, over all sets.
    pub(super) fn wanted(&self) -> u32 {
        self.all().map(|set| set.object.replicas).sum()
    }

    /// Available pods by the sets' status, over all sets.
    pub(super) fn available(&self) -> u32 {
        self.all().map(|set| set.object.status.available).sum()
    }
}

/// One look at one app.
pub(super) struct Look<'w> {
    pub(super) world: &'w mut World,
    pub(super) app: AppId,
    /// The Deployment as cached, with what this look has changed in it. Its version stays the one
    /// that was cached, so that a second write of its status in one look is refused.
    pub(super) deployment: Deployment,
    /// The sets that the Deployment owns.
    pub(super) sets: Vec<Set>,
}

impl<'w> Look<'w> {
    pub(super) fn new(world: &'w mut World, app: AppId, deployment: &Deployment) -> Self {
        Self { world, app, deployment: deployment.clone(), sets: Vec::new() }
    }

    /// Does what the Deployment asks for now.
    pub(super) fn run(mut self) -> Result<(), Again> {
        self.claim()?;
        self.note_pause()?;
        if self.deployment.spec.paused || self.is_resized()? {
            return self.resize();
        }
        match self.deployment.spec.strategy {
            DeploymentStrategy::Recreate => self.recreate(),
            DeploymentStrategy::RollingUpdate(_) => self.roll(),
        }
    }

    /// Writes a ReplicaSet with the version it was read at; gives it as it is then.
    pub(super) fn write_set(&mut self, id: SetId, next: ReplicaSet) -> Result<Set, Again> {
        let cell = self.world.store.sets.get(&id).filter(|cell| !cell.deleted).ok_or(Again)?;
        if cell.object.meta.version != next.meta.version {
            return Err(Again);
        }
        self.world.put_set(id, next);
        let cell = self.world.store.sets.get(&id).ok_or(Again)?;
        Ok(Set { id, object: Arc::clone(&cell.object) })
    }

    /// Writes the Deployment's status and revision with the version it was read at.
    pub(super) fn write_status(&mut self) -> Result<(), Again> {
        let found = self.world.store[self.app].deployment.as_ref().ok_or(Again)?;
        if found.meta.version != self.deployment.meta.version {
            return Err(Again);
        }
        let next = self.deployment.clone();
        self.world.put_deployment(self.app, next, WatchEvent::Status);
        Ok(())
    }

    /// Notes in the conditions that the Deployment was paused or resumed, so that the time it was
    /// paused does not count as time without progress.
    fn note_pause(&mut self) -> Result<(), Again> {
        if self.deployment.spec.progress_deadline.is_none() {
            return Ok(());
        }
        let reason = self.deployment.status.progressing.map(|condition| condition.reason);
        let next = match (self.deployment.spec.paused, reason) {
            (_, Some(Progress::DeadlineExceeded)) => return Ok(()),
            (true, Some(Progress::Paused)) => return Ok(()),
            (true, _) => Progress::Paused,
            (false, Some(Progress::Paused)) => Progress::Resumed,
            (false, _) => return Ok(()),
        };
        self.note_progress(next);
        self.write_status()
    }

    /// Sets the condition `Progressing`; one of the same reason stays as it is.
    pub(super) fn note_progress(&mut self, reason: Progress) {
        let now = self.world.now;
        let condition = &mut self.deployment.status.progressing;
        if condition.is_none_or(|found| found.reason != reason) {
            *condition = Some(Condition { reason, updated: now });
        }
    }

    /// Has the controller look again after a while.
    pub(super) fn look_again(&mut self, after: Span) {
        self.world.recheck_deployment(self.app, after);
    }
}
