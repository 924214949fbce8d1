use std::num::NonZeroU32;

use windlass_core::time::Span;

use super::*;
use crate::metric::MAX_KEPT;

fn metric() -> Metric {
    Metric {
        success: Some("<= 0.01".parse().unwrap()),
        ..Metric::new("errors", Measure::ErrorRate, Span::minutes(1))
    }
}

fn refused(metric: Metric) -> MetricFault {
    match Analysis::new("a", vec![metric]) {
        Err(SpecError::Metric { fault, .. }) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_metric_that_makes_no_sense_is_refused() {
    let (one, five) = (NonZeroU32::new(1), NonZeroU32::new(5));
    let table = [
        (Metric { name: " ".into(), ..metric() }, MetricFault::Unnamed),
        (Metric { success: None, ..metric() }, MetricFault::NoCondition),
        (Metric { window: Span::ZERO, ..metric() }, MetricFault::NoWindow),
        (Metric { interval: Some(Span::ZERO), ..metric() }, MetricFault::NoInterval),
        (
            Metric { measure: Measure::Latency { quantile: 10_000 }, ..metric() },
            MetricFault::Quantile { quantile: 10_000 },
        ),
        (
            Metric { measure: Measure::Latency { quantile: 0 }, ..metric() },
            MetricFault::Quantile { quantile: 0 },
        ),
        (Metric { measure: Measure::Query(" ".into()), ..metric() }, MetricFault::EmptyQuery),
        (Metric { keep: MAX_KEPT + 1, ..metric() }, MetricFault::KeepsTooMuch { keep: 51 }),
        (
            Metric { count: five, failure_limit: FailureLimit::AtMost(5), ..metric() },
            MetricFault::BearsEveryFailure { limit: 5, count: 5 },
        ),
        (
            Metric { failure_limit: FailureLimit::AtMost(1), ..metric() },
            MetricFault::BearsEveryFailure { limit: 1, count: 1 },
        ),
        (
            Metric { count: five, inconclusive_limit: 5, ..metric() },
            MetricFault::BearsEveryDoubt { limit: 5, count: 5 },
        ),
        (
            Metric { count: five, failure_limit: FailureLimit::Off, ..metric() },
            MetricFault::CannotFail,
        ),
        (
            Metric { count: one, consecutive_success_limit: five, ..metric() },
            MetricFault::CannotPass { streak: 5, count: 1 },
        ),
    ];
    for (metric, fault) in table {
        assert_eq!(refused(metric), fault);
    }
}

#[test]
fn limits_just_below_the_count_are_taken() {
    let five = NonZeroU32::new(5);
    let table = [
        Metric { count: five, failure_limit: FailureLimit::AtMost(4), ..metric() },
        Metric { count: five, inconclusive_limit: 4, ..metric() },
        Metric { count: five, consecutive_success_limit: five, ..metric() },
        Metric {
            interval: Some(Span::seconds(10)),
            failure_limit: FailureLimit::Off,
            consecutive_success_limit: five,
            ..metric()
        },
        Metric {
            interval: Some(Span::seconds(10)),
            failure_limit: FailureLimit::AtMost(1_000),
            ..metric()
        },
        Metric { keep: MAX_KEPT, measure: Measure::Latency { quantile: 9_999 }, ..metric() },
    ];
    for metric in table {
        assert!(Analysis::new("a", vec![metric.clone()]).is_ok(), "{metric:?}");
    }
}

#[test]
fn an_analysis_that_could_pass_on_nothing_is_refused() {
    let dry = || Metric { dry_run: true, ..metric() };
    let name = "a".to_owned();
    assert_eq!(Analysis::new(" ", vec![metric()]), Err(SpecError::Unnamed));
    assert_eq!(Analysis::new("a", vec![]), Err(SpecError::NoMetric { analysis: name.clone() }));
    assert_eq!(
        Analysis::new("a", vec![dry()]),
        Err(SpecError::OnlyDryRuns { analysis: name.clone() })
    );
    assert_eq!(
        Analysis::new("a", vec![metric(), dry()]),
        Err(SpecError::SameName { analysis: name.clone(), metric: "errors".into() })
    );
    let many = vec![metric(); MAX_METRICS + 1];
    assert_eq!(
        Analysis::new("a", many),
        Err(SpecError::TooManyMetrics { analysis: name, got: MAX_METRICS + 1 })
    );
}

#[test]
fn a_refusal_names_the_metric_the_cause_and_the_next_step() {
    let error = Analysis::new("checkout", vec![Metric { success: None, ..metric() }]);
    assert_eq!(
        error.unwrap_err().to_string(),
        "metric \"errors\" of analysis \"checkout\": it has no condition: set success, failure or \
         both"
    );
}

/// What argo-rollouts' users write, in its words.
const FULL: &str = r#"{"name": "a", "metrics": [{
    "name": "latency", "measure": {"Latency": {"quantile": 9900}}, "window": "1m",
    "success": "<= 0.25", "failure": "> 0.5", "count": 10, "interval": "30s",
    "initialDelay": "1m", "failureLimit": -1, "inconclusiveLimit": 2,
    "consecutiveErrorLimit": 3, "consecutiveSuccessLimit": 4, "minRequests": 100, "keep": 5,
    "dryRun": false, "showStable": false, "lag": "15s"}]}"#;

