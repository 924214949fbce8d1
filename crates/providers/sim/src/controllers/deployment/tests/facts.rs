//! What a real server was seen to do around a handover.

use windlass_core::fence::{Expect, Token};
use windlass_core::id::{Kind, ObjectRef};
use windlass_core::platform::{Change, Membership, Refusal, Write};

use super::handover::{hand_over, pause_with, shelve_old, swap, tested};
use crate::lab::{Lab, hash, template};
use crate::objects::{Budget, Labels, PodBehaviour};

#[test]
fn a_candidate_labelled_in_before_the_template_is_observed_is_taken_to_nothing() {
    let mut lab = tested(1, Lab::manifest(4));
    lab.write_set("v2", Change::Adopt { revision: 2 }).expect("too early");
    lab.rest();
    let (old, new) = (lab.set("v1"), lab.set("v2"));
    assert_eq!((new.membership, new.replicas, new.pods), (Membership::Owned, 0, 0));
    assert_eq!(old.available, 4);
}

#[test]
fn a_manifest_of_the_old_template_applied_before_the_swap_costs_the_candidate_too() {
    let mut lab = tested(1, Lab::manifest(4));
    pause_with(&mut lab, "v2");
    lab.world.apply(&lab.app, Lab::manifest(4)).expect("valid");
    lab.rest();
    swap(&mut lab);
    lab.rest();
    assert_eq!(lab.set("v2").replicas, 0);
}

#[test]
fn a_candidate_of_an_unequal_template_fails_the_gate_and_is_drained_after_unpause() {
    let mut lab = tested(1, Lab::manifest(3));
    pause_with(&mut lab, "v3");
    swap(&mut lab);
    lab.rest();
    assert!(!lab.is_taken_over(), "the gate sees it");
    assert_eq!(lab.set("v2").available, 3, "and nothing is lost until then");
    lab.deploy(Change::Paused(false)).expect("against the gate");
    lab.rest();
    assert_eq!((lab.set("v3").available, lab.set("v2").pods), (3, 0));
}

#[test]
fn an_older_set_of_an_equal_template_is_taken_for_the_new_one_and_the_candidate_re_rolled() {
    let mut lab = Lab::running(1, Lab::manifest(3));
    for version in ["v2", "v1"] {
        lab.world.edit(&lab.app, |spec| spec.template = template(version)).expect("it exists");
        lab.rest();
    }
    let kept = lab.set("v2").name;
    let name = lab.candidate("v2", 3);
    lab.rest();
    assert_ne!(kept, name);
    pause_with(&mut lab, "v2");
    lab.write_set("v1", Change::Release).expect("step 3");
    lab.write_set("v2", Change::Adopt { revision: 4 }).expect("step 4");
    lab.rest();
    lab.deploy(Change::Paused(false)).expect("against the gate");
    lab.rest();
    let pods = |name| lab.world.pod_counts(&lab.app, name).map(|pods| pods.available);
    assert_eq!((pods(&kept), pods(&name)), (Some(3), Some(0)));
}

#[test]
fn a_crash_between_release_and_adoption_leaves_the_pods_and_a_status_of_nothing() {
    let mut lab = tested(1, Lab::manifest(4));
    pause_with(&mut lab, "v2");
    lab.write_set("v1", Change::Release).expect("step 3");
    lab.rest();
    let status = lab.seen().deployment.expect("it exists").status;
    assert_eq!((status.replicas, lab.set("v1").available), (0, 4));
    lab.world.scale(&lab.app, 6).expect("it exists");
    lab.rest();
    assert_eq!((lab.set("v1").available, lab.set("v2").available), (4, 4));
    lab.write_set("v2", Change::Adopt { revision: 2 }).expect("step 4");
    lab.rest();
    assert_eq!((lab.set("v2").available, lab.is_taken_over()), (6, true));
}

#[test]
fn whoever_unpauses_between_release_and_adoption_gets_pods_of_the_deployments_own() {
    let mut lab = tested(1, Lab::manifest(4));
    pause_with(&mut lab, "v2");
    lab.write_set("v1", Change::Release).expect("step 3");
    lab.world.pause(&lab.app, false).expect("it exists");
    lab.rest();
    let sets = lab.seen().sets;
    let available: Vec<u32> = sets.iter().map(|set| set.available).collect();
    assert_eq!(available, [4, 4, 4], "stable, candidate, and one more of the new template");
}

