//! Virtual time behind the clock door.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_trait::async_trait;
use windlass_core::clock::Clock;
use windlass_core::time::{Span, Timestamp};

use crate::shared::Shared;

/// The clock of a simulation. Its wall clock can be [set](crate::Simulation::shift_wall_clock) away
/// from the world's; its steady one is the world's time and moves only while a
/// [`Simulation`](crate::Simulation) runs.
#[derive(Clone, Debug)]
pub struct SimClock {
    shared: Arc<Shared>,
}

impl SimClock {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Waits for a span of virtual time.
    pub async fn sleep(&self, span: Span) {
        self.sleep_until(self.monotonic() + span).await;
    }
}

#[async_trait]
impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        let state = self.shared.lock();
        Timestamp::from_millis(state.world.now().millis().saturating_add(state.wall_ahead))
    }

    fn monotonic(&self) -> Span {
        self.shared.lock().monotonic()
    }

    async fn sleep_until(&self, at: Span) {
        let at = self.shared.lock().moment(at);
        Sleep { shared: &self.shared, at, timer: None }.await;
    }
}

/// Resolves when the world's time has reached `at`; leaves no timer behind when dropped.
struct Sleep<'a> {
    shared: &'a Shared,
    at: Timestamp,
    timer: Option<(Timestamp, u64)>,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.shared.lock();
        if state.world.now() >= self.at {
            return Poll::Ready(());
        }
        match self.timer {
            Some(timer) => state.move_timer(timer, context.waker()),
            None => {
                let timer = state.set_timer(self.at, context.waker().clone());
                drop(state);
                self.timer = Some(timer);
            }
        }
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            self.shared.lock().drop_timer(timer);
        }
    }
}
