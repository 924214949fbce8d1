use windlass_core::evidence::NoEvidence;
use windlass_core::fence::Expect;
use windlass_core::id::{Kind, ObjectRef};
use windlass_core::platform::{Change, Measure, RouteRef, Write};
use windlass_core::time::Span;
use windlass_core::weight::Weight;

use super::*;
use crate::lab::{Lab, hash, template};
use crate::objects::Labels;
use crate::traffic::{Hole, PlaneConfig, Rate, Rule, WHOLE};

/// Version `v1` with 3 pods behind the Service `web`, and 100 requests per second to `entry`.
fn lab(seed: u64, entry: &str) -> Lab {
    let mut lab = Lab::empty(seed);
    let bad = VersionModel::default().failing(Rate::percent(20));
    lab.world.version("\"v2\"", PodBehaviour::default(), bad);
    lab.world.apply(&lab.app, Lab::manifest(3)).expect("a valid manifest");
    lab.world.create_service(&lab.app, &"web".into(), Labels::one("app", "web")).expect("free");
    lab.world.add_route(&lab.app, &"route".into(), vec![Rule::to("web")], PlaneConfig::default());
    lab.rest();
    lab.world.load(&lab.app, LoadConfig::constant(entry, 100.0));
    lab
}

fn names() -> RouteRef {
    RouteRef { name: "route".into(), stable: "web".into(), candidate: "web-c".into() }
}

fn split(lab: &mut Lab, weight: u64) {
    let seen = lab.world.route_seen(&lab.app, &names()).expect("a route");
    let weight = Weight::percent(weight).expect("a percentage");
    let change = Change::Split { candidate: "web-c".into(), weight };
    let expect = Expect::at(&seen.uid, &seen.token);
    let write = Write { object: ObjectRef::new(Kind::Route, "route".into()), expect, change };
    let fence = lab.fence();
    lab.world.write_route(&lab.app, &names(), &fence, &write).expect("the token is fresh");
}

/// A candidate of `v2` with one pod behind a Service of its own; `web` is pinned to `v1`.
fn beside(lab: &mut Lab) {
    lab.candidate("v2", 1);
    let pinned = |hash: &PodHash| {
        Labels::one("app", "web").with(crate::objects::POD_TEMPLATE_HASH, hash.as_str())
    };
    let old = lab.set("v1").hash;
    lab.world.select(&lab.app, &"web".into(), pinned(&old)).expect("a Service");
    lab.world.create_service(&lab.app, &"web-c".into(), pinned(&hash("v2"))).expect("free");
    lab.rest();
}

fn error_rate(lab: &mut Lab, version: &str) -> Result<Reading, NoEvidence> {
    let side = lab.set(version).hash;
    let query = MetricQuery { measure: Measure::ErrorRate, side, window: Span::minutes(2) };
    lab.world.measure(&lab.app, &query).1
}

#[test]
fn without_pins_the_share_follows_the_serving_pods() {
    let mut lab = lab(1, "web");
    lab.candidate("v2", 1);
    lab.rest();
    let flows = lab.world.flows(&lab.app).expect("a load");
    assert_eq!(flows.share(&hash("v2")), WHOLE / 4);
    assert_eq!(flows.served[0].pods + flows.served[1].pods, 4);
}

#[test]
fn with_pins_the_share_is_the_routes_and_comes_late() {
    let mut lab = lab(1, "route");
    beside(&mut lab);
    let share = |lab: &Lab| lab.world.flows(&lab.app).expect("a load").share(&hash("v2"));
    split(&mut lab, 10);
    lab.world.advance(Span::millis(500));
    assert_eq!(share(&lab), 0);
    lab.world.advance(Span::millis(1_400));
    assert_eq!(share(&lab), WHOLE / 10);
}

#[test]
fn the_metrics_tell_a_bad_version_by_its_image() {
    let mut lab = lab(1, "route");
    beside(&mut lab);
    assert_eq!(error_rate(&mut lab, "v2"), Err(NoEvidence::Empty));
    split(&mut lab, 50);
    lab.world.advance(Span::minutes(5));
    let bad = error_rate(&mut lab, "v2").expect("there were requests").millionths();
    assert!((180_000..220_000).contains(&bad), "{bad}");
    assert_eq!(error_rate(&mut lab, "v1"), Ok(Reading::from_millionths(0)));
    assert_eq!(lab.world.served(&lab.app).len(), 3);
}

#[test]
fn a_share_sent_to_a_service_without_endpoints_is_lost() {
    let mut lab = lab(1, "route");
    split(&mut lab, 50);
    lab.world.advance(Span::seconds(20));
    let account = lab.world.account(&lab.app).expect("a load");
    let lost = account.lost()[&Hole { at: "web-c".into(), side: None }].requests;
    assert!((850..1_050).contains(&lost), "{lost}");
}

#[test]
fn a_pod_that_dies_at_once_costs_requests_until_the_data_plane_knows() {
    let mut lab = lab(1, "web");
    let pods = lab.pods("v1");
    lab.world.kill_pod(pods[0]).expect("it lives");
    lab.rest();
    let lost = lab.world.account(&lab.app).expect("a load").lost().clone();
    let hole = Hole { at: "web".into(), side: Some(lab.set("v1").hash) };
    assert_eq!(lost.keys().collect::<Vec<_>>(), [&hole]);
    assert!(lost[&hole].last.since(lost[&hole].first) <= Span::seconds(1));
}

#[test]
fn a_rolling_update_loses_nothing() {
    let mut lab = lab(1, "web");
    lab.world.edit(&lab.app, |spec| spec.template = template("v2")).expect("a Deployment");
    lab.rest();
    let account = lab.world.account(&lab.app).expect("a load");
    assert!(account.lost().is_empty(), "{:?}", account.lost());
    assert!(account.flows().served[0].share == WHOLE);
}

#[test]
fn one_seed_is_one_account_however_often_it_is_read() {
    let run = |seed, reads: u64| {
        let mut lab = lab(seed, "route");
        beside(&mut lab);
        split(&mut lab, 30);
        for _ in 0..reads {
            lab.world.advance(Span::millis(120_000 / reads));
            lab.world.account(&lab.app);
        }
        let side = hash("v2");
        let account = lab.world.account(&lab.app).expect("a load").answered(&side);
        (lab.world.digest(), account)
    };
    assert_eq!(run(5, 1), run(5, 100));
    assert_ne!(run(5, 1).1, run(6, 1).1);
}
