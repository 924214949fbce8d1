//! The handover of a Deployment to a tested ReplicaSet, step by step.

use windlass_core::platform::{Change, Membership};

use crate::lab::{Lab, template};

/// Steps 1, 3 and 4: the Deployment is paused with the new template, the stable set let go, the
/// candidate labelled in. Step 2 is to wait until the first is observed.
fn hand_over(lab: &mut Lab) {
    let new = template("v2").digest;
    lab.deploy(Change::Template { template: new, paused: true, strategy: None }).expect("step 1");
    while !lab.is_observed() {
        lab.world.step().expect("the controller looks");
    }
    lab.write_set("v1", Change::Release).expect("step 3");
    lab.write_set("v2", Change::Adopt { revision: 2 }).expect("step 4");
}

#[test]
fn on_a_quiet_day_the_tested_pods_become_the_deployments_own() {
    let mut lab = Lab::running(1, Lab::manifest(4));
    lab.candidate("v2", 4);
    lab.rest();
    let tested = lab.pods("v2");
    hand_over(&mut lab);
    lab.rest();
    lab.deploy(Change::Paused(false)).expect("step 6");
    lab.rest();
    let (old, new) = (lab.set("v1"), lab.set("v2"));
    assert_eq!((new.membership, new.available, new.revision), (Membership::Owned, 4, 2));
    assert_eq!((old.membership, old.available), (Membership::Apart, 4));
    assert_eq!(lab.pods("v2"), tested);
}
