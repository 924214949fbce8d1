//! The Deployment controller of Kubernetes 1.36, as far as it decides who owns which ReplicaSet and
//! how large each is.
//!
//! It looks at two caches that lag behind the objects independently of each other, and writes with
//! the version that it has seen: a write on a stale view is refused, and the whole look is tried
//! again. Where this model is simpler than the original: everything that one look writes lands in
//! one instant, and events, `rollbackTo` and selector overlap are left out.

mod cache;
mod claims;
mod history;
mod look;
mod newest;
mod recreate;
mod resize;
mod rolling;
mod sizes;
mod status;

use crate::controllers::replica_set::back_off;
use crate::world::{AppId, World};

pub(crate) use cache::DeploymentView;

use look::Look;

/// Failed attempts in a row after which the controller waits for the next change.
const MAX_RETRIES: u32 = 15;

impl World {
    /// The controller looks at an app.
    pub(crate) fn sync_deployment(&mut self, app: AppId) {
        let view = &mut self.store[app].view;
        view.looked();
        let Some(deployment) = view.deployment.clone() else { return };
        let outcome = Look::new(self, app, &deployment).run();
        let failures = &mut self.store[app].view.failures;
        if outcome.is_ok() || *failures >= MAX_RETRIES {
            *failures = 0;
            return;
        }
        let after = back_off(*failures);
        *failures += 1;
        self.recheck_deployment(app, after);
    }
}

#[cfg(test)]
mod tests;
