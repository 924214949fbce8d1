//! The writes of a run: precondition and effect in one instant.

mod deployment;
mod service;
mod set;

use windlass_core::fence::{Fence, Token};
use windlass_core::id::{AppRef, Kind, Uid};
use windlass_core::platform::{Receipt, Refusal, Templates, Write};

use crate::objects::Owner;
use crate::world::{AppId, World};

impl World {
    /// Sends one write. It takes effect now, or is refused and never does; the precondition is
    /// compared in the same instant.
    ///
    /// # Errors
    /// - [`Refusal::Stale`]: identity or token are not what the write expects.
    /// - [`Refusal::Missing`]: the object does not exist. [`Refusal::Exists`]: its name is taken.
    /// - [`Refusal::Invalid`]: the change does not fit the kind, names a template that is not among
    ///   `templates`, or refers to an object that does not exist.
    pub fn write(
        &mut self,
        app: &AppRef,
        templates: &Templates,
        fence: &Fence,
        write: &Write,
    ) -> Result<Receipt, Refusal> {
        let id = self.find(app).ok_or(Refusal::Missing)?;
        match write.object.kind {
            Kind::Deployment => self.write_deployment(id, templates, write),
            Kind::ReplicaSet => self.write_set(id, templates, fence, write),
            Kind::Service => self.write_service(id, fence, write),
            Kind::Route => Err(misfit(write)),
        }
    }

    /// The reference to the app's Deployment that an object made for a run carries: it goes with
    /// the Deployment, but is not managed by it.
    fn companion(&self, app: AppId) -> Result<Owner, Refusal> {
        let app = &self.store[app];
        let Some(deployment) = &app.deployment else {
            let reason = format!("Deployment {} does not exist", app.name);
            return Err(Refusal::Invalid { reason });
        };
        Ok(Owner { uid: deployment.meta.uid.clone(), controller: false })
    }
}

/// The receipt of a delete: nothing is there any more.
fn gone(uid: Uid) -> Receipt {
    Receipt { uid, token: Token::Absent }
}

/// The refusal of a change that does not fit its object.
fn misfit(write: &Write) -> Refusal {
    Refusal::Invalid { reason: format!("{}: cannot {}", write.object, write.change) }
}

#[cfg(test)]
mod tests;
