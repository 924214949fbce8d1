//! Which time counts.

use super::lab::{Lab, spec};
use super::run::Bare;
use super::toy::{Outcome, Reason, Way};
use crate::clock::Clock;
use crate::engine::{Effect, Event, Mark, Pace, Stop};
use crate::event::What;
use crate::fence::{Claim, Epoch};
use crate::kernel::{Deadline, SignalKind};
use crate::time::Span;

#[test]
fn the_time_between_looks_that_lie_close_together_is_watched() {
    let mut bare = Bare::claimed();
    bare.see(0, 7);
    for _ in 0..5 {
        bare.pass(Span::seconds(4));
        bare.see(0, 7);
    }
    assert_eq!(bare.run.watched(), Span::seconds(20));
}

#[test]
fn a_gap_between_looks_is_not_watched_at_all() {
    let mut bare = Bare::claimed();
    bare.see(0, 7);
    bare.pass(Pace::default().gap + Span::millis(1));
    bare.see(0, 7);
    assert_eq!(bare.run.watched(), Span::ZERO);
    bare.pass(Pace::default().gap);
    bare.see(0, 7);
    assert_eq!(bare.run.watched(), Pace::default().gap);
}

#[test]
fn the_time_before_the_first_look_is_not_watched() {
    let mut bare = Bare::claimed();
    bare.pass(Span::seconds(10));
    bare.tell(Event::Tick);
    bare.see(0, 7);
    assert_eq!(bare.run.watched(), Span::ZERO);
}

#[test]
fn a_look_that_is_not_believed_is_no_watching() {
    let mut bare = Bare::claimed();
    bare.see(0, 7);
    bare.pass(Span::seconds(20));
    let seen = bare.view(0, 7);
    bare.tell(Event::Seen { seen, began: Mark::default() });
    bare.pass(Span::seconds(20));
    bare.see(0, 7);
    assert_eq!(bare.run.watched(), Span::ZERO);
}

#[test]
fn a_process_that_stood_still_with_a_look_in_its_hands_has_watched_nothing() {
    let mut bare = Bare::claimed();
    bare.see(0, 7);
    let (seen, began) = (bare.view(0, 7), bare.run.mark(bare.now));
    bare.pass(Span::minutes(4));
    assert_eq!(bare.tell(Event::Seen { seen, began }), [Effect::Observe], "too old to believe");
    bare.pass(Span::seconds(10));
    bare.see(0, 7);
    assert_eq!(bare.run.watched(), Span::ZERO);
}

#[test]
fn a_look_counts_from_when_it_began() {
    let mut bare = Bare::claimed();
    bare.see(0, 7);
    bare.pass(Span::seconds(5));
    let (seen, began) = (bare.view(0, 7), bare.run.mark(bare.now));
    bare.pass(Span::seconds(20));
    bare.tell(Event::Seen { seen, began });
    assert_eq!(bare.run.watched(), Span::seconds(5));
}

#[test]
fn downtime_is_not_watched() {
    let mut bare = Bare::asking();
    let watched = bare.run.watched();
    assert_eq!(watched, Span::seconds(30));
    bare.pass(Span::seconds(5));
    let mut resumed = bare.resumed();
    resumed.tell(Event::Claimed(Claim::over(Epoch(2))));
    resumed.see(0, 7);
    assert_eq!(resumed.run.watched(), watched);
}

#[test]
fn a_jump_of_the_wall_clock_is_not_watched() {
    for hours in [-1, 1] {
        let mut bare = Bare::claimed();
        bare.see(0, 7);
        let millis = bare.now.wall.millis() + hours * 3_600_000;
        bare.now.wall = crate::time::Timestamp::from_millis(millis);
        bare.see(0, 7);
        assert_eq!(bare.run.watched(), Span::ZERO, "{hours} h");
    }
}

#[test]
fn a_wall_deadline_given_at_the_claim_passes_without_a_look() {
    let mut bare = Bare::claimed();
    bare.pass(spec().total);
    bare.tell(Event::Tick);
    assert_eq!(bare.run.state().way, Way::Down(Reason::Late));
}

