//! The parts of a platform over the simulated cluster.
//!
//! Every request travels to the world, takes effect there in one instant, and travels back; each
//! way takes a seeded time. What goes wrong on the way is for wrappers around these parts.

mod hooks;
mod metrics;
mod traffic;
mod workloads;

use std::sync::Arc;

use windlass_core::time::Span;

pub use hooks::SimHooks;
pub use metrics::SimMetrics;
pub use traffic::SimTraffic;
pub use workloads::SimWorkloads;

use crate::clock::SimClock;
use crate::rng::Delay;
use crate::shared::{Shared, State};

/// The way from a process to the world and back.
#[derive(Clone, Debug)]
struct Wire {
    shared: Arc<Shared>,
    clock: SimClock,
    each_way: Delay,
}

impl Wire {
    fn new(shared: Arc<Shared>, each_way: Delay) -> Self {
        Self { clock: SimClock::new(Arc::clone(&shared)), shared, each_way }
    }

    /// Carries a request to the world and its answer back.
    async fn request<R: Send>(&self, serve: impl FnOnce(&mut State) -> R + Send) -> R {
        self.travel(self.each_way).await;
        let answer = self.serve(serve);
        self.travel(self.each_way).await;
        answer
    }

    fn serve<R>(&self, serve: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.shared.lock();
        let answer = serve(&mut state);
        state.notice();
        answer
    }

    async fn travel(&self, delay: Delay) {
        let takes = self.shared.lock().delays.draw(delay);
        if takes > Span::ZERO {
            self.clock.sleep(takes).await;
        }
    }
}

#[cfg(test)]
mod tests;
