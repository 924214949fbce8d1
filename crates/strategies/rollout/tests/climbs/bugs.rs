//! Every rule has a planted bug that it sees, and no other rule does.

use windlass_core::kernel::{Machine, Signal, SignalKind};
use windlass_core::platform::Write;
use windlass_core::time::Span;
use windlass_rollout::climb::Outcome;
use windlass_rollout::strategy::{BlueGreen, Canary, Strategy};
use windlass_sim::harness::{Cast, Fate, Trial};
use windlass_sim::invariants::{Oracles, Rule, Subject};
use windlass_sim::rng::Delay;
use windlass_sim::traffic::{Outage, Rate, Regime};

use crate::buggy::{
    ANY_EXPOSURE, BAKES_BY_WALL, Buggy, CRASH_IS_BAD, DRAINS_FIRST, EAGER, ENDLESS, FORGETS_ABORT,
    HASTY, HOT, LETS_GO_EARLY, NOTHING_IS_GOOD, SLOW_TO_ABORT, WITHDRAWS_NOTHING,
};
use crate::lab::{ClimbCast, Lab, canary, error_rate, subject, target};
use crate::vandal::{BadCast, Vandal};

/// The run of these trials, and what it releases.
const V2: (&str, &str) = ("r1", "v2");

type Bugged<const BUG: u8> = Trial<Buggy<BUG>, ClimbCast>;

fn bugged<const BUG: u8>(lab: &Lab, strategy: &dyn Strategy) -> Bugged<BUG> {
    lab.release_by(lab.world(), V2, strategy, ClimbCast::new)
}

fn vandalised(vandal: Vandal) -> Trial<windlass_rollout::climb::Climb, BadCast> {
    let lab = Lab::default();
    lab.release_by(lab.world(), V2, &canary(), |spec| BadCast {
        inner: ClimbCast::new(spec),
        vandal,
    })
}

/// The rules that a whole trial breaks, with what was found.
fn breaks<M, C>(mut trial: Trial<M, C>, subject: Subject) -> (Vec<Rule>, String)
where
    M: Machine<Write = Write, Outcome = Outcome>,
    C: Cast<M>,
{
    let mut oracles = Oracles::new(subject, &trial);
    oracles.watch(&mut trial, Span::hours(3), target);
    let found: Vec<String> = oracles.breaches.iter().map(ToString::to_string).collect();
    (oracles.broken(), found.join("\n"))
}

fn by_machine<const BUG: u8>(trial: Bugged<BUG>) -> (Vec<Rule>, String) {
    let prompt = Some(Span::seconds(6));
    let subject = subject(&trial.cast.spec, prompt);
    breaks(trial, subject)
}

fn by_world(trial: Trial<windlass_rollout::climb::Climb, BadCast>) -> (Vec<Rule>, String) {
    let subject = subject(&trial.cast.inner.spec, None);
    breaks(trial, subject)
}

#[track_caller]
fn alone((rules, found): (Vec<Rule>, String), rule: Rule) {
    assert_eq!(rules, [rule], "{found}");
}

fn abort(trial_seconds: u64) -> (Span, Signal) {
    let signal = Signal {
        id: "s".to_owned(),
        by: "ann".to_owned(),
        reason: "a test".to_owned(),
        expect: None,
        kind: SignalKind::Abort,
    };
    (Span::seconds(trial_seconds), signal)
}

#[test]
fn s1_sees_a_pod_that_goes_too_early() {
    alone(by_world(vandalised(Vandal::TakesOneMore)), Rule::S1);
}

#[test]
fn s2_sees_traffic_before_there_are_pods() {
    alone(by_machine(bugged::<EAGER>(&Lab::default(), &canary())), Rule::S2);
}

#[test]
fn s2_sees_pods_that_go_before_the_traffic() {
    let mut trial = bugged::<DRAINS_FIRST>(&Lab::default(), &canary());
    let (after, signal) = abort(40);
    trial.signal(after, 0, signal);
    alone(by_machine(trial), Rule::S2);
}

#[test]
fn s3_sees_weights_that_sum_to_more() {
    alone(by_world(vandalised(Vandal::WritesMore)), Rule::S3);
}

#[test]
fn s4_sees_a_rise_on_no_evidence() {
    let mut trial = bugged::<NOTHING_IS_GOOD>(&Lab::default(), &canary());
    let (app, now) = (trial.cast.spec.app.clone(), trial.world.now());
    let until = now + Span::minutes(10);
    trial.world.fail_metrics(&app, Outage { from: now, until, regime: Regime::NotANumber });
    alone(by_machine(trial), Rule::S4);
}

