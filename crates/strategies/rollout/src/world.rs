//! The adapter through which a climb meets a platform.

use std::pin::pin;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use futures_util::future::{Either, select};
use windlass_core::engine::World;
use windlass_core::evidence::{Reading, Sample};
use windlass_core::fence::{Claim, Epoch, Fence};
use windlass_core::id::{Holder, Kind, RunId};
use windlass_core::platform::{
    Approval, ClaimFault, Fault, Host, MetricQuery, Platform, Question, Receipt, Write,
};

use crate::climb::{Answer, Ask, Climb, ClimbSpec, Scene, Seen};

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

    async fn read(&self, query: Option<&MetricQuery>) -> Option<Reading> {
        self.platform.metrics.query(&self.spec.app, query?).await.1.ok()
    }

    /// A measurement is stamped with the exposure that is in effect once the answer is there.
    async fn measure(&self, query: &MetricQuery) -> Sample {
        let (at, value) = self.platform.metrics.query(&self.spec.app, query).await;
        let seen = self.observe().await.ok();
        let exposure = seen.and_then(|seen| Scene::of(&self.spec, &seen).exposure(&self.spec));
        Sample { value, at, exposure }
    }
}

/// What `own` gives, and what `beside` has given by then: it is not waited for.
async fn along<A, B>(
    own: impl Future<Output = A>,
    beside: impl Future<Output = Option<B>>,
) -> (A, Option<B>) {
    match select(pin!(beside), pin!(own)).await {
        Either::Left((beside, own)) => (own.await, beside),
        Either::Right((own, beside)) => (own, beside.now_or_never().flatten()),
    }
}

#[async_trait]
impl World<Climb> for ClimbWorld {
    async fn claim(&self, run: &RunId, holder: &Holder) -> Result<Claim, ClaimFault> {
        self.platform.workloads.claim(&self.spec.app, run, holder).await
    }

    async fn release(&self, run: &RunId, epoch: Epoch) -> Result<(), Fault> {
        self.platform.workloads.release(&self.spec.app, run, epoch).await
    }

    async fn observe(&self) -> Result<Seen, Fault> {
        let app = self.platform.workloads.observe(&self.spec.scope()).await?;
        let route = match self.spec.route() {
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
        match (write.object.kind, self.spec.route()) {
            (Kind::Route, Some(route)) => traffic.write(app, route, fence, write).await,
            (Kind::Route, None) => Err(Fault::Withdrawn),
            (Kind::Deployment | Kind::ReplicaSet | Kind::Service, _) => {
                workloads.write(app, templates, fence, write).await
            }
        }
    }

    async fn ask(&self, ask: &Ask) -> Answer {
        match ask {
            Ask::Metric { query, requests, stable, .. } => {
                let own = async {
                    let requests = self.read(requests.as_ref()).await;
                    (self.measure(query).await, requests)
                };
                let stable = stable.clone().map(|side| MetricQuery { side, ..query.clone() });
                let ((sample, requests), stable) = along(own, self.read(stable.as_ref())).await;
                Answer::Metric { sample, requests, stable }
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

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures_util::FutureExt as _;

    use super::along;

    #[test]
    fn what_stands_beside_is_taken_when_it_is_there_and_never_waited_for() {
        let there = along(ready(1), ready(Some(2))).now_or_never();
        assert_eq!(there, Some((1, Some(2))));
        let hangs = along(ready(1), pending::<Option<u8>>()).now_or_never();
        assert_eq!(hangs, Some((1, None)));
        let nothing = along(ready(1), ready(None::<u8>)).now_or_never();
        assert_eq!(nothing, Some((1, None)));
    }

    #[test]
    fn what_stands_beside_ends_nothing_by_being_first() {
        assert_eq!(along(pending::<u8>(), ready(Some(2))).now_or_never(), None);
    }
}
