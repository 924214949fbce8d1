use windlass_core::event::{Judgement, What};
use windlass_core::evidence::{Doubt, Verdict};
use windlass_core::time::Span;
use windlass_report::story::{Aside, Outcome, Phase, Story};

use crate::streams;

#[test]
fn a_good_run_is_folded_into_its_figures() {
    let events = streams::good();
    let story = Story::of(&events).unwrap();
    assert_eq!(story.highest_held(), 4);
    assert_eq!(story.peak_pods(), 6);
    assert_eq!(story.worst_verdict(), Some(&Verdict::Pass));
    let sent = events.iter().filter(|e| matches!(e.what, What::Sent { .. })).count();
    assert_eq!(story.writes.len(), sent);
    assert!(story.lasted > Span::minutes(45) && story.lasted < Span::minutes(50));
    assert!(story.ending.is_some());
}

#[test]
fn phases_follow_one_another_without_a_gap() {
    let events = streams::troubled();
    let story = Story::of(&events).unwrap();
    let phases: Vec<Phase> = story.phases.iter().map(|p| p.phase).collect();
    let wanted = [
        Phase::Holding(2),
        Phase::Paused,
        Phase::Holding(2),
        Phase::Raising(1),
        Phase::Holding(1),
        Phase::Returning,
    ];
    assert_eq!(phases, wanted);
    assert!(story.phases.windows(2).all(|p| p[0].to == p[1].from));
}

#[test]
fn a_write_in_doubt_and_its_repetition_are_two_writes() {
    let events = streams::good();
    let story = Story::of(&events).unwrap();
    let change = "send 25 % to threat-detection-candidate";
    let outcomes: Vec<_> =
        story.writes.iter().filter(|w| w.change == change).map(|w| w.outcome).collect();
    assert!(matches!(outcomes[..], [Outcome::Fault(_), Outcome::Landed(_)]), "{outcomes:?}");
}

#[test]
fn a_write_without_an_answer_stays_open() {
    let events = streams::troubled();
    let story = Story::of(&events).unwrap();
    let open = story.writes.iter().filter(|w| w.outcome == Outcome::Open).count();
    assert_eq!(open, 1);
}

#[test]
fn the_limit_of_the_plan_and_that_of_the_samples_are_one() {
    let events = streams::good();
    let story = Story::of(&events).unwrap();
    let limits: Vec<usize> = story.metrics.iter().map(|m| m.limits.len()).collect();
    assert_eq!(limits, [1, 1]);
}

#[test]
fn without_the_plan_a_limit_is_read_from_the_condition() {
    let events: Vec<_> = streams::good().split_off(1);
    let story = Story::of(&events).unwrap();
    assert_eq!(story.outline, None);
    let value = story.metrics[0].limits[0].value;
    assert_eq!(value.map(|v| v.millionths()), Some(10_000));
}

#[test]
fn measurements_are_counted_in_the_order_from_good_to_worthless() {
    let events = streams::bad();
    let counts = Story::of(&events).unwrap().judgements();
    let order: Vec<Judgement> = counts.iter().map(|(judgement, _)| *judgement).collect();
    let wanted = [Judgement::Good, Judgement::Bad, Judgement::NoEvidence, Judgement::Discarded];
    assert_eq!(order, wanted);
}

#[test]
fn a_resume_says_how_long_nobody_watched() {
    let events = streams::troubled();
    let story = Story::of(&events).unwrap();
    let resume = Aside::Resume { epoch: 2, away: Span::minutes(3) };
    assert!(story.moments.iter().any(|m| m.it == resume));
}

#[test]
fn a_clock_that_steps_back_holds_time_still() {
    let mut events = streams::good();
    let middle = events.len() / 2;
    for event in &mut events[middle..] {
        event.at = event.at - Span::hours(2);
    }
    let story = Story::of(&events).unwrap();
    let times: Vec<Span> = story.glances.iter().map(|g| g.since).collect();
    assert!(times.is_sorted());
    assert!(story.lasted < Span::minutes(30));
}

#[test]
fn events_of_another_run_do_not_enter_the_story() {
    let (mut events, other) = (streams::bad(), streams::good());
    let alone = Story::of(&streams::bad()).map(|s| s.writes.len());
    events.extend(other.into_iter().map(|mut e| {
        e.run = "another".into();
        e
    }));
    assert_eq!(Story::of(&events).map(|s| s.writes.len()), alone);
}

#[test]
fn the_worst_verdict_counts() {
    let events = streams::troubled();
    let open = Verdict::Inconclusive(Doubt::NoEvidence);
    assert_eq!(Story::of(&events).unwrap().worst_verdict(), Some(&open));
}
