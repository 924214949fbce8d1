//! What one event does to a run.

use std::sync::Arc;

use super::lab::{signal, spec};
use super::toy::{Answer, Ask, Outcome, Reason, Seen, Toy, Way};
use crate::engine::{Effect, Event, Mark, Now, Pace, Run, Stop};
use crate::event::What;
use crate::fence::{Claim, Epoch, Token};
use crate::id::{RunId, Uid};
use crate::journal::Record;
use crate::kernel::{SignalKind, WriteState};
use crate::platform::{Fault, Receipt, Refusal};
use crate::time::{Span, Timestamp};

/// A run without a world: events go in by hand.
pub(super) struct Bare {
    pub run: Run<Toy>,
    pub now: Now,
    pub records: Vec<Vec<u8>>,
}

impl Bare {
    pub(super) fn begun() -> Self {
        let now = Now { wall: Timestamp::from_millis(1_000_000), mono: Span::hours(5) };
        let (run, effects) =
            Run::begin(RunId::from("bare"), Arc::new(spec()), Pace::default(), now).expect("ok");
        let mut bare = Self { run, now, records: Vec::new() };
        bare.keep(&effects);
        bare
    }

    pub(super) fn claimed() -> Self {
        let mut bare = Self::begun();
        bare.tell(Event::Claimed(Claim::alone(Epoch(1))));
        bare
    }

    /// At level 0, baked, with the question for level 1 in flight.
    pub(super) fn asking() -> Self {
        let mut bare = Self::claimed();
        bare.see(0, 7);
        bare.pass(Span::seconds(30));
        bare.see(0, 7);
        bare
    }

    /// With the write of level 1 in flight, as number 2.
    pub(super) fn writing() -> Self {
        let mut bare = Self::asking();
        bare.tell(Event::Answered(1, Answer::Yes));
        bare
    }

    fn keep(&mut self, effects: &[Effect<Toy>]) {
        for effect in effects {
            if let Effect::Record { bytes, .. } = effect {
                self.records.push(bytes.clone());
            }
        }
    }

    pub(super) fn tell(&mut self, event: Event<Toy>) -> Vec<Effect<Toy>> {
        let effects = self.run.handle(event, self.now).expect("it has a form");
        self.keep(&effects);
        effects
    }

    pub(super) fn pass(&mut self, span: Span) {
        self.now = Now { wall: self.now.wall + span, mono: self.now.mono + span };
    }

    pub(super) fn view(&self, value: u32, token: u64) -> Seen {
        let lease = Some((self.run.id().clone(), self.run.epoch()));
        Seen { read_at: self.now.wall, lease, value, token }
    }

    pub(super) fn see(&mut self, value: u32, token: u64) -> Vec<Effect<Toy>> {
        let (seen, began) = (self.view(value, token), self.run.mark(self.now));
        self.tell(Event::Seen { seen, began })
    }

    pub(super) fn resumed(&self) -> Self {
        let last = self.records.len() - 1;
        let (first, end) = (&self.records[0], &self.records[last]);
        let run = Run::resume(first, last as u64, end, Pace::default(), self.now);
        Self { run: run.expect("it is whole"), now: self.now, records: self.records.clone() }
    }
}

fn unknown() -> Fault {
    Fault::Unknown { reason: "no answer".to_owned() }
}

fn landed(token: u64) -> Result<Receipt, Fault> {
    Ok(Receipt { uid: Uid::new("number"), token: Token::Version(token) })
}

#[test]
fn a_record_comes_before_all_that_rests_on_it() {
    let mut bare = Bare::asking();
    let effects = bare.tell(Event::Answered(1, Answer::Yes));
    let kinds: Vec<&str> = effects.iter().map(kind).collect();
    assert_eq!(kinds, ["record", "waiting", "sent", "send", "observe"]);
    let effects = bare.tell(Event::Signal(signal(SignalKind::Abort)));
    let kinds: Vec<&str> = effects.iter().map(kind).collect();
    assert_eq!(kinds, ["record", "signalled", "withdraw", "waiting", "observe"]);
}

