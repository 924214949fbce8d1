//! Every row and rule of an argo `AnalysisRun`, at its boundary, and what windlass does instead.

use std::num::NonZeroU32;

use super::*;
use crate::metric::FailureLimit;

fn count(n: u32) -> Metric {
    Metric { count: NonZeroU32::new(n), ..metric("m") }
}

fn streak(n: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(n)
}

fn off() -> Metric {
    Metric { failure_limit: FailureLimit::Off, consecutive_success_limit: streak(2), ..metric("m") }
}

/// The verdict falls with the last letter, and not before; `None`: not even then.
fn check(metric: Metric, letters: &str, expected: Option<Verdict>) {
    let mut bench = Bench::new(vec![metric.clone()]);
    for (i, letter) in letters.chars().enumerate() {
        assert_eq!(bench.verdict(), None, "{letters} decided before letter {i}: {metric:?}");
        bench.give(0, letter);
    }
    assert_eq!(bench.verdict(), expected, "{letters}: {metric:?}");
}

#[test]
fn every_rule_trips_at_its_boundary_and_not_before() {
    let pass = || Some(Verdict::Pass);
    let fail = || Some(Verdict::Fail);
    let undecided = || Some(doubt(Doubt::Undecided));
    let nothing = || Some(doubt(Doubt::NoEvidence));
    let failures = |n| Metric { failure_limit: FailureLimit::AtMost(n), ..count(10) };
    let doubts = |n| Metric { inconclusive_limit: n, ..count(10) };
    let errors = |n| Metric { consecutive_error_limit: n, ..count(10) };
    let once = || Metric { interval: None, ..metric("m") };
    let table = [
        // Effective count: as given, else one without an interval, else without end.
        (count(1), "G", pass()),
        (count(3), "GGG", pass()),
        (count(3), "GG", None),
        (once(), "G", pass()),
        (once(), "--G", pass()),
        (metric("m"), "GGGGGGGGGGGGGGGGGGGG", None),
        // Failures: more than the limit, over the whole run.
        (count(3), "B", fail()),
        (failures(2), "BGB", None),
        (failures(2), "BGBGB", fail()),
        (failures(2), "B-B--B", fail()),
        (Metric { failure_limit: FailureLimit::AtMost(2), ..metric("m") }, "BGBGGB", fail()),
        (Metric { failure_limit: FailureLimit::AtMost(2), ..count(4) }, "BGBG", pass()),
        // Undecided ones: likewise.
        (count(3), "U", undecided()),
        (doubts(2), "UGUGU", undecided()),
        (doubts(2), "UGUG", None),
        (Metric { inconclusive_limit: 2, ..count(4) }, "UGUG", pass()),
        // Errors: in a row, ended by any measurement; they do not count towards the count.
        (count(3), "-----", nothing()),
        (count(3), "----", None),
        (count(3), "----G----G--G", pass()),
        (errors(0), "G-", nothing()),
        (errors(1), "-G-", None),
        (Metric { failure_limit: FailureLimit::AtMost(3), ..errors(1) }, "-B-", None),
        (Metric { inconclusive_limit: 3, ..errors(1) }, "-U-", None),
        (errors(1), "G-G--", nothing()),
        (Metric { interval: None, ..metric("m") }, "-----", nothing()),
        // Good ones in a row: ended by anything else.
        (off(), "GG", pass()),
        (off(), "GBG", None),
        (off(), "G-G", None),
        (Metric { inconclusive_limit: 1, ..off() }, "GUG", None),
        (off(), "BBBBBBBBBBBGG", pass()),
        (Metric { consecutive_success_limit: streak(2), ..count(3) }, "GG", pass()),
        (Metric { consecutive_success_limit: streak(1), ..count(3) }, "G", pass()),
        // The count is reached before the good ones in a row.
        (Metric { count: NonZeroU32::new(3), ..off() }, "GBG", fail()),
        (Metric { count: NonZeroU32::new(3), ..off() }, "BGG", pass()),
        (
            Metric {
                consecutive_success_limit: streak(2),
                failure_limit: FailureLimit::AtMost(1),
                ..count(3)
            },
            "GBG",
            undecided(),
        ),
        // A limit that trips with the last measurement goes before the count.
        (count(3), "GGB", fail()),
        (count(3), "GGU", undecided()),
    ];
    for (metric, letters, expected) in table {
        check(metric, letters, expected);
    }
}