#[test]
fn the_run_wakes_for_the_next_deadline_of_either_clock_and_at_each_heartbeat() {
    let mut bare = Bare::claimed();
    bare.see(0, 7);
    let bake = Deadline::Watched(Span::seconds(30));
    assert!(bare.run.wait().deadlines().any(|it| it == bake));
    let wake = |bare: &Bare| bare.run.wake(bare.now).less(bare.now.mono);
    assert_eq!(wake(&bare), Pace::default().heartbeat);
    for _ in 0..8 {
        bare.pass(Span::seconds(3));
        bare.see(0, 7);
    }
    assert_eq!(wake(&bare), Span::seconds(6));
    bare.pass(spec().total.less(Span::seconds(26)));
    assert_eq!(wake(&bare), Span::seconds(2));
    // One that has passed wakes nobody again and again.
    bare.pass(Span::seconds(2));
    assert_eq!(wake(&bare), Span::seconds(6));
}

#[test]
fn a_wait_tells_the_time_left_until_its_next_deadline() {
    let mut bare = Bare::claimed();
    bare.pass(Span::minutes(1));
    let effects = bare.see(0, 7);
    let Some(Effect::Emit(What::Waiting { on, expires: Some(expiry) })) = effects.last() else {
        panic!("{effects:?} tells no wait")
    };
    assert_eq!((on.as_str(), expiry.left), ("the bake", Span::seconds(30)));
    assert_eq!(expiry.then, "go on", "not what happens at a later deadline");
}

fn reads_of_a_life(lab: &mut Lab) -> usize {
    assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
    lab.world.number().reads
}

#[test]
fn a_wall_deadline_passes_while_the_world_cannot_be_read() {
    let mut lab = Lab::new();
    lab.world.number().dark = Some((Span::ZERO, Span::minutes(90)));
    let reads = reads_of_a_life(&mut lab);
    assert_eq!(lab.outcome(), Some(Outcome::Down(Reason::Late)));
    assert!(lab.clock.monotonic() < Span::minutes(91));
    // Looked at about once a second, not as fast as it fails.
    assert!((1_000..6_000).contains(&reads), "{reads} reads");
}

#[test]
fn a_bake_does_not_pass_while_the_world_cannot_be_read() {
    let mut lab = Lab::new();
    lab.world.number().dark = Some((Span::seconds(10), Span::minutes(10)));
    assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
    assert_eq!(lab.outcome(), Some(Outcome::Up));
    let first = lab.world.number().asked[0];
    assert!(first >= Span::minutes(10) + Span::seconds(19), "asked at {first}");
}

#[test]
fn a_wall_clock_that_jumps_skips_no_bake_and_changes_no_order() {
    let mut steady = Lab::new();
    assert_eq!(steady.live::<1>(), Some(Ok(Stop::Ended)));
    for (at, hours) in [(5, -1), (45, -1), (5, 1), (45, 1), (70, 1)] {
        let mut lab = Lab::new();
        lab.spec.total = Span::hours(3);
        lab.at(Span::seconds(at), move |world, _| world.clock.jump_wall(hours * 3_600_000));
        assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
        assert_eq!(lab.outcome(), Some(Outcome::Up), "{hours} h at {at} s");
        assert_eq!(lab.world.number().asked, steady.world.number().asked);
        assert_eq!(lab.world.number().landed, [1, 2, 3]);
    }
}

#[test]
fn a_quiet_world_is_read_at_each_heartbeat_and_no_oftener() {
    let mut lab = Lab::new();
    lab.spec = super::toy::Spec { bake: Span::minutes(15), ..lab.spec };
    lab.spec.goal = 1;
    let reads = reads_of_a_life(&mut lab);
    // Two bakes are 180 heartbeats; each step costs a few looks more.
    assert!((180..200).contains(&reads), "{reads} reads");
}

#[test]
fn a_pause_outlasts_any_bake() {
    let mut lab = Lab::new();
    lab.signal_at(Span::seconds(40), SignalKind::Pause);
    lab.signal_at(Span::minutes(40), SignalKind::Resume);
    assert_eq!(lab.live::<1>(), Some(Ok(Stop::Ended)));
    assert_eq!(lab.outcome(), Some(Outcome::Up));
    let number = lab.world.number();
    assert!(number.asked[1] >= Span::minutes(40) + Span::seconds(30), "{:?}", number.asked);
}
