//! What an answer counts for: only a whole window, under the exposure under test, once.

use windlass_core::weight::Weight;

use super::*;
use crate::answer::CLOCK_SKEW;

/// Time stamps in seconds after the exposure of 5 % began; the window is a minute.
struct Case {
    why: &'static str,
    value: Result<Reading, NoEvidence>,
    at: u64,
    exposure: Option<Weight>,
    under: Option<Weight>,
    expected: Judgement,
}

fn case(why: &'static str, at: u64, expected: Judgement) -> Case {
    let five = Some(share(5));
    Case { why, value: value('G'), at, exposure: five, under: five, expected }
}

#[test]
fn only_a_whole_window_under_the_exposure_under_test_counts() {
    use Judgement::{Discarded, Good, NoEvidence as Nothing};
    let failed = || Err(NoEvidence::SourceFailed { reason: "503".into() });
    let table = [
        case("the first full window", 60, Good),
        case("a second of it is missing", 59, Discarded),
        case("from before the exposure", 0, Discarded),
        Case { exposure: None, ..case("exposure changed in the window", 90, Discarded) },
        Case { exposure: Some(share(25)), ..case("another exposure", 90, Discarded) },
        Case { exposure: Some(Weight::ZERO), ..case("no traffic yet", 90, Discarded) },
        Case { under: None, ..case("nothing under test", 90, Discarded) },
        Case { under: None, exposure: None, ..case("both unknown is no match", 90, Discarded) },
        Case { value: value('-'), ..case("empty over a full window", 60, Nothing) },
        Case { value: value('-'), ..case("empty over a window not full", 59, Discarded) },
        Case { value: failed(), ..case("a failing source has no window", 0, Nothing) },
        Case { value: Err(NoEvidence::Stale), ..case("nor has a late one", 0, Nothing) },
        Case { value: failed(), exposure: None, ..case("but an exposure", 90, Discarded) },
        Case {
            value: Err(NoEvidence::OtherExposure),
            ..case("the source knows better", 90, Discarded)
        },
        case("a clock a little ahead", 90 + CLOCK_SKEW.as_seconds(), Good),
        case("a clock far ahead", 91 + CLOCK_SKEW.as_seconds(), Discarded),
    ];
    for Case { why, value, at, exposure, under, expected } in table {
        let bench = Bench::new(vec![metric("m")]);
        let since = bench.now.wall;
        let now =
            Moment { wall: since + Span::seconds(90), watched: Span::seconds(90), steady: since };
        let answer = Answer::from(Sample { value, at: since + Span::seconds(at), exposure });
        let under = under.map(|share| Exposure { share, since });
        let taken = bench.progress.clone().take(&bench.spec, bench.index(0), &answer, under, now);
        assert_eq!(taken.1, expected, "{why}");
    }
}

#[test]
fn a_clock_that_runs_ahead_does_not_fill_the_window() {
    let mut bench = Bench::new(vec![metric("m")]);
    bench.under.since = bench.now.wall;
    bench.advance(Span::seconds(58));
    let at = bench.now.wall + Span::seconds(4);
    let answer = Answer::from(Sample { value: value('G'), at, exposure: Some(share(5)) });
    assert_eq!(bench.take(0, &answer), Judgement::Discarded);
    assert_eq!(bench.progress.next_due(&bench.spec), Some(Span::seconds(60)));
}

#[test]
fn a_point_that_was_refused_is_refused_again_however_clocks_jump() {
    let mut bench = Bench::new(vec![metric("m")]);
    let at = bench.now.wall;
    let answer = Answer::from(Sample { value: value('G'), at, exposure: Some(share(5)) });
    bench.under.since = at + Span::minutes(5);
    assert_eq!(bench.take(0, &answer), Judgement::Discarded);
    // The next exposure begins at a clock that was put back by an hour.
    bench.under.since = at - Span::hours(1);
    assert_eq!(bench.take(0, &answer), Judgement::Discarded);
    let newer = Answer { sample: Sample { at: at + Span::seconds(1), ..answer.sample }, ..answer };
    assert_eq!(bench.take(0, &newer), Judgement::Good);
}

#[test]
fn a_source_that_stands_still_is_not_asked_in_a_hot_loop() {
    let mut bench = Bench::new(vec![metric("m")]);
    bench.under.since = bench.now.wall;
    let at = bench.now.wall + metric("m").window - Span::millis(60);
    let answer = Answer::from(Sample { value: value('G'), at, exposure: Some(share(5)) });
    bench.advance(Span::minutes(2));
    bench.take(0, &answer);
    for _ in 0..10 {
        let before = bench.now.watched;
        bench.take(0, &answer);
        let due = bench.progress.next_due(&bench.spec).unwrap();
        assert!(due >= before + Span::seconds(5), "{due} after {before}");
        bench.advance(due.less(before));
    }
}