fn kind(effect: &Effect<Toy>) -> &'static str {
    match effect {
        Effect::Record { .. } => "record",
        Effect::Emit(What::Waiting { .. }) => "waiting",
        Effect::Emit(What::Sent { .. }) => "sent",
        Effect::Emit(What::Signalled { .. }) => "signalled",
        Effect::Emit(_) => "told",
        Effect::Withdraw(_) => "withdraw",
        Effect::Send { .. } => "send",
        Effect::Ask { .. } => "ask",
        Effect::Observe => "observe",
        Effect::Stop(_) => "stop",
    }
}

#[test]
fn a_look_that_began_before_an_acknowledgement_is_not_believed_even_in_its_millisecond() {
    let mut bare = Bare::writing();
    let (before, stale) = (bare.run.mark(bare.now), bare.view(0, 7));
    bare.tell(Event::Wrote(2, landed(8)));
    let effects = bare.tell(Event::Seen { seen: stale.clone(), began: before });
    assert_eq!(effects, [Effect::Observe]);
    assert_eq!(bare.run.state().level, 0);
    bare.see(1, 8);
    assert_eq!(bare.run.state().level, 1);
}

#[test]
fn a_look_that_began_before_an_answer_was_given_up_on_is_not_believed() {
    let mut bare = Bare::writing();
    let (before, seen) = (bare.run.mark(bare.now), bare.view(0, 7));
    bare.tell(Event::Wrote(2, Err(unknown())));
    assert_eq!(bare.tell(Event::Seen { seen, began: before }), [Effect::Observe]);
}

#[test]
fn a_look_that_began_before_the_claim_is_not_believed() {
    let mut bare = Bare::begun();
    bare.tell(Event::Claimed(Claim::alone(Epoch(1))));
    let seen = bare.view(0, 7);
    assert_eq!(bare.tell(Event::Seen { seen, began: Mark::default() }), [Effect::Observe]);
}

#[test]
fn a_withdrawn_write_ages_no_look() {
    let mut bare = Bare::writing();
    let (began, seen) = (bare.run.mark(bare.now), bare.view(0, 9));
    bare.tell(Event::Wrote(2, Err(Fault::Withdrawn)));
    let effects = bare.tell(Event::Seen { seen, began });
    assert_eq!(effects.iter().map(kind).filter(|k| *k == "ask").count(), 1);
}

#[test]
fn the_lease_of_another_run_or_epoch_or_of_nobody_stops_the_run() {
    let other = |run: &str, epoch| Some((RunId::from(run), Epoch(epoch)));
    for lease in [other("else", 1), other("bare", 2), other("bare", 0), None] {
        let mut bare = Bare::writing();
        let seen = Seen { lease: lease.clone(), ..bare.view(0, 7) };
        let began = bare.run.mark(bare.now);
        let effects = bare.tell(Event::Seen { seen, began });
        assert_eq!(effects, [Effect::Stop(Stop::Fenced)], "{lease:?}");
        assert_eq!(bare.run.stopped(), Some(Stop::Fenced));
        assert_eq!(bare.tell(Event::Signal(signal(SignalKind::Abort))), []);
        assert_eq!(bare.tell(Event::Tick), []);
    }
}

#[test]
fn a_fenced_write_stops_the_run() {
    let mut bare = Bare::writing();
    let effects = bare.tell(Event::Wrote(2, Err(Fault::Fenced)));
    assert_eq!(effects.last(), Some(&Effect::Stop(Stop::Fenced)));
    assert_eq!(bare.run.stopped(), Some(Stop::Fenced));
}

#[test]
fn after_a_resume_open_writes_are_of_unknown_outcome_and_questions_are_asked_again() {
    let resumed = Bare::writing().resumed();
    let open: Vec<_> = resumed.run.open().writes.iter().map(|w| (w.id, w.state)).collect();
    assert_eq!(open, [(2, WriteState::Unknown)]);

    let mut resumed = Bare::asking().resumed();
    assert!(resumed.run.open().is_empty());
    resumed.tell(Event::Claimed(Claim::over(Epoch(2))));
    let asked = resumed.see(0, 7);
    let again = Effect::Ask { id: 2, ask: Ask { to: 1, expect: 7 } };
    assert_eq!(asked.last(), Some(&again));
}

