//! What people and other controllers do: `kubectl`, autoscalers, drains, lost nodes. None of it
//! carries a fence or asks what a run is doing.

mod rollout;
mod things;

use windlass_core::id::AppRef;
use windlass_core::platform::Refusal;

use crate::objects::{Deployment, DeploymentSpec, Labels, Status};
use crate::world::{AppId, Event, WatchEvent, WatchKind, World};

impl World {
    /// `kubectl apply`: makes the app's Deployment, or sets its whole spec to that of the manifest.
    /// Replicas that an autoscaler owns are set with the rest: give the current ones to keep them.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for another selector than the Deployment has.
    pub fn apply(&mut self, app: &AppRef, manifest: DeploymentSpec) -> Result<(), Refusal> {
        let id = self.intern(app);
        let Some(mut next) = self.deployment(app).cloned() else {
            self.create_deployment(id, manifest);
            return Ok(());
        };
        if next.spec.selector != manifest.selector {
            let reason = "spec.selector: field is immutable".to_owned();
            return Err(Refusal::Invalid { reason });
        }
        next.spec = manifest;
        self.put_deployment(id, next, WatchEvent::Modified);
        Ok(())
    }

    fn create_deployment(&mut self, app: AppId, spec: DeploymentSpec) {
        let name = self.store[app].name.name.clone();
        let (_, meta) = self.new_meta((name, "deploy"), Labels::default(), None);
        let deployment = Deployment { meta, revision: 0, spec, status: Status::default() };
        self.put_deployment(app, deployment, WatchEvent::Added);
    }

    /// Edits the Deployment as a person does: no precondition, last writer wins.
    ///
    /// # Errors
    /// [`Refusal::Missing`] where there is none.
    pub fn edit(
        &mut self,
        app: &AppRef,
        change: impl FnOnce(&mut DeploymentSpec),
    ) -> Result<(), Refusal> {
        let id = self.find(app).ok_or(Refusal::Missing)?;
        let mut next = self.deployment(app).cloned().ok_or(Refusal::Missing)?;
        change(&mut next.spec);
        self.put_deployment(id, next, WatchEvent::Modified);
        Ok(())
    }

    /// `kubectl scale`, or an autoscaler: sets `spec.replicas`.
    ///
    /// # Errors
    /// [`Refusal::Missing`] where there is no Deployment.
    pub fn scale(&mut self, app: &AppRef, replicas: u32) -> Result<(), Refusal> {
        self.edit(app, |spec| spec.replicas = replicas)
    }

    /// `kubectl rollout pause` and `resume`.
    ///
    /// # Errors
    /// [`Refusal::Missing`] where there is no Deployment.
    pub fn pause(&mut self, app: &AppRef, paused: bool) -> Result<(), Refusal> {
        self.edit(app, |spec| spec.paused = paused)
    }

    /// `kubectl annotate deployment`. As with every annotation, the generation moves.
    ///
    /// # Errors
    /// [`Refusal::Missing`] where there is no Deployment.
    pub fn annotate(&mut self, app: &AppRef, key: &str, value: &str) -> Result<(), Refusal> {
        let id = self.find(app).ok_or(Refusal::Missing)?;
        let mut next = self.deployment(app).cloned().ok_or(Refusal::Missing)?;
        next.meta.annotations.set(key, value);
        self.put_deployment(id, next, WatchEvent::Modified);
        Ok(())
    }

    /// `kubectl delete deployment`: what it owns is collected afterwards.
    ///
    /// # Errors
    /// [`Refusal::Missing`] where there is none.
    pub fn delete_deployment(&mut self, app: &AppRef) -> Result<(), Refusal> {
        let id = self.find(app).ok_or(Refusal::Missing)?;
        self.store[id].deployment.take().ok_or(Refusal::Missing)?;
        self.record(id, (WatchKind::Deployment, u64::from(id.0)), WatchEvent::Deleted);
        self.tell_deployment(id, None);
        let after = self.draw(id, self.config.garbage);
        self.plan(after, Event::CollectApp(id));
        Ok(())
    }
}
