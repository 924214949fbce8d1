//! The adapter through which a climb meets a platform.

use std::sync::Arc;

use async_trait::async_trait;
use windlass_core::engine::World;
use windlass_core::evidence::Sample;
use windlass_core::fence::{Epoch, Fence};
use windlass_core::id::{Holder, Kind, RunId};
use windlass_core::platform::{
    Approval, ClaimFault, Fault, Host, MetricQuery, Platform, Question, Receipt, RouteRef, Write,
};

use crate::climb::{Answer, Ask, Climb, ClimbSpec, Scene, Seen};
use crate::track::{Means, Via};

/// A platform as one climb sees it.
#[derive(Clone, Debug)]
pub struct ClimbWorld {
    spec: Arc<ClimbSpec>,
    platform: Platform,
    host: Arc<dyn Host>,
}

impl ClimbWorld {
    /// The platform for the climb of this spec; approvals are asked of the host.
    pub fn new(spec: Arc<ClimbSpec>, platform: Platform, host: Arc<dyn Host>) -> Self {
        Self { spec, platform, host }
    }

    fn route(&self) -> Option<&RouteRef> {
        match &self.spec.track.means {
            Means::Beside(Via::Route(route)) => Some(route),
            Means::Beside(_) | Means::InPlace { .. } => None,
        }
    }

    /// A measurement is stamped with the exposure that is in effect once the answer is there.
    async fn measure(&self, query: &MetricQuery) -> Sample {
        let (at, value) = self.platform.metrics.query(&self.spec.app, query).await;
        let seen = self.observe().await.ok();
        let exposure = seen.and_then(|seen| Scene::of(&self.spec, &seen).exposure(&self.spec));
        Sample { value, at, exposure }
    }
}

#[async_trait]
impl World<Climb> for ClimbWorld {
    async fn claim(&self, run: &RunId, holder: &Holder) -> Result<Epoch, ClaimFault> {
        self.platform.workloads.claim(&self.spec.app, run, holder).await
    }

    async fn release(&self, run: &RunId, epoch: Epoch) -> Result<(), Fault> {
        self.platform.workloads.release(&self.spec.app, run, epoch).await
    }

    async fn observe(&self) -> Result<Seen, Fault> {
        let app = self.platform.workloads.observe(&self.spec.scope()).await?;
        let route = match self.route() {
            Some(route) => self.platform.traffic.observe(&self.spec.app, route).await?,
            None => None,
        };
        Ok(Seen { app, route })
    }

    async fn changed(&self) {
        self.platform.workloads.changed(&self.spec.app).await;
    }

    async fn write(&self, fence: &Fence, write: &Write) -> Result<Receipt, Fault> {
        let Platform { workloads, traffic, .. } = &self.platform;
        let (app, templates) = (&self.spec.app, &self.spec.templates);
        match (write.object.kind, self.route()) {
            (Kind::Route, Some(route)) => traffic.write(app, route, fence, write).await,
            (Kind::Route, None) => Err(Fault::Withdrawn),
            (Kind::Deployment | Kind::ReplicaSet | Kind::Service, _) => {
                workloads.write(app, templates, fence, write).await
            }
        }
    }

    async fn ask(&self, ask: &Ask) -> Answer {
        match ask {
            Ask::Metric { query, requests, .. } => {
                let mut held = None;
                if let Some(requests) = requests {
                    held = self.platform.metrics.query(&self.spec.app, requests).await.1.ok();
                }
                Answer::Metric { sample: self.measure(query).await, requests: held }
            }
            Ask::Hook { call, .. } => {
                Answer::Hook(self.platform.hooks.call(&self.spec.app, call).await)
            }
            Ask::Approval { text } => {
                let question = Question { run: self.spec.run.clone(), text: text.clone() };
                match self.host.ask(&question).await {
                    Approval::Granted { by } => Answer::Granted { by },
                    Approval::Denied { by, reason } => Answer::Denied { by, reason },
                    Approval::Later => Answer::Later,
                }
            }
        }
    }
}
