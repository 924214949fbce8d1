//! What a process that never came back left is taken to the ground or to rest.

use std::sync::Arc;

use futures_util::future::{Either, select};
use windlass_core::event::EndResult;
use windlass_core::id::RunId;
use windlass_core::journal::{Journal, MemoryJournal};
use windlass_core::kernel::SignalKind;
use windlass_core::platform::Membership;
use windlass_core::time::Span;
use windlass_rollout::windlass::{Residue, RunState, Sweep, SweepError, Way, Windlass};

use super::shop::{Shop, canary};

/// A process releases 1.1.0 and dies after a while. False where it had ended before.
fn died_after(shop: &Shop, after: Span) -> (RunId, bool) {
    let windlass = shop.windlass("a");
    let plan = shop.block_on(windlass.plan(&shop.wanted("1.1.0"), &canary())).expect("it fits");
    let run = shop.block_on(windlass.release(&plan)).expect("nothing has moved");
    let clock = shop.sim.clock();
    let end = shop.block_on(async {
        let until = Box::pin(clock.sleep(after));
        matches!(select(Box::pin(windlass.drive(&run)), until).await, Either::Right(_))
    });
    shop.sim.run_for(Span::minutes(2)).expect("time passes");
    (run, end)
}

/// How the app stands, as a person sees it.
fn stands(shop: &Shop) -> Vec<String> {
    let platform = shop.sim.platform();
    let mut scope = shop.scope();
    scope.services.extend(["web-candidate".into(), "web-preview".into()]);
    let seen = shop.block_on(platform.workloads.observe(&scope)).expect("readable");
    let mut lines = Vec::new();
    let deployment = seen.deployment.expect("it exists");
    lines.push(format!("{} paused {}", deployment.template, deployment.paused));
    lines.push(format!("lease {:?}", seen.lease));
    for set in seen.sets.iter().filter(|set| set.pods > 0 || set.membership != Membership::Owned) {
        let fence = format!("{:?}", set.token).starts_with("Fence");
        lines.push(format!(
            "{} {:?} {} pods, {} ready, marked {}",
            set.name,
            set.membership,
            set.pods,
            set.ready,
            fence || set.made_by.is_some()
        ));
    }
    for service in seen.services {
        let fence = format!("{:?}", service.token).starts_with("Fence");
        lines.push(format!("{} {:?} marked {fence}", service.name, service.pin));
    }
    lines
}

fn weight(shop: &Shop) -> Option<windlass_core::weight::Weight> {
    let wanted = shop.wanted("1.1.0");
    let route = wanted.route.expect("it has one");
    let seen = shop.block_on(shop.sim.platform().traffic.observe(&shop.app, &route));
    seen.expect("readable").and_then(|route| route.written)
}

fn errors(shop: &Shop) -> u64 {
    shop.sim.world(|world| {
        let sides: Vec<_> = world.replica_sets(&shop.app).map(|set| set.hash.clone()).collect();
        let account = world.account(&shop.app).expect("a load");
        sides.iter().map(|side| account.answered(side).errors).sum()
    })
}

fn swept(shop: &Shop, windlass: &Windlass) -> Sweep {
    let known = [shop.wanted("1.1.0")];
    shop.block_on(windlass.sweep_also(&known)).expect("readable")
}

fn applied(shop: &Shop, windlass: &Windlass, sweep: &Sweep) {
    for (residue, end) in shop.block_on(windlass.apply(sweep)) {
        assert_eq!(end, Ok(()), "{residue}");
    }
}

#[test]
fn a_run_that_was_left_half_raised_is_shown_and_taken_back() {
    let shop = Shop::with_route();
    let before = stands(&shop);
    let (run, _) = died_after(&shop, Span::seconds(100));
    assert!(weight(&shop).is_some(), "it is half raised");
    let windlass = shop.windlass("b");
    let half_raised = stands(&shop);
    let sweep = shop.block_on(windlass.sweep()).expect("readable");
    assert_eq!(stands(&shop), half_raised, "to look touches nothing");
    let said = sweep.to_string();
    assert!(said.contains(run.as_str()) && said.contains("of 3: take it back"), "{said}");
    applied(&shop, &windlass, &sweep);
    assert_eq!((stands(&shop), weight(&shop)), (before, None));
    let RunState::Ended(end) = shop.block_on(windlass.why(&run)).expect("it is known").listed.state
    else {
        panic!("it goes on")
    };
    assert_eq!(end.result, EndResult::RolledBack);
    assert_eq!(swept(&shop, &windlass), Sweep::default());
}

#[test]
fn whenever_a_process_died_and_its_journal_is_lost_the_marks_lead_to_the_ground_or_to_rest() {
    let mut ways = Vec::new();
    for after in (200..360_000).step_by(6_700).map(Span::millis) {
        let shop = Shop::with_route();
        let ground = stands(&shop);
        let (_, died) = died_after(&shop, after);
        if !died {
            break;
        }
        let lost: Arc<dyn Journal> = Arc::new(MemoryJournal::default());
        let windlass = shop.windlass_on("b", lost);
        let sweep = swept(&shop, &windlass);
        applied(&shop, &windlass, &sweep);
        let way = sweep.found.iter().find_map(|residue| match residue {
            Residue::Half { way, .. } => Some(*way),
            Residue::Lease { .. }
            | Residue::Left { .. }
            | Residue::Made { .. }
            | Residue::Pods { .. } => None,
        });
        let left = swept(&shop, &windlass);
        assert_eq!(left, Sweep::default(), "died after {after}: {sweep}\nleft: {left}");
        let now = stands(&shop);
        assert_eq!(weight(&shop), None, "died after {after}");
        match way {
            Some(Way::Rest) => assert!(now != ground && now.len() == ground.len(), "{now:#?}"),
            Some(Way::Ground) | None => assert_eq!(now, ground, "died after {after}: {sweep}"),
        }
        assert_eq!(errors(&shop), 0, "died after {after}: no request is lost on the way");
        ways.push(way);
    }
    assert!(ways.contains(&Some(Way::Ground)) && ways.contains(&Some(Way::Rest)), "{ways:?}");
}