#[test]
fn a_single_condition_decides_both_ways() {
    let good = Metric { failure: None, interval: None, ..metric("m") };
    let bad = Metric { success: None, interval: None, ..metric("m") };
    // Between the two conditions of the bench: not good, and not bad.
    check(good.clone(), "U", Some(Verdict::Fail));
    check(good, "G", Some(Verdict::Pass));
    check(bad.clone(), "U", Some(Verdict::Pass));
    check(bad, "B", Some(Verdict::Fail));
}

#[test]
fn bad_wins_where_both_conditions_hold() {
    let overlap = Metric { failure: Some("> 0.5".parse().unwrap()), ..count(1) };
    check(overlap, "G", Some(Verdict::Fail));
}

/// What argo says (section 2.6 of its semantics), what windlass says at the end.
#[test]
fn where_argo_passes_on_nothing_windlass_does_not() {
    let tolerant =
        |n| Metric { failure_limit: FailureLimit::AtMost(1), inconclusive_limit: 1, ..count(n) };
    let endless = || Metric { failure_limit: FailureLimit::AtMost(5), ..metric("m") };
    let table = [
        ("no measurement, ended", count(3), "", Doubt::NoMeasurement),
        ("errors only, ended", count(3), "---", Doubt::NoMeasurement),
        ("ended before the count", count(3), "GG", Doubt::EndedEarly),
        ("ended before enough good ones in a row", off(), "GBG", Doubt::EndedEarly),
        ("count reached with none good", tolerant(2), "BU", Doubt::Undecided),
        ("endless, nothing measured", metric("m"), "", Doubt::NoMeasurement),
        ("endless, errors only", metric("m"), "----", Doubt::NoMeasurement),
        ("endless, none good", endless(), "BBB", Doubt::Undecided),
    ];
    for (case, metric, letters, expected) in table {
        let mut bench = Bench::new(vec![metric.clone()]);
        bench.give_all(0, letters);
        let mut peer = argo::Run::new(vec![metric]);
        for letter in letters.chars() {
            peer.round(&[letter]);
        }
        assert_eq!(peer.end(), argo::Phase::Successful, "{case}");
        assert_eq!(bench.end(), doubt(expected), "{case}");
    }
}

#[test]
fn a_metric_without_a_count_passes_at_its_end_and_not_before() {
    let mut bench = Bench::new(vec![metric("m")]);
    bench.give_all(0, "GG");
    assert_eq!(bench.verdict(), None);
    assert_eq!(bench.end(), Verdict::Pass);
    bench.give(0, 'B');
    assert_eq!(bench.end(), Verdict::Fail);
}

#[test]
fn one_metric_that_does_not_pass_decides_at_once() {
    let mut bench = Bench::new(vec![
        Metric { name: "a".into(), ..count(1) },
        Metric { name: "b".into(), ..count(9) },
        Metric { name: "c".into(), ..count(9) },
    ]);
    bench.give(0, 'G');
    assert_eq!(bench.verdict(), None);
    bench.give(1, 'U');
    assert_eq!(bench.verdict(), Some(doubt(Doubt::Undecided)), "not what c still lacks");
    assert_eq!(bench.progress.due(&bench.spec, Span::hours(9)), []);
    bench.give(2, 'B');
    assert_eq!(bench.verdict(), Some(Verdict::Fail), "an answer that was on its way counts");
}

#[test]
fn a_pass_needs_every_metric() {
    let mut bench = Bench::new(vec![
        Metric { name: "a".into(), ..count(1) },
        Metric { name: "b".into(), ..count(1) },
    ]);
    bench.give(0, 'G');
    assert_eq!((bench.verdict(), bench.end()), (None, doubt(Doubt::NoMeasurement)));
    bench.give(1, 'G');
    assert_eq!(bench.verdict(), Some(Verdict::Pass));
}

