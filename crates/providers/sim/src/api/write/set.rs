//! Writes to ReplicaSets.

use windlass_core::fence::{Fence, Token};
use windlass_core::id::{PodHash, RunId, TemplateDigest};
use windlass_core::platform::{Change, Receipt, Refusal, Templates, Write};

use super::deployment::named;
use super::{gone, misfit};
use crate::objects::{Labels, POD_TEMPLATE_HASH, RUN_LABEL, ReplicaSet, SetId, SetStatus};
use crate::world::{AppId, World};

impl World {
    pub(super) fn write_set(
        &mut self,
        app: AppId,
        templates: &Templates,
        fence: &Fence,
        write: &Write,
    ) -> Result<Receipt, Refusal> {
        let name = (self.store[app].name.namespace.clone(), write.object.name.clone());
        let found = self.store.set_names.get(&name).copied();
        if let Change::CreateSet { template, hash, run } = &write.change {
            if found.is_some() {
                return Err(Refusal::Exists);
            }
            if write.expect.token != Token::Absent {
                return Err(misfit(write));
            }
            return self.create_set(app, templates, fence, (write, template, hash, run));
        }
        let id = found.ok_or(Refusal::Missing)?;
        let cell = self.store.sets.get(&id).filter(|cell| cell.home == app);
        let set = &cell.ok_or(Refusal::Missing)?.object;
        set.meta.check(&write.expect)?;
        let mut next = ReplicaSet::clone(set);
        let uid = next.meta.uid.clone();
        next.meta.mark(fence);
        match &write.change {
            Change::SetReplicas(replicas) => next.replicas = *replicas,
            Change::Release => self.release_set(app, &mut next),
            Change::Adopt { revision } => {
                self.admit_set(app, &mut next)?;
                next.revision = *revision;
            }
            Change::Shelve => {
                self.admit_set(app, &mut next)?;
                next.meta.unmark();
            }
            Change::DeleteSet => {
                self.drop_set(id);
                return Ok(gone(uid));
            }
            Change::Seal => {}
            Change::Unseal => next.meta.unmark(),
            Change::CreateSet { .. }
            | Change::Template { .. }
            | Change::Paused(_)
            | Change::DeploymentReplicas(_)
            | Change::HistoryLimit(_)
            | Change::Pin(_)
            | Change::Unpin
            | Change::CreateService { .. }
            | Change::DeleteService
            | Change::Split { .. }
            | Change::Unsplit => return Err(misfit(write)),
        }
        self.put_set(id, next);
        self.set_receipt(id)
    }

    fn create_set(
        &mut self,
        app: AppId,
        templates: &Templates,
        fence: &Fence,
        (write, template, hash, run): (&Write, &TemplateDigest, &PodHash, &RunId),
    ) -> Result<Receipt, Refusal> {
        let template = named(templates, template)?;
        let owner = self.companion(app)?;
        let labels = Labels::one(POD_TEMPLATE_HASH, hash.as_str()).with(RUN_LABEL, run.as_str());
        let (serial, mut meta) =
            self.new_meta((write.object.name.clone(), "rs"), labels, Some(owner));
        meta.mark(fence);
        let spec = self.store[app].deployment.as_ref().map(|d| d.spec.clone());
        let spec = spec.ok_or(Refusal::Missing)?;
        let set = ReplicaSet {
            meta,
            revision: 0,
            past_revisions: Vec::new(),
            desired: None,
            max: None,
            replicas: 0,
            min_ready: spec.min_ready,
            template,
            hash: hash.clone(),
            pod_labels: spec.selector.with(POD_TEMPLATE_HASH, hash.as_str()),
            status: SetStatus::default(),
        };
        let id = self.add_set(app, serial, set);
        self.set_receipt(id)
    }

    /// Takes one label of the selector off, so that the Deployment lets go, and leaves an owner
    /// reference by which the set still goes with it.
    fn release_set(&self, app: AppId, set: &mut ReplicaSet) {
        if let Some(owner) = &mut set.meta.owner {
            owner.controller = false;
        }
        let Some(deployment) = &self.store[app].deployment else { return };
        if let Some((key, _)) = deployment.spec.selector.iter().next() {
            set.meta.labels.remove(key);
        }
    }

    /// Gives a set the labels of the selector, so that the Deployment adopts it.
    fn admit_set(&self, app: AppId, set: &mut ReplicaSet) -> Result<(), Refusal> {
        self.companion(app)?;
        let Some(deployment) = &self.store[app].deployment else { return Ok(()) };
        for (key, value) in deployment.spec.selector.iter() {
            set.meta.labels.set(key, value);
        }
        Ok(())
    }

    fn set_receipt(&self, id: SetId) -> Result<Receipt, Refusal> {
        let meta = &self.store.sets.get(&id).ok_or(Refusal::Missing)?.object.meta;
        Ok(Receipt { uid: meta.uid.clone(), token: meta.token() })
    }
}
