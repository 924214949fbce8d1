//! One app in a simulated cluster, and releases to it.

mod oracle;

use std::sync::Arc;

use windlass_analysis::{Analysis, Metric};
use windlass_core::engine::Run;
use windlass_core::evidence::{Reading, Sample};
use windlass_core::fence::Fence;
use windlass_core::id::{AppRef, RunId};
use windlass_core::kernel::Machine;
use windlass_core::platform::{
    AppScope, HookAnswer, Measure, MetricQuery, Receipt, Refusal, RouteRef, Template, Write,
};
use windlass_core::time::{Span, Timestamp};
use windlass_core::weight::Weight;
use windlass_rollout::climb::{Answer, Ask, Climb, ClimbSpec, Phase, Scene, Seen, State};
use windlass_rollout::release::{Facts, Release, Side};
use windlass_rollout::strategy::{Canary, CanaryStep, Strategy};
use windlass_sim::harness::{Cast, Trial};
use windlass_sim::objects::{DeploymentSpec, Labels, PodBehaviour};
use windlass_sim::traffic::{LoadConfig, PlaneConfig, Rate, Rule, Source, VersionModel};
use windlass_sim::{World, WorldConfig};

pub(crate) use oracle::{subject, target};

/// The climb's view of the simulated world.
#[derive(Clone, Debug)]
pub(crate) struct ClimbCast {
    pub(crate) spec: Arc<ClimbSpec>,
    /// What hooks say; all pass when none is named.
    pub(crate) hooks: std::collections::BTreeMap<String, HookAnswer>,
    /// What metrics say of the stable side instead of the truth.
    pub(crate) said_of_stable: Option<Option<Reading>>,
}

impl ClimbCast {
    pub(crate) fn new(spec: Arc<ClimbSpec>) -> Self {
        Self { spec, hooks: std::collections::BTreeMap::new(), said_of_stable: None }
    }

    fn route(&self) -> Option<&RouteRef> {
        self.spec.route()
    }

    fn view(&self, world: &World) -> Seen {
        let app = world.observe(&self.spec.scope());
        let route = self.route().and_then(|route| world.route_seen(&self.spec.app, route));
        Seen { app, route }
    }
}

/// Climbs, and climbs with a planted bug.
impl<M> Cast<M> for ClimbCast
where
    M: Machine<State = State, Seen = Seen, Write = Write, Ask = Ask, Answer = Answer>,
{
    fn app(&self) -> &AppRef {
        &self.spec.app
    }

    fn seen(&self, world: &mut World) -> Seen {
        self.view(world)
    }

    fn write(&self, world: &mut World, fence: &Fence, write: &Write) -> Result<Receipt, Refusal> {
        match (write.object.kind, self.route()) {
            (windlass_core::id::Kind::Route, Some(route)) => {
                world.write_route(&self.spec.app, route, fence, write)
            }
            _ => world.write(&self.spec.app, &self.spec.templates, fence, write),
        }
    }

    fn ask(&self, world: &mut World, ask: &Ask) -> Answer {
        match ask {
            Ask::Metric { query, requests, stable, .. } => {
                let (at, value) = world.measure(&self.spec.app, query);
                let requests =
                    requests.as_ref().and_then(|q| world.measure(&self.spec.app, q).1.ok());
                let stable = stable.clone().map(|side| MetricQuery { side, ..query.clone() });
                let mut read = |q: MetricQuery| world.measure(&self.spec.app, &q).1.ok();
                let stable = stable.and_then(|q| self.said_of_stable.unwrap_or_else(|| read(q)));
                let seen = self.view(world);
                let exposure = Scene::of(&self.spec, &seen).exposure(&self.spec);
                Answer::Metric { sample: Sample { value, at, exposure }, requests, stable }
            }
            Ask::Hook { call, .. } => {
                Answer::Hook(self.hooks.get(&call.hook).cloned().unwrap_or(HookAnswer::Pass))
            }
            Ask::Approval { .. } => Answer::Later,
        }
    }

    fn lowers(&self, state: &State) -> bool {
        matches!(state.phase, Phase::Lower { .. })
    }
}

/// How an app is set up.
#[derive(Clone, Debug)]
pub(crate) struct Lab {
    pub(crate) replicas: u32,
    pub(crate) route: bool,
    pub(crate) errors: Rate,
    pub(crate) seed: u64,
}

impl Default for Lab {
    fn default() -> Self {
        Self { replicas: 4, route: true, errors: Rate::NONE, seed: 1 }
    }
}

pub(crate) fn template(version: &str) -> Template {
    let digest = version.bytes().map(|b| format!("{b:02x}")).collect::<String>() + "00000000";
    Template { digest: digest.as_str().into(), body: format!("{{\"v\":\"{version}\"}}").into() }
}

pub(crate) fn percent(n: u64) -> Weight {
    Weight::percent(n).expect("at most 100")
}

pub(crate) fn error_rate() -> Analysis {
    let metric = Metric {
        success: Some("<= 0.05".parse().expect("a condition")),
        interval: Some(Span::seconds(15)),
        ..Metric::new("error rate", Measure::ErrorRate, Span::seconds(15))
    };
    Analysis::new("success", vec![metric]).expect("a valid analysis")
}

