//! Fences: of two writes that expect the same at most one lands, and marks come and go as said.

use windlass_core::fence::{Expect, Token};
use windlass_core::id::{Kind, ObjectRef};
use windlass_core::platform::{Change, Membership, Refusal, Write};
use windlass_core::weight::Weight;

use crate::lab::{Lab, hash, template};
use crate::objects::{FENCE_ANNOTATION, RUN_LABEL};

fn lab() -> Lab {
    let mut lab = Lab::running(1, Lab::manifest(2));
    lab.candidate("v2", 2);
    lab.rest();
    lab
}

/// A write to the candidate as it is now.
fn to_candidate(lab: &Lab, change: Change) -> Write {
    let seen = lab.set("v2");
    let object = ObjectRef::new(Kind::ReplicaSet, seen.name);
    Write { object, expect: Expect::at(&seen.uid, &seen.token), change }
}

#[test]
fn of_two_writes_that_expect_the_same_token_one_lands() {
    let mut lab = lab();
    let (up, down) = (Change::SetReplicas(5), Change::SetReplicas(1));
    let writes = [to_candidate(&lab, up), to_candidate(&lab, down)];
    assert!(lab.send(&writes[0]).is_ok());
    assert_eq!(lab.send(&writes[1]), Err(Refusal::Stale));
    assert_eq!(lab.set("v2").replicas, 5);
}

#[test]
fn a_write_delivered_twice_lands_once() {
    let mut lab = lab();
    let write = to_candidate(&lab, Change::Seal);
    assert!(lab.send(&write).is_ok());
    assert_eq!(lab.send(&write), Err(Refusal::Stale));
}

#[test]
fn a_receipt_names_the_token_that_the_next_write_must_expect() {
    let mut lab = lab();
    let write = to_candidate(&lab, Change::SetReplicas(3));
    let receipt = lab.send(&write).expect("it is as it was read");
    let next = Write { expect: Expect::at(&receipt.uid, &receipt.token), ..write };
    assert!(lab.send(&next).is_ok());
}

#[test]
fn the_controllers_own_writes_do_not_disturb_a_fence() {
    let mut lab = lab();
    let write = to_candidate(&lab, Change::SetReplicas(3));
    let pod = lab.pods("v2")[0];
    lab.world.kill_pod(pod).expect("it lives");
    lab.rest();
    assert!(lab.send(&write).is_ok());
}

#[test]
fn a_status_update_ends_a_write_that_expects_the_version_of_an_unmarked_set() {
    let mut lab = lab();
    let seen = lab.set("v1");
    assert!(matches!(seen.token, Token::Version(_)));
    let pod = lab.pods("v1")[0];
    lab.world.kill_pod(pod).expect("it lives");
    lab.rest();
    let object = ObjectRef::new(Kind::ReplicaSet, seen.name);
    let write = Write { object, expect: Expect::at(&seen.uid, &seen.token), change: Change::Seal };
    assert_eq!(lab.send(&write), Err(Refusal::Stale));
}

#[test]
fn a_set_made_again_under_the_same_name_is_another_one() {
    let mut lab = lab();
    let write = to_candidate(&lab, Change::SetReplicas(9));
    let name = write.object.name.clone();
    lab.world.delete_set(&lab.app, &name).expect("it exists");
    assert_eq!(lab.send(&write), Err(Refusal::Missing));
    lab.candidate("v2", 1);
    assert_eq!(lab.send(&write), Err(Refusal::Stale));
}

#[test]
fn a_create_of_a_taken_name_is_refused() {
    let mut lab = lab();
    let name = lab.set("v1").name;
    let template = template("v3").digest;
    let change = Change::CreateSet { template, hash: hash("v3"), run: "r1".into() };
    let object = ObjectRef::new(Kind::ReplicaSet, name);
    let create = Write { object, expect: Expect::absent(), change };
    assert_eq!(lab.send(&create), Err(Refusal::Exists));
}

