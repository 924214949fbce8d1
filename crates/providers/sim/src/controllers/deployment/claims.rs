//! Claims: which ReplicaSets the Deployment owns, by selector and owner reference.

use std::sync::Arc;

use super::look::{Again, Look, Set};
use crate::objects::{Owner, ReplicaSet, SetId};

impl Look<'_> {
    /// Adopts what matches the selector and has no manager, lets go of what no longer matches, and
    /// lists what is owned then, as the cache has it.
    pub(super) fn claim(&mut self) -> Result<(), Again> {
        let cached: Vec<_> = self.world.store[self.app].view.sets.clone().into_iter().collect();
        let mut outcome = Ok(());
        for (id, object) in cached {
            match self.claim_one(id, &object) {
                Ok(true) => self.sets.push(Set { id, object }),
                Ok(false) => {}
                Err(again) => outcome = Err(again),
            }
        }
        outcome
    }

    fn claim_one(&mut self, id: SetId, cached: &Arc<ReplicaSet>) -> Result<bool, Again> {
        let uid = self.deployment.meta.uid.clone();
        let matches = self.deployment.spec.selector.selects(&cached.meta.labels);
        match &cached.meta.owner {
            Some(owner) if owner.controller && owner.uid != uid => Ok(false),
            Some(owner) if owner.controller && matches => Ok(true),
            Some(owner) if owner.controller => {
                self.let_go(id);
                Ok(false)
            }
            Some(_) | None if matches => self.adopt(id),
            Some(_) | None => Ok(false),
        }
    }

    /// Takes the owner reference off. The patch names the set and the owner by identity and asks
    /// for nothing else, so that it lands on whatever the set is by now.
    fn let_go(&mut self, id: SetId) {
        let Some(cell) = self.world.store.sets.get(&id).filter(|cell| !cell.deleted) else {
            return;
        };
        let mut next = ReplicaSet::clone(&cell.object);
        if next.meta.owner.as_ref().is_some_and(|o| o.uid == self.deployment.meta.uid) {
            next.meta.owner = None;
            self.world.put_set(id, next);
        }
    }

    /// Becomes the manager of a set, after a fresh read has shown that the Deployment still exists.
    /// A set that is gone by now is not claimed; one that got another manager is tried again.
    fn adopt(&mut self, id: SetId) -> Result<bool, Again> {
        let uid = self.deployment.meta.uid.clone();
        let fresh = self.world.store[self.app].deployment.as_ref();
        if fresh.is_none_or(|fresh| fresh.meta.uid != uid) {
            return Err(Again);
        }
        let Some(cell) = self.world.store.sets.get(&id).filter(|cell| !cell.deleted) else {
            return Ok(false);
        };
        let mut next = ReplicaSet::clone(&cell.object);
        if next.meta.owner.as_ref().is_some_and(|owner| owner.controller && owner.uid != uid) {
            return Err(Again);
        }
        next.meta.owner = Some(Owner { uid, controller: true });
        self.world.put_set(id, next);
        Ok(true)
    }
}
