use super::super::flow::Endpoints;
use super::super::model::{Latency, Rate};
use super::*;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_000_000) + Span::seconds(seconds)
}

/// Flows to `web`, pinned to the old side, and `web-c`, pinned to the new one.
fn split(old: u32, new: u32) -> Flows {
    let backends = [("web".into(), old), ("web-c".into(), new)];
    let group = |side: &str| vec![Endpoints { side: side.into(), serving: 3, dead: 0 }];
    let services = [("web".into(), group("old")), ("web-c".into(), group("new"))];
    Flows::follow(&"route".into(), &backends, &services.into())
}

fn load(seed: u64, rate: f64) -> Load {
    let mut load = Load::new(LoadConfig::constant("route", rate), at(0), Rng::new(seed));
    let model = VersionModel::default().failing(Rate::percent(2));
    load.model(at(0), &"new".into(), model);
    load
}

#[test]
fn arrivals_have_the_rate_of_the_profile_split_by_weight() {
    for seed in 0..20 {
        let mut load = load(seed, 1_000.0);
        load.redirect(at(0), split(90, 10));
        load.advance(at(100));
        let (old, new) = (load.answered(&"old".into()), load.answered(&"new".into()));
        assert!(old.requests.abs_diff(90_000) < 4 * 300, "seed {seed}: {old:?}");
        assert!(new.requests.abs_diff(10_000) < 4 * 100, "seed {seed}: {new:?}");
        assert!(new.errors.abs_diff(200) < 4 * 14, "seed {seed}: {new:?}");
        assert_eq!((old.errors, load.lost().len()), (0, 0));
    }
}

#[test]
fn how_often_one_looks_changes_nothing() {
    let (mut once, mut often) = (load(4, 77.0), load(4, 77.0));
    for (second, new) in [(0, 0), (13, 10), (61, 50)] {
        for early in 0..second * 10 {
            often.advance(at(0) + Span::millis(early * 100));
        }
        once.redirect(at(second), split(100 - new, new));
        often.redirect(at(second), split(100 - new, new));
        often.redirect(at(second + 3), split(100 - new, new));
    }
    once.advance(at(200));
    often.advance(at(199));
    often.advance(at(200));
    assert_eq!(format!("{once:?}"), format!("{often:?}"));
}

#[test]
fn another_seed_draws_other_counts() {
    let count = |seed| {
        let mut load = load(seed, 500.0);
        load.redirect(at(0), split(1, 1));
        load.advance(at(60));
        load.answered(&"new".into())
    };
    assert_eq!(count(1), count(1));
    assert_ne!(count(1), count(2));
}

#[test]
fn requests_to_nobody_are_lost_and_counted_where() {
    let mut load = load(1, 100.0);
    load.redirect(at(10), split(1, 1));
    load.redirect(at(20), Flows::follow(&"route".into(), &[("web".into(), 1)], &BTreeMap::new()));
    load.redirect(at(22), split(1, 1));
    load.advance(at(40));
    let lost = |name: &str| load.lost()[&Hole { at: name.into(), side: None }];
    assert!((900..1_100).contains(&lost("route").requests), "{:?}", load.lost());
    assert!((150..250).contains(&lost("web").requests), "{:?}", load.lost());
    assert_eq!((lost("web").first, lost("web").last), (at(20), at(22)));
}

#[test]
fn a_version_turns_bad_by_its_own_age() {
    let mut load = load(9, 400.0);
    let model = VersionModel::default().turning_bad(Span::seconds(60), Rate::percent(50));
    load.model(at(0), &"new".into(), model);
    load.redirect(at(0), split(1, 0));
    load.redirect(at(300), split(1, 1));
    load.advance(at(355));
    assert_eq!(load.answered(&"new".into()).errors, 0);
    load.advance(at(400));
    assert!(load.answered(&"new".into()).errors > 3_000);
}

#[test]
fn a_piece_within_a_slice_belongs_to_that_slice() {
    let mut load = load(3, 100.0);
    load.redirect(at(0), split(0, 1));
    load.redirect(at(2), split(1, 0));
    load.advance(at(30));
    let side = "new".into();
    let total = load.answered(&side);
    let series = load.side(&side).unwrap();
    assert_eq!(series.counts(at(0), at(5)), total);
    assert_eq!(series.counts(at(5), at(30)), Counts::default());
    assert_eq!(series.shares(at(0), at(5)), (0, WHOLE));
    assert_eq!(series.shares(at(0), at(2)), (WHOLE, WHOLE));
    assert_eq!(series.shares(at(5), at(30)), (0, 0));
}

#[test]
fn response_times_are_drawn_once_and_stay() {
    let mut load = load(3, 1_000.0);
    let slow = VersionModel::default().taking(Latency::new(Span::millis(200), 0.3));
    load.model(at(0), &"new".into(), slow);
    load.redirect(at(0), split(0, 1));
    load.advance(at(60));
    let series = load.side(&"new".into()).unwrap();
    let median = series.quantile(at(0), at(60), 5_000).unwrap();
    assert!((190.0..210.0).contains(&median), "{median}");
    let again = series.quantile(at(0), at(60), 5_000).unwrap();
    assert_eq!(median.to_bits(), again.to_bits());
}

#[test]
fn old_slices_are_forgotten_and_the_account_is_not() {
    let mut load = load(3, 10.0);
    load.redirect(at(0), split(1, 1));
    load.advance(at(3 * 3_600));
    let total = load.answered(&"old".into()).requests;
    let series = load.side(&"old".into()).unwrap();
    assert_eq!(series.counts(at(0), at(3_500)), Counts::default());
    assert!(series.counts(at(3_600), at(3 * 3_600)).requests < total * 7 / 10);
    assert!(total.abs_diff(54_000) < 1_000, "{total}");
}
