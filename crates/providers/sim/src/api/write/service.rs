//! Writes to Services.

use windlass_core::fence::{Fence, Token};
use windlass_core::id::{ObjectName, PodHash, RunId};
use windlass_core::platform::{Change, Receipt, Refusal, Write};

use super::{gone, misfit};
use crate::objects::{Labels, POD_TEMPLATE_HASH, RUN_LABEL, Service, ServiceId};
use crate::world::{AppId, World};

impl World {
    pub(super) fn write_service(
        &mut self,
        app: AppId,
        fence: &Fence,
        write: &Write,
    ) -> Result<Receipt, Refusal> {
        let found = self.service_id(app, &write.object.name);
        if let Change::CreateService { like, pin, run } = &write.change {
            if found.is_some() {
                return Err(Refusal::Exists);
            }
            if write.expect.token != Token::Absent {
                return Err(misfit(write));
            }
            return self.copy_service(app, fence, (&write.object.name, like, pin, run));
        }
        let id = found.ok_or(Refusal::Missing)?;
        let cell = self.store.services.get(&id).filter(|cell| cell.home == app);
        let service = &cell.ok_or(Refusal::Missing)?.object;
        service.meta.check(&write.expect)?;
        let mut next = Service::clone(service);
        let uid = next.meta.uid.clone();
        next.meta.mark(fence);
        match &write.change {
            Change::Pin(hash) => next.selector.set(POD_TEMPLATE_HASH, hash.as_str()),
            Change::Unpin => {
                next.selector.remove(POD_TEMPLATE_HASH);
                next.meta.unmark();
            }
            Change::DeleteService => {
                self.drop_service(id);
                return Ok(gone(uid));
            }
            Change::Seal => {}
            Change::Unseal => next.meta.unmark(),
            Change::CreateService { .. }
            | Change::Template { .. }
            | Change::Paused(_)
            | Change::DeploymentReplicas(_)
            | Change::HistoryLimit(_)
            | Change::CreateSet { .. }
            | Change::SetReplicas(_)
            | Change::Release
            | Change::Adopt { .. }
            | Change::Shelve
            | Change::DeleteSet
            | Change::Split { .. }
            | Change::Unsplit => return Err(misfit(write)),
        }
        self.put_service(id, next);
        self.service_receipt(id)
    }

    fn copy_service(
        &mut self,
        app: AppId,
        fence: &Fence,
        (name, like, pin, run): (&ObjectName, &ObjectName, &PodHash, &RunId),
    ) -> Result<Receipt, Refusal> {
        let owner = self.companion(app)?;
        let model = self.service_cell(&self.store[app], like).map(|cell| cell.object.clone());
        let Some(model) = model else {
            let reason = format!("Service {like} does not exist");
            return Err(Refusal::Invalid { reason });
        };
        let labels = Labels::one(RUN_LABEL, run.as_str());
        let (serial, mut meta) = self.new_meta((name.clone(), "svc"), labels, Some(owner));
        meta.mark(fence);
        let selector = model.selector.clone().with(POD_TEMPLATE_HASH, pin.as_str());
        self.add_service(app, serial, Service { meta, selector, port: model.port });
        self.service_receipt(ServiceId(serial))
    }

    pub(crate) fn service_id(&self, app: AppId, name: &ObjectName) -> Option<ServiceId> {
        let key = (self.store[app].name.namespace.clone(), name.clone());
        self.store.service_names.get(&key).copied()
    }

    fn service_receipt(&self, id: ServiceId) -> Result<Receipt, Refusal> {
        let meta = &self.store.services.get(&id).ok_or(Refusal::Missing)?.object.meta;
        Ok(Receipt { uid: meta.uid.clone(), token: meta.token() })
    }
}