#[test]
fn s4_sees_evidence_of_weight_0_counted_for_the_next_weight() {
    let strategy = BlueGreen {
        pre_promotion: vec![error_rate()],
        bake: Span::seconds(60),
        ..BlueGreen::default()
    };
    let lab = Lab { route: false, ..Lab::default() };
    alone(by_machine(bugged::<NOTHING_IS_GOOD>(&lab, &strategy)), Rule::S4);
}

#[test]
fn s4_sees_evidence_of_another_weight() {
    let mut trial = bugged::<ANY_EXPOSURE>(&Lab::default(), &canary());
    let (app, now) = (trial.cast.spec.app.clone(), trial.world.now());
    let (from, until) = (now + Span::seconds(50), now + Span::minutes(10));
    trial.world.fail_metrics(&app, Outage { from, until, regime: Regime::Cached });
    alone(by_machine(trial), Rule::S4);
}

#[test]
fn s5_sees_an_abort_that_a_crash_forgets() {
    let calm = bugged::<FORGETS_ABORT>(&Lab::default(), &canary());
    let mut seen = 0;
    for point in 150..400 {
        let mut trial = calm.clone();
        let (after, signal) = abort(40);
        trial.signal(after, 0, signal);
        trial.faults.fates.insert((0, point), Fate::Crash { down: Span::seconds(3) });
        let (rules, found) = by_machine(trial);
        if rules.contains(&Rule::S5) {
            assert!(found.contains("after the abort"), "{found}");
            seen += 1;
        }
    }
    assert!(seen > 0, "no crash point shows it");
}

#[test]
fn s5_sees_a_queued_rise_that_is_sent_after_the_abort() {
    let calm = bugged::<WITHDRAWS_NOTHING>(&Lab::default(), &canary());
    let mut seen = 0;
    for millis in (0..40_000).step_by(250) {
        let mut trial = calm.clone();
        trial.faults.queued = Delay::millis(4_000, 5_000);
        let (_, signal) = abort(0);
        trial.signal(Span::millis(millis), 0, signal);
        let (rules, found) = breaks_calm(trial);
        if rules.is_empty() {
            continue;
        }
        assert_eq!(rules, [Rule::S5], "{found}");
        seen += 1;
    }
    assert!(seen > 0, "no moment shows it");
}

/// The same where writes queue, so that nothing is said of how quick an abort is.
fn breaks_calm<const BUG: u8>(trial: Bugged<BUG>) -> (Vec<Rule>, String) {
    let subject = subject(&trial.cast.spec, None);
    breaks(trial, subject)
}

#[test]
fn s6_sees_a_pod_too_many() {
    alone(by_world(vandalised(Vandal::MakesMore)), Rule::S6);
}

#[test]
fn s8_sees_the_last_good_side_let_go_too_early() {
    alone(by_machine(bugged::<LETS_GO_EARLY>(&Lab::default(), &canary())), Rule::S8);
}

#[test]
fn s9_sees_an_operator_that_was_taken_over_write_on() {
    let mut seen = 0;
    for point in (10..200).step_by(2) {
        let mut trial = vandalised(Vandal::ComparesNothing);
        trial.take_over(Span::seconds(2), 0);
        trial.faults.queued = Delay::millis(0, 3_000);
        trial.faults.fates.insert((0, point), Fate::Pause { still: Span::seconds(3) });
        let (rules, _) = by_world(trial);
        seen += u32::from(rules.contains(&Rule::S9));
    }
    assert!(seen > 0, "no moment shows it");
}

#[test]
fn s10_sees_a_second_delivery_take_effect() {
    let mut alone = 0;
    for millis in (20..3_000).step_by(20) {
        let mut trial = vandalised(Vandal::ComparesNothing);
        trial.faults.duplicated = 1_000_000;
        trial.faults.lateness = Delay::fixed(Span::millis(millis));
        let (rules, _) = by_world(trial);
        alone += u32::from(rules == [Rule::S10]);
    }
    assert!(alone > 0, "no delay shows it alone");
}

#[test]
fn an_older_write_of_the_same_epoch_that_lands_late_is_seen() {
    let mut seen = 0;
    for seed in 0..200 {
        let lab = Lab { seed, ..Lab::default() };
        let vandal = Vandal::ComparesNothing;
        let mut trial: Trial<windlass_rollout::climb::Climb, BadCast> =
            lab.release_by(lab.world(), V2, &canary(), |spec| BadCast {
                inner: ClimbCast::new(spec),
                vandal,
            });
        trial.faults.late = 300_000;
        let (after, signal) = abort(60);
        trial.signal(after, 0, signal);
        let (rules, _) = by_world(trial);
        seen += u32::from(rules.contains(&Rule::S5) || rules.contains(&Rule::V2));
    }
    assert!(seen > 0, "no seed shows it");
}

