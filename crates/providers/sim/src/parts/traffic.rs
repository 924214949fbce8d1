//! Routes of the simulated cluster.

use std::sync::Arc;

use async_trait::async_trait;
use windlass_core::clock::Clock;
use windlass_core::fence::Fence;
use windlass_core::id::AppRef;
use windlass_core::platform::{Fault, Receipt, RouteRef, RouteSeen, Traffic, Write};

use super::Wire;
use crate::rng::Delay;
use crate::shared::Shared;

/// Routes of a simulated cluster.
#[derive(Debug)]
pub struct SimTraffic {
    wire: Wire,
}

impl SimTraffic {
    pub(crate) fn new(shared: Arc<Shared>, request: Delay) -> Self {
        Self { wire: Wire::new(shared, request) }
    }
}

#[async_trait]
impl Traffic for SimTraffic {
    async fn observe(&self, app: &AppRef, route: &RouteRef) -> Result<Option<RouteSeen>, Fault> {
        let began = self.wire.clock.now();
        let seen = self.wire.request(|state| state.world.route_seen(app, route)).await;
        Ok(seen.map(|seen| RouteSeen { read_at: began, ..seen }))
    }

    async fn write(
        &self,
        app: &AppRef,
        route: &RouteRef,
        fence: &Fence,
        write: &Write,
    ) -> Result<Receipt, Fault> {
        let send =
            |state: &mut crate::shared::State| state.world.write_route(app, route, fence, write);
        Ok(self.wire.request(send).await?)
    }
}
