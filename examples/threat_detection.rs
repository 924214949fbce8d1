//! The threat detection system climbs from v1.0.0 to v1.1.0: 5, 25, 50, then 100 % of the traffic,
//! each notch proven by error rate and response time, in a simulated cluster and virtual time.
//!
//! ```text
//! cargo run --example threat_detection -- [--bad] [--speed N]
//! ```
//!
//! With `--bad`, v1.1.0 fails 8 % of its requests: the climb aborts and says what runs then. With
//! `--speed N`, N seconds of the cluster take one second. A page that explains every step is
//! written to `target/threat-detection.html`.
//!
//! golden: --bad -> threat_detection_bad.txt

#![expect(clippy::print_stdout, reason = "an example talks to the person who runs it")]

use std::error::Error;
use std::fs;
use std::io;
use std::sync::Arc;

use windlass::core::platform::Host;
use windlass::manifest::{self, Manifest};
use windlass::report::terminal::Look;
use windlass::report::{self, Hosts, Recorder, Terminal};
use windlass::sim::Simulation;
use windlass::sim::objects::PodBehaviour;
use windlass::sim::rng::Delay;
use windlass::sim::traffic::{Latency, LoadConfig, Rate, VersionModel};
use windlass::{
    Analysis, Application, Canary, CanaryStep, Measure, Metric, Span, Weight, Windlass,
};

/// What is in the cluster beside the application: a quota, and secrets.
const AROUND: &str = "examples/threat-detection-cluster.yaml";
const PAGE: &str = "target/threat-detection.html";

fn main() -> Result<(), Box<dyn Error>> {
    let (bad, speed) = options()?;
    let sim = cluster(bad)?;
    if let Some(speed) = speed {
        sim.before_jump(move |from, to| pace(to.since(from), speed));
    }

    // Whoever should hear of the run: a person now, and a page afterwards.
    let recorder = Arc::new(Recorder::default());
    let screen = Terminal::new(io::stdout(), Look::of(&io::stdout())).after_the_plan();
    let hosts = Hosts::new([recorder.clone() as Arc<dyn Host>, Arc::new(screen)]);
    let windlass = Windlass::new(sim.platform(), sim.clock(), "demo").with_host(Arc::new(hosts));

    // The plan: read-only, and all there is to know before anything is touched.
    let wanted = Application::read(&manifests("v1.1.0")?)?;
    let plan = sim.block_on(windlass.plan(&wanted, &strategy()?))??;
    println!("{plan}");

    // The climb.
    let run = sim.block_on(windlass.release(&plan))??;
    let ending = sim.block_on(windlass.drive(&run))??;

    fs::create_dir_all("target")?;
    fs::write(PAGE, report::page(&recorder.events())?)?;
    println!("\n{}: {} runs now. Every step is explained in {PAGE}", ending.result, ending.running);
    Ok(())
}

/// 5, 25 and 50 % for some minutes each; v1.0.0 stays up for two minutes after the promotion.
fn strategy() -> Result<Canary, Box<dyn Error>> {
    let metric = |name: &str, measure, limit: &str| -> Result<Metric, Box<dyn Error>> {
        Ok(Metric {
            success: Some(limit.parse()?),
            interval: Some(Span::minutes(1)),
            min_requests: 50,
            // The metrics of this cluster are some seconds behind.
            lag: Span::seconds(10),
            ..Metric::new(name, measure, Span::minutes(1))
        })
    };
    let health = Analysis::new(
        "health",
        vec![
            metric("error rate", Measure::ErrorRate, "<= 0.01")?,
            metric("latency p99", Measure::Latency { quantile: 9_900 }, "<= 0.25")?,
        ],
    )?;
    let steps = vec![
        CanaryStep::new(Weight::percent(5)?, Span::minutes(5)),
        CanaryStep::new(Weight::percent(25)?, Span::minutes(5)),
        CanaryStep::new(Weight::percent(50)?, Span::minutes(10)),
    ];
    Ok(Canary { keep_warm: Span::minutes(2), ..Canary::new(steps, vec![health]) })
}

/// The user's own manifests, at a version.
fn manifests(version: &str) -> Result<Vec<Manifest>, Box<dyn Error>> {
    let mut all = Vec::new();
    for file in ["examples/threat-detection.yaml", "examples/threat-detection-route.yaml"] {
        let text = fs::read_to_string(file)
            .map_err(|fault| format!("{file}: {fault}; run it at the repository's root"))?;
        let text = text.replace("v1.0.0", version);
        all.extend(manifest::parse(file, text.as_bytes())?);
    }
    Ok(all)
}

/// A cluster in which v1.0.0 has run for a while, under load.
fn cluster(bad: bool) -> Result<Simulation, Box<dyn Error>> {
    let sim = Simulation::new(2026);
    let pods = PodBehaviour {
        start: Delay::millis(6_000, 9_000),
        ready: Delay::millis(20_000, 26_000),
        ..PodBehaviour::default()
    };
    let answers = VersionModel::default()
        .failing(Rate::per_million(1_500))
        .taking(Latency::new(Span::millis(60), 0.45));
    let new = if bad { answers.clone().failing(Rate::percent(8)) } else { answers.clone() };
    sim.world(|world| {
        world.version("ml-model-service:v1.0.0", pods.clone(), answers);
        world.version("ml-model-service:v1.1.0", pods, new);
    });
    let mut objects = manifests("v1.0.0")?;
    objects.extend(manifest::parse(AROUND, &fs::read(AROUND)?)?);
    let applied = sim.apply(&objects).map_err(|mut errors| errors.remove(0))?;
    let load = LoadConfig::constant("threat-detection-route", 120.0);
    sim.world(|world| applied.apps.first().map(|app| world.load(app, load)));
    sim.run_for(Span::minutes(10))?;
    Ok(sim)
}

fn options() -> Result<(bool, Option<u64>), Box<dyn Error>> {
    let (mut bad, mut speed) = (false, None);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--bad" => bad = true,
            "--speed" => {
                let times = args.next().unwrap_or_default().parse::<u64>()?;
                speed = Some(times.max(1));
            }
            other => return Err(format!("unknown option {other}; use --bad, --speed N").into()),
        }
    }
    Ok((bad, speed))
}

#[expect(clippy::disallowed_methods, reason = "a demo that is watched is paced by real time")]
fn pace(span: Span, speed: u64) {
    std::thread::sleep(std::time::Duration::from_millis(span.as_millis() / speed));
}