#[test]
fn a_millisecond_before_the_exposure_is_too_early() {
    let mut bench = Bench::new(vec![metric("m")]);
    bench.under.since = bench.now.wall + Span::millis(1);
    assert_eq!(bench.give(0, 'G'), Judgement::Discarded);
    bench.under.since = bench.now.wall;
    assert_eq!(bench.give(0, 'G'), Judgement::Good);
}

#[test]
fn a_repeated_or_older_answer_counts_once() {
    let mut bench = Bench::new(vec![metric("m")]);
    bench.advance(Span::minutes(5));
    let at = bench.now.wall;
    let answer = |at| Answer::from(Sample { value: value('G'), at, exposure: Some(share(5)) });
    assert_eq!(bench.take(0, &answer(at)), Judgement::Good);
    bench.advance(Span::minutes(1));
    assert_eq!(bench.take(0, &answer(at)), Judgement::Discarded, "cached");
    assert_eq!(bench.take(0, &answer(at - Span::seconds(1))), Judgement::Discarded, "late");
    assert_eq!(bench.take(0, &answer(at + Span::millis(1))), Judgement::Good);
    assert_eq!(bench.progress.good_under(&bench.spec, share(5)), 2);
}

#[test]
fn a_source_that_answers_the_same_failure_again_trips() {
    let mut bench = Bench::new(vec![metric("m")]);
    let at = bench.now.wall;
    for _ in 0..5 {
        bench.advance(Span::minutes(1));
        let sample = Sample { value: value('-'), at, exposure: Some(share(5)) };
        assert_eq!(bench.take(0, &sample.into()), Judgement::NoEvidence);
    }
    assert_eq!(bench.verdict(), Some(doubt(Doubt::NoEvidence)));
}

#[test]
fn discarded_answers_neither_trip_nor_prove() {
    let strict = Metric { consecutive_error_limit: 0, ..metric("m") };
    let mut bench = Bench::new(vec![strict]);
    for letter in ['G', 'B', 'U', '-'] {
        bench.advance(Span::minutes(1));
        let sample = Sample { value: value(letter), at: bench.now.wall, exposure: None };
        assert_eq!(bench.take(0, &sample.into()), Judgement::Discarded);
    }
    assert_eq!((bench.verdict(), bench.end()), (None, doubt(Doubt::NoMeasurement)));
}

#[test]
fn good_evidence_speaks_of_the_share_it_was_taken_under_only() {
    let both = vec![metric("a"), metric("b")];
    let mut bench = Bench::new(both);
    let good = |bench: &Bench, percent| bench.progress.good_under(&bench.spec, share(percent));
    bench.give_all(0, "GG");
    assert_eq!(good(&bench, 5), 0, "b has none");
    bench.give_all(1, "G-G");
    assert_eq!((good(&bench, 5), good(&bench, 25)), (2, 0));

    bench.under.share = share(25);
    assert_eq!(bench.end(), doubt(Doubt::NoMeasurement), "nothing speaks of 25 % yet");
    bench.give(0, 'G');
    bench.give(1, 'G');
    assert_eq!((good(&bench, 5), good(&bench, 25)), (0, 1));
    assert_eq!(bench.end(), Verdict::Pass);
    assert_eq!(bench.progress.end(&bench.spec, Some(share(5))), doubt(Doubt::NoMeasurement));
    assert_eq!(bench.progress.end(&bench.spec, None), doubt(Doubt::NoMeasurement));
}

#[test]
fn a_return_to_an_earlier_share_starts_its_evidence_anew() {
    let mut bench = Bench::new(vec![metric("m")]);
    bench.give_all(0, "GGG");
    bench.under.share = share(25);
    bench.give(0, 'G');
    bench.under.share = share(5);
    bench.give(0, 'G');
    assert_eq!(bench.progress.good_under(&bench.spec, share(5)), 1);
}

#[test]
fn failures_add_up_over_exposures() {
    let tolerant = Metric { failure_limit: crate::FailureLimit::AtMost(1), ..metric("m") };
    let mut bench = Bench::new(vec![tolerant]);
    bench.give(0, 'B');
    bench.under.share = share(25);
    bench.give(0, 'B');
    assert_eq!(bench.verdict(), Some(Verdict::Fail));
}

#[test]
fn a_dry_run_proves_nothing_of_a_share() {
    let mut bench = Bench::new(vec![metric("m"), Metric { dry_run: true, ..metric("dry") }]);
    bench.give_all(1, "GGG");
    assert_eq!(bench.progress.good_under(&bench.spec, share(5)), 0);
    bench.give(0, 'G');
    assert_eq!(bench.progress.good_under(&bench.spec, share(5)), 1);
}