#[test]
fn s12_sees_a_foreign_rule_go() {
    alone(by_world(vandalised(Vandal::DropsRules)), Rule::S12);
}

#[test]
fn s13_sees_a_write_tried_without_pause() {
    let lab = Lab::default();
    let mut trial: Trial<Buggy<HOT>, BadCast> =
        lab.release_by(lab.world(), V2, &canary(), |spec| {
            let vandal = Vandal::TurnsAway(windlass_core::time::Timestamp::default());
            BadCast { inner: ClimbCast::new(spec), vandal }
        });
    trial.cast.vandal = Vandal::TurnsAway(trial.world.now() + Span::minutes(5));
    let subject = subject(&trial.cast.inner.spec, None);
    alone(breaks(trial, subject), Rule::S13);
}

/// A write that somebody takes back each time is not fought in a hot loop.
#[test]
fn a_controller_that_knows_better_is_not_fought_in_a_hot_loop() {
    let trial = vandalised(Vandal::TakesBack);
    let (rules, found) = by_world(trial);
    assert!(rules.is_empty(), "{found}");
}

#[test]
fn s16_sees_a_bake_that_a_clock_jumps_over() {
    let calm = bugged::<BAKES_BY_WALL>(&Lab::default(), &canary());
    let mut seen = 0;
    for at in 20..60 {
        let mut trial = calm.clone();
        trial.jump_clock(Span::seconds(at), 0, 40_000);
        let (rules, found) = by_machine(trial);
        // With its clock that far off it may then never end.
        let only = rules.iter().all(|rule| [Rule::S16, Rule::V1].contains(rule));
        assert!(only, "{rules:?} {found}");
        seen += u32::from(rules == [Rule::S16]);
    }
    assert!(seen > 0, "no moment shows it alone");
}

#[test]
fn s16_sees_a_bake_that_passes_with_nobody_watching() {
    let calm = bugged::<BAKES_BY_WALL>(&Lab::default(), &canary());
    let mut seen = 0;
    for point in 30..200 {
        let mut trial = calm.clone();
        trial.faults.fates.insert((0, point), Fate::Crash { down: Span::seconds(55) });
        let (rules, found) = by_machine(trial);
        if !rules.is_empty() {
            assert_eq!(rules, [Rule::S16], "{found}");
            seen += 1;
        }
    }
    assert!(seen > 0, "no crash point shows it");
}

#[test]
fn v1_sees_a_run_that_never_ends() {
    alone(by_machine(bugged::<ENDLESS>(&Lab::default(), &canary())), Rule::V1);
}

#[test]
fn v2_sees_an_end_that_leaves_things_behind() {
    alone(by_machine(bugged::<HASTY>(&Lab::default(), &canary())), Rule::V2);
}

#[test]
fn v3_sees_an_abort_that_takes_its_time() {
    let lab = Lab { errors: Rate::percent(20), ..Lab::default() };
    alone(by_machine(bugged::<SLOW_TO_ABORT>(&lab, &canary())), Rule::V3);
}

/// A crash is no sample: a good release is promoted wherever the process dies.
#[test]
fn a_crash_that_counts_as_a_bad_sample_ends_otherwise() {
    let calm = bugged::<CRASH_IS_BAD>(&Lab::default(), &canary());
    let mut turned = 0;
    for point in 30..200 {
        let mut trial = calm.clone();
        trial.faults.fates.insert((0, point), Fate::Crash { down: Span::seconds(3) });
        let (rules, found) = by_machine(trial.clone());
        assert!(rules.is_empty(), "{found}");
        trial.run(Span::hours(3), |_| Ok::<(), ()>(())).expect("no check");
        let result = trial.outcome().map(|outcome| outcome.result);
        turned += u32::from(result != Some(windlass_core::event::EndResult::Promoted));
    }
    assert!(turned > 0, "no crash point shows it");
}

#[test]
fn a_canary_that_keeps_nothing_warm_breaks_nothing() {
    let strategy = Canary { keep_warm: Span::ZERO, ..canary() };
    let trial = Lab::default().release(&strategy);
    let subject = subject(&trial.cast.spec, Some(Span::seconds(6)));
    let (rules, found) = breaks(trial, subject);
    assert!(rules.is_empty(), "{found}");
}
