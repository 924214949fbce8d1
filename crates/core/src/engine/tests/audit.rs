//! Journals: what is read back, what is refused, and what an audit finds.

use super::lab::{Lab, signal};
use super::run::Bare;
use super::toy::{Fact, Outcome, Reason, Toy, Version, Way};
use super::world::Mishap;
use crate::engine::{AuditError, Event, Pace, ResumeError, Run, Stop, audit};
use crate::fence::{Claim, Epoch};
use crate::journal::{Chain, FORMAT, Record, RecordError, Why};
use crate::kernel::{SignalKind, WriteState};
use crate::time::Span;

/// The journal of a life with a lost answer, a crash, a pause and an abort.
fn eventful() -> Vec<Vec<u8>> {
    let mut lab = Lab::new();
    lab.world.number().mishaps.insert(1, Mishap::LateUnknown(Span::seconds(1)));
    lab.signal_at(Span::seconds(70), SignalKind::Pause);
    lab.signal_at(Span::seconds(80), SignalKind::Resume);
    lab.signal_at(Span::seconds(125), SignalKind::Abort);
    lab.fate.kill_at([40]);
    assert_eq!(lab.live_on(Span::seconds(5)), Ok(Stop::Ended));
    assert_eq!(lab.outcome(), Some(Outcome::Down(Reason::Told)));
    lab.records()
}

fn decode(index: usize, bytes: &[u8]) -> Record<Toy> {
    Record::decode(index as u64, bytes).expect("it is whole")
}

/// The journal with one record changed, and all hashes made to fit again.
fn forged(records: &[Vec<u8>], at: usize, change: impl FnOnce(&mut Record<Toy>)) -> Vec<Vec<u8>> {
    let mut chain = Chain::default();
    let mut change = Some(change);
    let forge = |(index, bytes): (usize, &Vec<u8>)| {
        let mut record = decode(index, bytes);
        if index == at
            && let Some(change) = change.take()
        {
            change(&mut record);
        }
        record.head.prev = chain.prev().to_owned();
        let bytes = record.encode().expect("it has a form");
        chain = Chain::after(index as u64, &bytes);
        bytes
    };
    records.iter().enumerate().map(forge).collect()
}

/// Where an audit diverges, and in which fields.
fn diverges(records: &[Vec<u8>]) -> Option<(usize, Vec<String>)> {
    match audit::<Toy>(records) {
        Ok(_) => None,
        Err(AuditError::Divergence(found)) => {
            let fields = found.differences.into_iter().map(|d| d.field).collect();
            Some((found.index as usize, fields))
        }
        Err(AuditError::Unreadable(error)) => panic!("{error}"),
    }
}

#[test]
fn an_honest_journal_is_clean() {
    let records = eventful();
    assert_eq!(audit::<Toy>(&records), Ok(records.len()));
    assert_eq!(forged(&records, 0, |_| {}), records);
}

#[test]
fn a_changed_state_is_found_at_its_record_and_field() {
    let records = eventful();
    for at in 0..records.len() {
        let found = diverges(&forged(&records, at, |record| record.state.level += 1));
        assert_eq!(found, Some((at, vec!["state.level".to_owned()])));
    }
}

#[test]
fn changed_withdrawn_and_invented_writes_and_questions_are_found() {
    let records = eventful();
    let has = |what: fn(&Record<Toy>) -> bool| {
        let at = (0..records.len()).find(|at| what(&decode(*at, &records[*at])));
        at.expect("there is such a record")
    };
    let writes = has(|r| r.open.writes.iter().any(|w| w.id > r.last_old));
    let found = diverges(&forged(&records, writes, |r| r.open.writes[0].write.to = 3));
    assert_eq!(found, Some((writes, vec!["writes.0.to".to_owned()])));
    let found = diverges(&forged(&records, writes, |r| r.open.writes.clear()));
    assert_eq!(found, Some((writes, vec!["writes.0".to_owned()])));
    let found = diverges(&forged(&records, writes, |r| r.withdrawn.push(1)));
    assert_eq!(found, Some((writes, vec!["withdrawn.0".to_owned()])));
    let asks = has(|r| !r.open.asks.is_empty());
    let found = diverges(&forged(&records, asks, |r| r.open.asks[0].ask.expect = 99));
    assert_eq!(found, Some((asks, vec!["asks.0.expect".to_owned()])));
}

#[test]
fn a_changed_cause_is_found() {
    let records = eventful();
    let fact = (0..records.len())
        .find(|at| matches!(decode(*at, &records[*at]).why, Why::Fact(_)))
        .expect("there is a fact");
    let other = forged(&records, fact, |r| r.why = Why::Fact(Fact { value: 9, token: 9 }));
    assert_eq!(diverges(&other).map(|(at, _)| at), Some(fact));
    // A step that nothing led to.
    let due = forged(&records, 1, |r| r.why = Why::Fact(Fact { value: 0, token: 0 }));
    assert_eq!(diverges(&due).map(|(at, _)| at), Some(1));
}

