//! A run driven against a world that answers in its own time.

use std::sync::PoisonError;

use super::lab::{Lab, signal};
use super::toy::{Answer, Outcome, Reason, Spec};
use super::world::{Latency, Mishap};
use crate::clock::Clock;
use crate::engine::{DriveError, Stop};
use crate::event::What;
use crate::fence::Epoch;
use crate::id::RunId;
use crate::kernel::SignalKind;
use crate::platform::{ClaimFault, Fault, Refusal};
use crate::time::Span;

fn lost() -> ClaimFault {
    ClaimFault::Unknown { reason: "no answer".to_owned() }
}

fn unanswered() -> Fault {
    Fault::Unknown { reason: "no answer".to_owned() }
}

/// What the run was told of writes that did not take effect.
fn faults(lab: &Lab) -> Vec<String> {
    let told = lab.told().into_iter();
    told.filter_map(|what| if let What::Answered { fault, .. } = what { fault } else { None })
        .collect()
}

#[test]
fn a_run_climbs_to_its_goal_and_tells_it_in_order_without_gaps() {
    let mut lab = Lab::new();
    assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
    let heard = lab.ears.heard();
    let numbers: Vec<u64> = heard.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=heard.len() as u64).collect::<Vec<_>>());
    assert!(heard.is_sorted_by_key(|event| event.at));
    assert!(heard.iter().all(|event| event.run == lab.run));
    let told = lab.told();
    assert!(matches!(told.first(), Some(What::Started(_))));
    assert!(matches!(told.last(), Some(What::Ended(_))));
    let place = |found: fn(&What) -> bool| told.iter().position(found).expect("it is told");
    let sent = place(|what| matches!(what, What::Sent { change, .. } if change == "set 1"));
    let answered = place(|what| matches!(what, What::Answered { fault: None, .. }));
    assert!(sent < answered);
}

#[test]
fn each_life_numbers_its_events_from_one_and_begins_with_its_return() {
    let mut lab = Lab::new();
    lab.fate.kill_at([30]);
    assert_eq!(lab.live::<1>(), None);
    let before = lab.ears.heard().len();
    lab.fate.revive();
    lab.clock.advance_to(lab.clock.monotonic() + Span::minutes(3));
    assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
    let after = &lab.ears.heard()[before..];
    let numbers: Vec<u64> = after.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=after.len() as u64).collect::<Vec<_>>());
    let Some(What::Resumed { epoch: Epoch(2), away }) = after.first().map(|event| &event.what)
    else {
        panic!("{:?} is no return", after.first())
    };
    assert!(*away >= Span::minutes(3), "away for {away}");
}

#[test]
fn what_is_withdrawn_before_its_request_started_is_never_sent() {
    let mut lab = Lab::new();
    let outbox = lab.outbox.clone();
    // The abort is there before the write, which the answer leads to, gets its turn.
    let abort = move || outbox.unbounded_send(signal(SignalKind::Abort)).expect("it listens");
    *lab.world.at_answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(abort));
    assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
    assert_eq!(lab.outcome(), Some(Outcome::Down(Reason::Told)));
    assert_eq!(faults(&lab), ["withdrawn before it was sent"]);
    let number = lab.world.number();
    assert_eq!((number.arrived.len(), number.value), (0, 0));
}

#[test]
fn what_has_started_is_not_called_off_but_waited_for() {
    let mut lab = Lab::new();
    lab.world.number().latency = Latency { write: Span::seconds(5), ..Latency::default() };
    // The first question comes at 30 s.
    lab.signal_at(Span::seconds(32), SignalKind::Abort);
    assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
    assert_eq!(lab.outcome(), Some(Outcome::Down(Reason::Told)));
    let number = lab.world.number();
    assert_eq!(number.landed, [1, 0]);
}

#[test]
fn a_write_whose_needs_have_gone_is_not_sent() {
    let mut lab = Lab::new();
    lab.world.number().latency = Latency { ask: Span::seconds(5), ..Latency::default() };
    // Somebody else's change, seen while the question is in flight.
    lab.at(Span::seconds(32), |world, _| world.number().touch());
    assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
    assert_eq!(lab.outcome(), Some(Outcome::Up));
    assert_eq!(faults(&lab), ["withdrawn before it was sent"]);
    assert_eq!(lab.world.number().landed, [1, 2, 3]);
    assert_eq!(lab.world.number().arrived.len(), 3);
}

#[test]
fn a_look_that_comes_before_a_write_has_its_turn_can_still_call_it_off() {
    let latency = Latency { ask: Span::seconds(5), ..Latency::default() };
    let asked = {
        let mut lab = Lab::new();
        lab.world.number().latency = latency;
        assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
        lab.world.number().asked[0]
    };
    let mut lab = Lab::new();
    lab.world.number().latency = latency;
    // The look of this change and the answer come in the same moment, the answer first.
    lab.at((asked + latency.ask).less(latency.read), |world, _| world.number().touch());
    assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
    assert_eq!(faults(&lab), ["withdrawn before it was sent"]);
    assert_eq!(lab.world.number().arrived.len(), 3);
}

#[test]
fn a_signal_reaches_a_run_while_its_requests_are_in_flight() {
    let mut lab = Lab::new();
    lab.world.number().latency = Latency { ask: Span::minutes(50), ..Latency::default() };
    lab.signal_at(Span::minutes(2), SignalKind::Abort);
    assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
    assert_eq!(lab.outcome(), Some(Outcome::Down(Reason::Told)));
    assert!(lab.clock.monotonic() < Span::minutes(2) + Span::seconds(1));
}

