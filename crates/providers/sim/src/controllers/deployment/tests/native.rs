//! Native rollouts.

use crate::lab::{Lab, template};

#[test]
fn a_new_deployment_gets_its_pods_and_its_service_serves_them() {
    let lab = Lab::running(1, Lab::manifest(4));
    let (set, seen) = (lab.set("v1"), lab.seen());
    assert_eq!((set.pods, set.available, set.serving, set.revision), (4, 4, 4, 1));
    assert_eq!(seen.services[0].endpoints, 4);
    let status = seen.deployment.expect("it exists").status;
    assert_eq!((status.replicas, status.updated, status.available), (4, 4, 4));
}

#[test]
fn a_new_template_is_rolled_out_and_the_old_set_stays_in_the_history() {
    let mut lab = Lab::running(1, Lab::manifest(4));
    lab.world.edit(&lab.app, |spec| spec.template = template("v2")).expect("it exists");
    lab.rest();
    let (old, new) = (lab.set("v1"), lab.set("v2"));
    assert_eq!((old.replicas, old.pods, old.revision), (0, 0, 1));
    assert_eq!((new.replicas, new.available, new.revision), (4, 4, 2));
}