#[test]
fn a_run_that_failed_is_taken_further() {
    let shop = Shop::with_route();
    let ground = stands(&shop);
    let windlass = shop.windlass("a");
    let mut plan = shop.block_on(windlass.plan(&shop.wanted("1.1.0"), &canary())).expect("it fits");
    plan.spec.limits.phase = Span::millis(50);
    let run = shop.block_on(windlass.release(&plan)).expect("nothing has moved");
    let clock = shop.sim.clock();
    let person = async {
        clock.sleep(Span::seconds(100)).await;
        windlass.signal(&run, SignalKind::Abort, "ann", "not today").expect("it is driven");
    };
    let (end, ()) = shop.block_on(futures_util::future::join(windlass.drive(&run), person));
    assert_eq!(end.expect("it ends").result, EndResult::Failed);
    let again = shop.block_on(shop.windlass("b").resume_all()).expect("readable");
    assert_eq!(again.len(), 1, "{again:?}");
    let refused = shop.block_on(windlass.plan(&shop.wanted("1.2.0"), &canary()));
    let refused = refused.err().map(|error| error.to_string());
    assert!(refused.as_ref().is_some_and(|it| it.contains(run.as_str())), "{refused:?}");
    let sweep = shop.block_on(windlass.sweep()).expect("readable");
    assert!(matches!(&sweep.found[..], [.., Residue::Half { way: Way::Ground, .. }]), "{sweep}");
    applied(&shop, &windlass, &sweep);
    assert_eq!((stands(&shop), weight(&shop)), (ground, None));
    assert_eq!(swept(&shop, &windlass), Sweep::default());
}

#[test]
fn a_process_that_dies_in_a_sweep_never_raises_anything_when_it_is_resumed() {
    for after in [300, 1_200, 3_000, 9_000].map(Span::millis) {
        let shop = Shop::with_route();
        let ground = stands(&shop);
        died_after(&shop, Span::seconds(100));
        let lost: Arc<dyn Journal> = Arc::new(MemoryJournal::default());
        let windlass = shop.windlass_on("b", Arc::clone(&lost));
        let sweep = swept(&shop, &windlass);
        let clock = shop.sim.clock();
        shop.block_on(async {
            select(Box::pin(windlass.apply(&sweep)), Box::pin(clock.sleep(after))).await;
        });
        let windlass = shop.windlass_on("c", lost);
        shop.block_on(windlass.resume_all()).expect("readable");
        applied(&shop, &windlass, &swept(&shop, &windlass));
        assert_eq!(stands(&shop), ground, "died {after} into the sweep");
    }
}

#[test]
fn what_cannot_be_proved_ours_is_left_alone() {
    let shop = Shop::with_route();
    shop.sim.world(|world| {
        let other =
            windlass_sim::objects::Labels::one("app", "web").with("pod-template-hash", "mine");
        world.create_service(&shop.app, &"web-preview".into(), other).expect("a free name");
        world.pause(&shop.app, true).expect("it exists");
    });
    shop.sim.run_for(Span::minutes(1)).expect("time passes");
    let before = stands(&shop);
    let windlass = shop.windlass("b");
    let sweep = swept(&shop, &windlass);
    assert_eq!(sweep.to_string(), "nothing is left behind");
    died_after(&shop, Span::seconds(100));
    let windlass = shop.windlass_on("b", Arc::new(MemoryJournal::default()));
    applied(&shop, &windlass, &swept(&shop, &windlass));
    assert_eq!(stands(&shop), before, "a pause and a pin of the user's own stay");
}

#[test]
fn two_sets_with_pods_are_only_shown() {
    let shop = Shop::with_route();
    died_after(&shop, Span::seconds(100));
    shop.sim.world(|world| {
        let seen = world.observe(&shop.scope());
        let lease = seen.lease.expect("it is held");
        world.release(&shop.app, &lease.run, lease.epoch);
    });
    shop.leave_a_set("lost");
    shop.sim.world(|world| {
        world.edit_set(&shop.app, &"web-lost".into(), |set| set.replicas = 1).expect("it exists");
    });
    shop.sim.run_for(Span::minutes(1)).expect("time passes");
    let windlass = shop.windlass_on("b", Arc::new(MemoryJournal::default()));
    let before = stands(&shop);
    let sweep = swept(&shop, &windlass);
    let shown = sweep.found.iter().filter(|it| matches!(it, Residue::Pods { .. })).count();
    assert_eq!((shown, sweep.found.len()), (2, 2), "{sweep}");
    for (_, end) in shop.block_on(windlass.apply(&sweep)) {
        assert_eq!(end, Err(SweepError::HasPods));
    }
    assert_eq!(stands(&shop), before);
}
