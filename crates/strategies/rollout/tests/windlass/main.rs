//! What users hold, against the simulated cluster.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod queue;
mod shop;
mod sweep;
mod why;

use std::sync::Arc;

use futures_util::future::{join, select};
use shop::{Shop, canary};
use windlass_core::event::EndResult;
use windlass_core::finding::Code;
use windlass_core::id::{Kind, RunId};
use windlass_core::journal::{Journal, JournalError, MemoryJournal};
use windlass_core::kernel::SignalKind;
use windlass_core::model::Replicas;
use windlass_core::platform::AppScope;
use windlass_core::time::Span;
use windlass_rollout::gather::GatherError;
use windlass_rollout::plan::{Plan, PlanError, PlannedWrite};
use windlass_rollout::preflight::{ClusterFacts, Quota};
use windlass_rollout::strategy::{BlueGreen, Gate, Recreate, RollingUpdate, Strategy};
use windlass_rollout::windlass::{Busy, ReleaseError, Residue, RunError, RunState};

/// A fault-free run sends exactly what its plan says: every object, every change.
fn sends_what_it_planned(shop: &Shop, strategy: &dyn Strategy) -> Plan {
    let windlass = shop.windlass("a");
    let plan = shop.block_on(windlass.plan(&shop.wanted("1.1.0"), strategy)).expect("it fits");
    let run = shop.block_on(windlass.release(&plan)).expect("nothing has moved");
    let ending = shop.block_on(windlass.drive(&run)).expect("it ends");
    assert_eq!(ending.result, EndResult::Promoted, "{}\n{}", ending.reason, shop.ear.tale());
    let mut planned = plan.writes.clone();
    let mut sent: Vec<PlannedWrite> = shop.ear.landed();
    let key = |it: &PlannedWrite| (it.object.clone(), it.change.clone());
    planned.sort_by_key(key);
    sent.sort_by_key(key);
    assert_eq!(planned, sent);
    let took = shop.ear.lasted();
    let apart = took.less(plan.about) + plan.about.less(took);
    assert!(apart <= Span::seconds(15), "it took {took}, {} were planned", plan.about);
    plan
}

#[test]
fn a_canary_by_route_sends_what_it_planned() {
    let plan = sends_what_it_planned(&Shop::with_route(), &canary());
    assert_eq!(plan.notches.len(), 3);
    assert_eq!(plan.peak.pods, 8);
}

#[test]
fn a_canary_by_pods_sends_what_it_planned() {
    let canary = windlass_rollout::strategy::Canary { keep_warm: Span::ZERO, ..canary() };
    sends_what_it_planned(&Shop::plain(), &canary);
}

#[test]
fn blue_green_sends_what_it_planned() {
    sends_what_it_planned(&Shop::plain(), &BlueGreen::default());
}

#[test]
fn a_rolling_update_sends_what_it_planned() {
    let plan = sends_what_it_planned(&Shop::plain(), &RollingUpdate::default());
    assert_eq!(plan.writes.len(), 1);
}

#[test]
fn a_gated_rolling_update_sends_what_it_planned() {
    let gate = Gate::new(shop::percent(50), Span::minutes(1));
    let strategy = RollingUpdate { gates: vec![gate], ..RollingUpdate::default() };
    let plan = sends_what_it_planned(&Shop::plain(), &strategy);
    assert_eq!(plan.writes_by_kind().get(&Kind::Deployment), Some(&3));
}

#[test]
fn recreate_sends_what_it_planned() {
    sends_what_it_planned(&Shop::plain(), &Recreate::default());
}

#[test]
fn a_second_release_sends_what_it_planned_too() {
    let shop = Shop::with_route();
    sends_what_it_planned(&shop, &canary());
    shop.ear.clear();
    let windlass = shop.windlass("a");
    let plan = shop.block_on(windlass.plan(&shop.wanted("1.2.0"), &canary())).expect("it fits");
    let run = shop.block_on(windlass.release(&plan)).expect("nothing has moved");
    shop.block_on(windlass.drive(&run)).expect("it ends");
    assert_eq!(shop.ear.landed().len(), plan.writes.len());
}

