//! Many climbs in one process: CPU per climb as their number grows, and memory per run.
//!
//! `cargo bench --bench climbs`, or with numbers of climbs: `-- 10 100`. Every climb is a canary of three notches through the one async
//! driver, against the simulated cluster; the CPU time is that of the whole process, simulation
//! included, so it is an upper bound for the engine's share.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::error::Error;
use std::sync::Arc;

use futures_util::future::join_all;
use windlass::rollout::climb::{Climb, ClimbSpec};
use windlass::rollout::release::{Facts, Release, Side};
use windlass::rollout::strategy::{Canary, CanaryStep};
use windlass::rollout::world::ClimbWorld;
use windlass_analysis::{Analysis, Metric};
use windlass_core::clock::Clock;
use windlass_core::engine::{Doors, Now, Pace, Run, drive, mailbox};
use windlass_core::event::EndResult;
use windlass_core::id::{AppRef, Holder, ObjectName, RunId};
use windlass_core::journal::{Journal, MemoryJournal};
use windlass_core::platform::{AppScope, Measure, Platform, RouteRef, SilentHost, Template};
use windlass_core::time::Span;
use windlass_core::weight::Weight;
use windlass_sim::Simulation;
use windlass_sim::objects::{DeploymentSpec, Labels};
use windlass_sim::traffic::{LoadConfig, PlaneConfig, Rule, Source};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    println!("{:>6} {:>14} {:>14} {:>12}", "climbs", "CPU ms in all", "ms per climb", "records");
    let mut points = Vec::new();
    let asked: Vec<u32> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    let sizes = if asked.is_empty() { vec![10, 100, 1_000] } else { asked };
    for climbs in sizes {
        let before = cpu_ms()?;
        let records = climb(climbs)?;
        let used = cpu_ms()? - before;
        let each = used / f64::from(climbs);
        println!("{climbs:>6} {used:>14.1} {each:>14.3} {records:>12}");
        points.push((f64::from(climbs).ln(), used.ln()));
    }
    println!("exponent of CPU over the number of climbs: {:.3}", slope(&points));
    println!("memory of a run beyond its spec: {:.0} bytes", memory()?);
    Ok(())
}

/// Drives so many canaries at once to their end; gives the records they wrote.
fn climb(climbs: u32) -> Outcome<usize> {
    let sim = Simulation::new(1);
    (0..climbs).try_for_each(|n| apply(&sim, n))?;
    sim.world(|world| world.advance(Span::minutes(1)));
    let specs: Vec<Arc<ClimbSpec>> = (0..climbs).map(|n| app(&sim, n)).collect::<Outcome<_>>()?;
    let (platform, journal) = (sim.platform(), MemoryJournal::default());
    let runs = specs.iter().map(|spec| one(&sim, spec, &platform, &journal));
    let ended = sim.block_on(join_all(runs))?;
    for end in ended {
        let result = end?;
        assert_eq!(result, EndResult::Promoted, "equal answers first");
    }
    let count = async {
        let mut records = 0;
        for run in journal.runs().await? {
            records += journal.read(&run).await?.len();
        }
        Ok::<usize, Box<dyn Error>>(records)
    };
    sim.block_on(count)?
}

async fn one(
    sim: &Simulation,
    spec: &Arc<ClimbSpec>,
    platform: &Platform,
    journal: &MemoryJournal,
) -> Outcome<EndResult> {
    let clock = sim.clock();
    let world = ClimbWorld::new(Arc::clone(spec), platform.clone(), Arc::new(SilentHost));
    let holder = Holder::new("bench");
    let doors = Doors { world: &world, clock: &clock, journal, host: &SilentHost, holder: &holder };
    let (_outbox, mut inbox) = mailbox();
    let (mut run, first) =
        Run::<Climb>::begin(spec.run.clone(), Arc::clone(spec), Pace::default(), start(sim))?;
    drive(&mut run, first, doors, &mut inbox).await?;
    run.outcome().map(|o| o.result).ok_or_else(|| "it did not end".into())
}

fn start(sim: &Simulation) -> Now {
    Now { wall: sim.now(), mono: sim.clock().monotonic() }
}

fn template(version: &str) -> Template {
    let digest = version.bytes().map(|b| format!("{b:02x}")).collect::<String>() + "00000000";
    Template { digest: digest.as_str().into(), body: format!("{{\"v\":\"{version}\"}}").into() }
}

