//! When people and hooks are asked: those that say yes to the evidence only once it is there.

use windlass_core::event::{EndResult, Stage, What};
use windlass_core::platform::{HookAnswer, HookPhase};
use windlass_core::time::{Span, Timestamp};
use windlass_rollout::climb::Climb;
use windlass_rollout::strategy::{BlueGreen, Canary, CanaryStep};
use windlass_sim::harness::Trial;

use crate::lab::{ClimbCast, Lab, error_rate, percent, tale};

type Climbing = Trial<Climb, ClimbCast>;

const BAKE: Span = Span::seconds(40);

fn approved() -> Canary {
    let step = CanaryStep { approval: true, ..CanaryStep::new(percent(25), BAKE) };
    Canary::new(vec![step], vec![error_rate()])
}

fn go(trial: &mut Climbing, span: Span) {
    trial.run(span, |_| Ok::<(), ()>(())).expect("no check");
}

/// When the first event came of which this holds.
fn first(trial: &Climbing, is: impl Fn(&What) -> bool) -> Timestamp {
    let found = trial.operators[0].told.iter().find(|(_, what)| is(what));
    found.map(|(at, _)| *at).unwrap_or_else(|| panic!("it never came\n{}", tale(trial)))
}

fn held(what: &What) -> bool {
    matches!(what, What::Notch { notch: 1, stage: Stage::Holding, .. })
}

#[test]
fn an_approval_is_asked_for_when_the_bake_is_over_and_the_evidence_good() {
    let mut trial = Lab::default().release(&approved());
    let asked = |trial: &Climbing| {
        let hold = trial.operators[0].run.as_ref().and_then(|run| run.state().hold.as_ref());
        hold.is_some_and(|hold| hold.ask_again > hold.since)
    };
    while !asked(&trial) {
        go(&mut trial, Span::seconds(1));
    }
    let waited = trial.world.now().since(first(&trial, held));
    assert!(waited >= BAKE && waited <= BAKE + Span::seconds(20), "asked after {waited}");
}

#[test]
fn nobody_is_asked_to_approve_a_bad_version() {
    let bad = Lab { errors: windlass_sim::traffic::Rate::percent(50), ..Lab::default() };
    let mut trial = bad.release(&approved());
    go(&mut trial, Span::hours(1));
    assert_eq!(trial.outcome().map(|it| it.result), Some(EndResult::RolledBack));
}

#[test]
fn an_approval_that_nobody_gives_ends_in_an_abort_that_says_so() {
    let mut trial = Lab::default().release(&approved());
    let limit = trial.cast.spec.limits.approval;
    go(&mut trial, limit.less(Span::minutes(1)));
    assert_eq!(trial.outcome(), None, "{}", tale(&trial));
    go(&mut trial, Span::minutes(10));
    let outcome = trial.outcome().expect("it has waited long enough");
    assert_eq!(outcome.result, EndResult::RolledBack);
    assert!(outcome.reason.contains("nobody approved it within"), "{}", outcome.reason);
}

#[test]
fn hooks_before_the_promotion_are_asked_after_the_bake() {
    let strategy = BlueGreen {
        bake: BAKE,
        before_promotion: vec!["smoke".to_owned()],
        ..BlueGreen::default()
    };
    let mut trial = Lab { route: false, ..Lab::default() }.release(&strategy);
    go(&mut trial, Span::hours(1));
    let hooked = |what: &What| {
        matches!(
            what,
            What::Hooked { phase: HookPhase::BeforePromotion, answer: HookAnswer::Pass, .. }
        )
    };
    let waited = first(&trial, hooked).since(first(&trial, held));
    assert!(waited >= BAKE, "asked after {waited}\n{}", tale(&trial));
    assert_eq!(trial.outcome().map(|it| it.result), Some(EndResult::Promoted));
}
