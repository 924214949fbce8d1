//! What is measured: processor time of this thread, ours and the world's apart, and memory.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::poll_fn;
use rustix::time::{ClockId, clock_gettime};
use windlass::rollout::climb::{Answer, Ask, Climb, Seen};
use windlass::rollout::world::ClimbWorld;
use windlass_core::engine::World;
use windlass_core::fence::{Claim, Epoch, Fence};
use windlass_core::id::{Holder, RunId};
use windlass_core::platform::{ClaimFault, Fault, Receipt, Write};

use crate::Outcome;

/// Processor time that this thread has used.
pub(crate) fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, nanos) = (time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs());
    Duration::from_secs(seconds) + Duration::from_nanos(nanos)
}

/// What asking for the processor time takes, in milliseconds.
pub(crate) fn cost_of_asking() -> f64 {
    const TIMES: u32 = 100_000;
    let before = cpu();
    for _ in 0..TIMES {
        std::hint::black_box(cpu());
    }
    (cpu() - before).as_secs_f64() * 1e3 / f64::from(TIMES)
}

/// Processor time spent within some futures.
#[derive(Debug, Default)]
pub(crate) struct Spent {
    nanos: AtomicU64,
    polls: AtomicU64,
}

impl Spent {
    pub(crate) fn millis(&self) -> f64 {
        self.nanos.load(Ordering::Relaxed) as f64 / 1e6
    }

    pub(crate) fn polls(&self) -> f64 {
        self.polls.load(Ordering::Relaxed) as f64
    }

    /// Counts what a future takes, poll by poll.
    pub(crate) async fn on<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|context| {
            let before = cpu();
            let poll = future.as_mut().poll(context);
            let nanos = u64::try_from((cpu() - before).as_nanos()).unwrap_or(u64::MAX);
            self.nanos.fetch_add(nanos, Ordering::Relaxed);
            self.polls.fetch_add(1, Ordering::Relaxed);
            poll
        })
        .await
    }
}

/// The world of a climb, with what all that is asked of it takes. What the climb itself does to
/// ask (building a scope, reducing a view for the stamp of a sample) is counted as the world's.
pub(crate) struct Metered<'a> {
    pub(crate) world: ClimbWorld,
    pub(crate) spent: &'a Spent,
}

#[async_trait]
impl World<Climb> for Metered<'_> {
    async fn claim(&self, run: &RunId, holder: &Holder) -> Result<Claim, ClaimFault> {
        self.spent.on(self.world.claim(run, holder)).await
    }

    async fn release(&self, run: &RunId, epoch: Epoch) -> Result<(), Fault> {
        self.spent.on(self.world.release(run, epoch)).await
    }

    async fn observe(&self) -> Result<Seen, Fault> {
        self.spent.on(self.world.observe()).await
    }

    async fn changed(&self) {
        self.spent.on(self.world.changed()).await;
    }

    async fn write(&self, fence: &Fence, write: &Write) -> Result<Receipt, Fault> {
        self.spent.on(self.world.write(fence, write)).await
    }

    async fn ask(&self, ask: &Ask) -> Answer {
        self.spent.on(self.world.ask(ask)).await
    }
}

/// Least-squares slope.
pub(crate) fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let mean = |pick: fn(&(f64, f64)) -> f64| points.iter().map(pick).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let over: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let under: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
    over / under
}

/// Memory of this process that is in RAM.
pub(crate) fn resident_bytes() -> Outcome<f64> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kilobytes: f64 = line.split_whitespace().next().ok_or("no figure")?.parse()?;
    Ok(kilobytes * 1024.0)
}
