//! ReplicaSets, pods, endpoints and quotas at work.

use std::collections::BTreeMap;
use std::sync::Arc;

use windlass_core::platform::Refusal;
use windlass_core::time::Span;

use crate::WorldConfig;
use crate::lab::{Lab, template};
use crate::objects::{Health, Phase, PodBehaviour, Quota};
use crate::rng::Delay;

/// A Deployment whose pods fare as said, one simulated minute after it was made.
fn faring(replicas: u32, health: Health) -> Lab {
    let mut lab = Lab::empty(1);
    lab.world.behave_usually(PodBehaviour { health, ..PodBehaviour::default() });
    lab.world.apply(&lab.app, Lab::manifest(replicas)).expect("valid");
    lab.rest();
    lab
}

#[test]
fn a_pod_that_crashes_before_it_is_ready_never_serves() {
    let mut lab = faring(2, Health::Crashes { after: Delay::millis(100, 200) });
    let mut ready = 0;
    for _ in 0..6_000 {
        lab.world.advance(Span::millis(100));
        ready = ready.max(lab.set("v1").ready);
    }
    let restarts: Vec<u32> = lab.world.pods(&lab.app).iter().map(|pod| pod.restarts).collect();
    // The first crash, and one after each back-off of 10, 20, 40, 80, 160 and 300 s.
    assert_eq!((ready, restarts), (0, vec![7, 7]));
}

#[test]
fn a_pod_that_crashes_later_serves_until_then_and_comes_back() {
    let mut lab = faring(1, Health::Crashes { after: Delay::fixed(Span::seconds(90)) });
    assert_eq!(lab.set("v1").ready, 1);
    lab.world.advance(Span::seconds(33));
    assert_eq!(lab.set("v1").ready, 0);
    lab.world.advance(Span::seconds(12));
    assert_eq!(lab.set("v1").ready, 1);
}

#[test]
fn readiness_that_comes_and_goes_is_followed_by_the_data_plane() {
    let up = Delay::fixed(Span::seconds(20));
    let mut lab = faring(3, Health::Flaps { up, down: up });
    let (mut ready, mut serving) = (vec![], vec![]);
    for _ in 0..120 {
        lab.world.advance(Span::seconds(1));
        let set = lab.set("v1");
        ready.push(set.ready);
        serving.push(set.serving);
    }
    for seen in [ready, serving] {
        assert_eq!((seen.iter().min(), seen.iter().max()), (Some(&0), Some(&3)));
    }
}

#[test]
fn a_killed_pod_is_sent_to_until_the_data_plane_learns_and_is_replaced() {
    let mut lab = Lab::running(1, Lab::manifest(3));
    let pod = lab.pods("v1")[0];
    lab.world.kill_pod(pod).expect("it lives");
    let set = lab.set("v1");
    assert_eq!((set.pods, set.ready, set.serving), (2, 2, 2));
    let routed = |lab: &Lab| {
        let behind = lab.world.backends(&lab.app, &"web".into()).expect("it exists");
        (behind[0].routed.ready, behind[0].routed.broken)
    };
    assert_eq!(routed(&lab), (2, 1));
    lab.world.advance(Span::millis(500));
    assert_eq!(routed(&lab), (2, 0));
    lab.rest();
    assert_eq!((lab.set("v1").pods, routed(&lab)), (3, (3, 0)));
    assert_eq!(lab.world.store.pods.len(), 3, "nothing is left of it");
    assert_eq!(lab.world.kill_pod(pod), Err(Refusal::Missing));
}

#[test]
fn a_pod_told_to_end_is_not_ready_at_once_and_gone_later() {
    let mut lab = Lab::running(1, Lab::manifest(3));
    let pod = lab.pods("v1")[0];
    lab.world.delete_pod(pod).expect("it lives");
    let set = lab.set("v1");
    assert_eq!((set.pods, set.ready), (3, 2));
    let phase = |lab: &Lab| {
        let pods = lab.world.pods(&lab.app);
        pods.iter().find(|view| view.id == pod).map(|view| view.phase)
    };
    assert_eq!(phase(&lab), Some(Phase::Terminating));
    lab.world.advance(Span::millis(700));
    assert_eq!(phase(&lab), None);
}

#[test]
fn a_shrinking_set_gives_up_the_pods_that_are_not_ready() {
    let mut lab = Lab::running(1, Lab::manifest(3));
    let never = PodBehaviour { health: Health::NeverReady, ..PodBehaviour::default() };
    lab.world.behave(&template("v1").digest, never);
    lab.world.scale(&lab.app, 5).expect("it exists");
    lab.rest();
    assert_eq!((lab.set("v1").pods, lab.set("v1").ready), (5, 3));
    lab.world.scale(&lab.app, 3).expect("it exists");
    lab.rest();
    assert_eq!((lab.set("v1").pods, lab.set("v1").ready), (3, 3));
}

#[test]
fn a_set_larger_than_a_burst_is_filled_burst_by_burst_without_a_pause() {
    let config = WorldConfig { burst: 2, ..WorldConfig::default() };
    let mut lab = Lab::with(1, config);
    lab.world.apply(&lab.app, Lab::manifest(7)).expect("valid");
    lab.world.advance(Span::millis(200));
    assert_eq!(lab.set("v1").pods, 7);
    lab.rest();
    lab.world.scale(&lab.app, 0).expect("it exists");
    lab.world.advance(Span::millis(200));
    assert_eq!((lab.set("v1").ready, lab.set("v1").pods), (0, 7));
}

#[test]
fn a_quota_on_pods_leaves_a_set_short_until_there_is_room() {
    let mut lab = Lab::empty(1);
    lab.world.set_quota(&lab.app, Quota { pods: Some(3), ..Quota::default() });
    lab.world.apply(&lab.app, Lab::manifest(5)).expect("valid");
    lab.rest();
    assert_eq!((lab.set("v1").pods, lab.deployment().status.replica_failure), (3, true));
    lab.world.set_quota(&lab.app, Quota::default());
    lab.world.advance(Span::minutes(5));
    assert_eq!((lab.set("v1").available, lab.deployment().status.replica_failure), (5, false));
}

#[test]
fn a_quota_on_gpus_counts_what_pods_of_all_versions_request() {
    let gpu: Arc<str> = "nvidia.com/gpu".into();
    let requests = Arc::new(BTreeMap::from([(Arc::clone(&gpu), 2)]));
    let mut lab = Lab::empty(1);
    lab.world.behave_usually(PodBehaviour { requests, ..PodBehaviour::default() });
    let quota = Quota { pods: None, extended: BTreeMap::from([(gpu, 7)]) };
    lab.world.set_quota(&lab.app, quota);
    lab.world.apply(&lab.app, Lab::manifest(2)).expect("valid");
    lab.rest();
    lab.candidate("v2", 4);
    lab.rest();
    assert_eq!((lab.set("v1").pods, lab.set("v2").pods), (2, 1));
    lab.world.scale(&lab.app, 1).expect("it exists");
    lab.world.advance(Span::minutes(10));
    assert_eq!((lab.set("v1").pods, lab.set("v2").pods), (1, 2));
}

#[test]
fn pods_of_a_deleted_set_go_with_it() {
    let mut lab = Lab::running(1, Lab::manifest(2));
    let name = lab.candidate("v2", 2);
    lab.rest();
    lab.world.delete_set(&lab.app, &name).expect("it exists");
    assert_eq!(lab.seen().sets.len(), 1);
    assert_eq!(lab.world.pods(&lab.app).len(), 4, "collected in a moment, not at once");
    lab.rest();
    assert_eq!(lab.world.pods(&lab.app).len(), 2);
}
