//! What a climb measures and tells: both sides, no query for nothing, and short true reasons.

use crate::lab::{ClimbCast, Lab, canary, error_rate};
use windlass_analysis::{Analysis, Metric};
use windlass_core::event::{EndResult, Judgement, What};
use windlass_core::evidence::Reading;
use windlass_core::time::{Span, Timestamp};
use windlass_core::weight::Weight;
use windlass_rollout::climb::{Climb, Outcome};
use windlass_rollout::strategy::Canary;
use windlass_sim::harness::Trial;
use windlass_sim::traffic::Rate;

/// A canary that is judged by this analysis instead.
fn judged_by(analysis: Analysis) -> Canary {
    let Canary { steps, .. } = canary();
    Canary { keep_warm: Span::seconds(30), ..Canary::new(steps, vec![analysis]) }
}

/// A release to its end, where the stable side is said to read like this.
fn told_with(
    errors: Rate,
    strategy: &Canary,
    said: Option<Option<Reading>>,
) -> (Outcome, Vec<(Timestamp, What)>) {
    let lab = Lab { errors, ..Lab::default() };
    let mut trial: Trial<Climb, ClimbCast> =
        lab.release_by(lab.world(), ("r1", "v2"), strategy, |spec| ClimbCast {
            said_of_stable: said,
            ..ClimbCast::new(spec)
        });
    trial.run(Span::hours(3), |_| Ok::<(), ()>(())).expect("no check");
    let outcome = trial.outcome().expect("it ends").clone();
    (outcome, trial.operators[0].told.clone())
}

fn told(errors: Rate, strategy: &Canary) -> (Outcome, Vec<(Timestamp, What)>) {
    told_with(errors, strategy, None)
}

/// The events without the readings of the stable side.
fn without_stable(mut events: Vec<(Timestamp, What)>) -> Vec<(Timestamp, What)> {
    for (_, what) in &mut events {
        if let What::Sampled { stable, .. } = what {
            *stable = None;
        }
    }
    events
}

fn samples(events: &[(Timestamp, What)]) -> Vec<(Option<Weight>, Option<Reading>, Judgement)> {
    let sample = |what: &What| {
        let What::Sampled { sample, stable, judgement, .. } = what else { return None };
        Some((sample.exposure, *stable, *judgement))
    };
    events.iter().filter_map(|(_, what)| sample(what)).collect()
}

#[test]
fn nothing_that_is_read_of_the_stable_side_changes_anything_but_its_own_column() {
    let (worst, best) = (Reading::from_millionths(i64::MAX), Reading::from_millionths(0));
    for (errors, result) in
        [(Rate::NONE, EndResult::Promoted), (Rate::percent(20), EndResult::RolledBack)]
    {
        let (quiet, alone) = told(errors, &judged_by(error_rate().showing_stable(false)));
        assert_eq!(quiet.result, result);
        assert!(samples(&alone).iter().all(|(_, stable, _)| stable.is_none()));
        for said in [None, Some(None), Some(Some(worst)), Some(Some(best))] {
            let (outcome, both) = told_with(errors, &canary(), said);
            let read = samples(&both).iter().filter(|(_, stable, _)| stable.is_some()).count();
            assert_eq!(read > 0, said != Some(None), "{said:?}");
            assert_eq!((outcome, without_stable(both)), (quiet.clone(), alone.clone()), "{said:?}");
        }
    }
}

#[test]
fn the_stable_side_is_asked_only_while_it_has_traffic() {
    let (_, events) = told(Rate::NONE, &canary());
    let samples = samples(&events);
    let full = |exposure: &Option<Weight>| *exposure == Some(Weight::FULL);
    assert!(samples.iter().any(|(exposure, ..)| full(exposure)), "the last notch is measured");
    for (exposure, stable, _) in samples {
        assert_eq!(stable.is_none(), full(&exposure), "at {exposure:?}");
    }
}

#[test]
fn no_sample_is_wasted_where_the_lag_of_the_source_is_stated() {
    let wasted = |lag: u64| {
        let analysis = error_rate();
        let stated: Vec<Metric> = analysis
            .metrics()
            .map(|(_, metric)| Metric { lag: Span::seconds(lag), ..metric.clone() })
            .collect();
        let analysis = Analysis::new("success", stated).expect("as before");
        let (outcome, events) = told(Rate::NONE, &judged_by(analysis));
        assert_eq!(outcome.result, EndResult::Promoted);
        samples(&events).iter().filter(|(.., it)| *it == Judgement::Discarded).count()
    };
    assert_eq!(wasted(10), 0);
    // Not stated, it is learned from the first answers: not every notch pays.
    let notches = canary().steps.len() + 1;
    assert!((1..notches).contains(&wasted(0)), "{}", wasted(0));
}

#[test]
fn an_abort_says_in_one_short_line_what_failed() {
    let (outcome, _) = told(Rate::percent(20), &canary());
    let reason = outcome.reason;
    assert!(reason.starts_with("success: error rate 0."), "{reason}");
    assert!(reason.contains("limit <= 0.05, at 5 %, 1 bad of "), "{reason}");
    assert!(reason.chars().count() < 90, "{reason}");
}

#[test]
fn a_wait_tells_the_nearest_deadline_that_means_something() {
    let (_, events) = told(Rate::NONE, &canary());
    let waits: Vec<(&str, u64, &str)> = events
        .iter()
        .filter_map(|(_, what)| {
            let What::Waiting { on, expires: Some(it) } = what else { return None };
            Some((on.as_str(), it.left.as_seconds(), it.then.as_str()))
        })
        .collect();
    assert!(waits.iter().all(|(_, left, _)| *left <= 3_600), "{waits:?}");
    for (who, seconds, what) in [
        ("notch 1: evidence", 60, "the verdict is read"),
        ("is kept warm", 30, "the old side is taken down"),
    ] {
        let (_, left, then) = waits.iter().find(|(on, ..)| on.ends_with(who)).expect("it waits");
        assert!((seconds - 1..=seconds).contains(left) && *then == what, "{left} s, then {then}");
    }
}
