//! The apps that climb, and one climb of one of them.

use std::sync::Arc;

use windlass::rollout::climb::{Climb, ClimbSpec};
use windlass::rollout::release::{Facts, Release, Side};
use windlass::rollout::strategy::{Canary, CanaryStep};
use windlass::rollout::world::ClimbWorld;
use windlass_analysis::{Analysis, Metric};
use windlass_core::clock::Clock;
use windlass_core::engine::{Doors, Now, Pace, Run, World, drive, mailbox};
use windlass_core::event::EndResult;
use windlass_core::id::{AppRef, Holder, ObjectName, RunId};
use windlass_core::platform::{AppScope, Measure, Platform, RouteRef, SilentHost, Template};
use windlass_core::time::Span;
use windlass_core::weight::Weight;
use windlass_sim::Simulation;
use windlass_sim::objects::{DeploymentSpec, Labels};
use windlass_sim::traffic::{LoadConfig, PlaneConfig, Rule, Source};

use crate::Outcome;
use crate::gauge::{Metered, Spent, cost_of_asking};
use crate::ledger::Ledger;

/// Everything that climbs share.
pub(crate) struct Bench {
    pub(crate) sim: Simulation,
    pub(crate) platform: Platform,
    pub(crate) journal: Ledger,
}

/// What takes how much, apart.
#[derive(Debug, Default)]
pub(crate) struct Shares {
    /// The driver with all that it calls.
    pub(crate) driver: Spent,
    /// What the driver asks of the simulated world.
    pub(crate) world: Spent,
}

impl Shares {
    /// Milliseconds of the engine and its decisions. Each poll of either has one look at the clock
    /// between its own two readings, or the driver's.
    pub(crate) fn ours(&self) -> f64 {
        let looks = self.driver.polls() + self.world.polls();
        self.driver.millis() - self.world.millis() - looks * cost_of_asking()
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        let sim = Simulation::new(1);
        Self { platform: sim.platform(), journal: Ledger::default(), sim }
    }

    /// Drives a climb to its end.
    pub(crate) async fn climb(&self, spec: &Arc<ClimbSpec>) -> Outcome<()> {
        self.driven(spec, &self.world(spec)).await
    }

    /// The same, with what it takes counted.
    pub(crate) async fn metered(&self, spec: &Arc<ClimbSpec>, shares: &Shares) -> Outcome<()> {
        let world = Metered { world: self.world(spec), spent: &shares.world };
        shares.driver.on(self.driven(spec, &world)).await
    }

    fn world(&self, spec: &Arc<ClimbSpec>) -> ClimbWorld {
        ClimbWorld::new(Arc::clone(spec), self.platform.clone(), Arc::new(SilentHost))
    }

    async fn driven(&self, spec: &Arc<ClimbSpec>, world: &impl World<Climb>) -> Outcome<()> {
        let clock = self.sim.clock();
        let holder = Holder::new("bench");
        let (journal, host) = (&self.journal, &SilentHost);
        let doors = Doors { world, clock: &clock, journal, host, holder: &holder };
        let (_outbox, mut inbox) = mailbox();
        let (id, pinned) = (spec.run.clone(), Arc::clone(spec));
        let (mut run, first) = Run::<Climb>::begin(id, pinned, Pace::default(), self.now())?;
        drive(&mut run, first, doors, &mut inbox).await?;
        match run.outcome().map(|outcome| outcome.result) {
            Some(EndResult::Promoted) => Ok(()),
            other => Err(format!("equal answers first: it ended as {other:?}").into()),
        }
    }

    pub(crate) fn now(&self) -> Now {
        Now { wall: self.sim.now(), mono: self.sim.clock().monotonic() }
    }

    /// An app under load.
    pub(crate) fn apply(&self, n: u32, pods: u32, rate: f64) -> Outcome<()> {
        let name = format!("web{n}");
        let app = AppRef::new("shop", &name);
        let service = ObjectName::new(name.as_str());
        self.sim.world(|world| {
            world.apply(&app, DeploymentSpec::new(&name, template(&format!("{n}-v1")), pods))?;
            world.create_service(&app, &service, Labels::one("app", &name))?;
            let rules = vec![Rule::to(service.clone())];
            world.add_route(&app, &service, rules, PlaneConfig::default());
            world.load(&app, LoadConfig::constant(service.clone(), rate));
            world.scrape(&app, Source::new(Span::seconds(2)));
            Ok(())
        })
    }

    /// The spec of a canary of an app.
    pub(crate) fn spec(&self, n: u32, canary: &Canary) -> Outcome<Arc<ClimbSpec>> {
        let name = format!("web{n}");
        let app = AppRef::new("shop", &name);
        let service = ObjectName::new(name.as_str());
        let (old, new) = (template(&format!("{n}-v1")), template(&format!("{n}-v2")));
        let scope = AppScope { app: app.clone(), services: vec![service.clone()] };
        let seen = self.sim.world(|world| world.observe(&scope));
        let deployment = seen.deployment.ok_or("it was applied")?;
        let set = seen.sets.first().ok_or("it has pods")?;
        let stable = Side::from(set);
        let facts = Facts {
            version: "v1".to_owned(),
            uid: deployment.uid,
            replicas: deployment.replicas,
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
        let release = Release {
            app,
            version: "v2".to_owned(),
            template: new,
            environment: "bench".to_owned(),
        };
        let run = RunId::new(format!("run-{n}"));
        let spec = ClimbSpec::compile(run, "sim://bench", &release, &facts, canary);
        Ok(Arc::new(spec.map_err(|misfits| format!("{misfits:?}"))?))
    }
}

fn template(version: &str) -> Template {
    let digest = version.bytes().map(|b| format!("{b:02x}")).collect::<String>() + "00000000";
    Template { digest: digest.as_str().into(), body: format!("{{\"v\":\"{version}\"}}").into() }
}

/// A canary over these percentages, each held for a while, with the error rate in the background and
/// further metrics.
pub(crate) fn canary(percent: &[u64], bake: Span, metrics: Vec<Metric>) -> Outcome<Canary> {
    let step = |percent: &u64| Ok(CanaryStep::new(Weight::percent(*percent)?, bake));
    let steps = percent.iter().map(step).collect::<Outcome<_>>()?;
    Ok(Canary::new(steps, vec![Analysis::new("success", metrics)?]))
}

/// A metric over the last 15 s, every 15 s.
pub(crate) fn metric(name: &str, measure: Measure, success: &str) -> Outcome<Metric> {
    let often = Span::seconds(15);
    let success = Some(success.parse()?);
    Ok(Metric { success, interval: Some(often), ..Metric::new(name, measure, often) })
}
