//! The harness at length: crash points, take-overs and hostile seeds under all oracles.
//!
//! `cargo bench --bench harness`, or with a share of the counts in percent: `-- 10`. The trials are
//! those of the rollout crate's own tests. It fails when any rule does not hold; `-- seed 4569` or
//! `-- take-over 9713` then tells that one trial up to there.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::expect_used, reason = "a trial that cannot be set up has failed")]

#[path = "../crates/strategies/rollout/tests/climbs/lab/mod.rs"]
mod lab;
#[path = "../crates/strategies/rollout/tests/climbs/weather.rs"]
mod weather;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::thread;

use lab::{ClimbCast, Lab, canary, state_of, subject, tale, target};
use weather::{Hostile, KINDS, fired};
use windlass_core::time::Span;
use windlass_rollout::climb::Climb;
use windlass_rollout::strategy::{BlueGreen, Canary, RollingUpdate, Strategy};
use windlass_sim::harness::{Fate, Trial};
use windlass_sim::invariants::Oracles;
use windlass_sim::traffic::Rate;

type Climbing = Trial<Climb, ClimbCast>;

/// One part of the bench: so many trials.
type Part = fn(u64) -> Count;

/// What was counted of one part.
#[derive(Default)]
struct Count {
    trials: u64,
    broken: Vec<String>,
    /// Seeds in which each kind of fault showed.
    fired: BTreeMap<&'static str, u64>,
    cpu: f64,
}

impl Count {
    fn watch(&mut self, name: &str, mut trial: Climbing) -> Climbing {
        let mut oracles = Oracles::new(subject(&trial.cast.spec, None), &trial);
        oracles.watch(&mut trial, Span::hours(30), target);
        self.trials += 1;
        self.broken.extend(oracles.breaches.first().map(|breach| format!("{name}: {breach}")));
        trial
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [kind, seed, ..] = words.as_slice()
        && let Ok(seed) = seed.parse()
    {
        return tell(if kind == "seed" { Hostile::new(seed) } else { Hostile::taken_over(seed) });
    }
    let share = std::env::args().filter_map(|arg| arg.parse::<u64>().ok()).next().unwrap_or(100);
    println!("{:>14} {:>9} {:>7} {:>8}", "", "trials", "broken", "CPU s");
    let parts: [(&str, u64, Part); 3] = [
        ("crash points", 30_000, crash_points),
        ("take-overs", 100_000, take_overs),
        ("hostile seeds", 100_000, hostile_seeds),
    ];
    let found: Vec<(&str, Count)> = thread::scope(|scope| {
        let run = |(name, count, part): (&'static str, u64, Part)| {
            let count = count * share / 100;
            (name, scope.spawn(move || timed(part, count)))
        };
        let threads: Vec<_> = parts.into_iter().map(run).collect();
        threads.into_iter().map(|(name, thread)| (name, thread.join().expect("it ran"))).collect()
    });
    let mut sound = true;
    for (name, Count { trials, broken, fired, cpu }) in found {
        println!("{name:>14} {trials:>9} {:>7} {cpu:>8.1}", broken.len());
        broken.iter().take(20).for_each(|line| println!("  {line}"));
        for kind in KINDS.iter().filter(|_| !fired.is_empty()) {
            println!("  {kind:>14}: in {} seeds", fired.get(kind).copied().unwrap_or(0));
        }
        sound &= broken.is_empty();
    }
    if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Tells one trial up to the rule that does not hold, or to its end.
fn tell(Hostile { mut trial, drawn, .. }: Hostile) -> ExitCode {
    let mut oracles = Oracles::new(subject(&trial.cast.spec, None), &trial);
    let end = trial.run(Span::hours(30), |trial| oracles.check(trial));
    println!("{drawn:?}\n{}", tale(&trial));
    for landing in &trial.landed {
        let (write, at) = (&landing.write, landing.at);
        println!("{at} {:?} {}: {} {:?}", landing.sent, write.object, write.change, landing.end);
    }
    match end {
        Ok(_) => ExitCode::SUCCESS,
        Err(breach) => {
            println!("{breach}\n{}", state_of(&trial));
            ExitCode::FAILURE
        }
    }
}

/// Runs a part in its own thread, and notes its CPU time.
fn timed(part: Part, enough: u64) -> Count {
    let mut count = part(enough);
    count.cpu = cpu_seconds();
    count
}

/// Every point of every strategy, down for a moment, a minute and an hour in turn, in one world
/// after another until there are enough.
fn crash_points(enough: u64) -> Count {
    let mut count = Count::default();
    for seed in 0.. {
        for (name, calm) in releases(seed) {
            let mut whole = calm.clone();
            whole.run(Span::hours(3), |_| Ok::<(), ()>(())).expect("no check");
            for point in 1..=whole.operators[0].points {
                if count.trials >= enough {
                    return count;
                }
                let downs = [Span::seconds(3), Span::minutes(1), Span::hours(1)];
                let down = downs[usize::try_from((point + seed) % 3).expect("small")];
                let mut trial = calm.clone();
                trial.faults.fates.insert((0, point), Fate::Crash { down });
                count.watch(&format!("{name}, seed {seed}, point {point}"), trial);
            }
        }
    }
    count
}

fn releases(seed: u64) -> Vec<(&'static str, Climbing)> {
    let lab = Lab { seed, ..Lab::default() };
    let plain = Lab { route: false, ..lab.clone() };
    let bad = Lab { errors: Rate::percent(20), ..lab.clone() };
    let cold = Canary { keep_warm: Span::ZERO, ..canary() };
    let release = |lab: &Lab, strategy: &dyn Strategy| lab.release(strategy);
    vec![
        ("canary", release(&lab, &canary())),
        ("bad canary", release(&bad, &canary())),
        ("pods", release(&plain, &cold)),
        ("blue-green", release(&plain, &BlueGreen::default())),
        ("rolling update", release(&plain, &RollingUpdate::default())),
    ]
}

fn take_overs(enough: u64) -> Count {
    let mut count = Count::default();
    for seed in 0..enough {
        count.watch(&format!("take-over {seed}"), Hostile::taken_over(seed).trial);
    }
    count
}

fn hostile_seeds(enough: u64) -> Count {
    let mut count = Count::default();
    for seed in 0..enough {
        let Hostile { trial, drawn, .. } = Hostile::new(seed);
        let trial = count.watch(&format!("seed {seed} {drawn:?}"), trial);
        for kind in fired(&trial, &drawn) {
            *count.fired.entry(kind).or_default() += 1;
        }
    }
    count
}

/// CPU time of this thread so far; 0 where the system does not say.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = stat.split_whitespace().next().and_then(|field| field.parse::<f64>().ok());
    nanos.unwrap_or(0.0) / 1e9
}
