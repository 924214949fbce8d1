//! Climbs that people, hooks and the world steer.

use crate::lab::{
    ClimbCast, Lab, canary, error_rate, percent, state_of, subject, tale, target, template,
};
use windlass_core::event::{EndResult, What};
use windlass_core::id::AppRef;
use windlass_core::kernel::{Signal, SignalKind};
use windlass_core::platform::{Change, HookAnswer};
use windlass_core::time::Span;
use windlass_rollout::climb::{Climb, Phase};
use windlass_rollout::strategy::{
    BlueGreen, Canary, CanaryStep, Gate, RollbackWindow, RollingUpdate, Strategy,
};
use windlass_rollout::track::OnFail;
use windlass_sim::harness::Trial;
use windlass_sim::invariants::Oracles;
use windlass_sim::traffic::{Outage, Rate, Regime};

type Climbing = Trial<Climb, ClimbCast>;

fn end(trial: &mut Climbing) -> EndResult {
    trial.run(Span::hours(30), |_| Ok::<(), ()>(())).expect("no check");
    let story = || format!("{}\n{}", tale(trial), state_of(trial));
    assert!(trial.outcome().is_some(), "it does not end:\n{}", story());
    trial.outcome().expect("checked above").result
}

fn go(trial: &mut Climbing, span: Span) {
    trial.run(span, |_| Ok::<(), ()>(())).expect("no check");
}

fn say(trial: &mut Climbing, after: Span, kind: SignalKind, expect: Option<u32>) {
    let signal = Signal {
        id: format!("{kind} {after}"),
        by: "ann".to_owned(),
        reason: "a test".to_owned(),
        expect,
        kind,
    };
    trial.signal(after, 0, signal);
}

fn refusals(trial: &Climbing) -> Vec<String> {
    let refused = |what: &What| {
        let What::Signalled { refused, .. } = what else { return None };
        refused.clone()
    };
    trial.operators[0].told.iter().filter_map(|(_, what)| refused(what)).collect()
}

fn notch(trial: &Climbing) -> u32 {
    trial.operators[0].run.as_ref().map_or(0, |run| run.state().notch + 1)
}

fn approved_at_first() -> Canary {
    let first = CanaryStep { approval: true, ..CanaryStep::new(percent(25), Span::seconds(30)) };
    Canary::new(vec![first], vec![error_rate()])
}

#[test]
fn an_approval_is_waited_for_and_taken() {
    let mut trial = Lab::default().release(&approved_at_first());
    go(&mut trial, Span::minutes(30));
    assert_eq!((notch(&trial), trial.outcome()), (1, None));
    say(&mut trial, Span::ZERO, SignalKind::Approve, Some(1));
    assert_eq!(end(&mut trial), EndResult::Promoted);
}

#[test]
fn a_signal_meant_for_another_notch_is_refused() {
    let mut trial = Lab::default().release(&approved_at_first());
    say(&mut trial, Span::seconds(20), SignalKind::Approve, Some(2));
    go(&mut trial, Span::minutes(30));
    assert_eq!((notch(&trial), refusals(&trial).len()), (1, 1));
}

#[test]
fn a_pause_holds_until_it_is_resumed_and_tests_afresh() {
    let mut trial = Lab::default().release(&canary());
    say(&mut trial, Span::seconds(20), SignalKind::Pause, None);
    go(&mut trial, Span::hours(1));
    assert_eq!((notch(&trial), trial.outcome()), (1, None));
    say(&mut trial, Span::ZERO, SignalKind::Resume, None);
    assert_eq!(end(&mut trial), EndResult::Promoted);
}

#[test]
fn a_pause_that_nobody_ends_aborts() {
    let mut trial = Lab::default().release(&canary());
    say(&mut trial, Span::seconds(20), SignalKind::Pause, None);
    assert_eq!(end(&mut trial), EndResult::RolledBack);
}

#[test]
fn a_skip_ends_one_hold() {
    let long = CanaryStep::new(percent(25), Span::hours(5));
    let mut trial = Lab::default().release(&Canary::new(vec![long], vec![error_rate()]));
    say(&mut trial, Span::minutes(1), SignalKind::Skip, Some(1));
    go(&mut trial, Span::minutes(2));
    assert_eq!(notch(&trial), 2);
    assert_eq!(end(&mut trial), EndResult::Promoted);
}

#[test]
fn promote_drops_what_is_to_come_but_never_readiness() {
    let step = |n| CanaryStep::new(percent(n), Span::hours(5));
    let slow = Canary::new(vec![step(5), step(10), step(50)], vec![error_rate()]);
    let mut trial = Lab::default().release(&slow);
    say(&mut trial, Span::minutes(1), SignalKind::Promote, None);
    assert_eq!(end(&mut trial), EndResult::Promoted);
    let weights = trial.landed.iter().filter(|l| matches!(l.write.change, Change::Split { .. }));
    assert_eq!(weights.count(), 2, "5 % and everything");
}

