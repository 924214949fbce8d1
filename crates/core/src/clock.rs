//! The door through which time comes in.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::time::{Span, Timestamp};

/// A pair of clocks and a way to wait. The real one lives in the local provider, a virtual one in
/// the simulator.
#[async_trait]
pub trait Clock: Debug + Send + Sync {
    /// The wall clock. It may jump: use it for stamps and calendar deadlines only.
    fn now(&self) -> Timestamp;

    /// Time since some fixed start of this process. It never steps back.
    fn monotonic(&self) -> Span;

    /// Resolves when [`Clock::monotonic`] has reached `at`; at once when it has already.
    async fn sleep_until(&self, at: Span);
}

const _: fn(&dyn Clock) = |_| {};
