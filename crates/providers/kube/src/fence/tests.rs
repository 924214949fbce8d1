use serde_json::json;
use windlass_core::fence::Epoch;

use super::*;

fn mark(seq: u64) -> Fence {
    Fence { run: "r1".into(), epoch: Epoch(2), seq }
}

fn bare() -> Value {
    json!({"metadata": {"name": "web", "uid": "u1", "resourceVersion": "41", "generation": 3}})
}

fn marked(seq: u64) -> Value {
    let mut object = bare();
    object["metadata"]["annotations"] = json!({FENCE_ANNOTATION: mark(seq).to_string()});
    object
}

/// Sends a patch that was made for `read` to a server that has `stored`.
fn send(
    read: &Value,
    stored: &Value,
    leave: Mark<'_>,
    notes: &[Note],
) -> Result<Value, json_patch::PatchError> {
    let metadata = &read["metadata"];
    let patch = guarded(&expect(metadata).unwrap(), leave, notes, metadata).unwrap();
    let mut stored = stored.clone();
    json_patch::patch(&mut stored, &patch).map(|()| stored)
}

fn note(key: &str, value: Option<&str>) -> Note {
    Note { key: key.to_owned(), value: value.map(str::to_owned) }
}

#[test]
fn a_first_mark_tests_identity_and_version_and_makes_the_map() {
    let metadata = &bare()["metadata"];
    let patch = guarded(&expect(metadata).unwrap(), Mark::Leave(&mark(7)), &[], metadata).unwrap();
    assert_eq!(
        serde_json::to_value(&patch).unwrap(),
        json!([
            {"op": "test", "path": "/metadata/uid", "value": "u1"},
            {"op": "test", "path": "/metadata/resourceVersion", "value": "41"},
            {"op": "add", "path": "/metadata/annotations", "value": {FENCE_ANNOTATION: "r1/2/7"}},
        ])
    );
}

#[test]
fn a_fence_lands_on_the_fence_it_was_made_for_and_on_no_other() {
    let after = send(&marked(1), &marked(1), Mark::Leave(&mark(2)), &[]).unwrap();
    assert_eq!(fence(&after["metadata"]), Some(mark(2)));
    assert!(send(&marked(1), &marked(3), Mark::Leave(&mark(2)), &[]).is_err());
    assert!(send(&marked(1), &bare(), Mark::Leave(&mark(2)), &[]).is_err());
}

#[test]
fn a_mark_laid_on_and_lifted_leaves_the_object_as_it_was() {
    let mut labelled = bare();
    labelled["metadata"]["annotations"] = json!({"a/b": "1"});
    for object in [bare(), labelled] {
        let notes = [note("odd/~key", Some("x"))];
        let up = send(&object, &object, Mark::Leave(&mark(1)), &notes).unwrap();
        assert_eq!(up["metadata"]["annotations"]["odd/~key"], "x");
        let down = send(&up, &up, Mark::Lift, &[note("odd/~key", None)]).unwrap();
        assert_eq!(down, object);
    }
}

#[test]
fn no_annotation_is_lost_that_somebody_sets_in_between() {
    let mut foreign = bare();
    foreign["metadata"]["annotations"] = json!({"team": "a"});
    foreign["metadata"]["resourceVersion"] = json!("42");
    assert!(send(&bare(), &foreign, Mark::Leave(&mark(1)), &[]).is_err());
    let mut beside = marked(1);
    beside["metadata"]["annotations"]["team"] = json!("a");
    assert!(send(&marked(1), &beside, Mark::Lift, &[]).is_err());
    let after = send(&beside, &beside, Mark::Lift, &[]).unwrap();
    assert_eq!(after["metadata"]["annotations"], json!({"team": "a"}));
}

#[test]
fn lifting_takes_the_label_of_the_run_off_too() {
    let mut made = marked(1);
    made["metadata"]["labels"] = json!({RUN_LABEL: "r1", "app": "web"});
    let after = send(&made, &made, Mark::Lift, &[]).unwrap();
    assert_eq!(after["metadata"]["labels"], json!({"app": "web"}));
}

#[test]
fn a_deployment_is_fenced_by_its_generation_and_keeps_its_annotations() {
    let metadata = &bare()["metadata"];
    let at = Expect { uid: Some("u1".into()), token: Token::Generation(3) };
    let patch = guarded(&at, Mark::Without, &[], metadata).unwrap();
    let mut stored = bare();
    assert!(json_patch::patch(&mut stored, &patch).is_ok());
    assert_eq!(stored, bare());
    stored["metadata"]["generation"] = json!(4);
    assert!(json_patch::patch(&mut stored, &patch).is_err());
}

#[test]
fn metadata_that_no_server_gave_is_refused_by_its_field() {
    let error = expect(&json!({"uid": "u1"})).unwrap_err();
    assert!(error.to_string().starts_with("metadata.resourceVersion is missing"));
    let absent = guarded(&Expect::absent(), Mark::Lift, &[], &json!({}));
    assert_eq!(absent, Err(Unguarded::Create));
}

#[test]
fn an_unreadable_fence_counts_as_none() {
    let mut object = bare();
    object["metadata"]["annotations"] = json!({FENCE_ANNOTATION: "by hand"});
    assert_eq!(token(&object["metadata"]), Ok(Token::Version(41)));
}
