//! Metrics of the simulated cluster.

use std::sync::Arc;

use async_trait::async_trait;
use windlass_core::evidence::{NoEvidence, Reading};
use windlass_core::id::AppRef;
use windlass_core::platform::{MetricQuery, Metrics};
use windlass_core::time::Timestamp;

use super::Wire;
use crate::rng::Delay;
use crate::shared::Shared;

/// The metrics source of a simulated cluster.
#[derive(Debug)]
pub struct SimMetrics {
    wire: Wire,
}

impl SimMetrics {
    pub(crate) fn new(shared: Arc<Shared>, request: Delay) -> Self {
        Self { wire: Wire::new(shared, request) }
    }
}

#[async_trait]
impl Metrics for SimMetrics {
    async fn query(
        &self,
        app: &AppRef,
        query: &MetricQuery,
    ) -> (Timestamp, Result<Reading, NoEvidence>) {
        self.wire.request(|state| state.world.measure(app, query)).await
    }
}
