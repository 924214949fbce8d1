//! Recreate: all old pods go before the first new one is made.

use super::look::{Again, Family, Look};

impl Look<'_> {
    /// Empties the old sets, waits until their pods are gone, then makes and fills the new one.
    pub(super) fn recreate(&mut self) -> Result<(), Again> {
        let mut family = self.family(false)?;
        let mut emptied = false;
        for set in &family.old {
            emptied |= self.size_set(set, 0)?.is_some();
        }
        if emptied || self.old_pods_run(&family) {
            return self.write_rollout_status(&family);
        }
        if family.new.is_none() {
            family = self.family(true)?;
        }
        if let Some(new) = family.new.clone() {
            self.size_set(&new, self.deployment.spec.replicas)?;
        }
        self.trim_history_when_complete(&family.old);
        self.write_rollout_status(&family)
    }

    /// True while an old set says that it has pods, or one of those, even a terminating one, is
    /// still there.
    fn old_pods_run(&self, family: &Family) -> bool {
        family.old.iter().any(|set| {
            let cell = self.world.store.sets.get(&set.id);
            let pods = cell.map(|cell| cell.pods.counts).unwrap_or_default();
            set.object.status.replicas > 0 || pods.active + pods.terminating > 0
        })
    }
}