#[test]
fn every_field_is_read_and_printed() {
    let analysis: Analysis = serde_json::from_str(FULL).unwrap();
    let (_, metric) = analysis.metrics().next().unwrap();
    let expected = Metric {
        name: "latency".into(),
        measure: Measure::Latency { quantile: 9_900 },
        window: Span::minutes(1),
        success: Some("<= 0.25".parse().unwrap()),
        failure: Some("> 0.5".parse().unwrap()),
        count: NonZeroU32::new(10),
        interval: Some(Span::seconds(30)),
        initial_delay: Span::minutes(1),
        failure_limit: FailureLimit::Off,
        inconclusive_limit: 2,
        consecutive_error_limit: 3,
        consecutive_success_limit: NonZeroU32::new(4),
        min_requests: 100,
        keep: 5,
        dry_run: false,
        show_stable: Some(false),
        lag: Span::seconds(15),
    };
    assert_eq!(metric, &expected);
    let printed = serde_json::to_string(&analysis).unwrap();
    assert_eq!(serde_json::from_str::<Analysis>(&printed).unwrap(), analysis);
}

#[test]
fn the_stable_side_is_shown_for_rates_and_latencies_unless_somebody_says_otherwise() {
    let minute = Span::minutes(1);
    let shows = |measure: &Measure| Metric::new("m", measure.clone(), minute).shows_stable();
    assert!(shows(&Measure::ErrorRate) && shows(&Measure::Latency { quantile: 9_900 }));
    assert!(!shows(&Measure::Requests) && !shows(&Measure::Query("up{{hash}}".into())));
    assert!(Metric::new("m", Measure::Requests, minute).showing_stable(true).shows_stable());
    let quiet = Analysis::new("a", vec![metric()]).unwrap().showing_stable(false);
    assert!(quiet.metrics().all(|(_, metric)| !metric.shows_stable()));
}

#[test]
fn what_is_left_out_is_as_in_argo() {
    let json = r#"{"name": "a", "metrics": [
        {"name": "errors", "measure": "ErrorRate", "window": "1m", "success": "<= 0.01"}]}"#;
    let analysis: Analysis = serde_json::from_str(json).unwrap();
    let (_, read) = analysis.metrics().next().unwrap();
    assert_eq!(read, &metric());
    assert_eq!((read.failure_limit, read.inconclusive_limit), (FailureLimit::AtMost(0), 0));
    assert_eq!((read.consecutive_error_limit, read.initial_delay), (4, Span::ZERO));
    assert_eq!(read.effective_count(), Some(1));
}

#[test]
fn deserializing_refuses_what_building_refuses() {
    let replaced = |from: &str, to: &str| {
        serde_json::from_str::<Analysis>(&FULL.replace(from, to)).unwrap_err().to_string()
    };
    let table = [
        ("\"dryRun\": false", "\"dryRun\": true", "has dry runs only"),
        ("\"window\": \"1m\"", "\"window\": \"0s\"", "its window is zero"),
        ("<= 0.25", "0.25", "\"0.25\" is no condition"),
        ("\"count\": 10", "\"count\": 0", "nonzero"),
        ("\"count\": 10", "\"count\": 10, \"cuont\": 1", "unknown field `cuont`"),
        ("\"failureLimit\": -1", "\"failureLimit\": 5000000000", "out of range"),
    ];
    for (from, to, message) in table {
        assert!(replaced(from, to).contains(message), "{to}: {}", replaced(from, to));
    }
}

#[test]
fn requests_are_asked_for_where_they_matter() {
    let side = || windlass_core::id::PodHash::new("abc");
    let asking = Metric { min_requests: 1, ..metric() };
    let query = asking.query(side());
    assert_eq!(
        (query.measure, query.side, query.window),
        (Measure::ErrorRate, side(), asking.window)
    );
    let requests = asking.requests_query(side()).unwrap();
    assert_eq!(requests.measure, Measure::Requests);
    assert_eq!((requests.side, requests.window), (side(), asking.window));
    assert_eq!(metric().requests_query(side()), None);
}

#[test]
fn conditions_show_as_limits() {
    let both = Metric { failure: Some("in [0.05, 0.1]".parse().unwrap()), ..metric() };
    assert_eq!(both.limit(), "<= 0.01, bad in [0.05, 0.1]");
    let values: Vec<_> = both.limits().into_iter().map(|l| (l.condition, l.value)).collect();
    let range = || "in [0.05, 0.1]".to_owned();
    assert_eq!(values, [("<= 0.01".to_owned(), 10_000), (range(), 50_000), (range(), 100_000)]);
    assert_eq!(Metric { success: None, ..both }.limit(), "not in [0.05, 0.1]");
}

#[test]
fn it_is_open_ended_when_a_metric_that_counts_is() {
    let endless = Metric { name: "b".into(), interval: Some(Span::seconds(10)), ..metric() };
    let open = |metrics| Analysis::new("a", metrics).unwrap().is_open_ended();
    assert!(open(vec![metric(), endless.clone()]));
    assert!(!open(vec![metric(), Metric { dry_run: true, ..endless.clone() }]));
    assert!(!open(vec![Metric { count: NonZeroU32::new(3), ..endless.clone() }]));
    assert!(!open(vec![Metric { consecutive_success_limit: NonZeroU32::new(3), ..endless }]));
}
