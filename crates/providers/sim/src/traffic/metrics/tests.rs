use std::collections::BTreeMap;

use crate::rng::Rng;

use super::super::flow::{Endpoints, Flows};
use super::super::load::LoadConfig;
use super::super::model::{Latency, Rate, VersionModel};
use super::*;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(50_000_000) + Span::seconds(seconds)
}

fn flows(new: u32) -> Flows {
    let group = |side: &str| vec![Endpoints { side: side.into(), serving: 2, dead: 0 }];
    let services = BTreeMap::from([("w".into(), group("old")), ("c".into(), group("new"))]);
    Flows::follow(&"r".into(), &[("w".into(), 100 - new), ("c".into(), new)], &services)
}

/// 200 requests per second from 0 s on, none of them to `new` before 100 s, half after.
fn world() -> (Load, Source) {
    let mut load = Load::new(LoadConfig::constant("r", 200.0), at(0), Rng::new(6));
    let model = VersionModel::default()
        .failing(Rate::percent(10))
        .taking(Latency::new(Span::millis(300), 0.4))
        .gauge("queue_depth", Reading::from_millionths(4_000_000));
    load.model(at(0), &"new".into(), model);
    load.redirect(at(0), flows(0));
    load.redirect(at(100), flows(50));
    (load, Source::new(Span::seconds(3)))
}

fn query(measure: Measure) -> MetricQuery {
    MetricQuery { measure, side: "new".into(), window: Span::seconds(60) }
}

fn ask(seconds: u64, measure: Measure) -> (Timestamp, Result<Reading, NoEvidence>) {
    let (mut load, mut source) = world();
    source.answer(at(seconds), &mut load, &query(measure))
}

fn value(answer: (Timestamp, Result<Reading, NoEvidence>)) -> f64 {
    answer.1.unwrap().millionths() as f64 / 1e6
}

#[test]
fn a_healthy_source_answers_the_model() {
    assert!((value(ask(200, Measure::ErrorRate)) - 0.1).abs() < 0.015);
    assert!((value(ask(200, Measure::Requests)) - 6_000.0).abs() < 320.0);
    let p50 = Measure::Latency { quantile: 5_000 };
    assert!((value(ask(200, p50)) - 0.3).abs() < 0.015);
    assert_eq!(value(ask(200, Measure::Query("queue_depth".to_owned()))), 4.0);
}

#[test]
fn an_answer_says_until_when_it_speaks() {
    // 204 s less 3 s of scrape delay lies in the slice that begins at 200 s.
    assert_eq!(ask(204, Measure::ErrorRate).0, at(200));
    assert_eq!(ask(202, Measure::ErrorRate).0, at(195));
}

#[test]
fn without_a_request_there_is_no_number() {
    for measure in [
        Measure::ErrorRate,
        Measure::Requests,
        Measure::Latency { quantile: 9_900 },
        Measure::Query("queue_depth".to_owned()),
    ] {
        assert_eq!(ask(90, measure.clone()).1, Err(NoEvidence::Empty), "{measure}");
    }
}

#[test]
fn a_query_that_nobody_answers_to_is_empty() {
    assert_eq!(ask(200, Measure::Query("typo".to_owned())).1, Err(NoEvidence::Empty));
}

#[test]
fn a_window_without_a_whole_slice_is_empty() {
    let (mut load, mut source) = world();
    let short = MetricQuery { window: Span::seconds(4), ..query(Measure::ErrorRate) };
    assert_eq!(source.answer(at(200), &mut load, &short).1, Err(NoEvidence::Empty));
}

#[test]
fn a_window_beyond_what_is_kept_is_refused() {
    let (mut load, mut source) = world();
    let long = MetricQuery { window: Span::hours(2), ..query(Measure::ErrorRate) };
    let answer = source.answer(at(8_000), &mut load, &long).1;
    assert!(matches!(answer, Err(NoEvidence::SourceFailed { .. })), "{answer:?}");
}

fn during(regime: Regime) -> (Timestamp, Result<Reading, NoEvidence>) {
    let (mut load, mut source) = world();
    source.outages.push(Outage { from: at(190), until: at(210), regime });
    let answer = source.answer(at(204), &mut load, &query(Measure::ErrorRate));
    let after = source.answer(at(210), &mut load, &query(Measure::ErrorRate));
    assert!(after.1.is_ok(), "{regime:?} outlasts its end");
    answer
}

#[test]
fn a_late_or_missing_metric_is_never_a_number() {
    assert!(matches!(during(Regime::Down).1, Err(NoEvidence::SourceFailed { .. })));
    assert_eq!(during(Regime::Late(Span::seconds(30))), (at(170), Err(NoEvidence::Stale)));
    assert_eq!(during(Regime::Empty).1, Err(NoEvidence::Empty));
    assert_eq!(during(Regime::NotANumber).1, Err(NoEvidence::NotANumber { got: "NaN".to_owned() }));
    assert_eq!(during(Regime::TwoSeries).1, Err(NoEvidence::Ambiguous { series: 2 }));
}

#[test]
fn a_cached_value_speaks_of_the_time_it_was_taken() {
    let fresh = ask(190, Measure::ErrorRate);
    assert_eq!(during(Regime::Cached), fresh);
    assert_eq!(fresh.0, at(185));
}

#[test]
fn a_metric_one_slice_late_is_a_number_of_an_earlier_window() {
    let (end, answer) = during(Regime::Late(Span::seconds(5)));
    assert_eq!(end, at(195));
    assert!(answer.is_ok());
}

#[test]
fn the_account_holds_the_exposure_that_was_truly_in_effect() {
    let (mut load, mut source) = world();
    for seconds in [90, 130, 200] {
        let _ = source.answer(at(seconds), &mut load, &query(Measure::ErrorRate));
    }
    let half = Weight::percent(50).unwrap();
    let shares: Vec<_> = source.served().iter().map(|s| (s.least, s.most)).collect();
    assert_eq!(shares, [(Weight::ZERO, Weight::ZERO), (Weight::ZERO, half), (half, half)]);
    let last = &source.served()[2];
    assert_eq!((last.from, last.to), (at(135), at(195)));
    assert!(last.truth.requests > 5_000 && last.truth.errors > 400);
}
