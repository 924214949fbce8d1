//! A hostile world, drawn from a seed: a bad network, lost pods and metrics, other people, other
//! operators, wrong clocks.

use windlass_core::event::What;
use windlass_core::kernel::{Signal, SignalKind};
use windlass_core::platform::Refusal;
use windlass_core::time::Span;
use windlass_rollout::climb::Climb;
use windlass_rollout::strategy::{BlueGreen, Canary, RollingUpdate, Strategy};
use windlass_sim::World;
use windlass_sim::harness::{Fate, Faults, Trial};
use windlass_sim::rng::{Delay, Rng};
use windlass_sim::traffic::{Outage, Rate, Regime, Rule, RuleBackend};

use crate::lab::{ClimbCast, Lab, canary, template};

type Climbing = Trial<Climb, ClimbCast>;

/// Kinds of faults.
pub(crate) const KINDS: [&str; 20] = [
    "answer lost",
    "request lost",
    "late",
    "duplicated",
    "unavailable",
    "queued",
    "ambiguous",
    "crash",
    "long crash",
    "pause",
    "take-over",
    "abort",
    "other signal",
    "pod lost",
    "metrics gone",
    "scaled",
    "third version",
    "labelled",
    "route edited",
    "clock jumped",
];

/// A trial with what was drawn for it.
pub(crate) struct Hostile {
    pub(crate) trial: Climbing,
    pub(crate) drawn: Vec<&'static str>,
    rng: Rng,
}

impl Hostile {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0x5EED);
        let route = rng.below(2) == 0;
        let errors = if rng.below(4) == 0 { Rate::percent(20) } else { Rate::NONE };
        let replicas = 1 + u32::try_from(rng.below(5)).expect("small");
        let lab = Lab { route, errors, replicas, seed: rng.next_u64() };
        let warm = if route { Span::seconds(30) } else { Span::ZERO };
        let strategy: Box<dyn Strategy> = match rng.below(5) {
            0 => Box::new(BlueGreen::default()),
            1 => Box::new(RollingUpdate::default()),
            _ => Box::new(Canary { keep_warm: warm, ..canary() }),
        };
        let mut hostile = Self { trial: lab.release(strategy.as_ref()), rng, drawn: Vec::new() };
        hostile.network();
        hostile.fates();
        hostile.world();
        hostile.people();
        hostile
    }

    /// The same with a second process that has a copy of the journal, at a time drawn from the seed,
    /// while the first one goes on, stands still, or both have a bad network.
    pub(crate) fn taken_over(seed: u64) -> Self {
        let mut hostile = Self::new(seed ^ 0x007A_6B65_0000);
        hostile.trial.take_over(Span::millis(seed.wrapping_mul(7_919) % 130_000), 0);
        hostile
    }

    /// Whether a kind of fault is on in this trial: one of six is, on the average.
    fn on(&mut self, kind: &'static str) -> bool {
        let on = self.rng.below(6) == 0;
        if on {
            self.drawn.push(kind);
        }
        on
    }

    fn rate(&mut self, kind: &'static str, most: u64) -> u32 {
        let drawn = if self.on(kind) { 20_000 + self.rng.below(most) } else { 0 };
        u32::try_from(drawn).expect("small")
    }

    fn seconds(&mut self, most: u64) -> Span {
        Span::millis(self.rng.below(most * 1_000))
    }

    fn network(&mut self) {
        let faults = Faults {
            answer_lost: self.rate("answer lost", 280_000),
            request_lost: self.rate("request lost", 180_000),
            late: self.rate("late", 180_000),
            duplicated: self.rate("duplicated", 280_000),
            unavailable: self.rate("unavailable", 180_000),
            ..Faults::default()
        };
        self.trial.faults = faults;
        if self.on("queued") {
            self.trial.faults.queued = Delay::millis(0, 5_000);
        }
        if self.on("ambiguous") {
            let from = self.trial.world.now() + self.seconds(200);
            self.trial.faults.ambiguous.push((from, from + Span::minutes(1)));
        }
    }

    fn fates(&mut self) {
        for (kind, least, most) in [("crash", 1, 120), ("long crash", 600, 3_600)] {
            if self.on(kind) {
                let down = Span::seconds(least) + self.seconds(most - least);
                let point = 1 + self.rng.below(300);
                self.trial.faults.fates.insert((0, point), Fate::Crash { down });
            }
        }
        if self.on("pause") {
            let still = Span::millis(1 + self.rng.below(600_000));
            let point = 1 + self.rng.below(300);
            self.trial.faults.fates.insert((0, point), Fate::Pause { still });
        }
        if self.on("take-over") {
            let after = self.seconds(240);
            self.trial.take_over(after, 0);
        }
        if self.on("clock jumped") {
            let after = self.seconds(200);
            let by = i64::try_from(self.rng.below(7_200_000)).expect("small") - 3_600_000;
            self.trial.jump_clock(after, 0, by);
        }
    }

    fn world(&mut self) {
        let app = self.trial.cast.spec.app.clone();
        if self.on("pod lost") {
            let (after, which) = (self.seconds(240), self.rng.next_u64());
            self.person(after, move |world| lose(world, which));
        }
        if self.on("metrics gone") {
            let from = self.trial.world.now() + self.seconds(150);
            let until = from + Span::minutes(10);
            let late = Regime::Late(Span::minutes(1));
            let all = [
                Regime::Down,
                Regime::Empty,
                Regime::NotANumber,
                late,
                Regime::Cached,
                Regime::TwoSeries,
            ];
            let regime = all[usize::try_from(self.rng.below(6)).expect("small")];
            self.trial.world.fail_metrics(&app, Outage { from, until, regime });
        }
        if self.on("scaled") {
            for _ in 0..2 {
                let after = self.seconds(240);
                let pods = 1 + u32::try_from(self.rng.below(8)).expect("small");
                let app = app.clone();
                self.person(after, move |world| world.scale(&app, pods).expect("it is there"));
            }
        }
    }

    fn people(&mut self) {
        let spec = self.trial.cast.spec.clone();
        for kind in ["abort", "other signal"] {
            if self.on(kind) {
                let others =
                    [SignalKind::Pause, SignalKind::Resume, SignalKind::Skip, SignalKind::Promote];
                let other = others[usize::try_from(self.rng.below(4)).expect("small")];
                let what = if kind == "abort" { SignalKind::Abort } else { other };
                let after = self.seconds(240);
                self.trial.signal(after, 0, signal(what));
            }
        }
        if self.on("third version") {
            let (after, app) = (self.seconds(240), spec.app.clone());
            self.person(after, move |world| {
                let third = |d: &mut windlass_sim::objects::DeploymentSpec| {
                    d.template = template("v3");
                };
                world.edit(&app, third).expect("it is there");
            });
        }
        if self.on("labelled") {
            let (after, app, set) =
                (self.seconds(240), spec.app.clone(), spec.candidate.set.clone());
            self.person(after, move |world| {
                let _ = world.label_set(&app, &set, ("app", Some("web")));
            });
        }
        if self.on("route edited") {
            let (after, app) = (self.seconds(240), spec.app.clone());
            self.person(after, move |world| {
                let Some(route) = world.route(&app, &"web".into()) else { return };
                let mut rules = route.rules().to_vec();
                let half = |backend: &mut RuleBackend| backend.weight = 5_000;
                rules[0].backends.iter_mut().for_each(half);
                rules.push(Rule { matches: "/new".into(), ..Rule::to("web") });
                world.edit_route(&app, &"web".into(), rules);
            });
        }
    }

    fn person(&mut self, after: Span, act: impl Fn(&mut World) + Send + Sync + 'static) {
        self.trial.person(after, act);
    }
}