#[test]
fn a_third_manifest_and_unpause_between_release_and_adoption_drains_the_candidate() {
    let mut lab = tested(1, Lab::manifest(4));
    pause_with(&mut lab, "v2");
    lab.write_set("v1", Change::Release).expect("step 3");
    let mut third = Lab::manifest(4);
    third.template = template("v3");
    lab.world.apply(&lab.app, third).expect("valid");
    lab.write_set("v2", Change::Adopt { revision: 2 }).expect("step 4");
    lab.rest();
    assert_eq!((lab.set("v3").available, lab.set("v2").pods), (4, 0));
    assert_eq!(lab.set("v1").available, 4);
}

/// What an autoscaler asks for when each of the pods that it counts uses 6/7 of the target.
fn autoscaled(lab: &Lab) -> u32 {
    (lab.world.selected_pods(&lab.app).ready * 6).div_ceil(7).min(20)
}

#[test]
fn a_candidate_that_mirrors_the_replicas_under_an_autoscaler_runs_away() {
    let mut lab = tested(1, Lab::manifest(4));
    let mut sizes = vec![4];
    while *sizes.last().expect("the first") < 20 {
        let size = autoscaled(&lab);
        lab.world.scale(&lab.app, size).expect("it exists");
        lab.write_set("v2", Change::SetReplicas(size)).expect("the mirror");
        lab.rest();
        sizes.push(size);
    }
    assert_eq!(sizes, [4, 7, 12, 20]);
    let alone = Lab::running(1, Lab::manifest(4));
    assert_eq!(autoscaled(&alone), 4, "without a candidate it stands still");
}

#[test]
fn a_disruption_budget_is_satisfied_by_idle_candidates() {
    let evicted = |mut lab: Lab| {
        let budget = Budget { selector: Labels::one("app", "web"), min_available: 3 };
        lab.world.set_budget(&lab.app, &"web".into(), Some(budget));
        let pods = lab.pods("v1");
        pods.into_iter().filter(|pod| lab.world.evict_pod(*pod).is_ok()).count()
    };
    assert_eq!(evicted(tested(1, Lab::manifest(4))), 4);
    assert_eq!(evicted(Lab::running(1, Lab::manifest(4))), 1);
}

#[test]
fn a_generation_fences_the_deployment_and_no_status_update_disturbs_it() {
    let mut lab = Lab::running(1, Lab::manifest(4));
    let seen = lab.seen().deployment.expect("it exists");
    let version = lab.deployment().meta.version;
    let pod = lab.pods("v1")[0];
    lab.world.kill_pod(pod).expect("it lives");
    lab.rest();
    assert_ne!(lab.deployment().meta.version, version, "the status was written");
    let object = ObjectRef::new(Kind::Deployment, "web".into());
    let expect = Expect::at(&seen.uid, &Token::Generation(seen.generation));
    let write = Write { object, expect, change: Change::Paused(true) };
    assert!(lab.send(&write).is_ok());
    assert_eq!(lab.send(&write), Err(Refusal::Stale));
}

#[test]
fn a_service_pinned_switched_and_unpinned_never_has_fewer_endpoints() {
    let mut lab = Lab::running(1, Lab::manifest(4));
    let mut least = u32::MAX;
    let mut watch = |lab: &mut Lab| {
        for _ in 0..400 {
            lab.world.advance(windlass_core::time::Span::millis(50));
            let behind = lab.world.backends(&lab.app, &"web".into()).expect("it exists");
            least = least.min(behind.iter().map(|backend| backend.routed.ready).sum());
        }
        lab.seen().services[0].endpoints
    };
    let stable = lab.set("v1").hash;
    lab.write_service(Change::Pin(stable)).expect("it exists");
    assert_eq!(watch(&mut lab), 4);
    lab.candidate("v2", 4);
    assert_eq!(watch(&mut lab), 4, "the pin keeps the candidate out");
    lab.write_service(Change::Pin(hash("v2"))).expect("it exists");
    assert_eq!(watch(&mut lab), 4);
    hand_over(&mut lab);
    shelve_old(&mut lab);
    lab.write_service(Change::Unpin).expect("it exists");
    assert_eq!(watch(&mut lab), 4);
    assert_eq!(least, 4);
}

#[test]
fn min_ready_seconds_of_the_deployment_is_the_candidates_too() {
    let mut spec = Lab::manifest(2);
    spec.min_ready = windlass_core::time::Span::seconds(30);
    let mut lab = Lab::running(1, spec);
    lab.rest();
    lab.world.behave(&template("v2").digest, PodBehaviour::default());
    lab.candidate("v2", 2);
    lab.world.advance(windlass_core::time::Span::seconds(20));
    assert_eq!((lab.set("v2").ready, lab.set("v2").available), (2, 0));
    lab.world.advance(windlass_core::time::Span::seconds(20));
    assert_eq!(lab.set("v2").available, 2);
}
