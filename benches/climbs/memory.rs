//! Resident memory of a run.

use windlass::rollout::climb::Climb;
use windlass_core::engine::{Pace, Run};
use windlass_core::journal::Journal;
use windlass_core::platform::Measure;
use windlass_core::time::Span;

use crate::Outcome;
use crate::gauge::resident_bytes;
use crate::ledger::Ledger;
use crate::shop::{Bench, canary, metric};

/// Bytes per run: many runs in the middle of their climb, sharing one spec.
pub(crate) fn of_a_run() -> Outcome<f64> {
    const RUNS: u32 = 50_000;
    let mut bench = Bench::new();
    bench.apply(0, 3, 50.0)?;
    bench.sim.world(|world| world.advance(Span::minutes(1)));
    let errors = metric("error rate", Measure::ErrorRate, "<= 0.05")?;
    let spec = bench.spec(0, &canary(&[5, 50], Span::seconds(60), vec![errors])?)?;
    bench.journal = Ledger::keeping(&spec.run);
    bench.sim.block_on(bench.climb(&spec))??;
    let records = bench.sim.block_on(bench.journal.read(&spec.run))??;
    let middle = records.len() / 2;
    let (first, last, pace) = (&records[0], &records[middle], Pace::default());
    let resume = || Run::<Climb>::resume(first, middle as u64, last, pace, bench.now());
    let some = || -> Result<Vec<Run<Climb>>, _> {
        (0..RUNS).map(|_| resume().map(|run| run.sharing(&spec))).collect()
    };
    let warm = some()?;
    let before = resident_bytes()?;
    let more = some()?;
    let used = resident_bytes()? - before;
    assert_eq!(warm.len(), more.len());
    Ok(used / f64::from(RUNS))
}
