//! Revisions, the history and its limit, annotations.

use windlass_core::platform::Refusal;

use crate::lab::{Lab, template};

fn release(lab: &mut Lab, version: &str) {
    lab.world.edit(&lab.app, |spec| spec.template = template(version)).expect("it exists");
    lab.rest();
}

fn names(lab: &Lab) -> Vec<(String, u64)> {
    let name = |digest: &str| {
        let known = ["v1", "v2", "v3"].into_iter();
        known.into_iter().find(|v| template(v).digest.as_str() == digest).unwrap_or("?").to_owned()
    };
    lab.seen().sets.iter().map(|set| (name(set.template.as_str()), set.revision)).collect()
}

#[test]
fn an_undo_brings_the_template_before_back_under_a_new_revision() {
    let mut lab = Lab::running(1, Lab::manifest(2));
    release(&mut lab, "v2");
    let old = lab.set("v1").name;
    lab.world.undo(&lab.app, None).expect("there is a history");
    lab.rest();
    let set = lab.set("v1");
    assert_eq!((set.name, set.available, set.revision), (old, 2, 3));
    let object = lab.world.replica_sets(&lab.app).next().expect("the first");
    assert_eq!((object.past_revisions.as_slice(), lab.deployment().revision), (&[1][..], 3));
}

#[test]
fn an_undo_to_a_revision_that_is_not_kept_is_refused() {
    let mut lab = Lab::running(1, Lab::manifest(2));
    assert!(matches!(lab.world.undo(&lab.app, Some(7)), Err(Refusal::Invalid { .. })));
    assert!(matches!(lab.world.undo(&lab.app, None), Err(Refusal::Invalid { .. })));
}

#[test]
fn annotations_of_the_deployment_travel_to_its_sets_and_come_back_on_undo() {
    let mut lab = Lab::running(1, Lab::manifest(2));
    lab.world.annotate(&lab.app, "epoch", "7").expect("it exists");
    lab.rest();
    release(&mut lab, "v2");
    lab.world.annotate(&lab.app, "epoch", "8").expect("it exists");
    lab.rest();
    lab.world.undo(&lab.app, None).expect("there is a history");
    assert_eq!(lab.deployment().meta.annotations.get("epoch"), Some("7"));
}

#[test]
fn old_sets_beyond_the_limit_go_in_the_order_of_their_revisions() {
    let mut spec = Lab::manifest(2);
    spec.history_limit = 1;
    let mut lab = Lab::running(1, spec);
    release(&mut lab, "v2");
    assert_eq!(names(&lab), [("v1".to_owned(), 1), ("v2".to_owned(), 2)]);
    release(&mut lab, "v3");
    assert_eq!(names(&lab), [("v2".to_owned(), 2), ("v3".to_owned(), 3)]);
}

#[test]
fn a_limit_of_none_keeps_only_what_runs() {
    let mut spec = Lab::manifest(2);
    spec.history_limit = 0;
    let mut lab = Lab::running(1, spec);
    release(&mut lab, "v2");
    assert_eq!(names(&lab), [("v2".to_owned(), 2)]);
}

#[test]
fn a_set_that_was_gone_back_to_outlives_a_younger_one_of_a_lower_revision() {
    let mut spec = Lab::manifest(2);
    spec.history_limit = 1;
    let mut lab = Lab::running(1, spec);
    release(&mut lab, "v2");
    release(&mut lab, "v1");
    release(&mut lab, "v3");
    assert_eq!(names(&lab), [("v1".to_owned(), 3), ("v3".to_owned(), 4)]);
}