pub(crate) fn canary() -> Canary {
    let step = |weight| CanaryStep::new(percent(weight), Span::seconds(60));
    Canary {
        keep_warm: Span::seconds(30),
        ..Canary::new(vec![step(5), step(50)], vec![error_rate()])
    }
}

impl Lab {
    /// A cluster where v1 runs under load.
    pub(crate) fn world(&self) -> World {
        let app = AppRef::new("shop", "web");
        let mut world = World::new(self.seed, WorldConfig::default());
        world.version("v1", PodBehaviour::default(), VersionModel::default());
        let bad = VersionModel::default().failing(self.errors);
        world.version("v2", PodBehaviour::default(), bad);
        let manifest = DeploymentSpec::new("web", template("v1"), self.replicas);
        world.apply(&app, manifest).expect("a valid manifest");
        world.create_service(&app, &"web".into(), Labels::one("app", "web")).expect("free");
        if self.route {
            let admin = Rule { matches: "/admin".into(), ..Rule::to("admin") };
            let rules = vec![Rule::to("web"), admin];
            world.add_route(&app, &"web".into(), rules, PlaneConfig::default());
        }
        world.advance(Span::minutes(1));
        world.load(&app, LoadConfig::constant("web", 50.0));
        world.scrape(&app, Source::new(Span::seconds(2)));
        world.advance(Span::minutes(1));
        world
    }

    /// What is known of the app.
    pub(crate) fn facts(&self, world: &World) -> Facts {
        let app = AppRef::new("shop", "web");
        let seen = world.observe(&AppScope { app, services: vec!["web".into()] });
        let deployment = seen.deployment.expect("it runs");
        let set = seen.sets.iter().find(|s| s.template == deployment.template).expect("it runs");
        let stable = Side::from(set);
        let mut sets: Vec<_> = seen.sets.iter().collect();
        sets.sort_by_key(|s| std::cmp::Reverse(s.revision));
        let kept = sets.into_iter().filter(|s| s.name != set.name).map(Side::from);
        Facts {
            version: set.template.to_string(),
            uid: deployment.uid,
            replicas: deployment.replicas,
            paused: deployment.paused,
            history_limit: deployment.history_limit,
            strategy: deployment.strategy,
            kept: kept.collect(),
            template: ["v1", "v2"]
                .map(template)
                .into_iter()
                .find(|t| t.digest == stable.template)
                .expect("one of ours"),
            stable,
            services: vec!["web".into()],
            route: self.route.then(|| RouteRef {
                name: "web".into(),
                stable: "web".into(),
                candidate: "web-canary".into(),
            }),
            autoscaled: false,
            room: None,
        }
    }

    /// A trial of releasing v2 by a strategy.
    pub(crate) fn release(&self, strategy: &dyn Strategy) -> Trial<Climb, ClimbCast> {
        self.release_in(self.world(), "r1", "v2", strategy)
    }

    /// A trial of releasing a version by a strategy, in a world as it is.
    pub(crate) fn release_in(
        &self,
        world: World,
        run: &str,
        version: &str,
        strategy: &dyn Strategy,
    ) -> Trial<Climb, ClimbCast> {
        self.release_by(world, (run, version), strategy, ClimbCast::new)
    }

    /// The same by another machine, or with another view of the world.
    pub(crate) fn release_by<M, C>(
        &self,
        world: World,
        (run, version): (&str, &str),
        strategy: &dyn Strategy,
        cast: impl FnOnce(Arc<ClimbSpec>) -> C,
    ) -> Trial<M, C>
    where
        M: Machine<Spec = ClimbSpec>,
        C: Cast<M>,
    {
        let facts = self.facts(&world);
        let release = Release {
            app: AppRef::new("shop", "web"),
            version: version.to_owned(),
            template: template(version),
            environment: "test".to_owned(),
        };
        let spec = ClimbSpec::compile(RunId::new(run), "sim://test", &release, &facts, strategy)
            .expect("the strategy fits");
        let spec = Arc::new(spec);
        let cast = cast(Arc::clone(&spec));
        Trial::new(world, cast, RunId::new(run), spec, self.seed)
    }
}

/// What was told, one line each, for people who debug.
pub(crate) fn tale(trial: &Trial<Climb, ClimbCast>) -> String {
    let start = trial.operators[0].told.first().map_or(Timestamp::default(), |(at, _)| *at);
    let mut lines = Vec::new();
    for (n, operator) in trial.operators.iter().enumerate() {
        for (at, what) in &operator.told {
            lines.push(format!("{n} +{} {what:?}", at.since(start)));
        }
    }
    let left = lines.len().saturating_sub(120);
    lines.drain(40.min(left)..left);
    lines.join("\n")
}

/// The state of the run in the first process.
pub(crate) fn state_of(trial: &Trial<Climb, ClimbCast>) -> String {
    let run = trial.operators.iter().find_map(|o| o.run.as_ref());
    run.map_or(String::new(), |run: &Run<Climb>| {
        format!("{:?} waits for {:?}", run.state(), run.wait())
    })
}