#[test]
fn neither_skip_nor_promote_overrides_a_failed_verdict() {
    let step =
        CanaryStep { failing: OnFail::Pause, ..CanaryStep::new(percent(25), Span::minutes(2)) };
    let lab = Lab { errors: Rate::percent(20), ..Lab::default() };
    let mut trial = lab.release(&Canary::new(vec![step], vec![error_rate()]));
    say(&mut trial, Span::minutes(5), SignalKind::Skip, None);
    say(&mut trial, Span::minutes(6), SignalKind::Promote, None);
    go(&mut trial, Span::minutes(10));
    assert_eq!((notch(&trial), refusals(&trial).len()), (1, 2), "{}", tale(&trial));
    say(&mut trial, Span::ZERO, SignalKind::Abort, None);
    assert_eq!(end(&mut trial), EndResult::RolledBack);
}

#[test]
fn a_step_back_is_taken_as_often_as_allowed() {
    let back = CanaryStep {
        failing: OnFail::StepBack { to: 1, at_most: 1 },
        ..CanaryStep::new(percent(50), Span::minutes(1))
    };
    let first = CanaryStep::new(percent(10), Span::ZERO);
    let lab = Lab { errors: Rate::percent(20), ..Lab::default() };
    let strategy = Canary {
        steps: vec![first, CanaryStep { analyses: vec![error_rate()], ..back }],
        ..Canary::new(Vec::new(), Vec::new())
    };
    let mut trial = lab.release(&strategy);
    assert_eq!(end(&mut trial), EndResult::RolledBack);
    assert_eq!(trial.operators[0].run.as_ref().expect("it ran").state().stepped_back, 1);
}

#[test]
fn a_hook_that_fails_aborts_and_one_that_waits_is_asked_again() {
    let strategy = Canary { before: vec!["freeze".to_owned()], ..canary() };
    let mut trial = Lab::default().release(&strategy);
    let no = HookAnswer::Fail { reason: "code freeze".to_owned() };
    trial.cast.hooks.insert("freeze".to_owned(), no);
    assert_eq!(end(&mut trial), EndResult::RolledBack);
    assert!(trial.landed.is_empty(), "nothing was touched");

    let mut trial = Lab::default().release(&strategy);
    let later = HookAnswer::NotYet { reason: "lunch".to_owned() };
    trial.cast.hooks.insert("freeze".to_owned(), later);
    go(&mut trial, Span::minutes(5));
    assert!(trial.landed.is_empty());
    trial.cast.hooks.clear();
    assert_eq!(end(&mut trial), EndResult::Promoted);
}

#[test]
fn without_evidence_nothing_is_promoted() {
    for regime in [Regime::Down, Regime::Empty, Regime::NotANumber, Regime::TwoSeries] {
        let mut trial = Lab::default().release(&canary());
        let now = trial.world.now();
        let outage = Outage { from: now, until: now + Span::hours(40), regime };
        let app = trial.cast.spec.app.clone();
        trial.world.fail_metrics(&app, outage);
        go(&mut trial, Span::hours(1));
        assert_eq!((notch(&trial), trial.outcome()), (1, None), "{regime:?}");
        assert_eq!(end(&mut trial), EndResult::RolledBack, "{regime:?}");
    }
}

#[test]
fn a_kept_revision_is_climbed_again_and_becomes_the_app() {
    let lab = Lab::default();
    let mut first = lab.release(&canary());
    assert_eq!(end(&mut first), EndResult::Promoted);
    let mut back = lab.release_in(first.world, "r2", "v1", &canary());
    assert_eq!(end(&mut back), EndResult::Promoted, "{}", tale(&back));
    let seen = back.world.observe(&back.cast.spec.scope());
    let named = |version: &str| {
        let digest = template(version).digest;
        seen.sets.iter().filter(|set| set.template == digest).count()
    };
    assert_eq!((named("v1"), named("v2")), (1, 1), "the set of the history was used again");
    let made = back.landed.iter().filter(|l| matches!(l.write.change, Change::CreateSet { .. }));
    assert_eq!(made.count(), 0);
}

#[test]
fn within_the_rollback_window_the_way_back_is_one_notch() {
    let lab = Lab::default();
    let mut first = lab.release(&canary());
    assert_eq!(end(&mut first), EndResult::Promoted);
    for (revisions, notches) in [(1, 1), (0, 3)] {
        let strategy = RollbackWindow { strategy: canary(), revisions };
        let mut back = lab.release_in(first.world.clone(), "r2", "v1", &strategy);
        assert_eq!(back.cast.spec.track.notches.count(), notches);
        assert_eq!(end(&mut back), EndResult::Promoted, "{}", tale(&back));
    }
}

#[test]
fn an_aborted_undo_goes_back_to_the_history() {
    let lab = Lab::default();
    let mut first = lab.release(&canary());
    assert_eq!(end(&mut first), EndResult::Promoted);
    let mut back = lab.release_in(first.world, "r2", "v1", &canary());
    say(&mut back, Span::minutes(1), SignalKind::Abort, None);
    assert_eq!(end(&mut back), EndResult::RolledBack);
    let seen = back.world.observe(&back.cast.spec.scope());
    let kept = seen.sets.iter().find(|s| s.template == template("v1").digest).expect("it is kept");
    assert_eq!((kept.replicas, kept.made_by.clone()), (0, None));
}

