//! Workloads of the simulated cluster.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use async_trait::async_trait;
use windlass_core::clock::Clock;
use windlass_core::fence::{Claim, Epoch, Fence};
use windlass_core::id::{AppRef, Holder, RunId, TemplateDigest};
use windlass_core::platform::{
    AppScope, AppSeen, ClaimFault, Fault, ObjectKey, Receipt, Survey, Template, Templates,
    Workloads, Write,
};

use super::Wire;
use crate::rng::Delay;
use crate::shared::{Shared, State};

/// Deployments, ReplicaSets, pods and Services of a simulated cluster, for one process.
#[derive(Debug)]
pub struct SimWorkloads {
    wire: Wire,
    watch: Delay,
    /// The version of the world that each app, by its number, was last observed at.
    observed: Mutex<BTreeMap<u32, u64>>,
}

impl SimWorkloads {
    pub(crate) fn new(shared: Arc<Shared>, request: Delay, watch: Delay) -> Self {
        let observed = Mutex::default();
        Self { wire: Wire::new(shared, request), watch, observed }
    }

    fn observed(&self, app: u32) -> u64 {
        let observed = self.observed.lock().unwrap_or_else(PoisonError::into_inner);
        observed.get(&app).copied().unwrap_or(0)
    }

    fn note(&self, app: u32, version: u64) {
        let mut observed = self.observed.lock().unwrap_or_else(PoisonError::into_inner);
        let known = observed.entry(app).or_default();
        *known = (*known).max(version);
    }
}

#[async_trait]
impl Workloads for SimWorkloads {
    async fn observe(&self, scope: &AppScope) -> Result<AppSeen, Fault> {
        let began = self.wire.clock.now();
        let look = |state: &mut State| {
            let app = state.world.number(&scope.app);
            (app, state.world.observe(scope), state.world.revision())
        };
        let (app, seen, version) = self.wire.request(look).await;
        self.note(app, version);
        Ok(AppSeen { read_at: began, ..seen })
    }

    async fn template(
        &self,
        app: &AppRef,
        digest: &TemplateDigest,
    ) -> Result<Option<Template>, Fault> {
        Ok(self.wire.request(|state| state.world.template(app, digest)).await)
    }

    /// The simulated cluster fills nothing in.
    async fn admit(&self, _: &AppRef, template: &Template) -> Result<Template, Fault> {
        Ok(template.clone())
    }

    async fn survey(&self, app: &AppRef, named: &[ObjectKey]) -> Result<Survey, Fault> {
        Ok(self.wire.request(|state| state.world.survey(app, named)).await)
    }

    async fn write(
        &self,
        app: &AppRef,
        templates: &Templates,
        fence: &Fence,
        write: &Write,
    ) -> Result<Receipt, Fault> {
        let send = |state: &mut State| state.world.write(app, templates, fence, write);
        Ok(self.wire.request(send).await?)
    }

    async fn claim(&self, app: &AppRef, run: &RunId, holder: &Holder) -> Result<Claim, ClaimFault> {
        self.wire.request(|state| state.world.claim(app, run, holder)).await
    }

    async fn release(&self, app: &AppRef, run: &RunId, epoch: Epoch) -> Result<(), Fault> {
        self.wire.request(|state| state.world.release(app, run, epoch)).await;
        Ok(())
    }

    async fn changed(&self, app: &AppRef) {
        let app = self.wire.serve(|state| state.world.number(app));
        let observed = self.observed(app);
        std::future::poll_fn(|context| {
            self.wire.serve(|state| {
                if state.changed(app) > observed {
                    return Poll::Ready(());
                }
                state.watch(app, context.waker().clone());
                Poll::Pending
            })
        })
        .await;
        self.wire.travel(self.watch).await;
    }
}
