//! Climbs in one process: CPU per climb as their number grows, CPU of one climb of many pods, bytes
//! of a record and memory of a run.
//!
//! `cargo bench --bench climbs`, or with numbers of climbs: `-- 10 100`, or of pods: `-- --pods 1000`.
//! Every climb is a canary through the one async driver against the simulated cluster, with a journal that only counts.
//! Each is run twice: once as it is, for the CPU of everything, and once with a clock around every
//! poll, for the part that is ours.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod gauge;
mod ledger;
mod memory;
mod shop;

use std::error::Error;
use std::sync::Arc;

use futures_util::future::try_join_all;
use windlass::rollout::climb::ClimbSpec;
use windlass_core::platform::Measure;
use windlass_core::time::Span;

use gauge::{cpu, slope};
use ledger::Records;
use shop::{Bench, Shares, canary, metric};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let numbers: Vec<u32> = asked.iter().filter_map(|arg| arg.parse().ok()).collect();
    let of_pods = asked.iter().any(|arg| arg == "--pods");
    match (of_pods, numbers.as_slice()) {
        (true, pods) => of_many_pods(pods),
        (false, []) => {
            many(&[10, 100, 1_000])?;
            of_many_pods(&[10, 100, 1_000])?;
            println!("memory of a run beyond its spec: {:.0} bytes", memory::of_a_run()?);
            Ok(())
        }
        (false, climbs) => many(climbs),
    }
}

/// What a load took.
struct Cost {
    /// CPU of the process in milliseconds.
    all: f64,
    /// That of the engine and its decisions.
    ours: f64,
    records: Records,
    virtual_minutes: f64,
}

fn many(sizes: &[u32]) -> Outcome<()> {
    println!("canaries of 3 pods at once; CPU in ms");
    println!(
        "{:>7} {:>10} {:>10} {:>10} {:>8} {:>9}",
        "climbs", "all", "per climb", "ours", "records", "B/record"
    );
    let (mut all, mut ours) = (Vec::new(), Vec::new());
    for climbs in sizes {
        let Cost { all: whole, ours: part, records, .. } = cost(*climbs, many_climbs)?;
        let n = f64::from(*climbs);
        let (count, each) = (records.count, records.bytes / records.count.max(1));
        println!(
            "{climbs:>7} {whole:>10.1} {:>10.3} {:>10.3} {count:>8} {each:>9}",
            whole / n,
            part / n
        );
        all.push((n.ln(), whole.ln()));
        ours.push((n.ln(), part.ln()));
    }
    println!(
        "exponent over the number of climbs: all {:.3}, ours {:.3}",
        slope(&all),
        slope(&ours)
    );
    Ok(())
}

fn of_many_pods(sizes: &[u32]) -> Outcome<()> {
    println!("one canary, 4 steps of 14 min, two metrics every 15 s; CPU in ms");
    println!("{:>7} {:>10} {:>10} {:>8} {:>11}", "pods", "all", "ours", "records", "virtual min");
    for pods in sizes {
        let Cost { all, ours, records, virtual_minutes } = cost(*pods, one_of_many_pods)?;
        let count = records.count;
        println!("{pods:>7} {all:>10.1} {ours:>10.1} {count:>8} {virtual_minutes:>11.1}");
    }
    Ok(())
}

/// Apps at rest, and the specs of their climbs.
type Ready = (Bench, Vec<Arc<ClimbSpec>>);
/// Makes a load of a size.
type Load = fn(u32) -> Outcome<Ready>;

/// Setting up is not counted; the simulation of everything else is.
fn cost(size: u32, load: Load) -> Outcome<Cost> {
    let (bench, specs) = load(size)?;
    let (before, began) = (cpu(), bench.sim.now());
    bench.sim.block_on(try_join_all(specs.iter().map(|spec| bench.climb(spec))))??;
    let all = (cpu() - before).as_secs_f64() * 1e3;
    let virtual_minutes = bench.sim.now().since(began).as_millis() as f64 / 6e4;
    let records = bench.journal.records();
    drop((bench, specs));

    let ((bench, specs), shares) = (load(size)?, Shares::default());
    let climbs = specs.iter().map(|spec| bench.metered(spec, &shares));
    bench.sim.block_on(try_join_all(climbs))??;
    Ok(Cost { all, ours: shares.ours(), records, virtual_minutes })
}

fn many_climbs(climbs: u32) -> Outcome<Ready> {
    let bench = Bench::new();
    (0..climbs).try_for_each(|n| bench.apply(n, 3, 50.0))?;
    bench.sim.world(|world| world.advance(Span::minutes(1)));
    let errors = metric("error rate", Measure::ErrorRate, "<= 0.05")?;
    let canary = canary(&[5, 50], Span::seconds(60), vec![errors])?;
    let specs = (0..climbs).map(|n| bench.spec(n, &canary)).collect::<Outcome<_>>()?;
    Ok((bench, specs))
}

fn one_of_many_pods(pods: u32) -> Outcome<Ready> {
    let bench = Bench::new();
    bench.apply(0, pods, f64::from(pods) * 2.0)?;
    bench.sim.world(|world| world.advance(Span::minutes(5)));
    let errors = metric("error rate", Measure::ErrorRate, "<= 0.05")?;
    let latency = metric("latency", Measure::Latency { quantile: 9_900 }, "<= 5")?;
    let canary = canary(&[1, 5, 25, 50], Span::minutes(14), vec![errors, latency])?;
    let spec = bench.spec(0, &canary)?;
    Ok((bench, vec![spec]))
}