#[test]
fn an_autoscaler_that_moves_midway_is_followed() {
    for to in [2, 9] {
        let mut trial = Lab::default().release(&canary());
        trial.person(Span::seconds(90), move |world| {
            world.scale(&AppRef::new("shop", "web"), to).expect("it exists");
        });
        assert_eq!(end(&mut trial), EndResult::Promoted, "{}", tale(&trial));
        trial.world.advance(Span::minutes(5));
        let seen = trial.world.observe(&trial.cast.spec.scope());
        assert_eq!(seen.deployment.expect("it exists").status.available, to);
    }
}

#[test]
fn a_third_version_midway_supersedes_the_climb() {
    let mut trial = Lab::default().release(&canary());
    trial.person(Span::seconds(30), |world| {
        let app = AppRef::new("shop", "web");
        world.edit(&app, |spec| spec.template = template("v3")).expect("it exists");
    });
    assert_eq!(end(&mut trial), EndResult::Superseded, "{}", tale(&trial));
    trial.world.advance(Span::minutes(5));
    let seen = trial.world.observe(&trial.cast.spec.scope());
    let deployment = seen.deployment.expect("it exists");
    assert_eq!((deployment.template, deployment.status.available), (template("v3").digest, 4));
    assert!(seen.services.iter().all(|s| s.pin.is_none()));
    assert!(seen.sets.iter().all(|s| s.made_by.is_none()), "nothing of the climb is left");
}

/// Runs a trial to its end under all rules.
fn keeps_all(name: &str, trial: &mut Climbing) {
    let mut oracles = Oracles::new(subject(&trial.cast.spec, None), trial);
    oracles.watch(trial, Span::hours(8), target);
    assert_eq!(oracles.breaches, [], "{name}:\n{}", tale(trial));
}

#[test]
fn an_app_that_grew_with_the_candidate_is_never_short_on_the_way_back() {
    for second in 2..20 {
        let lab = Lab { route: false, ..Lab::default() };
        let mut trial = lab.release(&BlueGreen::default());
        trial.person(Span::seconds(second), |world| {
            world.scale(&AppRef::new("shop", "web"), 8).expect("it exists");
        });
        say(&mut trial, Span::seconds(second + 4), SignalKind::Abort, None);
        keeps_all(&format!("grown at {second} s"), &mut trial);
    }
}

#[test]
fn an_app_that_grows_while_the_climb_gets_out_of_the_way_is_never_short() {
    let whole = Canary::new(vec![CanaryStep::new(percent(90), Span::minutes(5))], Vec::new());
    for step in 0..40 {
        let mut trial = Lab::default().release(&whole);
        trial.person(Span::seconds(30), |world| {
            let app = AppRef::new("shop", "web");
            world.edit(&app, |spec| spec.template = template("v3")).expect("it exists");
        });
        trial.person(Span::seconds(30) + Span::millis(step * 100), |world| {
            world.scale(&AppRef::new("shop", "web"), 7).expect("it exists");
        });
        keeps_all(&format!("grown {step} tenths later"), &mut trial);
    }
}

#[test]
fn a_gate_stops_a_rolling_update() {
    let gate = Gate { approval: true, ..Gate::new(percent(25), Span::seconds(20)) };
    let strategy = RollingUpdate { gates: vec![gate], ..RollingUpdate::default() };
    let lab = Lab { replicas: 8, route: false, ..Lab::default() };
    let mut trial = lab.release(&strategy);
    go(&mut trial, Span::minutes(30));
    let seen = trial.world.observe(&trial.cast.spec.scope());
    let deployment = seen.deployment.expect("it exists");
    let stopped = deployment.paused && (2..8).contains(&deployment.status.updated);
    assert!(stopped, "{deployment:?}\n{}", tale(&trial));
    say(&mut trial, Span::ZERO, SignalKind::Approve, None);
    assert_eq!(end(&mut trial), EndResult::Promoted);
}

#[test]
fn an_abort_at_any_second_goes_back() {
    let strategies: [(&str, Lab, Box<dyn Strategy>); 2] = [
        ("canary", Lab::default(), Box::new(canary())),
        ("rolling", Lab { route: false, ..Lab::default() }, Box::new(RollingUpdate::default())),
    ];
    for (name, lab, strategy) in strategies {
        for second in 0..170 {
            let mut trial = lab.release(strategy.as_ref());
            say(&mut trial, Span::seconds(second), SignalKind::Abort, None);
            go(&mut trial, Span::seconds(second));
            let phase = trial.operators[0].run.as_ref().map(|run| run.state().phase.clone());
            let late = trial.outcome().is_some() || phase == Some(Phase::Settle);
            let result = end(&mut trial);
            assert!(
                late || result == EndResult::RolledBack,
                "{name} at {second}: {}",
                tale(&trial)
            );
        }
    }
}