#[test]
fn a_candidate_is_made_apart_marked_and_without_pods() {
    let mut lab = Lab::running(1, Lab::manifest(2));
    let name = lab.candidate("v2", 0);
    lab.rest();
    let seen = lab.set("v2");
    assert_eq!((seen.membership, seen.pods), (Membership::Apart, 0));
    assert_eq!(seen.made_by, Some("r1".into()));
    assert!(matches!(seen.token, Token::Fence(_)));
    let sets = lab.world.replica_sets(&lab.app);
    let set = sets.filter(|set| set.meta.name == name).last().expect("it was made");
    let owner = set.meta.owner.as_ref().expect("it goes with the Deployment");
    assert!(!owner.controller);
}

#[test]
fn shelving_and_unsealing_both_take_fence_and_run_off() {
    let mut lab = lab();
    let marks = |lab: &Lab| {
        let set = lab.world.replica_sets(&lab.app).last().expect("the candidate").meta.clone();
        (set.annotations.get(FENCE_ANNOTATION).is_some(), set.labels.get(RUN_LABEL).is_some())
    };
    assert_eq!(marks(&lab), (true, true));
    lab.write_set("v2", Change::Unseal).expect("nobody else writes");
    assert_eq!(marks(&lab), (false, false));
    lab.write_set("v2", Change::Shelve).expect("nobody else writes");
    assert_eq!(marks(&lab), (false, false));
    lab.rest();
    assert_eq!(lab.set("v2").membership, Membership::Owned);
}

#[test]
fn a_released_set_still_goes_with_its_deployment() {
    let mut lab = lab();
    lab.write_set("v1", Change::Release).expect("nobody else writes");
    lab.rest();
    assert_eq!(lab.seen().sets[0].membership, Membership::Apart);
    lab.world.delete_deployment(&lab.app).expect("it exists");
    lab.rest();
    assert_eq!(lab.seen().sets, []);
}

#[test]
fn a_change_of_nothing_leaves_the_generation() {
    let mut lab = lab();
    let generation = lab.deployment().meta.generation;
    lab.deploy(Change::Paused(false)).expect("it is as it was read");
    assert_eq!(lab.deployment().meta.generation, generation);
    lab.deploy(Change::HistoryLimit(11)).expect("it is as it was read");
    assert_eq!(lab.deployment().meta.generation, generation + 1);
}

#[test]
fn what_the_server_would_not_validate_is_refused_and_changes_nothing() {
    let mut lab = lab();
    let changes = [
        Change::Template { template: "unknown".into(), paused: false, strategy: None },
        Change::SetReplicas(3),
        Change::Split { candidate: "web".into(), weight: Weight::ZERO },
    ];
    let (before, digest) = (lab.seen(), lab.world.digest());
    for change in changes {
        assert!(matches!(lab.deploy(change), Err(Refusal::Invalid { .. })));
    }
    assert_eq!((lab.seen(), lab.world.digest()), (before, digest));
}

#[test]
fn a_service_is_copied_with_a_pin_and_the_original_stays() {
    let mut lab = lab();
    let copy = Change::CreateService { like: "web".into(), pin: hash("v2"), run: "r1".into() };
    let object = ObjectRef::new(Kind::Service, "web-next".into());
    let create = Write { object, expect: Expect::absent(), change: copy };
    assert!(lab.send(&create).is_ok());
    assert_eq!(lab.send(&create), Err(Refusal::Exists));
    lab.rest();
    let endpoints = |name: &str| {
        let behind = lab.world.backends(&lab.app, &name.into()).expect("it exists");
        behind.iter().map(|backend| backend.routed.ready).sum::<u32>()
    };
    assert_eq!((endpoints("web-next"), endpoints("web")), (2, 4));
}

#[test]
fn a_pin_counts_once_the_data_plane_follows_it() {
    let mut lab = lab();
    lab.write_service(Change::Pin(hash("v2"))).expect("it exists");
    let seen = &lab.seen().services[0];
    assert_eq!((seen.settled, seen.endpoints, seen.pin.clone()), (false, 2, Some(hash("v2"))));
    lab.write_service(Change::Unpin).expect("it exists");
    lab.rest();
    let seen = &lab.seen().services[0];
    assert_eq!((seen.settled, seen.endpoints, seen.pin.clone()), (true, 4, None));
    assert!(matches!(seen.token, Token::Version(_)));
}