#[test]
fn the_way_back_reuses_the_revision_that_was_kept() {
    let shop = Shop::with_route();
    sends_what_it_planned(&shop, &canary());
    shop.ear.clear();
    let windlass = shop.windlass("a");
    let plan = shop.block_on(windlass.plan(&shop.wanted("1.0.0"), &canary())).expect("it fits");
    assert!(plan.writes.iter().all(|write| !write.change.starts_with("create for")));
    let run = shop.block_on(windlass.release(&plan)).expect("nothing has moved");
    let ending = shop.block_on(windlass.drive(&run)).expect("it ends");
    assert_eq!((ending.result, ending.running.as_str()), (EndResult::Promoted, "1.0.0"));
    assert_eq!(shop.ear.landed().len(), plan.writes.len());
}

#[test]
fn a_plan_touches_nothing_and_survives_being_written_down() {
    let shop = Shop::with_route();
    let before = shop.sim.world(|world| world.observe(&shop.scope()));
    let windlass = shop.windlass("a");
    let plan = shop.block_on(windlass.plan(&shop.wanted("1.1.0"), &canary())).expect("it fits");
    let after = shop.sim.world(|world| world.observe(&shop.scope()));
    assert_eq!((before.deployment, before.sets), (after.deployment, after.sets));
    let json = serde_json::to_string(&plan).expect("it has a form");
    assert_eq!(serde_json::from_str::<Plan>(&json).expect("the same"), plan);
    let newer = json.replace("windlass.dev/plan/v1", "windlass.dev/plan/v2");
    assert!(serde_json::from_str::<Plan>(&newer).is_err());
}

#[test]
fn a_plan_is_refused_once_the_world_has_moved() {
    let shop = Shop::with_route();
    let windlass = shop.windlass("a");
    let plan = shop.block_on(windlass.plan(&shop.wanted("1.1.0"), &canary())).expect("it fits");
    shop.sim.world(|world| world.scale(&shop.app, 6)).expect("it exists");
    shop.sim.run_for(Span::minutes(1)).expect("time passes");
    let refused = shop.block_on(windlass.release(&plan)).expect_err("4 pods were planned");
    let said = refused.to_string();
    assert!(said.contains("spec.replicas was 4, is 6"), "{said}");
    assert!(said.contains("plan again"), "{said}");
}

#[test]
fn an_app_that_is_not_at_rest_is_not_planned_for() {
    let shop = Shop::plain();
    let windlass = shop.windlass("a");
    let runs = shop.block_on(windlass.plan(&shop.wanted("1.0.0"), &canary()));
    assert!(matches!(runs, Err(PlanError::Runs { .. })), "{runs:?}");
    shop.apply("1.1.0");
    let rolling = shop.block_on(windlass.plan(&shop.wanted("1.2.0"), &BlueGreen::default()));
    let under_way = matches!(rolling, Err(PlanError::Gather(GatherError::UnderWay { .. })));
    assert!(under_way, "{rolling:?}");
    let other = shop::wanted("other", "1.0.0", false);
    let missing = shop.block_on(windlass.plan(&other, &canary()));
    assert!(matches!(missing, Err(PlanError::Gather(GatherError::NoDeployment { .. }))));
}

#[test]
fn an_autoscaler_may_move_between_plan_and_release() {
    let shop = Shop::with_route();
    let windlass = shop.windlass("a");
    let mut wanted = shop.wanted("1.1.0");
    wanted.autoscaled = true;
    let plan = shop.block_on(windlass.plan(&wanted, &canary())).expect("it fits");
    shop.sim.world(|world| world.scale(&shop.app, 5)).expect("it exists");
    shop.sim.run_for(Span::minutes(1)).expect("time passes");
    shop.block_on(windlass.release(&plan)).expect("the climb follows");
}

#[test]
fn the_same_plan_twice_is_the_same_run() {
    let shop = Shop::with_route();
    let windlass = shop.windlass("a");
    let plan = shop.block_on(windlass.plan(&shop.wanted("1.1.0"), &canary())).expect("it fits");
    let first = shop.block_on(windlass.release(&plan)).expect("nothing has moved");
    assert_eq!(shop.block_on(windlass.release(&plan)).expect("the same"), first);
    shop.block_on(windlass.drive(&first)).expect("it ends");
    assert_eq!(shop.block_on(windlass.release(&plan)).expect("the same"), first);
    assert_eq!(shop.block_on(windlass.list()).expect("readable").len(), 1);
}

