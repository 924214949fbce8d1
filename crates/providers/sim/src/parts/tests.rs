use windlass_core::fence::{Epoch, Expect, Fence, Token};
use windlass_core::id::{AppRef, Kind, ObjectRef};
use windlass_core::platform::{
    AppScope, AppSeen, Change, Fault, HookAnswer, HookCall, HookPhase, Measure, MetricQuery,
    Platform, Refusal, RouteRef, Templates, Write,
};
use windlass_core::time::Timestamp;
use windlass_core::weight::Weight;

use super::*;
use crate::Simulation;
use crate::lab::Lab;
use crate::objects::Labels;
use crate::traffic::{LoadConfig, PlaneConfig, Rule};

fn app() -> AppRef {
    AppRef::new("shop", "web")
}

fn scope() -> AppScope {
    AppScope { app: app(), services: vec!["web".into()] }
}

fn fence(seq: u64) -> Fence {
    Fence { run: "r".into(), epoch: Epoch(1), seq }
}

/// Three pods of `shop/web` behind a Service and a route, at rest.
fn shop(seed: u64) -> Simulation {
    let sim = Simulation::new(seed);
    sim.world(|world| {
        world.apply(&app(), Lab::manifest(3)).expect("a valid manifest");
        world.create_service(&app(), &"web".into(), Labels::one("app", "web")).expect("free");
        world.add_route(&app(), &"route".into(), vec![Rule::to("web")], PlaneConfig::default());
        world.load(&app(), LoadConfig::constant("route", 50.0));
    });
    sim.run_for(Span::minutes(2)).expect("nothing stalls");
    sim
}

async fn scale(platform: &Platform, seen: &AppSeen, replicas: u32, seq: u64) -> Result<(), Fault> {
    let deployment = seen.deployment.as_ref().expect("a Deployment");
    let write = Write {
        object: ObjectRef::new(Kind::Deployment, "web".into()),
        expect: Expect::at(&deployment.uid, &Token::Generation(deployment.generation)),
        change: Change::DeploymentReplicas(replicas),
    };
    let (templates, app) = (Templates::default(), app());
    platform.workloads.write(&app, &templates, &fence(seq), &write).await.map(|_| ())
}

#[test]
fn a_run_reads_its_own_writes_and_waits_for_what_they_bring() {
    let sim = shop(1);
    let platform = sim.platform();
    let began = sim.now();
    let ready = sim.block_on(async {
        let mut seen = platform.workloads.observe(&scope()).await?;
        scale(&platform, &seen, 5, 1).await?;
        loop {
            seen = platform.workloads.observe(&scope()).await?;
            let deployment = seen.deployment.as_ref().expect("a Deployment");
            assert_eq!(deployment.replicas, 5);
            if seen.services[0].endpoints == 5 {
                return Ok::<u32, Fault>(deployment.status.ready);
            }
            platform.workloads.changed(&app()).await;
        }
    });
    assert_eq!(ready, Ok(Ok(5)));
    let took = sim.now().since(began);
    assert!(took > Span::seconds(1) && took < Span::seconds(5), "{took}");
}

#[test]
fn of_two_processes_with_the_same_view_one_is_refused() {
    let sim = shop(1);
    let (one, other) = (sim.platform(), sim.platform());
    let result = sim.block_on(async {
        let seen = one.workloads.observe(&scope()).await.expect("readable");
        (scale(&one, &seen, 4, 1).await, scale(&other, &seen, 9, 2).await)
    });
    assert_eq!(result, Ok((Ok(()), Err(Fault::Refused(Refusal::Stale)))));
}

#[test]
fn a_watch_tells_of_a_change_made_before_it_was_asked() {
    let sim = shop(1);
    let platform = sim.platform();
    sim.block_on(platform.workloads.observe(&scope())).expect("no stall").expect("readable");
    sim.world(|world| world.scale(&app(), 4)).expect("a Deployment");
    let before = sim.now();
    sim.block_on(platform.workloads.changed(&app())).expect("it is told");
    assert!(sim.now().since(before) <= Span::millis(50));
}