#[test]
fn a_run_goes_on_when_nobody_can_send_signals_any_more() {
    let mut lab = Lab::new();
    lab.outbox.close_channel();
    assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
    assert_eq!(lab.outcome(), Some(Outcome::Up));
}

#[test]
fn a_no_sends_the_run_down() {
    let mut lab = Lab::new();
    lab.world.number().answer = Some(Answer::No);
    assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
    assert_eq!(lab.outcome(), Some(Outcome::Down(Reason::Denied)));
    assert!(lab.world.number().landed.is_empty());
}

#[test]
fn a_refusal_for_good_sends_the_run_down_and_a_passing_one_does_not() {
    let refusals = [
        (Refusal::Invalid { reason: "no".to_owned() }, Outcome::Down(Reason::Refused)),
        (Refusal::Throttled { after: Span::seconds(1) }, Outcome::Up),
    ];
    for (refusal, outcome) in refusals {
        let mut lab = Lab::new();
        lab.world.number().mishaps.insert(1, Mishap::Refused(refusal.clone()));
        assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)), "{refusal}");
        assert_eq!(lab.outcome(), Some(outcome), "{refusal}");
    }
}

#[test]
fn a_claim_whose_answer_is_lost_is_repeated() {
    let mut lab = Lab::new();
    lab.world.number().claim_faults = [lost(), lost(), lost()].into();
    assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
    assert_eq!(lab.world.number().claims, 4);
    assert_eq!(lab.last_record().head.epoch, Epoch(4));
    assert_eq!(lab.world.number().lease, None);
}

#[test]
fn a_claim_that_is_never_answered_is_given_up_and_the_run_can_be_resumed() {
    let mut lab = Lab::new();
    lab.world.number().claim_faults = vec![lost(); 6].into();
    assert_eq!(lab.live::<1>(), Some(Err(DriveError::Claim(lost()))));
    assert!(lab.clock.monotonic() < Span::seconds(20));
    assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
    assert_eq!(lab.outcome(), Some(Outcome::Up));
}

#[test]
fn an_app_that_another_run_holds_is_not_touched() {
    let held = ClaimFault::Held { run: RunId::from("other"), holder: "there".into() };
    let mut lab = Lab::new();
    lab.world.number().claim_faults = [held.clone()].into();
    assert_eq!(lab.live::<1>(), Some(Err(DriveError::Claim(held))));
    let number = lab.world.number();
    assert_eq!((number.claims, number.reads, number.arrived.len()), (1, 0, 0));
}

#[test]
fn the_app_is_given_back_at_the_end_also_when_the_answer_is_lost() {
    let mut lab = Lab::new();
    let busy = Refusal::Unavailable { reason: "busy".to_owned() };
    lab.world.number().release_faults = [unanswered(), busy.into()].into();
    assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
    let number = lab.world.number();
    assert_eq!((number.releases, &number.lease), (3, &None));
}

#[test]
fn a_release_that_is_never_answered_holds_nobody_up() {
    let mut lab = Lab::new();
    lab.world.number().release_faults = vec![unanswered(); 100].into();
    assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
    assert!(lab.world.number().releases < 10);
}

#[test]
fn a_finished_run_that_is_resumed_only_gives_the_app_back() {
    let mut lab = Lab::new();
    lab.world.number().release_faults = vec![unanswered(); 5].into();
    assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
    let (records, heard) = (lab.records(), lab.ears.heard());
    let (reads, arrived) = {
        let number = lab.world.number();
        assert!(number.lease.is_some());
        (number.reads, number.arrived.len())
    };
    assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
    let number = lab.world.number();
    assert_eq!(number.lease, None);
    assert_eq!((number.reads, number.arrived.len()), (reads, arrived));
    assert_eq!((lab.records(), lab.ears.heard()), (records, heard));
}

#[test]
fn a_run_that_was_taken_over_stops_and_writes_nothing_more() {
    for at in (1..100).map(Span::seconds) {
        let mut lab = Lab::new();
        let other = Some((RunId::from("toy-1"), Epoch(2)));
        let lease = other.clone();
        lab.at(at, move |world, _| {
            let mut number = world.number();
            number.lease = lease;
            number.stir();
        });
        assert_eq!(lab.live::<1>(), Some(Ok(Stop::Fenced)), "taken at {at}");
        assert!(lab.clock.monotonic() < at + Span::seconds(1), "taken at {at}");
        let number = lab.world.number();
        assert_eq!((&number.lease, number.releases), (&other, 0), "taken at {at}");
        assert_eq!(number.landed.len(), number.value as usize, "taken at {at}");
    }
}

#[test]
fn a_fenced_write_stops_the_run_at_once() {
    let mut lab = Lab::new();
    lab.world.number().mishaps.insert(1, Mishap::Fenced);
    assert_eq!(lab.live::<1>(), Some(Ok(Stop::Fenced)));
    let number = lab.world.number();
    assert_eq!((number.arrived.len(), number.releases), (2, 0));
}

#[test]
fn a_goal_that_is_reached_already_needs_no_write() {
    let mut lab = Lab::new();
    lab.spec = Spec { goal: 0, ..lab.spec };
    assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
    assert_eq!(lab.world.number().arrived.len(), 0);
}

#[test]
fn driving_can_be_moved_between_threads() {
    fn moves<T: Send>(_: &T) {}
    let lab = Lab::new();
    let (mut run, inbox) = (super::run::Bare::begun().run, &mut crate::engine::mailbox().1);
    let holder = "here".into();
    let doors = crate::engine::Doors {
        world: &lab.world,
        clock: &*lab.clock,
        journal: &lab.journal,
        host: &lab.ears,
        holder: &holder,
    };
    moves(&crate::engine::drive(&mut run, Vec::new(), doors, inbox));
}
