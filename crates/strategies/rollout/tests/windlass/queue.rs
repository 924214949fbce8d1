//! Releases that wait for their turn, and outlive the process that queued them.

use std::sync::Arc;

use futures_util::future::{Either, join, select};
use windlass_core::event::EndResult;
use windlass_core::id::RunId;
use windlass_core::journal::MemoryJournal;
use windlass_core::time::Span;
use windlass_rollout::release::{Facts, Release};
use windlass_rollout::strategy::{Misfit, Strategy};
use windlass_rollout::track::Track;
use windlass_rollout::windlass::{Busy, ReleaseError, RunError, RunState, Windlass};

use super::shop::{Shop, canary};

fn runs_now(shop: &Shop) -> String {
    let body =
        shop.sim.world(|world| world.deployment(&shop.app).map(|it| it.spec.template.body.clone()));
    let body = body.expect("it exists").to_string();
    let at = body.find("web:").expect("an image") + 4;
    body[at..at + 5].to_owned()
}

fn enqueue(shop: &Shop, windlass: &Windlass, version: &str) -> Result<RunId, ReleaseError> {
    shop.block_on(windlass.enqueue(&shop.wanted(version), &canary(), Busy::Queue))
}

fn supersede(shop: &Shop, windlass: &Windlass, version: &str) -> Result<RunId, ReleaseError> {
    shop.block_on(windlass.release_next(&shop.wanted(version), &canary(), Busy::Supersede))
}

/// A process begins 1.1.0, queues these two behind it, and dies in the middle of the first climb.
fn died_with_two_queued(shop: &Shop) -> Vec<RunId> {
    let windlass = shop.windlass("a");
    let plan = shop.block_on(windlass.plan(&shop.wanted("1.1.0"), &canary())).expect("it fits");
    let run = shop.block_on(windlass.release(&plan)).expect("nothing has moved");
    let mut runs = vec![run.clone()];
    for version in ["1.2.0", "1.3.0"] {
        runs.push(enqueue(shop, &windlass, version).expect("it waits"));
    }
    let clock = shop.sim.clock();
    shop.block_on(async {
        let until = Box::pin(clock.sleep(Span::minutes(2)));
        let end = select(Box::pin(windlass.drive_all(&runs)), until).await;
        assert!(matches!(end, Either::Right(_)), "all is still under way");
    });
    runs
}

fn state(shop: &Shop, windlass: &Windlass, run: &RunId) -> RunState {
    shop.block_on(windlass.why(run)).expect("it is known").listed.state
}

#[test]
fn what_is_queued_outlives_its_process_and_follows_in_its_order() {
    let shop = Shop::with_route();
    let runs = died_with_two_queued(&shop);
    let windlass = shop.windlass_on("b", Arc::clone(&shop.journal));
    shop.ear.clear();
    let ends = shop.block_on(windlass.resume_all()).expect("readable");
    assert_eq!(ends.len(), 3);
    for run in &runs {
        let (_, end) = ends.iter().find(|(it, _)| it == run).expect("it was taken up");
        assert_eq!(end.as_ref().expect("it ends").result, EndResult::Promoted, "{run}");
    }
    assert_eq!(runs_now(&shop), "1.3.0");
    let tale = shop.ear.ends();
    assert_eq!(tale, runs, "they end in the order in which they were asked for");
    let left = shop.block_on(windlass.list()).expect("readable");
    assert!(left.iter().all(|it| matches!(it.state, RunState::Ended(_))), "{left:?}");
    assert_eq!(shop.block_on(windlass.resume_all()).expect("readable").len(), 3);
    assert_eq!(runs_now(&shop), "1.3.0", "nothing is released twice");
}

#[test]
fn a_list_shows_what_is_queued_and_behind_which_run() {
    let shop = Shop::with_route();
    let runs = died_with_two_queued(&shop);
    let windlass = shop.windlass_on("b", Arc::clone(&shop.journal));
    let listed = shop.block_on(windlass.list()).expect("readable");
    assert_eq!(listed.len(), 3);
    for (run, behind, from, to) in
        [(&runs[1], &runs[0], "1.1.0", "1.2.0"), (&runs[2], &runs[1], "1.2.0", "1.3.0")]
    {
        let found = listed.iter().find(|it| it.run == *run).expect("it is listed");
        assert_eq!((found.from.as_str(), found.to.as_str()), (from, to));
        let RunState::Queued { behind: is, .. } = &found.state else { panic!("{found:?}") };
        assert_eq!(is, behind);
    }
}

#[test]
fn a_queued_version_is_planned_beside_what_runs_when_its_turn_has_come() {
    let shop = Shop::with_route();
    let runs = died_with_two_queued(&shop);
    let windlass = shop.windlass_on("b", Arc::clone(&shop.journal));
    shop.block_on(windlass.drive_all(&runs[..2]));
    let listed = shop.block_on(windlass.list()).expect("readable");
    let second = listed.iter().find(|it| it.run == runs[1]).expect("it is listed");
    assert_eq!((second.from.as_str(), second.to.as_str()), ("1.1.0", "1.2.0"));
    assert_eq!(runs_now(&shop), "1.2.0");
    assert!(matches!(state(&shop, &windlass, &runs[2]), RunState::Queued { .. }));
}