#[test]
fn two_apps_climb_at_once_in_one_process() {
    let shop = Shop::with_route();
    let other = shop.beside("api");
    let windlass = shop.windlass("a");
    let wants = [shop.wanted("1.1.0"), shop::wanted("api", "1.1.0", false)];
    let strategies: [&dyn Strategy; 2] = [&canary(), &BlueGreen::default()];
    let mut runs = Vec::new();
    for (wanted, strategy) in wants.iter().zip(strategies) {
        let plan = shop.block_on(windlass.plan(wanted, strategy)).expect("it fits");
        runs.push(shop.block_on(windlass.release(&plan)).expect("nothing has moved"));
    }
    let ends = shop.block_on(windlass.drive_all(&runs));
    for (run, end) in ends {
        assert_eq!(end.expect("it ends").result, EndResult::Promoted, "{run}");
    }
    let running = shop.sim.world(|world| world.observe(&AppScope { app: other, services: vec![] }));
    assert_eq!(running.lease, None);
}

#[test]
fn a_run_that_is_dropped_goes_on_where_it_was() {
    let shop = Shop::with_route();
    let windlass = shop.windlass("a");
    let plan = shop.block_on(windlass.plan(&shop.wanted("1.1.0"), &canary())).expect("it fits");
    let run = shop.block_on(windlass.release(&plan)).expect("nothing has moved");
    let clock = shop.sim.clock();
    shop.block_on(async {
        let until = Box::pin(clock.sleep(Span::minutes(2)));
        select(Box::pin(windlass.drive(&run)), until).await;
    });
    let left = shop.block_on(windlass.why(&run)).expect("it is known").listed.state;
    assert!(matches!(left, RunState::Left { of: 3, .. }), "{left:?}");
    let again = shop.windlass_on("b", Arc::clone(&shop.journal));
    let ends = shop.block_on(again.resume_all()).expect("readable");
    let (resumed, end) = &ends[0];
    assert_eq!(*resumed, run);
    assert_eq!(end.as_ref().expect("it ends").result, EndResult::Promoted);
    let ended = shop.block_on(again.why(&run)).expect("it is known").listed.state;
    assert!(matches!(ended, RunState::Ended(_)), "{ended:?}");
}

#[test]
fn an_ended_run_that_still_holds_its_app_gives_it_back_and_nothing_else() {
    let shop = Shop::with_route();
    let windlass = shop.windlass("a");
    let plan = shop.block_on(windlass.plan(&shop.wanted("1.1.0"), &canary())).expect("it fits");
    let run = shop.block_on(windlass.release(&plan)).expect("nothing has moved");
    shop.block_on(windlass.drive(&run)).expect("it ends");
    shop.sim.world(|world| world.claim(&shop.app, &run, &"gone".into())).expect("free");
    let writes = shop.ear.landed().len();
    let residue = shop.block_on(windlass.sweep()).expect("readable");
    assert!(matches!(&residue.found[..], [Residue::Lease { ended: true, .. }]), "{residue:?}");
    shop.block_on(windlass.resume_all()).expect("readable");
    assert_eq!(shop.sim.world(|world| world.observe(&shop.scope())).lease, None);
    assert_eq!(shop.ear.landed().len(), writes);
    assert_eq!(shop.block_on(windlass.sweep()).expect("readable").found, []);
}

#[test]
fn a_second_process_is_refused_with_the_name_of_the_first() {
    let shop = Shop::with_route();
    let (first, second) =
        (shop.windlass("a"), shop.windlass_on("b", Arc::new(MemoryJournal::default())));
    let wanted = shop.wanted("1.1.0");
    let plan = shop.block_on(first.plan(&wanted, &canary())).expect("it fits");
    let late = shop.block_on(second.plan(&wanted, &canary())).expect("nobody holds it yet");
    let early = shop.block_on(second.release(&late)).expect("nobody holds it yet");
    let run = shop.block_on(first.release(&plan)).expect("nothing has moved");
    let clock = shop.sim.clock();
    let (first, second) = (&first, &second);
    let refusals = async {
        clock.sleep(Span::minutes(1)).await;
        (second.plan(&wanted, &canary()).await, second.drive(&early).await)
    };
    let (end, (planned, driven)) = shop.block_on(join(first.drive(&run), refusals));
    let said = planned.expect_err("it is held").to_string();
    assert!(said.contains(run.as_str()) && said.contains("driven by a"), "{said}");
    let Err(RunError::TooLate { other, .. }) = driven else { panic!("{driven:?}") };
    assert_eq!(other, run);
    assert_eq!(shop.block_on(second.list()).expect("readable"), []);
    assert_eq!(end.expect("it ends").result, EndResult::Promoted);
}