#[test]
fn a_changed_outcome_is_found() {
    let records = eventful();
    let last = records.len() - 1;
    let found = diverges(&forged(&records, last, |r| r.outcome = Some(Outcome::Up)));
    assert_eq!(found, Some((last, vec!["outcome".to_owned()])));
}

#[test]
fn a_second_start_is_found() {
    let records = eventful();
    let Why::Started(mut spec) = decode(0, &records[0]).why else { panic!("no start") };
    spec.goal = 9;
    let found = diverges(&forged(&records, 4, |r| r.why = Why::Started(spec)));
    assert_eq!(
        found.map(|(at, fields)| (at, fields.contains(&"step".to_owned()))),
        Some((4, true))
    );
}

#[test]
fn a_divergence_says_what_differs() {
    let mut bare = Bare::claimed();
    bare.see(0, 7);
    bare.tell(Event::Signal(signal(SignalKind::Pause)));
    let forged = forged(&bare.records, 2, |r| {
        r.state.level = 4;
        r.state.way = Way::Up;
    });
    let error = audit::<Toy>(&forged).expect_err("it is forged");
    let text = "record 2 is not what toy (logic 1) decides: \
                state.level: recorded 4, now 0; state.way: recorded \"Up\", now \"Held\"";
    assert_eq!(error.to_string(), text);
}

#[test]
fn every_flipped_byte_is_found() {
    let records = eventful();
    for (index, record) in records.iter().enumerate() {
        for at in 0..record.len() {
            let mut changed = record.clone();
            changed[at] ^= 1 << (at % 8);
            let head = crate::journal::Head::decode(index as u64, &changed);
            assert!(head.is_err(), "byte {at} of record {index}");
        }
    }
    let mut damaged = records.clone();
    let level = b"\"level\":0";
    let at = damaged[3].windows(level.len()).position(|w| w == level).expect("it has a level");
    damaged[3][at + level.len() - 1] = b'1';
    let error = AuditError::Unreadable(RecordError::Damaged { index: 3 }.into());
    assert_eq!(audit::<Toy>(&damaged), Err(error));
}

#[test]
fn dropped_doubled_and_swapped_records_are_found() {
    let records = eventful();
    let broken = |records: &[Vec<u8>]| {
        let verified = Chain::verify(records.iter().map(Vec::as_slice));
        matches!(verified, Err(RecordError::BrokenChain { .. }))
    };
    assert!(!broken(&records));
    for at in 0..records.len() {
        let mut dropped = records.clone();
        dropped.remove(at);
        // A journal without its last records is the journal of an earlier moment.
        assert_eq!(broken(&dropped), at + 1 < records.len(), "without {at}");
        let mut doubled = records.clone();
        doubled.insert(at, records[at].clone());
        assert!(broken(&doubled), "{at} twice");
        let mut swapped = records.clone();
        if at > 0 {
            swapped.swap(at - 1, at);
            assert!(broken(&swapped), "{at} before {}", at - 1);
        }
    }
}

#[test]
fn the_record_of_another_run_is_found() {
    let records = eventful();
    let other = forged(&records, 0, |r| r.state.level = 1);
    let mixed: Vec<_> = other[..1].iter().chain(&records[1..]).cloned().collect();
    let error = AuditError::Unreadable(RecordError::BrokenChain { index: 1 }.into());
    assert_eq!(audit::<Toy>(&mixed), Err(error));
}

fn resume<const N: u32>(records: &[Vec<u8>]) -> Result<Run<Version<N>>, ResumeError> {
    let last = records.len() - 1;
    let now = Bare::begun().now;
    Run::resume(&records[0], last as u64, &records[last], Pace::default(), now)
}

#[test]
fn each_record_names_the_hash_that_the_one_before_ends_with() {
    let records = eventful();
    for (index, pair) in records.windows(2).enumerate() {
        let prev = decode(index + 1, &pair[1]).head.prev;
        assert!(pair[0].ends_with(format!("\"hash\":\"{prev}\"}}").as_bytes()), "{index}");
    }
}

#[test]
fn a_record_with_nothing_in_flight_says_nothing_of_it() {
    let records = eventful();
    let silent = |at: &usize| decode(*at, &records[*at]).open.is_empty();
    let (idle, busy): (Vec<usize>, Vec<usize>) = (0..records.len()).partition(silent);
    let says = |at: &usize| String::from_utf8_lossy(&records[*at]).contains("\"open\"");
    assert!(!idle.is_empty() && !idle.iter().any(says), "{idle:?}");
    assert!(!busy.is_empty() && busy.iter().all(says), "{busy:?}");
}

