//! A process may die at any moment, and answers may be lost: the end is the same.

use std::collections::BTreeSet;

use super::lab::Lab;
use super::toy::{Outcome, Reason, State, Toy};
use super::world::Mishap;
use crate::clock::Clock;
use crate::engine::{Pace, Run, Stop, audit};
use crate::kernel::SignalKind;
use crate::platform::Refusal;
use crate::time::Span;

/// What must be so however the run came to its end.
fn assert_sound(lab: &Lab, landed: &[u32], case: &str) {
    let records = lab.records();
    let number = lab.world.number();
    assert_eq!(number.landed, landed, "{case}");
    assert_eq!(number.lease, None, "{case}: what was claimed is given back");
    let ids: BTreeSet<u64> = number.arrived.iter().map(|fence| fence.seq).collect();
    assert_eq!(ids.len(), number.arrived.len(), "{case}: no number is sent twice");
    assert_eq!(audit::<Toy>(&records), Ok(records.len()), "{case}");
}

fn points_of_a_whole_life() -> u64 {
    let mut lab = Lab::new();
    assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
    assert_sound(&lab, &[1, 2, 3], "without a crash");
    lab.fate.passed()
}

#[test]
fn a_crash_before_or_after_any_call_changes_nothing_about_the_end() {
    let points = points_of_a_whole_life();
    assert!(points > 60, "{points} points are too few to mean anything");
    for point in 1..=points {
        let mut lab = Lab::new();
        lab.fate.kill_at([point]);
        assert_eq!(lab.live_on(Span::seconds(7)), Ok(Stop::Ended), "crash at {point}");
        assert_eq!(lab.outcome(), Some(Outcome::Up), "crash at {point}");
        assert_sound(&lab, &[1, 2, 3], &format!("crash at {point}"));
    }
}

#[test]
fn a_crash_during_the_recovery_from_a_crash_changes_nothing_about_the_end() {
    for point in 1..=points_of_a_whole_life() {
        for second in 1..=12 {
            let case = format!("crashes at {point} and {second} points later");
            let mut lab = Lab::new();
            lab.fate.kill_at([point, point + second]);
            assert_eq!(lab.live_on(Span::minutes(7)), Ok(Stop::Ended), "{case}");
            assert_eq!(lab.outcome(), Some(Outcome::Up), "{case}");
            assert_sound(&lab, &[1, 2, 3], &case);
        }
    }
}

#[test]
fn every_mishap_of_every_write_with_a_crash_anywhere_gives_the_same_end() {
    let mishaps = [
        Mishap::AppliedUnknown,
        Mishap::LostUnknown,
        Mishap::LateUnknown(Span::millis(50)),
        Mishap::LateUnknown(Span::minutes(5)),
        Mishap::Refused(Refusal::Stale),
    ];
    let points = points_of_a_whole_life();
    for mishap in &mishaps {
        for nth in 0..3 {
            for point in (0..=points + 10).step_by(3) {
                let case = format!("{mishap:?} of write {nth}, crash at {point}");
                let mut lab = Lab::new();
                lab.world.number().mishaps.insert(nth, mishap.clone());
                lab.fate.kill_at([point]);
                assert_eq!(lab.live_on(Span::seconds(1)), Ok(Stop::Ended), "{case}");
                assert_eq!(lab.outcome(), Some(Outcome::Up), "{case}");
                assert_sound(&lab, &[1, 2, 3], &case);
            }
        }
    }
}

#[test]
fn an_abort_that_was_told_as_taken_outlives_a_crash_at_any_point() {
    let abort_at = Span::seconds(75);
    let taken = |lab: &Lab| {
        let told = lab.told();
        told.iter().any(|what| matches!(what, crate::event::What::Signalled { .. }))
    };
    for point in 1..=points_of_a_whole_life() {
        let mut lab = Lab::new();
        lab.signal_at(abort_at, SignalKind::Abort);
        lab.fate.kill_at([point]);
        assert_eq!(lab.live_on(Span::seconds(1)), Ok(Stop::Ended), "crash at {point}");
        if taken(&lab) {
            let down = Outcome::Down(Reason::Told);
            assert_eq!(lab.outcome(), Some(down), "crash at {point}");
            assert_eq!(lab.world.number().value, 0, "crash at {point}");
        }
    }
}

#[test]
fn a_late_write_never_lands_after_the_run_has_gone_down() {
    for late in [10, 1_000, 60_000, 300_000].map(Span::millis) {
        let mut lab = Lab::new();
        lab.world.number().mishaps.insert(1, Mishap::LateUnknown(late));
        lab.signal_at(Span::seconds(61), SignalKind::Abort);
        assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
        lab.clock.advance_to(lab.clock.monotonic() + Span::hours(1));
        assert_eq!(lab.world.number().value, 0, "late by {late}");
    }
}

#[test]
fn resuming_from_every_prefix_of_a_journal_gives_the_state_of_that_moment_and_the_same_end() {
    let mut whole = Lab::new();
    assert_eq!(whole.live::<1>(), Some(Ok(Stop::Ended)));
    let records = whole.records();
    let decode = |at: usize| crate::journal::Record::<Toy>::decode(at as u64, &records[at]);
    for (at, last) in records.iter().enumerate() {
        let record = decode(at).expect("it is whole");
        let run = Run::<Toy>::resume(&records[0], at as u64, last, Pace::default(), whole.now())
            .expect("it is whole");
        assert_eq!(*run.state(), record.state);
        assert_eq!(run.watched(), record.head.at.watched);
        assert_eq!(run.outcome(), record.outcome.as_ref());

        // Another process holds only this much, and the world has gone on without it.
        let mut lab = Lab::new().with_records(&records[..=at]);
        lab.clock.advance_to(whole.clock.monotonic());
        {
            let (mut there, was) = (lab.world.number(), whole.world.number());
            (there.value, there.token, there.epoch) = (was.value, was.token, was.epoch);
        }
        assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)), "prefix of {at}");
        let State { level, .. } = lab.last_record().state;
        assert_eq!((level, lab.outcome()), (3, Some(Outcome::Up)), "prefix of {at}");
        assert_sound(&lab, &[], &format!("prefix of {at}"));
    }
}

#[test]
fn nothing_that_rests_on_a_record_is_sent_when_the_journal_does_not_take_it() {
    let records = {
        let mut whole = Lab::new();
        assert_eq!(whole.live::<1>(), Some(Ok(Stop::Ended)));
        whole.records().len() as u64
    };
    for (index, found_later) in (0..records).flat_map(|at| [(at, false), (at, true)]) {
        let case = format!("failing at {index}, found later: {found_later}");
        let mut lab = Lab::new();
        *lab.journal.fails_at.lock().expect("not poisoned") = Some((index, found_later));
        assert!(matches!(lab.live::<1>(), Some(Err(_))), "{case}");
        let durable = lab.records().len();
        assert_eq!(durable as u64, index + u64::from(found_later), "{case}");
        if index > 0 && !found_later {
            let last_id = lab.last_record().open.writes.iter().map(|w| w.id).max();
            let known = last_id.unwrap_or(0).max(lab.last_record().last_old);
            let arrived = lab.world.number().arrived.clone();
            assert!(arrived.iter().all(|fence| fence.seq <= known), "{case}: {arrived:?}");
        }
        *lab.journal.fails_at.lock().expect("not poisoned") = None;
        assert_eq!(lab.live_on(Span::ZERO), Ok(Stop::Ended), "{case}");
        assert_eq!(lab.outcome(), Some(Outcome::Up), "{case}");
        assert_sound(&lab, &[1, 2, 3], &case);
    }
}