#[test]
fn a_dry_run_tells_and_does_not_decide() {
    let dry = Metric { dry_run: true, name: "dry".into(), ..count(3) };
    let mut bench = Bench::new(vec![dry, count(1)]);
    bench.give(0, 'B');
    assert_eq!(bench.verdict(), None);
    bench.give(1, 'G');
    assert_eq!(bench.verdict(), Some(Verdict::Pass));
    assert_eq!(bench.end(), Verdict::Pass);
    let evidence = bench.progress.evidence(&bench.spec);
    assert_eq!(evidence[0], "dry <= 1, bad > 2: 0 good, 1 bad, 0 open; last 2.000001; dry run");
}

#[test]
fn what_comes_after_a_metric_is_done_counts_for_nothing() {
    let mut bench = Bench::new(vec![count(1)]);
    bench.give(0, 'G');
    let before = bench.progress.clone();
    assert_eq!(bench.give(0, 'B'), Judgement::Discarded);
    assert_eq!(bench.progress, before);
}

#[test]
fn too_few_requests_are_no_evidence() {
    // requests asked for, requests seen
    let table = [
        (100, Some(99_999_999), Judgement::NoEvidence),
        (100, Some(100_000_000), Judgement::Good),
        (100, Some(-1), Judgement::NoEvidence),
        (100, None, Judgement::NoEvidence),
        (0, None, Judgement::Good),
    ];
    for (min_requests, seen, expected) in table {
        let mut bench = Bench::new(vec![Metric { min_requests, ..count(1) }]);
        bench.advance(Span::minutes(1));
        let (at, exposure) = (bench.now.wall, Some(bench.under.share));
        let sample = Sample { value: value('G'), at, exposure };
        let answer = Answer { sample, requests: seen.map(Reading::from_millionths) };
        assert_eq!(bench.take(0, &answer), expected, "{seen:?} of {min_requests}");
    }
}

#[test]
fn the_evidence_is_one_line_a_metric() {
    let tolerant = Metric { failure_limit: FailureLimit::AtMost(9), keep: 3, ..metric("errors") };
    let mut bench = Bench::new(vec![tolerant, Metric { success: None, ..metric("latency") }]);
    bench.give_all(0, "GB-G");
    bench.advance(Span::seconds(1));
    bench.take(1, &Sample { value: value('G'), at: bench.now.wall, exposure: None }.into());
    assert_eq!(
        bench.progress.evidence(&bench.spec),
        [
            "errors <= 1, bad > 2: 2 good, 1 bad, 0 open; last 1, before - 2.000001; \
             1 without evidence: the query found nothing (no traffic, or a wrong label)",
            "latency not > 2: 0 good, 0 bad, 0 open; 1 discarded",
        ]
    );
}

/// Letters given to the first metric, and why it does not pass then.
#[test]
fn the_cause_names_metric_value_limit_share_and_samples() {
    let limit = "limit <= 1, bad > 2, at 5 %";
    let table = [
        ("GGB", Some(format!("m 2.000001, {limit}, 1 bad of 3 samples"))),
        ("U", Some(format!("m 2, {limit}, 1 undecided of 1 sample"))),
        ("", Some("m: nothing was measured at 5 %".to_owned())),
        ("G", None),
    ];
    for (letters, because) in table {
        let mut bench = Bench::new(vec![metric("m")]);
        bench.give_all(0, letters);
        assert_eq!(bench.progress.because(&bench.spec, Some(share(5))), because, "{letters}");
    }
    let mut bench = Bench::new(vec![metric("m")]);
    bench.give_all(0, "-----");
    let because = bench.progress.because(&bench.spec, Some(share(5))).unwrap();
    let reason = NoEvidence::Empty;
    assert_eq!(because, format!("m: no evidence 5 times in a row ({reason})"));
}

#[test]
fn the_cause_leaves_out_what_is_good_and_counts_what_is_as_bad() {
    let mut bench = Bench::new(vec![metric("good"), metric("bad"), metric("worse")]);
    bench.give(0, 'G');
    bench.give(1, 'B');
    let because = bench.progress.because(&bench.spec, Some(share(5))).unwrap();
    assert!(because.starts_with("bad 2.000001") && !because.contains("more"), "{because}");
    bench.give(2, 'B');
    let because = bench.progress.because(&bench.spec, Some(share(5))).unwrap();
    assert!(because.ends_with("; and 1 more") && !because.contains("good"), "{because}");
}
