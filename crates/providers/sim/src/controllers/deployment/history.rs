//! The history: old ReplicaSets that are kept to go back to.

use super::look::{Look, Set};
use super::newest::oldest_first;
use super::status::is_complete;

impl Look<'_> {
    /// Trims the history of a Deployment whose status, as it was read, says that it is complete.
    pub(super) fn trim_history_when_complete(&mut self, old: &[Set]) {
        if is_complete(&self.deployment, &self.deployment.status) {
            self.trim_history(old);
        }
    }

    /// Deletes the old sets of the lowest revisions beyond the limit, except those that have or want
    /// pods. Sets that cannot be deleted count against the limit all the same.
    pub(super) fn trim_history(&mut self, old: &[Set]) {
        let limit = usize::try_from(self.deployment.spec.history_limit).unwrap_or(usize::MAX);
        let mut old: Vec<&Set> = old.iter().collect();
        old.sort_by_key(|set| (set.object.revision, oldest_first(&set.object)));
        let beyond = old.len().saturating_sub(limit);
        for set in old.into_iter().take(beyond) {
            let (object, status) = (&set.object, &set.object.status);
            let settled = status.observed_generation >= object.meta.generation;
            if status.replicas == 0 && object.replicas == 0 && settled {
                self.world.drop_set(set.id);
            }
        }
    }
}
