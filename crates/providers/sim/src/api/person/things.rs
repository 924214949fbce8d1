//! ReplicaSets, pods, Services, budgets and quotas in the hands of people and nodes.

use windlass_core::id::{AppRef, ObjectName};
use windlass_core::platform::Refusal;

use crate::objects::{Budget, Labels, Phase, PodId, Quota, ReplicaSet, Service, SetId};
use crate::world::{AppId, WatchEvent, WatchKind, World};

impl World {
    /// `kubectl label replicaset`: sets a label, or takes it off.
    ///
    /// # Errors
    /// [`Refusal::Missing`] where there is no such ReplicaSet.
    pub fn label_set(
        &mut self,
        app: &AppRef,
        set: &ObjectName,
        (key, value): (&str, Option<&str>),
    ) -> Result<(), Refusal> {
        self.edit_set(app, set, |set| match value {
            Some(value) => set.meta.labels.set(key, value),
            None => {
                set.meta.labels.remove(key);
            }
        })
    }

    /// Edits a ReplicaSet as a person does: no precondition, last writer wins.
    ///
    /// # Errors
    /// [`Refusal::Missing`] where there is no such ReplicaSet.
    pub fn edit_set(
        &mut self,
        app: &AppRef,
        set: &ObjectName,
        change: impl FnOnce(&mut ReplicaSet),
    ) -> Result<(), Refusal> {
        let id = self.set_id(app, set)?;
        let cell = self.store.sets.get(&id).ok_or(Refusal::Missing)?;
        let mut next = ReplicaSet::clone(&cell.object);
        change(&mut next);
        self.put_set(id, next);
        Ok(())
    }

    /// `kubectl delete replicaset`: its pods are collected afterwards.
    ///
    /// # Errors
    /// [`Refusal::Missing`] where there is no such ReplicaSet.
    pub fn delete_set(&mut self, app: &AppRef, set: &ObjectName) -> Result<(), Refusal> {
        let id = self.set_id(app, set)?;
        self.drop_set(id);
        Ok(())
    }

    /// `kubectl delete pod`: it is told to end, and its ReplicaSet makes another.
    ///
    /// # Errors
    /// [`Refusal::Missing`] for a pod that is gone.
    pub fn delete_pod(&mut self, pod: PodId) -> Result<(), Refusal> {
        let set = self.living(pod)?;
        self.end_pod(pod);
        self.wake_set(set);
        Ok(())
    }

    /// Takes a pod away at once, as a lost node does: requests to it fail until the data plane has
    /// learnt of it.
    ///
    /// # Errors
    /// [`Refusal::Missing`] for a pod that is gone.
    pub fn kill_pod(&mut self, pod: PodId) -> Result<(), Refusal> {
        self.living(pod)?;
        self.lose_pod(pod);
        Ok(())
    }

    /// The eviction API, as a drain uses it: deletes a pod where every disruption budget over it
    /// leaves room. Budgets count all pods with their labels, whoever owns them.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] where a budget does not allow it; [`Refusal::Missing`] for a pod
    /// that is gone.
    pub fn evict_pod(&mut self, pod: PodId) -> Result<(), Refusal> {
        let set = self.living(pod)?;
        let cell = self.store.sets.get(&set).ok_or(Refusal::Missing)?;
        let app = &self.store[cell.home];
        let is_ready =
            self.store.pods.get(&pod).is_some_and(|p| matches!(p.phase, Phase::Ready { .. }));
        let over = |budget: &&Budget| budget.selector.selects(&cell.object.pod_labels);
        for budget in app.budgets.values().filter(over) {
            let selected = self.behind(cell.home, &budget.selector);
            let healthy: u32 = selected
                .iter()
                .filter_map(|backend| self.store.sets.get(&backend.set))
                .map(|cell| cell.pods.counts.ready)
                .sum();
            if is_ready && healthy <= budget.min_available {
                let reason = "the disruption budget allows no eviction now".to_owned();
                return Err(Refusal::Unavailable { reason });
            }
        }
        self.delete_pod(pod)
    }

    /// `kubectl expose`: makes a Service that selects the pods of the app's Deployment, pinned to one
    /// `pod-template-hash` where `pin` gives one.
    ///
    /// # Errors
    /// [`Refusal::Exists`] where the name is taken, [`Refusal::Missing`] without a Deployment.
    pub fn create_service(
        &mut self,
        app: &AppRef,
        name: &ObjectName,
        selector: Labels,
    ) -> Result<(), Refusal> {
        let id = self.intern(app);
        if self.service_id(id, name).is_some() {
            return Err(Refusal::Exists);
        }
        let (serial, meta) = self.new_meta((name.clone(), "svc"), Labels::default(), None);
        self.add_service(id, serial, Service { meta, selector, port: 80 });
        Ok(())
    }

    /// Edits the selector of a Service as a person does.
    ///
    /// # Errors
    /// [`Refusal::Missing`] where there is no such Service.
    pub fn select(
        &mut self,
        app: &AppRef,
        name: &ObjectName,
        selector: Labels,
    ) -> Result<(), Refusal> {
        let id = self.find(app).and_then(|app| self.service_id(app, name));
        let id = id.ok_or(Refusal::Missing)?;
        let cell = self.store.services.get(&id).ok_or(Refusal::Missing)?;
        let next = Service { selector, ..Service::clone(&cell.object) };
        self.put_service(id, next);
        Ok(())
    }

    /// `kubectl delete service`.
    ///
    /// # Errors
    /// [`Refusal::Missing`] where there is no such Service.
    pub fn delete_service(&mut self, app: &AppRef, name: &ObjectName) -> Result<(), Refusal> {
        let id = self.find(app).and_then(|app| self.service_id(app, name));
        self.drop_service(id.ok_or(Refusal::Missing)?);
        Ok(())
    }

    /// Sets a PodDisruptionBudget of an app; `None` takes it away.
    pub fn set_budget(&mut self, app: &AppRef, name: &ObjectName, budget: Option<Budget>) {
        let id = self.intern(app);
        let budgets = &mut self.store[id].budgets;
        match budget {
            Some(budget) => budgets.insert(name.clone(), budget),
            None => budgets.remove(name),
        };
        self.record(id, (WatchKind::Budget, u64::from(id.0)), WatchEvent::Modified);
    }

    /// Sets the quota of an app's namespace. Pods that exist stay.
    pub fn set_quota(&mut self, app: &AppRef, quota: Quota) {
        let id = self.intern(app);
        self.limit_namespace(&app.namespace, quota);
        self.record(id, (WatchKind::Quota, u64::from(id.0)), WatchEvent::Modified);
    }

    pub(crate) fn limit_namespace(&mut self, namespace: &ObjectName, quota: Quota) {
        self.store.namespaces.entry(namespace.clone()).or_default().quota = quota;
    }

    fn set_id(&self, app: &AppRef, set: &ObjectName) -> Result<SetId, Refusal> {
        let home: AppId = self.find(app).ok_or(Refusal::Missing)?;
        let key = (app.namespace.clone(), set.clone());
        let id = self.store.set_names.get(&key).copied().ok_or(Refusal::Missing)?;
        let ours = self.store.sets.get(&id).is_some_and(|cell| cell.home == home);
        if ours { Ok(id) } else { Err(Refusal::Missing) }
    }

    fn living(&self, pod: PodId) -> Result<SetId, Refusal> {
        match self.store.pods.get(&pod) {
            Some(pod) if pod.phase != Phase::Gone => Ok(pod.set),
            Some(_) | None => Err(Refusal::Missing),
        }
    }
}
