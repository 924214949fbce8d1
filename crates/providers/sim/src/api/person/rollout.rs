//! `kubectl rollout undo` and `restart`.

use windlass_core::id::AppRef;
use windlass_core::platform::{Refusal, Template};

use crate::objects::{Deployment, ReplicaSet};
use crate::world::{WatchEvent, World};

impl World {
    /// `kubectl rollout undo`: takes the template of an earlier revision, the last but one where
    /// none is given, and with it the annotations that its ReplicaSet carries.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] on a paused Deployment and for a revision that is not in the history;
    /// [`Refusal::Missing`] where there is no Deployment.
    pub fn undo(&mut self, app: &AppRef, revision: Option<u64>) -> Result<(), Refusal> {
        let id = self.find(app).ok_or(Refusal::Missing)?;
        let mut next = self.deployment(app).cloned().ok_or(Refusal::Missing)?;
        refuse_paused(&next, "roll back")?;
        let set = self.revision_of(app, &next, revision);
        let Some(set) = set else {
            let reason = "no such revision in the rollout history".to_owned();
            return Err(Refusal::Invalid { reason });
        };
        if set.template.digest != next.spec.template.digest {
            next.spec.template = set.template.clone();
            next.meta.annotations = set.meta.annotations.clone();
            self.put_deployment(id, next, WatchEvent::Modified);
        }
        Ok(())
    }

    /// The ReplicaSet of a revision in the history, or of the last but one.
    fn revision_of<'w>(
        &'w self,
        app: &AppRef,
        deployment: &Deployment,
        revision: Option<u64>,
    ) -> Option<&'w ReplicaSet> {
        let selector = &deployment.spec.selector;
        let mut history: Vec<_> = self
            .replica_sets(app)
            .filter(|set| selector.selects(&set.meta.labels))
            .filter(|set| set.meta.controlled_by(&deployment.meta.uid))
            .collect();
        history.sort_by_key(|set| std::cmp::Reverse(set.revision));
        match revision {
            Some(revision) => history.into_iter().find(|set| set.revision == revision),
            None => history.into_iter().nth(1),
        }
    }

    /// `kubectl rollout restart`: the same template with a new time in its annotations, which makes
    /// it another one. `stamped` is that template.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] on a paused Deployment; [`Refusal::Missing`] where there is none.
    pub fn restart(&mut self, app: &AppRef, stamped: Template) -> Result<(), Refusal> {
        let deployment = self.deployment(app).ok_or(Refusal::Missing)?;
        refuse_paused(deployment, "restart")?;
        self.edit(app, |spec| spec.template = stamped)
    }
}

fn refuse_paused(deployment: &Deployment, what: &str) -> Result<(), Refusal> {
    if !deployment.spec.paused {
        return Ok(());
    }
    let name = &deployment.meta.name;
    let reason = format!("cannot {what} Deployment {name} while it is paused: resume it first");
    Err(Refusal::Invalid { reason })
}