#[test]
fn a_process_that_was_taken_over_stops_and_says_so() {
    let shop = Shop::with_route();
    let (first, second) = (shop.windlass("a"), shop.windlass_on("b", Arc::clone(&shop.journal)));
    let plan = shop.block_on(first.plan(&shop.wanted("1.1.0"), &canary())).expect("it fits");
    let run = shop.block_on(first.release(&plan)).expect("nothing has moved");
    let clock = shop.sim.clock();
    let over = async {
        clock.sleep(Span::minutes(1)).await;
        second.drive(&run).await
    };
    let (ours, theirs) = shop.block_on(join(first.drive(&run), over));
    let said = ours.expect_err("it was taken over");
    let stopped = matches!(said, RunError::TakenOver { .. } | RunError::Journal(_));
    assert!(stopped, "{said:?}");
    assert_eq!(theirs.expect("it ends").result, EndResult::Promoted);
}

#[test]
fn a_signal_reaches_a_run_and_a_wait_can_be_asked_for() {
    let shop = Shop::with_route();
    let windlass = shop.windlass("a");
    let plan = shop.block_on(windlass.plan(&shop.wanted("1.1.0"), &canary())).expect("it fits");
    let run = shop.block_on(windlass.release(&plan)).expect("nothing has moved");
    let clock = shop.sim.clock();
    let person = async {
        clock.sleep(Span::minutes(1)).await;
        let waits = windlass.why(&run).await;
        windlass.signal(&run, SignalKind::Abort, "ann", "not today").expect("it is driven");
        waits
    };
    let (end, waits) = shop.block_on(join(windlass.drive(&run), person));
    let waits = waits.expect("it is known").waits.expect("it is under way");
    assert!(waits.until.is_some_and(|(at, then)| at > waits.since && !then.is_empty()));
    let end = end.expect("it ends");
    assert_eq!(end.result, EndResult::RolledBack);
    assert!(end.reason.contains("ann aborted it: not today"), "{}", end.reason);
    let late = windlass.signal(&run, SignalKind::Abort, "ann", "again");
    assert!(matches!(late, Err(RunError::NotDriven { .. })));
}

fn third_version(busy: Busy) -> (EndResult, Result<RunId, ReleaseError>, String) {
    let shop = Shop::with_route();
    let windlass = shop.windlass("a");
    let plan = shop.block_on(windlass.plan(&shop.wanted("1.1.0"), &canary())).expect("it fits");
    let run = shop.block_on(windlass.release(&plan)).expect("nothing has moved");
    let (clock, wanted) = (shop.sim.clock(), shop.wanted("1.2.0"));
    let next = async {
        clock.sleep(Span::minutes(1)).await;
        let next = windlass.release_next(&wanted, &canary(), busy).await;
        if let Ok(next) = &next {
            windlass.drive(next).await.expect("it ends");
        }
        next
    };
    let (end, next) = shop.block_on(join(windlass.drive(&run), next));
    let running =
        shop.sim.world(|world| world.deployment(&shop.app).map(|it| it.spec.template.body.clone()));
    (end.expect("it ends").result, next, running.expect("it exists").to_string())
}

#[test]
fn a_third_version_is_refused_while_a_run_holds_the_app() {
    let (end, next, running) = third_version(Busy::Refuse);
    assert_eq!(end, EndResult::Promoted);
    assert!(next.expect_err("it is held").held_by().is_some());
    assert!(running.contains("1.1.0"), "{running}");
}

#[test]
fn a_third_version_in_the_queue_is_planned_when_its_turn_has_come() {
    let (end, next, running) = third_version(Busy::Queue);
    assert_eq!(end, EndResult::Promoted);
    next.expect("its turn has come");
    assert!(running.contains("1.2.0"), "{running}");
}

#[test]
fn a_third_version_that_supersedes_aborts_the_second() {
    let (end, next, running) = third_version(Busy::Supersede);
    assert_eq!(end, EndResult::RolledBack);
    next.expect("its turn has come");
    assert!(running.contains("1.2.0"), "{running}");
}

#[derive(Debug)]
struct Full(MemoryJournal);

#[async_trait::async_trait]
impl Journal for Full {
    async fn append(&self, run: &RunId, index: u64, record: Vec<u8>) -> Result<(), JournalError> {
        if index >= 3 {
            let (place, reason) = ("disk".to_owned(), "no space left on device".to_owned());
            return Err(JournalError::Storage { place, reason });
        }
        self.0.append(run, index, record).await
    }