/// An app of three pods under load.
fn apply(sim: &Simulation, n: u32) -> Outcome<()> {
    let name = format!("web{n}");
    let app = AppRef::new("shop", &name);
    let service = ObjectName::new(name.as_str());
    sim.world(|world| -> Outcome<()> {
        world.apply(&app, DeploymentSpec::new(&name, template(&format!("{n}-v1")), 3))?;
        world.create_service(&app, &service, Labels::one("app", &name))?;
        let rules = vec![Rule::to(service.clone())];
        world.add_route(&app, &service, rules, PlaneConfig::default());
        world.load(&app, LoadConfig::constant(service.clone(), 50.0));
        world.scrape(&app, Source::new(Span::seconds(2)));
        Ok(())
    })
}

/// The spec of a canary of an app.
fn app(sim: &Simulation, n: u32) -> Outcome<Arc<ClimbSpec>> {
    let name = format!("web{n}");
    let app = AppRef::new("shop", &name);
    let service = ObjectName::new(name.as_str());
    let (old, new) = (template(&format!("{n}-v1")), template(&format!("{n}-v2")));
    let scope = AppScope { app: app.clone(), services: vec![service.clone()] };
    let seen = sim.world(|world| world.observe(&scope));
    let deployment = seen.deployment.ok_or("it was applied")?;
    let set = seen.sets.first().ok_or("it has pods")?;
    let stable =
        Side { set: set.name.clone(), hash: set.hash.clone(), template: set.template.clone() };
    let facts = Facts {
        version: "v1".to_owned(),
        epoch: seen.epoch,
        uid: deployment.uid,
        replicas: 3,
        paused: false,
        history_limit: deployment.history_limit,
        strategy: deployment.strategy,
        kept: Vec::new(),
        stable,
        template: old,
        route: Some(RouteRef {
            name: service.clone(),
            stable: service.clone(),
            candidate: ObjectName::new(format!("{name}-canary")),
        }),
        services: vec![service],
        autoscaled: false,
        room: None,
    };
    let release =
        Release { app, version: "v2".to_owned(), template: new, environment: "bench".to_owned() };
    let run = RunId::new(format!("run-{n}"));
    let spec = ClimbSpec::compile(run, "sim://bench", &release, &facts, &canary()?);
    Ok(Arc::new(spec.map_err(|misfits| format!("{misfits:?}"))?))
}

fn canary() -> Outcome<Canary> {
    let metric = Metric {
        success: Some("<= 0.05".parse()?),
        interval: Some(Span::seconds(15)),
        ..Metric::new("error rate", Measure::ErrorRate, Span::seconds(15))
    };
    let step = |percent| Ok(CanaryStep::new(Weight::percent(percent)?, Span::seconds(60)));
    let steps = [5, 50].map(step).into_iter().collect::<Outcome<_>>()?;
    Ok(Canary::new(steps, vec![Analysis::new("success", vec![metric])?]))
}

/// Resident memory per run: many runs in the middle of their climb, sharing one spec.
fn memory() -> Outcome<f64> {
    const RUNS: u32 = 50_000;
    let sim = Simulation::new(1);
    apply(&sim, 0)?;
    sim.world(|world| world.advance(Span::minutes(1)));
    let spec = app(&sim, 0)?;
    let (platform, journal) = (sim.platform(), MemoryJournal::default());
    sim.block_on(one(&sim, &spec, &platform, &journal))??;
    let records = sim.block_on(journal.read(&spec.run))??;
    let middle = records.len() / 2;
    let resume = || {
        Run::<Climb>::resume(
            &records[0],
            middle as u64,
            &records[middle],
            Pace::default(),
            start(&sim),
        )
    };
    let warm: Vec<Run<Climb>> =
        (0..RUNS).map(|_| resume().map(|run| run.sharing(&spec))).collect::<Result<_, _>>()?;
    let before = resident_bytes()?;
    let more: Vec<Run<Climb>> =
        (0..RUNS).map(|_| resume().map(|run| run.sharing(&spec))).collect::<Result<_, _>>()?;
    let used = resident_bytes()? - before;
    assert_eq!(warm.len(), more.len());
    Ok(used / f64::from(RUNS))
}

/// Least-squares slope.
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let mean = |pick: fn(&(f64, f64)) -> f64| points.iter().map(pick).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let over: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let under: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
    over / under
}

fn cpu_ms() -> Outcome<f64> {
    let text = std::fs::read_to_string("/proc/self/schedstat")?;
    let nanos: f64 = text.split_whitespace().next().ok_or("no figure")?.parse()?;
    Ok(nanos / 1e6)
}

fn resident_bytes() -> Outcome<f64> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kilobytes: f64 = line.split_whitespace().next().ok_or("no figure")?.parse()?;
    Ok(kilobytes * 1024.0)
}
