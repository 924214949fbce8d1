//! The Deployment's status: pod counts, and whether the rollout moves.

use windlass_core::platform::DeploymentStatus;
use windlass_core::time::Span;

use super::look::{Again, Family, Look};
use crate::objects::{Condition, Deployment, Progress, Status};

impl Look<'_> {
    /// Writes the pod counts.
    pub(super) fn write_counts(&mut self, family: &Family) -> Result<(), Again> {
        let next = self.counted(family);
        if next == self.deployment.status {
            return Ok(());
        }
        self.deployment.status = next;
        self.write_status()
    }

    /// Writes the pod counts and judges the progress of the rollout.
    pub(super) fn write_rollout_status(&mut self, family: &Family) -> Result<(), Again> {
        let mut next = self.counted(family);
        match self.deployment.spec.progress_deadline {
            Some(deadline) => self.judge_progress(&mut next, deadline),
            None => next.progressing = None,
        }
        next.replica_failure = family.all().any(|set| set.object.status.failure);
        if next == self.deployment.status {
            self.plan_deadline();
            return Ok(());
        }
        self.deployment.status = next;
        self.write_status()
    }

    fn counted(&self, family: &Family) -> Status {
        let (spec, old) = (&self.deployment.spec, &self.deployment.status);
        let updated = family.new.as_ref().map_or(0, |set| set.object.status.replicas);
        let pods = DeploymentStatus {
            replicas: family.all().map(|set| set.object.status.replicas).sum(),
            updated,
            ready: family.all().map(|set| set.object.status.ready).sum(),
            available: family.available(),
        };
        Status {
            observed_generation: self.deployment.meta.generation,
            pods,
            progressing: old.progressing,
            available: pods.available >= spec.replicas - spec.unavailable(),
            replica_failure: old.replica_failure,
            collisions: old.collisions,
        }
    }

    fn judge_progress(&self, next: &mut Status, deadline: Span) {
        let old = &self.deployment.status;
        let reason = old.progressing.map(|condition| condition.reason);
        let done = next.pods.replicas == next.pods.updated;
        if done && reason == Some(Progress::NewSetAvailable) {
            return;
        }
        let now = self.world.now;
        if is_complete(&self.deployment, next) {
            if reason != Some(Progress::NewSetAvailable) {
                next.progressing =
                    Some(Condition { reason: Progress::NewSetAvailable, updated: now });
            }
        } else if is_moving(&old.pods, &next.pods) {
            next.progressing = Some(Condition { reason: Progress::SetUpdated, updated: now });
        } else if let Some(condition) = next.progressing
            && is_judged(condition.reason)
            && condition.updated + deadline < now
        {
            next.progressing = Some(Condition { reason: Progress::DeadlineExceeded, updated: now });
        }
    }

    /// Plans a look for when the deadline has passed, a second late to be past it for sure.
    fn plan_deadline(&mut self) {
        let status = &self.deployment.status;
        let (Some(deadline), Some(condition)) =
            (self.deployment.spec.progress_deadline, status.progressing)
        else {
            return;
        };
        if is_complete(&self.deployment, status) || condition.reason == Progress::DeadlineExceeded {
            return;
        }
        let left = (condition.updated + deadline).since(self.world.now);
        self.look_again(left + Span::seconds(1));
    }
}

/// True when all pods that are asked for are of the new template and available, and no other is left.
pub(super) fn is_complete(deployment: &Deployment, status: &Status) -> bool {
    let size = deployment.spec.replicas;
    let pods = &status.pods;
    pods.updated == size
        && pods.replicas == size
        && pods.available == size
        && status.observed_generation >= deployment.meta.generation
}

/// True when new pods came, old ones went, or more became ready or available.
fn is_moving(old: &DeploymentStatus, new: &DeploymentStatus) -> bool {
    let outdated =
        |status: &DeploymentStatus| i64::from(status.replicas) - i64::from(status.updated);
    new.updated > old.updated
        || outdated(new) < outdated(old)
        || new.ready > old.ready
        || new.available > old.available
}

/// True for a condition from which the deadline is counted.
fn is_judged(reason: Progress) -> bool {
    match reason {
        Progress::NewSetAvailable | Progress::DeadlineExceeded => false,
        Progress::NewSetCreated
        | Progress::FoundNewSet
        | Progress::SetUpdated
        | Progress::Paused
        | Progress::Resumed => true,
    }
}