    async fn read(&self, run: &RunId) -> Result<Vec<Vec<u8>>, JournalError> {
        self.0.read(run).await
    }

    async fn ends(&self, run: &RunId) -> Result<Option<(Vec<u8>, u64, Vec<u8>)>, JournalError> {
        self.0.ends(run).await
    }

    async fn runs(&self) -> Result<Vec<RunId>, JournalError> {
        self.0.runs().await
    }

    async fn remove(&self, run: &RunId) -> Result<(), JournalError> {
        self.0.remove(run).await
    }
}

#[test]
fn a_journal_that_fails_stops_the_run_with_the_next_step() {
    let shop = Shop::with_route();
    let windlass = shop.windlass_on("a", Arc::new(Full(MemoryJournal::default())));
    let plan = shop.block_on(windlass.plan(&shop.wanted("1.1.0"), &canary())).expect("it fits");
    let run = shop.block_on(windlass.release(&plan)).expect("nothing has moved");
    let failed = shop.block_on(windlass.drive(&run)).expect_err("the disk is full");
    assert!(failed.to_string().contains("resume the runs"), "{failed}");
    assert!(
        std::error::Error::source(&failed).is_some_and(|it| it.to_string().contains("no space"))
    );
}

#[test]
fn a_sweep_shows_what_a_lost_run_made_and_removes_it_on_request() {
    let shop = Shop::with_route();
    let windlass = shop.windlass("a");
    let plan = shop.block_on(windlass.plan(&shop.wanted("1.1.0"), &canary())).expect("it fits");
    let run = shop.block_on(windlass.release(&plan)).expect("nothing has moved");
    shop.block_on(windlass.drive(&run)).expect("it ends");
    shop.leave_a_set("lost");
    let found = shop.block_on(windlass.sweep()).expect("readable");
    let [residue @ Residue::Made { run, .. }] = &found.found[..] else { panic!("{found:?}") };
    assert_eq!(run.as_str(), "lost");
    shop.block_on(windlass.clear(residue)).expect("it is as it was");
    assert_eq!(shop.block_on(windlass.sweep()).expect("readable").found, []);
}

#[test]
fn a_plan_counts_by_the_quotas_of_the_cluster_and_by_what_exists_there() {
    let shop = Shop::with_route();
    let around = "
{apiVersion: v1, kind: ResourceQuota, metadata: {name: gpus, namespace: shop}, spec: {hard: {requests.nvidia.com/gpu: 5}}}
---
{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web, namespace: shop}, spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}}
---
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web, namespace: shop}, spec: {scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 9}}
";
    let windlass = shop.windlass("a");
    let plan = || shop.block_on(windlass.plan(&shop.wanted("1.1.0"), &canary())).expect("it fits");
    let has = |plan: &Plan, code: Code| plan.findings.iter().any(|found| found.code == code);
    let before = plan();
    assert!(has(&before, Code::NoBudget) && !has(&before, Code::OverQuota));
    assert!(before.fingerprint.replicas.is_some());
    let read = windlass_core::manifest::parse("around.yaml", around.as_bytes()).expect("valid");
    shop.sim.apply(&read).expect("valid");
    let after = plan();
    assert!(!has(&after, Code::NoBudget) && has(&after, Code::OverQuota), "{after}");
    assert!(after.to_string().contains("quota 5: does not fit"), "{after}");
    assert_eq!(after.fingerprint.replicas, None, "an autoscaler moves them");
}

#[test]
fn a_plan_reads_at_a_glance() {
    let shop = Shop::with_route();
    let windlass = shop.windlass("a");
    let quota =
        Quota { hard: "6".parse().expect("a number"), used: "4".parse().expect("a number") };
    let cluster = ClusterFacts {
        quotas: [("requests.nvidia.com/gpu".parse().expect("a name"), quota)].into(),
        running: [("web".into(), Replicas::try_from(4_u32).expect("few"))].into(),
        ..ClusterFacts::default()
    };
    let wanted = shop.wanted("1.1.0").knowing(cluster);
    let plan = shop.block_on(windlass.plan(&wanted, &canary())).expect("it fits");
    let text = plan.to_string();
    assert_eq!(text, include_str!("plan.txt"), "\n{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "\n{text}");
}
