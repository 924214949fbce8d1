//! A shop in a simulated cluster, from manifests.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use windlass_analysis::{Analysis, Metric};
use windlass_core::event::{RunEvent, What};
use windlass_core::fence::{Expect, Fence};
use windlass_core::id::{AppRef, Kind, ObjectRef, RunId};
use windlass_core::journal::{Journal, MemoryJournal};
use windlass_core::manifest::{self, Manifest};
use windlass_core::platform::{
    AppScope, Approval, Change, Host, Measure, Question, Template, Write,
};
use windlass_core::time::Span;
use windlass_core::weight::Weight;
use windlass_rollout::application::Application;
use windlass_rollout::plan::PlannedWrite;
use windlass_rollout::strategy::{Canary, CanaryStep};
use windlass_rollout::windlass::Windlass;
use windlass_sim::Simulation;
use windlass_sim::traffic::LoadConfig;

const APP: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME, namespace: shop}
spec:
  replicas: 4
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec:
      containers:
        - name: web
          image: registry.example/web:VERSION
          ports: [{containerPort: 80}]
          resources: {limits: {nvidia.com/gpu: 1, memory: 1Gi}, requests: {cpu: 100m}}
---
apiVersion: v1
kind: Service
metadata: {name: NAME, namespace: shop}
spec: {selector: {app: NAME}, ports: [{port: 80}]}
"#;

const ROUTE: &str = r#"
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: NAME, namespace: shop}
spec:
  rules: [{backendRefs: [{name: NAME, port: 80}]}]
"#;

/// What was heard.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ear(Arc<Mutex<Vec<RunEvent>>>);

#[async_trait]
impl Host for Ear {
    fn notify(&self, event: &RunEvent) {
        self.0.lock().expect("no panic").push(event.clone());
    }

    async fn ask(&self, _question: &Question) -> Approval {
        Approval::Later
    }
}

impl Ear {
    /// Writes that took effect.
    pub(crate) fn landed(&self) -> Vec<PlannedWrite> {
        let events = self.0.lock().expect("no panic");
        let landed = events.iter().filter_map(|event| {
            let What::Answered { object, change, fault: None } = &event.what else { return None };
            Some(PlannedWrite { object: object.clone(), change: change.clone() })
        });
        landed.collect()
    }

    /// Time from the first event to the last.
    pub(crate) fn lasted(&self) -> Span {
        let events = self.0.lock().expect("no panic");
        let ends = events.first().zip(events.last());
        ends.map_or(Span::ZERO, |(first, last)| last.at.since(first.at))
    }

    /// The runs that ended, in their order.
    pub(crate) fn ends(&self) -> Vec<RunId> {
        let events = self.0.lock().expect("no panic");
        let ended = events.iter().filter(|event| matches!(event.what, What::Ended(_)));
        ended.map(|event| event.run.clone()).collect()
    }

    /// All that was told, for people who debug.
    pub(crate) fn tale(&self) -> String {
        let events = self.0.lock().expect("no panic");
        let lines: Vec<String> =
            events.iter().map(|event| format!("{} {:?}", event.at, event.what)).collect();
        lines.join("\n")
    }

    pub(crate) fn clear(&self) {
        self.0.lock().expect("no panic").clear();
    }
}

pub(crate) struct Shop {
    pub(crate) sim: Simulation,
    pub(crate) app: AppRef,
    pub(crate) ear: Ear,
    pub(crate) journal: Arc<dyn Journal>,
    route: bool,
}

fn manifests(name: &str, version: &str, route: bool) -> Vec<Manifest> {
    let text = if route { format!("{APP}{ROUTE}") } else { APP.to_owned() };
    let text = text.replace("NAME", name).replace("VERSION", version);
    manifest::parse(format!("{name}.yaml"), text.as_bytes()).expect("valid")
}

pub(crate) fn wanted(name: &str, version: &str, route: bool) -> Application {
    Application::read(&manifests(name, version, route)).expect("one Deployment")
}

pub(crate) fn percent(n: u64) -> Weight {
    Weight::percent(n).expect("at most 100")
}

pub(crate) fn canary() -> Canary {
    let metric = Metric {
        success: Some("<= 0.05".parse().expect("a condition")),
        interval: Some(Span::seconds(15)),
        ..Metric::new("error rate", Measure::ErrorRate, Span::seconds(15))
    };
    let analysis = Analysis::new("success", vec![metric]).expect("a valid analysis");
    let step = |weight| CanaryStep::new(percent(weight), Span::minutes(1));
    Canary { keep_warm: Span::seconds(30), ..Canary::new(vec![step(5), step(50)], vec![analysis]) }
}

impl Shop {
    pub(crate) fn plain() -> Self {
        Self::new(false)
    }

    pub(crate) fn with_route() -> Self {
        Self::new(true)
    }

    fn new(route: bool) -> Self {
        let sim = Simulation::new(1);
        let app = sim.apply(&manifests("web", "1.0.0", route)).expect("valid").apps.remove(0);
        sim.world(|world| world.load(&app, LoadConfig::constant("web", 50.0)));
        sim.run_for(Span::minutes(2)).expect("time passes");
        let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::default());
        Self { sim, app, ear: Ear::default(), journal, route }
    }

    /// A second app, without a route.
    pub(crate) fn beside(&self, name: &str) -> AppRef {
        let app = self.sim.apply(&manifests(name, "1.0.0", false)).expect("valid").apps.remove(0);
        self.sim.run_for(Span::minutes(2)).expect("time passes");
        app
    }

    /// `kubectl apply` of another version, past windlass.
    pub(crate) fn apply(&self, version: &str) {
        self.sim.apply(&manifests("web", version, self.route)).expect("valid");
        self.sim.run_for(Span::seconds(1)).expect("time passes");
    }

    pub(crate) fn wanted(&self, version: &str) -> Application {
        wanted("web", version, self.route)
    }

    pub(crate) fn scope(&self) -> AppScope {
        AppScope { app: self.app.clone(), services: vec!["web".into()] }
    }

    pub(crate) fn windlass(&self, holder: &str) -> Windlass {
        self.windlass_on(holder, Arc::clone(&self.journal))
    }

    pub(crate) fn windlass_on(&self, holder: &str, journal: Arc<dyn Journal>) -> Windlass {
        let windlass = Windlass::new(self.sim.platform(), self.sim.clock(), holder);
        windlass.with_journal(journal).with_host(Arc::new(self.ear.clone()))
    }

    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.sim.block_on(future).expect("it comes to an end")
    }

    /// A ReplicaSet that a run nobody knows made, and then never came back.
    pub(crate) fn leave_a_set(&self, run: &str) {
        self.sim.world(|world| {
            let claim = world.claim(&self.app, &run.into(), &"gone".into()).expect("free");
            let epoch = claim.epoch;
            let template = Template { digest: "aabbccddeeff".into(), body: "{}".into() };
            let hash = template.digest.pod_hash();
            let write = Write {
                object: ObjectRef::new(Kind::ReplicaSet, "web-lost".into()),
                expect: Expect::absent(),
                change: Change::CreateSet {
                    template: template.digest.clone(),
                    hash,
                    run: run.into(),
                },
            };
            let fence = Fence { run: run.into(), epoch, seq: 1 };
            let templates = [template].into_iter().collect();
            world.write(&self.app, &templates, &fence, &write).expect("the name is free");
            world.release(&self.app, &run.into(), epoch);
        });
    }
}