#[test]
fn a_watch_of_an_app_at_rest_stays_silent() {
    let sim = shop(1);
    let platform = sim.platform();
    sim.block_on(platform.workloads.observe(&scope())).expect("no stall").expect("readable");
    sim.world(|world| world.scale(&AppRef::new("shop", "other"), 4)).expect_err("no such app");
    let told = sim.block_on(platform.workloads.changed(&app()));
    assert!(matches!(told, Err(crate::Stalled::Idle { .. })), "{told:?}");
}

#[test]
fn a_route_moves_behind_the_traffic_part() {
    let sim = shop(1);
    let platform = sim.platform();
    let names = RouteRef { name: "route".into(), stable: "web".into(), candidate: "web-c".into() };
    let effective = sim.block_on(async {
        let seen = platform.traffic.observe(&app(), &names).await?.expect("a route");
        let weight = Weight::percent(20).expect("a percentage");
        let write = Write {
            object: ObjectRef::new(Kind::Route, "route".into()),
            expect: Expect::at(&seen.uid, &seen.token),
            change: Change::Split { candidate: "web-c".into(), weight },
        };
        platform.traffic.write(&app(), &names, &fence(1), &write).await?;
        let moving = platform.traffic.observe(&app(), &names).await?.expect("a route");
        assert_eq!((moving.written, moving.effective), (Some(weight), None));
        sim.clock().sleep(Span::seconds(5)).await;
        let settled = platform.traffic.observe(&app(), &names).await?.expect("a route");
        Ok::<_, Fault>((settled.accepted, settled.effective))
    });
    assert_eq!(effective, Ok(Ok((true, Weight::percent(20).ok()))));
}

#[test]
fn metrics_come_through_the_part() {
    let sim = shop(1);
    let platform = sim.platform();
    let side = sim.world(|world| world.replica_sets(&app()).next().expect("a set").hash.clone());
    let query = MetricQuery { measure: Measure::Requests, side, window: Span::minutes(1) };
    let (_, answer) = sim.block_on(platform.metrics.query(&app(), &query)).expect("no stall");
    let requests = answer.expect("there were requests").millionths() / 1_000_000;
    assert!((2_700..3_300).contains(&requests), "{requests}");
}

#[test]
fn a_hook_answers_by_its_script_and_an_unknown_one_is_unreachable() {
    let sim = shop(1);
    let platform = sim.platform();
    let wait = HookAnswer::NotYet { reason: "warming".to_owned() };
    sim.hooks().script("smoke", [wait.clone(), HookAnswer::Pass]);
    let ask = |hook: &str| {
        let call =
            HookCall { run: "r".into(), hook: hook.to_owned(), phase: HookPhase::Notch, notch: 1 };
        let platform = platform.clone();
        let answer = async move { platform.hooks.call(&app(), &call).await };
        sim.block_on(answer).expect("no stall")
    };
    assert_eq!(
        [ask("smoke"), ask("smoke"), ask("smoke")],
        [wait, HookAnswer::Pass, HookAnswer::Pass]
    );
    assert!(matches!(ask("typo"), HookAnswer::Unreachable { .. }));
    assert_eq!(sim.hooks().calls().len(), 4);
}

#[test]
fn one_seed_is_one_run() {
    let run = |seed| -> (u64, Timestamp) {
        let sim = shop(seed);
        let platform = sim.platform();
        let done = sim.block_on(async {
            for replicas in 4..9 {
                let seen = platform.workloads.observe(&scope()).await?;
                scale(&platform, &seen, replicas, u64::from(replicas)).await?;
                platform.workloads.changed(&app()).await;
            }
            Ok::<(), Fault>(())
        });
        assert_eq!(done, Ok(Ok(())));
        (sim.world(|world| world.digest()), sim.now())
    };
    assert_eq!(run(3), run(3));
    assert_ne!(run(3), run(4));
}