#[test]
fn a_damaged_record_is_not_resumed() {
    let records = eventful();
    for (index, at) in [(0, 0), (records.len() - 1, records.len() - 1)] {
        let mut damaged = records.clone();
        let middle = damaged[at].len() / 2;
        damaged[at][middle] ^= 1;
        let error = resume::<1>(&damaged).expect_err("it is damaged").to_string();
        assert!(error.starts_with(&format!("record {index} ")), "{error}");
    }
    let error = ResumeError::Record(RecordError::BrokenChain { index: 5 });
    let found = Run::<Toy>::resume(&records[0], 5, &records[4], Pace::default(), Bare::begun().now);
    assert_eq!(found.err(), Some(error));
}

#[test]
fn a_journal_without_its_start_is_not_resumed() {
    let records = eventful();
    assert!(matches!(resume::<1>(&records[1..]), Err(ResumeError::NoSpec { .. })));
    let elsewhere = forged(&records, 0, |record| record.head.index = 1);
    let error = ResumeError::Record(RecordError::BrokenChain { index: 0 });
    assert_eq!(resume::<1>(&elsewhere).err(), Some(error));
}

#[test]
fn an_old_journal_is_resumed_by_a_new_logic_and_only_its_new_records_are_recomputed() {
    let mut lab = Lab::new();
    lab.fate.kill_at([40]);
    assert_eq!(lab.live::<1>(), None);
    lab.fate.revive();
    let old = lab.records().len();
    assert!(old > 4, "{old} records are too few to mean anything");
    assert_eq!(audit::<Version<2>>(&lab.records()), Ok(0));
    assert_eq!(lab.live::<2>(), Some(Ok(Stop::Ended)));
    let records = lab.records();
    assert_eq!(audit::<Version<2>>(&records), Ok(records.len() - old));
    assert_eq!(audit::<Toy>(&records), Ok(old));
    // It went on as the new logic decides: by two.
    assert!(lab.world.number().landed.windows(2).any(|w| w[1] == w[0] + 2));
}

#[test]
fn an_old_journal_under_a_new_logic_can_be_aborted() {
    for prefix in 1..eventful().len() {
        let records = &eventful()[..prefix];
        let mut run = resume::<2>(records).expect("it is whole");
        let now = Bare::begun().now;
        run.handle(Event::Claimed(Claim::over(Epoch(9))), now).expect("it has a form");
        run.handle(Event::Signal(signal(SignalKind::Abort)), now).expect("it has a form");
        assert!(matches!(run.state().way, Way::Down(_)), "prefix of {prefix}");
    }
}

#[test]
fn a_newer_format_is_refused_and_says_so() {
    let records = eventful();
    let newer = forged(&records, records.len() - 1, |r| r.head.format = FORMAT + 1);
    let index = records.len() as u64 - 1;
    let error = RecordError::TooNew { index, format: FORMAT + 1 };
    assert_eq!(resume::<1>(&newer).err(), Some(error.clone().into()));
    assert_eq!(audit::<Toy>(&newer), Err(AuditError::Unreadable(error.into())));
}

#[test]
fn the_journal_of_another_machine_is_refused() {
    let records = eventful();
    let error = RecordError::OtherKind { index: 0, found: "toy".to_owned(), wanted: "another" };
    assert_eq!(resume::<0>(&records).err(), Some(error.clone().into()));
    assert_eq!(audit::<Version<0>>(&records), Err(AuditError::Unreadable(error.into())));
}

#[test]
fn an_unknown_cause_is_refused() {
    let records = eventful();
    let text = String::from_utf8(records[1].clone()).expect("it is text");
    let body = text
        .replace("\"why\":{\"Claimed\":{\"epoch\":1,\"alone\":true}}", "\"why\":{\"Dreamt\":1}");
    assert_ne!(text, body);
    // Sealed anew, so that nothing but the cause is wrong.
    let cut = body.rfind(",\"hash\"").expect("it is sealed");
    let mut unknown = records[..1].to_vec();
    unknown.push(crate::journal::sealed(format!("{}}}", &body[..cut]).into_bytes()));
    let error = resume::<1>(&unknown).expect_err("nobody knows that cause").to_string();
    assert!(error.contains("Dreamt"), "{error}");
}

#[test]
fn what_was_in_flight_is_recorded_as_it_was() {
    let bare = Bare::writing();
    let last = decode(bare.records.len() - 1, &bare.records[bare.records.len() - 1]);
    let open: Vec<_> = last.open.writes.iter().map(|w| (w.id, w.state)).collect();
    assert_eq!((open, last.last_old), (vec![(2, WriteState::Sent)], 1));
}
