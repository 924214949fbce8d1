//! The handover of a Deployment to a tested ReplicaSet, step by step.

use windlass_core::model::DeploymentStrategy;
use windlass_core::platform::{Change, Membership};

use crate::lab::{Lab, template};
use crate::objects::DeploymentSpec;

/// A Deployment at rest and a candidate of the same size, ready and left alone.
pub(super) fn tested(seed: u64, spec: DeploymentSpec) -> Lab {
    let replicas = spec.replicas;
    let mut lab = Lab::running(seed, spec);
    lab.candidate("v2", replicas);
    lab.rest();
    lab
}

/// Step 1, and 2: the Deployment is paused with the new template, and that is observed.
pub(super) fn pause_with(lab: &mut Lab, version: &str) {
    let template = template(version).digest;
    lab.deploy(Change::Template { template, paused: true, strategy: None }).expect("step 1");
    while !lab.is_observed() {
        lab.world.step().expect("the controller looks");
    }
}

/// Steps 3 and 4: the stable set is let go, the candidate labelled in.
pub(super) fn swap(lab: &mut Lab) {
    lab.write_set("v1", Change::Release).expect("step 3");
    lab.write_set("v2", Change::Adopt { revision: 2 }).expect("step 4");
}

/// Steps 1 to 6.
pub(super) fn hand_over(lab: &mut Lab) {
    pause_with(lab, "v2");
    swap(lab);
    lab.rest();
    assert!(lab.is_taken_over(), "step 5");
    lab.deploy(Change::Paused(false)).expect("step 6");
    lab.rest();
}

/// After keep-warm: the old set goes to 0 and back into the history.
pub(super) fn shelve_old(lab: &mut Lab) {
    lab.write_set("v1", Change::SetReplicas(0)).expect("drain");
    lab.rest();
    lab.write_set("v1", Change::Shelve).expect("shelve");
    lab.rest();
}

#[test]
fn on_a_quiet_day_the_tested_pods_become_the_deployments_own() {
    let mut lab = tested(1, Lab::manifest(4));
    let pods = lab.pods("v2");
    hand_over(&mut lab);
    let (old, new) = (lab.set("v1"), lab.set("v2"));
    assert_eq!((new.membership, new.available, new.revision), (Membership::Owned, 4, 2));
    assert_eq!((old.membership, old.available), (Membership::Apart, 4));
    assert_eq!(lab.pods("v2"), pods);
    shelve_old(&mut lab);
    assert_eq!(lab.pods("v2"), pods);
    let old = lab.set("v1");
    assert_eq!((old.membership, old.pods, old.revision), (Membership::Owned, 0, 1));
}

#[test]
fn after_a_handover_undo_goes_back_to_the_set_in_the_history() {
    let mut lab = tested(1, Lab::manifest(4));
    let old = lab.set("v1").name;
    hand_over(&mut lab);
    shelve_old(&mut lab);
    lab.world.undo(&lab.app, None).expect("there is a history");
    lab.rest();
    let (back, gone) = (lab.set("v1"), lab.set("v2"));
    assert_eq!((back.name, back.available, back.revision), (old, 4, 3));
    assert_eq!((gone.pods, gone.revision), (0, 2));
    assert_eq!(lab.seen().sets.len(), 2);
}

#[test]
fn a_handover_works_at_every_odd_size_strategy_and_limit() {
    let odd = |change: fn(&mut DeploymentSpec)| {
        let mut spec = Lab::manifest(3);
        change(&mut spec);
        spec
    };
    let specs = [
        odd(|spec| spec.replicas = 0),
        odd(|spec| spec.replicas = 1),
        odd(|spec| spec.strategy = DeploymentStrategy::Recreate),
        odd(|spec| spec.history_limit = 1),
        odd(|spec| spec.min_ready = windlass_core::time::Span::seconds(5)),
    ];
    for (seed, spec) in (0..).zip(specs) {
        let replicas = spec.replicas;
        let mut lab = tested(seed, spec);
        let pods = lab.pods("v2");
        hand_over(&mut lab);
        shelve_old(&mut lab);
        let (old, new) = (lab.set("v1"), lab.set("v2"));
        assert_eq!((new.membership, new.available), (Membership::Owned, replicas));
        assert_eq!((old.membership, old.pods, lab.pods("v2")), (Membership::Owned, 0, pods));
    }
}

#[test]
fn a_history_limit_of_none_deletes_the_old_set_while_the_deployment_is_paused() {
    let mut spec = Lab::manifest(3);
    spec.history_limit = 0;
    let mut lab = tested(1, spec);
    pause_with(&mut lab, "v2");
    swap(&mut lab);
    lab.rest();
    lab.write_set("v1", Change::SetReplicas(0)).expect("drain");
    lab.rest();
    lab.write_set("v1", Change::Shelve).expect("shelve");
    lab.rest();
    assert!(lab.deployment().spec.paused);
    assert_eq!(lab.seen().sets.len(), 1);
    assert_eq!(lab.set("v2").available, 3);
}
