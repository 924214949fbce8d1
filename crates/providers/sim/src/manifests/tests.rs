use windlass_core::manifest;
use windlass_core::time::Span;

use super::*;
use crate::objects::{PodBehaviour, Quota};
use crate::traffic::{Latency, LoadConfig, Rate, VersionModel, WHOLE};
use crate::{Simulation, WorldConfig};

const SHOP: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  template:
    metadata: {labels: {app: web, tier: front}}
    spec:
      containers:
        - name: web
          image: registry.example/web:1.0.0
          resources: {limits: {nvidia.com/gpu: 2, memory: 1Gi}}
---
apiVersion: v1
kind: Service
metadata: {name: front, namespace: shop}
spec: {selector: {tier: front}, ports: [{port: 80}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {selector: {matchLabels: {app: web}}, maxUnavailable: 1}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {a: b}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  rules:
    - matches: [{path: {value: /}}]
      backendRefs: [{name: front, port: 80}]
"#;

fn read(text: &str) -> Vec<Manifest> {
    manifest::parse("shop.yaml", text.as_bytes()).expect("well-formed")
}

fn app() -> AppRef {
    AppRef::new("shop", "web")
}

fn applied(text: &str) -> (World, Applied) {
    let mut world = World::new(1, WorldConfig::default());
    let applied = world.apply_manifests(&read(text)).expect("valid");
    world.advance(Span::minutes(1));
    (world, applied)
}

#[test]
fn a_users_manifests_come_up_as_they_are_written() {
    let (world, applied) = applied(SHOP);
    assert_eq!(applied, Applied { apps: vec![app()], left: vec!["ConfigMap settings".to_owned()] });
    let deployment = world.deployment(&app()).expect("a Deployment");
    assert_eq!((deployment.status.pods.ready, deployment.spec.surge()), (3, 1));
    let behind = world.backends(&app(), &"front".into()).expect("a Service");
    assert_eq!(behind.iter().map(|backend| backend.routed.ready).sum::<u32>(), 3);
    let scope = windlass_core::platform::AppScope { app: app(), services: vec![] };
    assert_eq!(world.observe(&scope).min_available, 2);
}

#[test]
fn a_route_keeps_what_it_matches() {
    let (world, _) = applied(SHOP);
    let route = world.route(&app(), &"web".into()).expect("a route");
    assert!(route.rules()[0].matches.contains("\"value\""));
    assert_eq!(route.shares(), [("front".into(), WHOLE)]);
}

#[test]
fn applying_twice_changes_nothing() {
    let (mut world, _) = applied(SHOP);
    let versions = |world: &World| {
        let route = world.route(&app(), &"web".into()).expect("a route");
        let service = world.service(&app(), &"front".into()).expect("a Service");
        let deployment = world.deployment(&app()).expect("a Deployment");
        [route.meta.version, service.meta.version, deployment.meta.version]
    };
    let before = versions(&world);
    world.apply_manifests(&read(SHOP)).expect("valid");
    world.advance(Span::minutes(1));
    assert_eq!(versions(&world), before);
}

#[test]
fn extended_resources_count_against_the_quota() {
    let mut world = World::new(1, WorldConfig::default());
    let gpus = [("nvidia.com/gpu".into(), 4)].into();
    world.set_quota(&app(), Quota { pods: None, extended: gpus });
    world.apply_manifests(&read(SHOP)).expect("valid");
    world.advance(Span::minutes(1));
    assert_eq!(world.deployment(&app()).expect("a Deployment").status.pods.ready, 2);
}

#[test]
fn what_cannot_be_simulated_is_said_and_nothing_is_applied() {
    let expressions = "{matchExpressions: [{key: app, operator: Exists}]}";
    let text =
        SHOP.replace("{matchLabels: {app: web}}", expressions).replace("port: 80}]", "port: x}]");
    let mut world = World::new(1, WorldConfig::default());
    let errors = world.apply_manifests(&read(&text)).expect_err("two faults");
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert!(errors[0].contains("write matchLabels"), "{errors:?}");
    assert!(errors.iter().any(|error| error.contains("ports[0].port")), "{errors:?}");
    assert_eq!(world.revision(), 0);
}

#[test]
fn a_refusal_names_the_object() {
    let (mut world, _) = applied(SHOP);
    let text = SHOP.replace("app: web", "app: other");
    let errors = world.apply_manifests(&read(&text)).expect_err("the selector is immutable");
    assert!(errors[0].to_string().contains("Deployment web was refused"), "{errors:?}");
}

#[test]
fn a_version_is_known_by_its_image() {
    let sim = Simulation::new(4);
    let slow =
        PodBehaviour { start: crate::rng::Delay::fixed(Span::minutes(5)), ..Default::default() };
    let bad = VersionModel::default()
        .failing(Rate::percent(30))
        .taking(Latency::new(Span::millis(500), 0.2));
    sim.world(|world| world.version("web:1.1.0", slow, bad));
    sim.apply(&read(SHOP)).expect("valid");
    sim.world(|world| world.load(&app(), LoadConfig::constant("web", 100.0)));
    sim.run_for(Span::minutes(1)).expect("nothing stalls");
    sim.apply(&read(&SHOP.replace("web:1.0.0", "web:1.1.0"))).expect("valid");
    let updated = |sim: &Simulation| {
        sim.world(|world| world.deployment(&app()).map_or(0, |d| d.status.pods.ready))
    };
    sim.run_for(Span::minutes(4)).expect("nothing stalls");
    let failed = |sim: &Simulation| {
        sim.world(|world| {
            let sides: Vec<_> = world.replica_sets(&app()).map(|set| set.hash.clone()).collect();
            let account = world.account(&app()).expect("a load");
            sides.iter().map(|side| account.answered(side).errors).sum::<u64>()
        })
    };
    assert_eq!((failed(&sim), updated(&sim)), (0, 3));
    sim.run_for(Span::minutes(30)).expect("nothing stalls");
    assert!(failed(&sim) > 10_000);
}
