//! Why a run is where it is, as any process can tell.

use futures_util::future::{join, select};
use windlass_core::event::Direction;
use windlass_core::id::RunId;
use windlass_core::kernel::SignalKind;
use windlass_core::time::Span;
use windlass_rollout::windlass::{RunState, Why, Windlass};

use super::shop::{Shop, canary};

fn begun(shop: &Shop, windlass: &Windlass) -> RunId {
    let plan = shop.block_on(windlass.plan(&shop.wanted("1.1.0"), &canary())).expect("it fits");
    shop.block_on(windlass.release(&plan)).expect("nothing has moved")
}

fn drive_for(shop: &Shop, windlass: &Windlass, run: &RunId, span: Span) {
    let clock = shop.sim.clock();
    shop.block_on(async {
        select(Box::pin(windlass.drive(run)), Box::pin(clock.sleep(span))).await;
    });
}

fn why(shop: &Shop, windlass: &Windlass, run: &RunId) -> Why {
    shop.block_on(windlass.why(run)).expect("it is known")
}

#[test]
fn another_process_tells_the_last_turn_the_verdicts_and_the_wait() {
    let shop = Shop::with_route();
    let dying = shop.windlass("a");
    let run = begun(&shop, &dying);
    drive_for(&shop, &dying, &run, Span::seconds(110));
    let told = why(&shop, &shop.windlass("b"), &run);
    let turn = told.turn.clone().expect("it has passed a notch");
    assert_eq!((turn.to, turn.reason.as_str()), (Direction::Up, "notch 1 passed"), "{told}");
    assert_eq!(told.holder.as_ref().map(|it| it.as_str()), Some("a"));
    let standing = told.verdicts.first().expect("an analysis has begun");
    assert!(!standing.evidence.is_empty(), "{told}");
    let waits = told.waits.clone().expect("it is under way");
    let (until, then) = waits.until.clone().expect("the whole climb has a deadline");
    assert!(until > waits.since && then == "abort", "{told}");
    let text = told.to_string();
    for part in ["left at notch 2 of 3", "held by    a", "up at", "analysis   ", "waits for  "] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
}

#[test]
fn a_run_that_another_process_has_resumed_is_told_with_turns_of_before() {
    let shop = Shop::with_route();
    let dying = shop.windlass("a");
    let run = begun(&shop, &dying);
    drive_for(&shop, &dying, &run, Span::seconds(110));
    let windlass = shop.windlass("b");
    let clock = shop.sim.clock();
    let asked = async {
        clock.sleep(Span::millis(500)).await;
        windlass.why(&run).await.expect("it is known")
    };
    let (_, told) = shop.block_on(join(windlass.drive(&run), asked));
    assert!(matches!(told.listed.state, RunState::Driven(_)), "{told}");
    assert_eq!(told.turn.expect("it was recorded").reason, "notch 1 passed");
}

#[test]
fn a_pause_and_an_abort_are_told_with_who_said_so() {
    let shop = Shop::with_route();
    let windlass = shop.windlass("a");
    let run = begun(&shop, &windlass);
    let clock = shop.sim.clock();
    let person = async {
        clock.sleep(Span::seconds(50)).await;
        windlass.signal(&run, SignalKind::Pause, "ann", "lunch").expect("it is driven");
        clock.sleep(Span::minutes(5)).await;
        let paused = windlass.why(&run).await.expect("it is known");
        windlass.signal(&run, SignalKind::Abort, "ann", "not today").expect("it is driven");
        paused
    };
    let (_, paused) = shop.block_on(join(windlass.drive(&run), person));
    let turn = paused.turn.clone().expect("it turned");
    assert_eq!((turn.to, turn.reason.as_str()), (Direction::Pause, "ann says so: lunch"));
    let waits = paused.waits.clone().expect("it waits");
    assert!(waits.on.contains("resume, skip or abort"), "{paused}");
    let ended = why(&shop, &shop.windlass("b"), &run);
    let turn = ended.turn.clone().expect("it turned");
    assert_eq!((turn.to, turn.reason.as_str()), (Direction::Abort, "ann says so: not today"));
    assert_eq!(ended.waits, None);
    assert!(ended.to_string().contains("rolled back (ann aborted it: not today)"), "{ended}");
}
