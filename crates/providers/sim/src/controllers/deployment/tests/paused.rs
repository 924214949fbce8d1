//! Paused Deployments.

use windlass_core::platform::Refusal;
use windlass_core::time::Span;

use crate::lab::{Lab, template};
use crate::objects::Progress;

/// A paused Deployment of 4 pods of `v1` whose template is `v2` already.
fn paused() -> Lab {
    let mut lab = Lab::running(1, Lab::manifest(4));
    let change = |spec: &mut crate::objects::DeploymentSpec| {
        (spec.template, spec.paused) = (template("v2"), true);
    };
    lab.world.edit(&lab.app, change).expect("it exists");
    lab.rest();
    lab
}

#[test]
fn a_new_template_on_a_paused_deployment_makes_no_set() {
    let lab = paused();
    assert_eq!(lab.seen().sets.len(), 1);
    assert_eq!(lab.set("v1").available, 4);
    let status = lab.seen().deployment.expect("it exists").status;
    assert_eq!((status.replicas, status.updated), (4, 0));
}

#[test]
fn the_only_active_set_of_a_paused_deployment_follows_its_size_and_heals() {
    let mut lab = paused();
    lab.world.scale(&lab.app, 6).expect("it exists");
    lab.rest();
    assert_eq!(lab.set("v1").available, 6);
    let pod = lab.pods("v1")[0];
    lab.world.kill_pod(pod).expect("it lives");
    lab.rest();
    assert_eq!(lab.set("v1").available, 6);
}

#[test]
fn a_pause_of_any_length_is_not_counted_as_lack_of_progress() {
    let mut lab = paused();
    lab.world.advance(Span::hours(5));
    let reason = |lab: &Lab| lab.deployment().status.progressing.map(|c| c.reason);
    assert_eq!(reason(&lab), Some(Progress::Paused));
    lab.world.pause(&lab.app, false).expect("it exists");
    lab.rest();
    assert_eq!((reason(&lab), lab.set("v2").available), (Some(Progress::NewSetAvailable), 4));
}

#[test]
fn a_set_labelled_into_a_paused_deployment_that_is_complete_is_emptied() {
    let mut lab = Lab::running(1, Lab::manifest(4));
    lab.candidate("v2", 4);
    lab.world.pause(&lab.app, true).expect("it exists");
    lab.rest();
    let name = lab.set("v2").name;
    lab.world.label_set(&lab.app, &name, ("app", Some("web"))).expect("it exists");
    let mut least = 4;
    for _ in 0..300 {
        lab.world.advance(Span::millis(100));
        least = least.min(lab.set("v1").available);
    }
    assert_eq!((least, lab.set("v2").replicas), (4, 0));
}

#[test]
fn undo_and_restart_of_a_paused_deployment_are_refused() {
    let mut lab = paused();
    let refused = |outcome| matches!(outcome, Err(Refusal::Invalid { .. }));
    assert!(refused(lab.world.undo(&lab.app, None)));
    assert!(refused(lab.world.restart(&lab.app, template("v3"))));
}
