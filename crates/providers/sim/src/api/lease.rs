//! Who holds an app.

use windlass_core::fence::{Claim, Epoch};
use windlass_core::id::{AppRef, Holder, RunId};
use windlass_core::platform::ClaimFault;

use crate::world::{AppId, WatchEvent, WatchKind, World};

impl World {
    /// Takes an app for a run, or takes the run over from whoever drives it. The epoch is one
    /// more than any that was ever given for this app.
    ///
    /// # Errors
    /// [`ClaimFault::Held`] while another run holds the app.
    pub fn claim(
        &mut self,
        app: &AppRef,
        run: &RunId,
        holder: &Holder,
    ) -> Result<Claim, ClaimFault> {
        let id = self.intern(app);
        let lease = &mut self.store[id].lease;
        if let Some((held, by)) = &lease.held
            && held != run
        {
            return Err(ClaimFault::Held { run: held.clone(), holder: by.clone() });
        }
        let alone = lease.held.is_none();
        lease.epoch = lease.epoch.next();
        lease.held = Some((run.clone(), holder.clone()));
        let claim = Claim { epoch: lease.epoch, alone };
        self.lease_changed(id);
        Ok(claim)
    }

    /// Gives an app back where this run and epoch hold it; true when they did.
    pub fn release(&mut self, app: &AppRef, run: &RunId, epoch: Epoch) -> bool {
        let Some(id) = self.find(app) else { return false };
        let lease = &mut self.store[id].lease;
        let ours = lease.epoch == epoch && lease.held.as_ref().is_some_and(|(held, _)| held == run);
        if ours {
            lease.held = None;
            self.lease_changed(id);
        }
        ours
    }

    fn lease_changed(&mut self, app: AppId) {
        self.record(app, (WatchKind::Lease, u64::from(app.0)), WatchEvent::Modified);
        self.log.stir(self.store[app].lease.epoch.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WorldConfig;

    fn claim(world: &mut World, run: &str) -> Result<Claim, ClaimFault> {
        world.claim(&AppRef::new("shop", "web"), &run.into(), &"h".into())
    }

    #[test]
    fn no_epoch_is_given_twice_even_after_a_release() {
        let mut world = World::new(1, WorldConfig::default());
        assert_eq!(claim(&mut world, "a"), Ok(Claim::alone(Epoch(1))));
        assert_eq!(claim(&mut world, "a"), Ok(Claim::over(Epoch(2))));
        assert!(world.release(&AppRef::new("shop", "web"), &"a".into(), Epoch(2)));
        assert_eq!(claim(&mut world, "b"), Ok(Claim::alone(Epoch(3))));
    }

    #[test]
    fn another_run_is_refused_with_the_name_of_the_holder() {
        let mut world = World::new(1, WorldConfig::default());
        claim(&mut world, "a").expect("nobody holds it");
        let refused = claim(&mut world, "b");
        assert_eq!(refused, Err(ClaimFault::Held { run: "a".into(), holder: "h".into() }));
    }

    #[test]
    fn a_driver_that_was_taken_over_cannot_release_the_app() {
        let mut world = World::new(1, WorldConfig::default());
        claim(&mut world, "a").expect("nobody holds it");
        claim(&mut world, "a").expect("the same run");
        assert!(!world.release(&AppRef::new("shop", "web"), &"a".into(), Epoch(1)));
        assert!(claim(&mut world, "b").is_err());
    }
}
