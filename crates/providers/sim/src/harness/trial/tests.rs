//! The trial, with a machine that only scales.

mod scaler;

use std::convert::Infallible;
use std::sync::Arc;

use windlass_core::platform::Fault;
use windlass_core::time::Span;

use super::{Ended, Trial};
use crate::harness::{Fate, Life};
use crate::lab::Lab;
use crate::rng::Delay;
use scaler::{Scaler, Shop};

const WANTED: u32 = 5;

/// A run that scales three pods to five.
fn trial(seed: u64) -> Trial<Scaler, Shop> {
    let lab = Lab::running(seed, Lab::manifest(3));
    Trial::new(lab.world, Shop(lab.app), "scale-1".into(), Arc::new(WANTED), seed)
}

fn run(trial: &mut Trial<Scaler, Shop>) -> Ended {
    let Ok(ended) = trial.run(Span::hours(2), |_| Ok::<(), Infallible>(()));
    ended
}

fn linger(trial: &mut Trial<Scaler, Shop>, span: Span) {
    let Ok(()) = trial.linger(span, |_| Ok::<(), Infallible>(()));
}

fn replicas(trial: &Trial<Scaler, Shop>) -> u32 {
    trial.world.deployment(&trial.cast.0).expect("a Deployment").spec.replicas
}

#[test]
fn a_run_that_is_left_alone_writes_once_and_ends() {
    let mut trial = trial(1);
    assert_eq!(run(&mut trial), Ended::Finished);
    assert_eq!((trial.outcome(), replicas(&trial)), (Some(&WANTED), WANTED));
    assert_eq!((trial.landed.len(), trial.sent), (1, 1));
    assert!(trial.landed[0].changed && !trial.landed[0].again);
}

#[test]
fn a_crash_at_any_point_comes_to_the_same_end() {
    let mut whole = trial(1);
    run(&mut whole);
    let points = whole.operators[0].points;
    assert!(points > 8, "{points}");
    for point in 1..=points {
        let mut trial = trial(1);
        trial.faults.fates.insert((0, point), Fate::Crash { down: Span::minutes(1) });
        assert_eq!(run(&mut trial), Ended::Finished, "crash at point {point}");
        assert_eq!(replicas(&trial), WANTED, "crash at point {point}");
        assert_eq!(trial.operators[0].lives, 2, "crash at point {point}");
    }
}

#[test]
fn of_two_that_drive_the_run_the_older_one_is_fenced_off() {
    let mut trial = trial(1);
    trial.faults.queued = Delay::fixed(Span::seconds(30));
    trial.take_over(Span::seconds(5), 0);
    assert_eq!(run(&mut trial), Ended::Finished);
    let ended = trial.operators.iter().map(|o| o.run.as_ref().and_then(|run| run.outcome()));
    assert_eq!(ended.collect::<Vec<_>>(), [None, Some(&WANTED)]);
    assert_eq!(trial.landed.iter().filter(|landing| landing.changed).count(), 1);
}

#[test]
fn a_lost_answer_is_told_as_unknown_and_the_run_ends_all_the_same() {
    let mut trial = trial(1);
    let now = trial.world.now();
    trial.faults.ambiguous.push((now, now + Span::hours(2)));
    assert_eq!(run(&mut trial), Ended::Finished);
    assert_eq!((trial.landed.len(), replicas(&trial)), (1, WANTED));
}

/// A trial whose only write still waits in its process when the process has seen that it is
/// outdated.
fn outdated(seed: u64) -> Trial<Scaler, Shop> {
    let mut trial = trial(seed);
    trial.faults.queued = Delay::fixed(Span::minutes(1));
    linger(&mut trial, Span::seconds(2));
    assert_eq!(trial.operators[0].outbox.len(), 1);
    let app = trial.cast.0.clone();
    trial.person(Span::ZERO, move |world| world.annotate(&app, "note", "1").expect("it exists"));
    linger(&mut trial, Span::seconds(5));
    trial
}

#[test]
fn a_queued_write_that_is_seen_to_be_outdated_is_not_sent() {
    let mut trial = outdated(1);
    linger(&mut trial, Span::minutes(1));
    assert_eq!((trial.sent, trial.operators[0].outbox.len()), (0, 1), "only the next one waits");
    assert_eq!(trial.operators[0].run.as_ref().map(|run| run.state().clone()), {
        let refused = Fault::Withdrawn.to_string();
        Some(scaler::State { asked: true, failed: Some(refused) })
    });
    assert_eq!((run(&mut trial), replicas(&trial)), (Ended::Finished, WANTED));
}

#[test]
fn a_process_stands_still_to_the_end_of_its_pause_whatever_comes_meanwhile() {
    let mut trial = outdated(1);
    let point = trial.operators[0].points + 1;
    trial.faults.fates.insert((0, point), Fate::Pause { still: Span::minutes(10) });
    linger(&mut trial, Span::minutes(3));
    assert!(matches!(trial.operators[0].life, Life::Still(_)), "{:?}", trial.operators[0].life);
    assert_eq!((run(&mut trial), replicas(&trial)), (Ended::Finished, WANTED));
}
