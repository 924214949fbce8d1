//! Every point of a climb: an abort there, two crashes, a torn record, another run of what has ended.

use windlass_core::engine::{Now, Pace, Run};
use windlass_core::event::EndResult;
use windlass_core::kernel::{Signal, SignalKind};
use windlass_core::time::Span;
use windlass_rollout::climb::Climb;
use windlass_rollout::strategy::{BlueGreen, Canary, Strategy};
use windlass_sim::harness::{Fate, Trial};
use windlass_sim::invariants::Oracles;

use crate::lab::{ClimbCast, Lab, canary, subject, tale, target};

type Climbing = Trial<Climb, ClimbCast>;

/// From an abort to no traffic, where the network is well.
const PROMPT: Span = Span::seconds(6);

fn strategies() -> Vec<(&'static str, Climbing)> {
    let plain = Lab { route: false, ..Lab::default() };
    let cold = Canary { keep_warm: Span::ZERO, ..canary() };
    let release = |lab: &Lab, strategy: &dyn Strategy| lab.release(strategy);
    vec![
        ("canary", release(&Lab::default(), &canary())),
        ("pods", release(&plain, &cold)),
        ("blue-green", release(&plain, &BlueGreen::default())),
    ]
}

/// Runs a trial to its end and ten minutes on: nothing may break.
#[track_caller]
fn sound(what: &str, trial: &mut Climbing) -> EndResult {
    let mut oracles = Oracles::new(subject(&trial.cast.spec, Some(PROMPT)), trial);
    oracles.watch(trial, Span::hours(3), target);
    if let Some(breach) = oracles.breaches.first() {
        panic!("{what}: {breach}\n{}", tale(trial));
    }
    trial.outcome().map(|outcome| outcome.result).expect("it ended")
}

fn abort() -> Signal {
    let (id, by, reason) = ("s".to_owned(), "ann".to_owned(), "a test".to_owned());
    Signal { id, by, reason, expect: None, kind: SignalKind::Abort }
}

#[test]
fn an_abort_at_any_point_leads_back_or_comes_too_late() {
    for (name, calm) in strategies() {
        let mut whole = calm.clone();
        sound(name, &mut whole);
        let mut back = 0;
        for point in 1..=whole.operators[0].points {
            let mut trial = calm.clone();
            trial.faults.signals.insert((0, point), abort());
            let end = sound(&format!("{name}, abort at point {point}"), &mut trial);
            back += u32::from(end == EndResult::RolledBack);
        }
        assert!(back > 100, "{name}: {back} aborts were taken");
    }
}

#[test]
fn two_crashes_are_as_one() {
    for (name, calm) in strategies() {
        let mut whole = calm.clone();
        sound(name, &mut whole);
        let points = whole.operators[0].points;
        for first in (1..=points).step_by(23) {
            for later in [1, 2, 5, 11, 37, 90] {
                let mut trial = calm.clone();
                let down = Span::seconds(2);
                trial.faults.fates.insert((0, first), Fate::Crash { down });
                trial.faults.fates.insert((0, first + later), Fate::Crash { down });
                let what = format!("{name}, crashes at {first} and {later} later");
                assert_eq!(sound(&what, &mut trial), EndResult::Promoted, "{what}");
            }
        }
    }
}

#[test]
fn a_crash_at_any_point_of_an_abort_does_not_forget_it() {
    let (name, calm) = strategies().remove(0);
    for first in (60..400).step_by(29) {
        for later in 1..24 {
            let mut trial = calm.clone();
            trial.faults.signals.insert((0, first), abort());
            let down = Span::seconds(2);
            trial.faults.fates.insert((0, first + later), Fate::Crash { down });
            sound(&format!("{name}, abort at {first}, crash {later} later"), &mut trial);
        }
    }
}

#[test]
fn a_torn_record_is_told_from_a_whole_one_at_every_byte() {
    let (name, mut trial) = strategies().remove(0);
    sound(name, &mut trial);
    let journal = &trial.operators[0].journal;
    let now = Now { wall: trial.world.now(), mono: Span::ZERO };
    let resume = |index: usize, last: &[u8]| {
        Run::<Climb>::resume(&journal[0], index as u64, last, Pace::default(), now)
    };
    for index in (1..journal.len()).step_by(9) {
        let record = &journal[index];
        assert!(resume(index, record).is_ok(), "record {index}");
        for cut in 0..record.len() {
            assert!(resume(index, &record[..cut]).is_err(), "record {index} cut at {cut}");
        }
    }
}

#[test]
fn another_run_of_what_has_ended_writes_nothing() {
    for (name, mut trial) in strategies() {
        sound(name, &mut trial);
        let sent = trial.sent;
        trial.take_over(Span::seconds(1), 0);
        trial.linger(Span::minutes(1), |_| Ok::<(), ()>(())).expect("no check");
        assert_eq!((trial.operators.len(), trial.sent), (2, sent), "{name}");
    }
}