fn lose(world: &mut World, which: u64) {
    let app = windlass_core::id::AppRef::new("shop", "web");
    let pods = world.pods(&app);
    let Some(at) = which.checked_rem(pods.len() as u64) else { return };
    let pod = pods[usize::try_from(at).expect("small")].id;
    world.kill_pod(pod).expect("it is there");
}

fn signal(kind: SignalKind) -> Signal {
    let (id, by, reason) = (kind.to_string(), "ann".to_owned(), "a test".to_owned());
    Signal { id, by, reason, expect: None, kind }
}

/// The kinds that were drawn for a trial and that, now that it has ended, show in what happened.
pub(crate) fn fired(trial: &Climbing, drawn: &[&'static str]) -> Vec<&'static str> {
    let landed = || trial.landed.iter();
    let told = || trial.operators.iter().flat_map(|o| o.told.iter().map(|(_, what)| what));
    let unknown = || {
        let lost = |what: &What| matches!(what, What::Answered { fault: Some(fault), .. } if fault.contains("unknown"));
        told().any(lost)
    };
    let met = |kind: &&&'static str| match **kind {
        "answer lost" | "ambiguous" => unknown(),
        "request lost" => (landed().filter(|l| !l.again).count() as u64) < trial.sent,
        "late" => landed().any(|l| l.at.since(l.sent) >= Span::seconds(1)),
        "duplicated" => landed().any(|l| l.again),
        "unavailable" => landed().any(|l| matches!(l.end, Err(Refusal::Unavailable { .. }))),
        "queued" => trial.sent > 0,
        "crash" | "long crash" | "pause" => trial.faults.fates.is_empty(),
        "take-over" => trial.operators.len() > 1,
        "abort" | "other signal" => told().any(|what| matches!(what, What::Signalled { .. })),
        "metrics gone" => {
            let served = trial.world.served(&trial.cast.spec.app);
            served.iter().any(|s| s.answer.is_err() || s.at.since(s.to) > Span::seconds(30))
        }
        "clock jumped" => trial.operators[0].wall_skew != 0,
        _ => trial.persons > 0,
    };
    drawn.iter().filter(met).copied().collect()
}