#[test]
fn after_a_resume_no_number_is_used_again() {
    let mut resumed = Bare::writing().resumed();
    resumed.tell(Event::Claimed(Claim::over(Epoch(2))));
    resumed.see(0, 7);
    resumed.tell(Event::Answered(3, Answer::Yes));
    let ids: Vec<u64> = resumed.run.open().writes.iter().map(|w| w.id).collect();
    assert_eq!(ids, [2, 4]);
}

#[test]
fn what_ended_before_the_crash_is_not_heard_of_after_it() {
    let mut resumed = Bare::asking().resumed();
    resumed.tell(Event::Claimed(Claim::over(Epoch(2))));
    assert_eq!(resumed.tell(Event::Answered(1, Answer::Yes)), []);
    assert_eq!(resumed.tell(Event::Wrote(9, landed(1))), []);
}

#[test]
fn an_unknown_write_stays_open_until_its_token_has_moved() {
    let mut bare = Bare::writing();
    bare.tell(Event::Wrote(2, Err(unknown())));
    bare.see(0, 7);
    assert_eq!(bare.run.open().writes[0].state, WriteState::Unknown);
    bare.see(1, 8);
    assert!(bare.run.open().writes.is_empty());
}

#[test]
fn a_write_that_was_refused_for_good_is_told_to_the_machine_as_such() {
    let mut bare = Bare::writing();
    bare.tell(Event::Wrote(2, Err(Refusal::Missing.into())));
    assert_eq!(bare.run.state().way, Way::Down(Reason::Refused));
}

#[test]
fn a_refused_signal_changes_and_records_nothing() {
    let mut bare = Bare::asking();
    let (state, records) = (bare.run.state().clone(), bare.records.len());
    let effects = bare.tell(Event::Signal(signal(SignalKind::Resume)));
    let Some(Effect::Emit(What::Signalled { refused: Some(why), .. })) = effects.first() else {
        panic!("{effects:?} tells no refusal")
    };
    assert_eq!(why, "there is nothing to resume");
    assert_eq!((bare.run.state(), bare.records.len()), (&state, records));
}

#[test]
fn a_claim_is_recorded_though_the_machine_stays() {
    let bare = Bare::claimed();
    let record = Record::<Toy>::decode(1, &bare.records[1]).expect("it is whole");
    assert_eq!((record.head.epoch, &record.state), (Epoch(1), bare.run.state()));
}

#[test]
fn one_event_asks_for_one_look_and_an_end_for_none() {
    let looks = |effects: &[Effect<Toy>]| effects.iter().filter(|e| kind(e) == "observe").count();
    let mut bare = Bare::asking();
    assert_eq!(looks(&bare.tell(Event::Signal(signal(SignalKind::Pause)))), 1);
    assert_eq!(looks(&bare.tell(Event::Tick)), 1);
    bare.tell(Event::Signal(signal(SignalKind::Abort)));
    let effects = bare.see(0, 7);
    assert_eq!(bare.run.outcome(), Some(&Outcome::Down(Reason::Told)));
    assert_eq!(looks(&effects), 0);
}

#[test]
fn a_run_that_had_ended_only_stops_when_it_is_claimed_again() {
    let mut bare = Bare::asking();
    bare.tell(Event::Signal(signal(SignalKind::Abort)));
    bare.see(0, 7);
    let mut resumed = bare.resumed();
    assert_eq!(resumed.tell(Event::Claimed(Claim::over(Epoch(2)))), [Effect::Stop(Stop::Ended)]);
    assert_eq!(resumed.records.len(), bare.records.len());
}

#[test]
fn a_write_is_good_as_long_as_the_last_look_bears_it_out() {
    let mut bare = Bare::writing();
    let write = bare.run.open().writes[0].write;
    assert!(bare.run.still_good(&write));
    bare.see(0, 8);
    assert!(!bare.run.still_good(&write));
}
