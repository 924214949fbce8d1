//! Resizing: a Deployment that is paused, or whose size has changed, hands its pods out among the
//! ReplicaSets there are and makes none.

use std::cmp::Reverse;
use windlass_core::model::DeploymentStrategy;

use super::look::{Again, Family, Look, Set};
use super::newest::oldest_first;
use super::sizes::{Share, Whole, proportional};
use crate::objects::ReplicaSet;

impl Look<'_> {
    /// True when an active set was last sized for another size of the Deployment.
    pub(super) fn is_resized(&mut self) -> Result<bool, Again> {
        let family = self.family(false)?;
        let size = self.deployment.spec.replicas;
        let mut active = family.all().filter(|set| set.is_active());
        Ok(active.any(|set| set.object.desired.is_some_and(|desired| desired != size)))
    }

    /// Brings the sets to the Deployment's size, cleans the history of a paused one up, and writes
    /// the status.
    pub(super) fn resize(&mut self) -> Result<(), Again> {
        let family = self.family(false)?;
        self.spread_out(&family)?;
        if self.deployment.spec.paused {
            self.trim_history(&family.old);
        }
        self.write_counts(&family)
    }

    fn spread_out(&mut self, family: &Family) -> Result<(), Again> {
        let size = self.deployment.spec.replicas;
        let active: Vec<Set> = family.all().filter(|set| set.is_active()).cloned().collect();
        if active.len() < 2 {
            let newest = family.old.iter().max_by_key(|set| oldest_first(&set.object));
            let latest = active.first().or(family.new.as_ref()).or(newest);
            return match latest {
                Some(set) => self.size_set(&set.clone(), size).map(|_| ()),
                None => Ok(()),
            };
        }
        if family.new.as_ref().is_some_and(|new| is_saturated(&new.object, size)) {
            for old in family.old.iter().filter(|set| set.is_active()) {
                self.size_set(old, 0)?;
            }
            return Ok(());
        }
        match self.deployment.spec.strategy {
            DeploymentStrategy::Recreate => Ok(()),
            DeploymentStrategy::RollingUpdate(_) => self.share_out(active),
        }
    }

    /// Sizes several active sets in proportion, and notes in each for which size that was.
    fn share_out(&mut self, mut active: Vec<Set>) -> Result<(), Again> {
        active.sort_by_key(|set| oldest_first(&set.object));
        let share = |(age, set): (usize, &Set)| Share {
            replicas: set.object.replicas,
            max: set.object.max,
            age,
        };
        let shares: Vec<Share> = active.iter().enumerate().map(share).collect();
        let sizes = proportional(self.whole(), &shares);
        let mut sized: Vec<(Set, u32)> = active.into_iter().zip(sizes).collect();
        // Kubernetes writes from the largest on, and stops at the first write that is refused.
        sized.sort_by_key(|(set, _)| Reverse(set.object.replicas));
        for (set, size) in sized {
            self.write_size(&set, size)?;
        }
        Ok(())
    }

    /// Sets the size of a set where it differs; true when it did.
    pub(super) fn size_set(&mut self, set: &Set, size: u32) -> Result<Option<Set>, Again> {
        if set.object.replicas == size {
            return Ok(None);
        }
        self.write_size(set, size).map(Some)
    }

    fn write_size(&mut self, set: &Set, size: u32) -> Result<Set, Again> {
        let spec = &self.deployment.spec;
        let mut next = ReplicaSet::clone(&set.object);
        next.replicas = size;
        next.desired = Some(spec.replicas);
        next.max = Some(spec.replicas + spec.surge());
        if next == *set.object {
            return Ok(set.clone());
        }
        self.write_set(set.id, next)
    }

    pub(super) fn whole(&self) -> Whole {
        let spec = &self.deployment.spec;
        Whole {
            replicas: spec.replicas,
            surge: spec.surge(),
            status: self.deployment.status.pods.replicas,
        }
    }
}

/// True when the new set has all pods that are asked for, was sized for that, and all are available.
fn is_saturated(set: &ReplicaSet, size: u32) -> bool {
    set.replicas == size && set.desired == Some(size) && set.status.available == size
}
