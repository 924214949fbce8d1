//! Writes to the Deployment. They leave no mark: its annotations travel.

use windlass_core::fence::Token;
use windlass_core::platform::{Change, Receipt, Refusal, Template, Templates, Write};

use super::misfit;
use crate::objects::Deployment;
use crate::world::{AppId, WatchEvent, World};

impl World {
    pub(super) fn write_deployment(
        &mut self,
        app: AppId,
        templates: &Templates,
        write: &Write,
    ) -> Result<Receipt, Refusal> {
        let found = self.store[app].deployment.as_ref();
        let found = found.filter(|d| d.meta.name == write.object.name).ok_or(Refusal::Missing)?;
        found.meta.check(&write.expect)?;
        let mut next = Deployment::clone(found);
        match &write.change {
            Change::Template { template, paused, strategy } => {
                next.spec.template = named(templates, template)?;
                next.spec.paused = *paused;
                if let Some(strategy) = strategy {
                    next.spec.strategy = *strategy;
                }
            }
            Change::Paused(paused) => next.spec.paused = *paused,
            Change::DeploymentReplicas(replicas) => next.spec.replicas = *replicas,
            Change::HistoryLimit(limit) => next.spec.history_limit = *limit,
            Change::CreateSet { .. }
            | Change::SetReplicas(_)
            | Change::Release
            | Change::Adopt { .. }
            | Change::Shelve
            | Change::DeleteSet
            | Change::Pin(_)
            | Change::Unpin
            | Change::CreateService { .. }
            | Change::DeleteService
            | Change::Split { .. }
            | Change::Unsplit
            | Change::Seal
            | Change::Unseal => return Err(misfit(write)),
        }
        let uid = next.meta.uid.clone();
        self.put_deployment(app, next, WatchEvent::Modified);
        let generation = self.store[app].deployment.as_ref().map_or(0, |d| d.meta.generation);
        Ok(Receipt { uid, token: Token::Generation(generation) })
    }
}

/// Looks a template up among those of the run.
pub(super) fn named(
    templates: &Templates,
    digest: &windlass_core::id::TemplateDigest,
) -> Result<Template, Refusal> {
    let unknown = || Refusal::Invalid { reason: format!("no template of the run is {digest}") };
    templates.get(digest).cloned().ok_or_else(unknown)
}