#[test]
fn a_queued_version_that_runs_already_when_its_turn_has_come_is_refused_and_leaves_the_queue() {
    let shop = Shop::with_route();
    let windlass = shop.windlass("a");
    let plan = shop.block_on(windlass.plan(&shop.wanted("1.1.0"), &canary())).expect("it fits");
    let first = shop.block_on(windlass.release(&plan)).expect("nothing has moved");
    let again = enqueue(&shop, &windlass, "1.1.0").expect("it waits");
    let (end, refused) = shop.block_on(join(windlass.drive(&first), windlass.drive(&again)));
    assert_eq!(end.expect("it ends").result, EndResult::Promoted);
    let said = refused.expect_err("it runs already").to_string();
    assert!(said.contains(again.as_str()) && said.contains("runs 1.1.0 already"), "{said}");
    assert_eq!(shop.block_on(windlass.list()).expect("readable").len(), 1);
}

#[test]
fn a_version_that_was_taken_out_of_the_queue_is_never_released() {
    let shop = Shop::with_route();
    let runs = died_with_two_queued(&shop);
    let windlass = shop.windlass_on("b", Arc::clone(&shop.journal));
    let clock = shop.sim.clock();
    let person = async {
        clock.sleep(Span::seconds(30)).await;
        windlass.withdraw(&runs[1]).await
    };
    let (ends, withdrawn) = shop.block_on(join(windlass.drive_all(&runs), person));
    withdrawn.expect("it had not begun");
    assert_eq!(ends[0].1.as_ref().expect("it ends").result, EndResult::Promoted);
    assert!(matches!(&ends[1].1, Err(RunError::Withdrawn { .. })), "{:?}", ends[1].1);
    assert_eq!(ends[2].1.as_ref().expect("it ends").result, EndResult::Promoted);
    assert!(shop.ear.ends().iter().all(|run| *run != runs[1]));
}

#[test]
fn a_version_supersedes_a_run_that_is_in_the_journal_alone_and_all_that_is_queued() {
    let shop = Shop::with_route();
    let runs = died_with_two_queued(&shop);
    let windlass = shop.windlass_on("b", Arc::clone(&shop.journal));
    let next = supersede(&shop, &windlass, "1.4.0").expect("its turn has come");
    let RunState::Ended(end) = state(&shop, &windlass, &runs[0]) else { panic!("it goes on") };
    assert_eq!(end.result, EndResult::RolledBack);
    assert!(end.reason.contains("1.4.0 is to be released instead"), "{}", end.reason);
    shop.block_on(windlass.drive(&next)).expect("it ends");
    assert_eq!(runs_now(&shop), "1.4.0");
    let listed = shop.block_on(windlass.list()).expect("readable");
    assert_eq!(listed.len(), 2, "{listed:?}");
}

#[test]
fn a_superseding_version_outlives_a_process_that_dies_while_the_other_one_goes_back() {
    let shop = Shop::with_route();
    let runs = died_with_two_queued(&shop);
    let dying = shop.windlass_on("b", Arc::clone(&shop.journal));
    let clock = shop.sim.clock();
    shop.block_on(async {
        let wanted = shop.wanted("1.4.0");
        let strategy = canary();
        let next = Box::pin(dying.release_next(&wanted, &strategy, Busy::Supersede));
        select(next, Box::pin(clock.sleep(Span::millis(1_500)))).await;
    });
    let windlass = shop.windlass_on("c", Arc::clone(&shop.journal));
    let ends = shop.block_on(windlass.resume_all()).expect("readable");
    let first = ends.iter().find(|(run, _)| *run == runs[0]).expect("it was taken up");
    assert_eq!(first.1.as_ref().expect("it ends").result, EndResult::RolledBack);
    assert_eq!((ends.len(), runs_now(&shop).as_str()), (2, "1.4.0"));
}

#[test]
fn a_run_of_another_journal_is_superseded_by_nobody_here() {
    let shop = Shop::with_route();
    let runs = died_with_two_queued(&shop);
    let other = shop.windlass_on("b", Arc::new(MemoryJournal::default()));
    let refused = supersede(&shop, &other, "1.4.0").expect_err("it is driven elsewhere");
    assert!(matches!(&refused, ReleaseError::Run(RunError::NotDriven { run }) if *run == runs[0]));
}

/// A strategy that knows no form of itself.
#[derive(Debug)]
struct Own;

impl Strategy for Own {
    fn track(&self, release: &Release, facts: &Facts) -> Result<Track, Vec<Misfit>> {
        canary().track(release, facts)
    }
}

#[test]
fn a_strategy_that_cannot_be_written_down_is_not_queued_and_says_why() {
    let shop = Shop::with_route();
    died_with_two_queued(&shop);
    let windlass = shop.windlass_on("b", Arc::clone(&shop.journal));
    let wanted = shop.wanted("1.4.0");
    let queued = shop.block_on(windlass.enqueue(&wanted, &Own, Busy::Queue));
    let refused = queued.expect_err("it has no form").to_string();
    assert!(refused.contains("Strategy::kept"), "{refused}");
}
