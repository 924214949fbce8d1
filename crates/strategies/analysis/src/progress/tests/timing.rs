//! When a metric is due.

use std::num::NonZeroU32;

use super::*;

#[test]
fn the_first_measurement_waits_for_the_initial_delay() {
    let late = Metric { initial_delay: Span::minutes(5), ..metric("late") };
    let spec = Analysis::new("a", vec![metric("now"), late]).unwrap();
    let progress = Progress::start(&spec, Span::minutes(10));
    let names = |at| {
        let due = progress.due(&spec, at);
        due.into_iter().map(|i| spec.metric(i).unwrap().name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(Span::minutes(10)), ["now"]);
    assert_eq!(names(Span::minutes(15).less(Span::millis(1))), ["now"]);
    assert_eq!(names(Span::minutes(15)), ["now", "late"]);
    assert_eq!(progress.next_due(&spec), Some(Span::minutes(10)));
}

#[test]
fn the_next_measurement_is_an_interval_after_the_last() {
    let seconds = |n| Some(Span::seconds(n));
    // interval, letter, wait in seconds
    let table = [
        (seconds(60), 'G', 60),
        (seconds(60), '-', 60),
        (seconds(3), '-', 3),
        (None, '-', 10),
        (None, 'G', 10),
    ];
    for (interval, letter, wait) in table {
        let count = NonZeroU32::new(9);
        let mut bench = Bench::new(vec![Metric { interval, count, ..metric("m") }]);
        bench.give(0, letter);
        let expected = bench.now.watched + Span::seconds(wait);
        assert_eq!(bench.progress.next_due(&bench.spec), Some(expected), "{interval:?} {letter}");
        let just_before = expected.less(Span::millis(1));
        assert_eq!(bench.progress.due(&bench.spec, just_before), []);
        assert_eq!(bench.progress.due(&bench.spec, expected), [bench.index(0)]);
    }
}

#[test]
fn a_metric_that_is_done_is_not_due_while_others_go_on() {
    let one = Metric { count: NonZeroU32::new(1), ..metric("one") };
    let mut bench = Bench::new(vec![one, metric("endless")]);
    bench.give(0, 'G');
    assert_eq!(bench.progress.due(&bench.spec, Span::hours(9)), [bench.index(1)]);
}

#[test]
fn nothing_is_due_once_all_is_done() {
    let mut bench = Bench::new(vec![Metric { count: NonZeroU32::new(1), ..metric("m") }]);
    bench.give(0, 'G');
    assert_eq!(bench.progress.next_due(&bench.spec), None);
    assert_eq!(bench.progress.due(&bench.spec, Span::hours(100)), []);
}

#[test]
fn a_window_that_is_not_full_is_asked_for_again_when_it_is() {
    let mut bench = Bench::new(vec![metric("m")]);
    bench.under.since = bench.now.wall + Span::seconds(15);
    // Asked a minute later: 15 seconds of the window lie before the exposure.
    assert_eq!(bench.give(0, 'G'), Judgement::Discarded);
    let full = bench.now.watched + Span::seconds(15);
    assert_eq!(bench.progress.next_due(&bench.spec), Some(full));
    bench.advance(Span::seconds(15));
    let sample = Sample { value: value('G'), at: bench.now.wall, exposure: Some(share(5)) };
    assert_eq!(bench.take(0, &sample.into()), Judgement::Good);
}

#[test]
fn other_discarded_answers_are_asked_for_again_soon() {
    for (interval, wait) in [(60, 10), (3, 3)] {
        let interval = Some(Span::seconds(interval));
        let mut bench = Bench::new(vec![Metric { interval, ..metric("m") }]);
        let at = bench.now.wall;
        let sample = Sample { value: value('G'), at, exposure: Some(share(25)) };
        assert_eq!(bench.take(0, &sample.into()), Judgement::Discarded);
        assert_eq!(bench.progress.next_due(&bench.spec), Some(Span::seconds(wait)));
    }
}

#[test]
fn an_answer_from_before_the_exposure_is_asked_for_again_soon() {
    let mut bench = Bench::new(vec![metric("m")]);
    bench.under.since = bench.now.wall;
    let at = bench.now.wall - Span::hours(1);
    let sample = Sample { value: value('G'), at, exposure: Some(share(5)) };
    assert_eq!(bench.take(0, &sample.into()), Judgement::Discarded);
    assert_eq!(bench.progress.next_due(&bench.spec), Some(Span::seconds(10)));
}

#[test]
fn a_reopened_metric_is_due_at_once_and_needs_its_count_again() {
    let count = |n| Metric { count: NonZeroU32::new(n), ..metric("m") };
    let mut bench = Bench::new(vec![count(2), Metric { name: "b".into(), ..count(3) }]);
    bench.give_all(0, "GG");
    bench.give(1, 'G');
    bench.advance(Span::seconds(7));
    bench.progress = bench.progress.clone().reopen(&bench.spec, bench.now.watched);
    assert_eq!(bench.progress.due(&bench.spec, bench.now.watched), [bench.index(0)]);
    assert_eq!(bench.progress.next_due(&bench.spec), Some(bench.now.watched));
    bench.give_all(1, "GG");
    assert_eq!(bench.progress.due(&bench.spec, Span::hours(9)), [bench.index(0)], "b is done");
    bench.give(0, 'G');
    assert_eq!((bench.verdict(), bench.end()), (None, doubt(Doubt::EndedEarly)));
    bench.give(0, 'G');
    assert_eq!(bench.verdict(), Some(Verdict::Pass));
}

#[test]
fn a_reopened_metric_needs_its_good_ones_in_a_row_again() {
    let streak = Metric { consecutive_success_limit: NonZeroU32::new(2), ..metric("m") };
    let mut bench = Bench::new(vec![streak]);
    for _ in 0..2 {
        bench.give(0, 'G');
        assert_eq!(bench.verdict(), None);
        bench.give(0, 'G');
        assert_eq!(bench.verdict(), Some(Verdict::Pass));
        bench.progress = bench.progress.clone().reopen(&bench.spec, bench.now.watched);
    }
}

#[test]
fn a_reopened_metric_does_not_live_on_what_was_good_before() {
    let tolerant = Metric {
        count: NonZeroU32::new(2),
        failure_limit: crate::FailureLimit::AtMost(1),
        inconclusive_limit: 1,
        ..metric("m")
    };
    let mut bench = Bench::new(vec![tolerant]);
    bench.give_all(0, "GG");
    bench.progress = bench.progress.clone().reopen(&bench.spec, bench.now.watched);
    bench.give_all(0, "BU");
    assert_eq!(bench.verdict(), Some(doubt(Doubt::Undecided)));
}

#[test]
fn what_went_wrong_before_reopening_stays_counted() {
    for (letter, verdict) in [('B', Verdict::Fail), ('U', doubt(Doubt::Undecided))] {
        stays_counted(letter, verdict);
    }
}

fn stays_counted(letter: char, verdict: Verdict) {
    let tolerant = Metric {
        count: NonZeroU32::new(2),
        failure_limit: crate::FailureLimit::AtMost(1),
        inconclusive_limit: 1,
        ..metric("m")
    };
    let mut bench = Bench::new(vec![tolerant]);
    bench.give(0, 'G');
    bench.give(0, letter);
    assert_eq!(bench.verdict(), Some(Verdict::Pass));
    bench.progress = bench.progress.clone().reopen(&bench.spec, bench.now.watched);
    bench.give(0, letter);
    assert_eq!(bench.verdict(), Some(verdict));
    let failed = bench.progress.clone();
    assert_eq!(failed.clone().reopen(&bench.spec, bench.now.watched), failed);
}

#[test]
fn the_first_measurement_waits_until_the_source_has_the_whole_window() {
    let stated = Metric { lag: Span::seconds(15), ..metric("m") };
    let mut bench = Bench::new(vec![stated]);
    let first = |bench: &Bench| bench.progress.first_under(&bench.spec, bench.index(0), Span::ZERO);
    assert_eq!(first(&bench), Span::seconds(75));
    // A source is learned to be slower than was said, but never by more than a window.
    for (behind, after) in [(20, 80), (4, 80), (3_600, 120)] {
        bench.advance(Span::hours(2));
        let at = bench.now.wall - Span::seconds(behind);
        bench.take(0, &Sample { value: value('G'), at, exposure: Some(share(5)) }.into());
        assert_eq!(first(&bench), Span::seconds(after), "{behind} s behind");
    }
}

#[test]
fn a_source_without_an_answer_teaches_nothing_about_its_lag() {
    let mut bench = Bench::new(vec![metric("m")]);
    let down = Err(NoEvidence::SourceFailed { reason: "503".into() });
    let sample = Sample { value: down, at: Timestamp::default(), exposure: Some(share(5)) };
    bench.take(0, &sample.into());
    let first = bench.progress.first_under(&bench.spec, bench.index(0), Span::ZERO);
    assert_eq!(first, Span::minutes(1));
}
