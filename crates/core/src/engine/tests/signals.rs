//! A signal is taken once, however often and by whichever life of the process it is heard.

use super::lab::{Lab, signal};
use super::run::Bare;
use super::toy::{Outcome, Reason, Toy, Version, Way};
use crate::engine::{Effect, Event, Pace, ResumeError, Run, Stop};
use crate::event::What;
use crate::fence::{Claim, Epoch};
use crate::journal::Record;
use crate::kernel::{Signal, SignalKind};
use crate::time::Span;

fn refusal(effects: &[Effect<Toy>]) -> Option<String> {
    effects.iter().find_map(|effect| {
        let Effect::Emit(What::Signalled { refused, .. }) = effect else { return None };
        Some(refused.clone())
    })?
}

fn named(id: &str, kind: SignalKind) -> Signal {
    Signal { id: id.to_owned(), ..signal(kind) }
}

#[test]
fn a_signal_that_was_taken_is_answered_so_when_it_comes_again() {
    let mut bare = Bare::asking();
    let pause = named("a-1", SignalKind::Pause);
    assert_eq!(refusal(&bare.tell(Event::Signal(pause.clone()))), None);
    bare.tell(Event::Signal(named("a-2", SignalKind::Resume)));
    let records = bare.records.len();
    let again = bare.tell(Event::Signal(pause));
    assert_eq!(refusal(&again).as_deref(), Some("signal a-1 was taken already"));
    assert_eq!((bare.run.state().way, bare.records.len()), (Way::Up, records));
}

#[test]
fn a_signal_that_was_taken_before_a_crash_is_not_taken_again_after_it() {
    let mut bare = Bare::asking();
    bare.tell(Event::Signal(named("a-1", SignalKind::Pause)));
    bare.tell(Event::Signal(named("a-2", SignalKind::Resume)));
    let mut resumed = bare.resumed();
    resumed.tell(Event::Claimed(Claim::over(Epoch(2))));
    let again = resumed.tell(Event::Signal(named("a-1", SignalKind::Pause)));
    assert_eq!(refusal(&again).as_deref(), Some("signal a-1 was taken already"));
    assert_eq!(resumed.run.state().way, Way::Up);
}

#[test]
fn a_signal_that_was_refused_may_come_again() {
    let mut bare = Bare::asking();
    let resume = named("a-1", SignalKind::Resume);
    assert!(refusal(&bare.tell(Event::Signal(resume.clone()))).is_some());
    bare.tell(Event::Signal(named("a-2", SignalKind::Pause)));
    assert_eq!(refusal(&bare.tell(Event::Signal(resume))), None);
    assert_eq!(bare.run.state().way, Way::Up);
}

#[test]
fn the_ids_that_a_record_carries_stay_few() {
    let mut bare = Bare::asking();
    for nth in 0..200 {
        let kind = if nth % 2 == 0 { SignalKind::Pause } else { SignalKind::Resume };
        bare.tell(Event::Signal(named(&format!("a-{nth}"), kind)));
    }
    let last = bare.records.len() - 1;
    let record = Record::<Toy>::decode(last as u64, &bare.records[last]).expect("it is whole");
    assert_eq!(record.heard.len(), 64);
    assert_eq!(record.heard.last().map(String::as_str), Some("a-199"));
}

#[test]
fn an_abort_that_is_sent_again_in_every_life_is_taken_once() {
    let mut lab = Lab::new();
    for at in [61, 75, 90] {
        lab.signal_at(Span::seconds(at), SignalKind::Abort);
    }
    lab.fate.kill_at([30, 45]);
    assert_eq!(lab.live_on(Span::seconds(1)), Ok(Stop::Ended));
    assert_eq!(lab.outcome(), Some(Outcome::Down(Reason::Told)));
    let records = lab.records();
    let taken = records.iter().filter(|r| String::from_utf8_lossy(r).contains(r#"{"Signal":"#));
    assert_eq!(taken.count(), 1);
}

#[test]
fn a_run_that_a_later_program_drove_is_refused_with_the_next_step() {
    let mut lab = Lab::new();
    assert_eq!(lab.live::<2>(), Some(Ok(Stop::Ended)));
    let records = lab.records();
    let last = records.len() - 1;
    let resume = |at: usize| {
        let (first, last) = (&records[0], &records[at]);
        Run::<Version<1>>::resume(first, at as u64, last, Pace::default(), lab.now())
    };
    let refused = resume(last).expect_err("logic 2 is later than 1");
    let said = refused.to_string();
    assert!(matches!(refused, ResumeError::NewerLogic { logic: 2, known: 1, .. }), "{refused:?}");
    for part in ["toy-1", &format!("record {last}"), "logic 2", "up to 1", "update the program"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(resume(0).is_err(), "from its first record on");
}
