use serde_json::json;
use windlass_core::fence::Epoch;
use windlass_core::id::{Kind, ObjectRef, RunId, Uid};
use windlass_core::platform::{Change, Template, Templates};

use super::*;
use crate::objects::{ReplicaSetObject, ServiceObject};

fn fence() -> Fence {
    Fence { run: RunId::from("r1"), epoch: Epoch(2), seq: 5 }
}

fn templates() -> Templates {
    let body = r#"{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[]}}"#;
    [Template { digest: "0123456789abcdef".into(), body: body.into() }].into_iter().collect()
}

fn app() -> Value {
    json!({
        "metadata": {"name": "web", "uid": "d", "resourceVersion": "30", "generation": 4},
        "spec": {
            "replicas": 3, "minReadySeconds": 7,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}},
        },
    })
}

fn side() -> Value {
    json!({
        "metadata": {
            "name": "web-1", "uid": "s", "resourceVersion": "31",
            "labels": {"app": "web", "tier": "front", "pod-template-hash": "1"},
            "annotations": {"deployment.kubernetes.io/revision": "3"},
            "ownerReferences": [
                {"apiVersion": "v1", "kind": "Team", "name": "shop", "uid": "t"},
                {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "d",
                 "controller": true},
            ],
        },
        "spec": {
            "replicas": 3,
            "template": {"metadata": {"labels":
                {"app": "web", "tier": "front", "pod-template-hash": "1"}}},
        },
    })
}

fn write(kind: Kind, name: &str, uid: &str, token: Token, change: Change) -> Write {
    let expect = Expect { uid: Some(Uid::from(uid)), token };
    Write { object: ObjectRef::new(kind, name.into()), expect, change }
}

/// What an object is after the write that is decided from it.
fn after(object: &Value, order: Result<Order, Refusal>) -> Value {
    let Ok(Order::Patch(operations)) = order else { panic!("{order:?}") };
    let mut object = object.clone();
    // Keys of the metadata that only a server has are in what is tested.
    json_patch::patch(&mut object, &operations).expect("it applies");
    object
}

fn set_after(object: &Value, token: Token, change: Change) -> Value {
    let known: ReplicaSetObject = serde_json::from_value(object.clone()).expect("valid");
    let deployment: DeploymentObject = serde_json::from_value(app()).expect("valid");
    let write = write(Kind::ReplicaSet, "web-1", "s", token, change);
    after(object, set(Some(&known), Some(&deployment), &templates(), &fence(), &write))
}

#[test]
fn a_released_set_misses_one_label_and_still_goes_with_its_deployment() {
    let released = set_after(&side(), Token::Version(31), Change::Release);
    let mut wanted = side();
    wanted["metadata"]["labels"] = json!({"tier": "front", "pod-template-hash": "1"});
    wanted["metadata"]["ownerReferences"][1]["controller"] = false.into();
    wanted["metadata"]["annotations"]["windlass.dev/fence"] = "r1/2/5".into();
    assert_eq!(released, wanted);
}

#[test]
fn a_set_that_was_released_returns_as_it_was() {
    let released = set_after(&side(), Token::Version(31), Change::Release);
    let back = set_after(&released, Token::Fence(fence()), Change::Shelve);
    let mut wanted = side();
    // Its controller makes itself that again.
    wanted["metadata"]["ownerReferences"][1]["controller"] = false.into();
    assert_eq!(back, wanted);
}

#[test]
fn an_adopted_set_wears_the_labels_of_its_pods_and_its_number() {
    let mut made = side();
    made["metadata"]["labels"] = json!({"pod-template-hash": "1", "windlass.dev/run": "r1"});
    let adopted = set_after(&made, Token::Version(31), Change::Adopt { revision: 9 });
    let labels = json!({
        "app": "web", "tier": "front", "pod-template-hash": "1", "windlass.dev/run": "r1",
    });
    assert_eq!(adopted["metadata"]["labels"], labels);
    assert_eq!(adopted["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "9");
}

#[test]
fn a_candidate_is_made_as_the_deployment_would_but_apart_from_it() {
    let deployment: DeploymentObject = serde_json::from_value(app()).expect("valid");
    let digest = windlass_core::id::TemplateDigest::from("0123456789abcdef");
    let hash = digest.pod_hash();
    let change = Change::CreateSet { template: digest, hash, run: "r1".into() };
    let mut create = write(Kind::ReplicaSet, "web-2", "", Token::Absent, change);
    create.expect = Expect::absent();
    let order = set(None, Some(&deployment), &templates(), &fence(), &create);
    let Ok(Order::Create(made)) = order else { panic!("{order:?}") };
    assert_eq!(made["metadata"]["labels"]["app"], Value::Null, "the Deployment must not see it");
    assert_eq!(made["metadata"]["ownerReferences"][0]["uid"], "d");
    assert_eq!(made["metadata"]["ownerReferences"][0]["controller"], Value::Null);
    assert_eq!(
        (&made["spec"]["replicas"], &made["spec"]["minReadySeconds"]),
        (&json!(0), &json!(7))
    );
    let labels = json!({"app": "web", "pod-template-hash": "0123456789"});
    assert_eq!(made["spec"]["selector"]["matchLabels"], labels);
    assert_eq!(made["spec"]["template"]["metadata"]["labels"], labels);
}

#[test]
fn what_is_not_as_expected_is_stale_before_anything_is_sent() {
    let known: ReplicaSetObject = serde_json::from_value(side()).expect("valid");
    let order = |uid, token| {
        let write = write(Kind::ReplicaSet, "web-1", uid, token, Change::SetReplicas(1));
        set(Some(&known), None, &templates(), &fence(), &write)
    };
    assert_eq!(order("s", Token::Version(30)), Err(Refusal::Stale));
    assert_eq!(order("another", Token::Version(31)), Err(Refusal::Stale));
    assert_eq!(order("s", Token::Fence(fence())), Err(Refusal::Stale));
    assert!(order("s", Token::Version(31)).is_ok());
}

#[test]
fn a_deployment_gets_the_template_and_the_pause_in_one_patch_and_no_mark() {
    let known: DeploymentObject = serde_json::from_value(app()).expect("valid");
    let change = Change::Template {
        template: "0123456789abcdef".into(),
        paused: true,
        strategy: Some(windlass_core::model::DeploymentStrategy::Recreate),
    };
    let write = write(Kind::Deployment, "web", "d", Token::Generation(4), change);
    let set = after(&app(), deployment(Some(&known), &templates(), &write));
    assert_eq!(
        (&set["spec"]["paused"], &set["spec"]["strategy"]["type"]),
        (&json!(true), &json!("Recreate"))
    );
    assert_eq!(set["spec"]["template"]["spec"]["containers"], json!([]));
    assert_eq!(set["metadata"], app()["metadata"]);
}

#[test]
fn a_service_that_is_pinned_and_unpinned_is_the_users_again() {
    let service = json!({
        "metadata": {"name": "web", "uid": "v", "resourceVersion": "8"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
    });
    let order = |object: &Value, token, change| {
        let known: ServiceObject = serde_json::from_value(object.clone()).expect("valid");
        let write = write(Kind::Service, "web", "v", token, change);
        after(object, super::service(Some(&known), &fence(), &write))
    };
    let pinned = order(&service, Token::Version(8), Change::Pin("abc".into()));
    assert_eq!(pinned["spec"]["selector"], json!({"app": "web", "pod-template-hash": "abc"}));
    assert_eq!(order(&pinned, Token::Fence(fence()), Change::Unpin), service);
}

#[test]
fn a_service_for_the_candidate_has_the_ports_but_not_the_place_of_the_other() {
    let deployment: DeploymentObject = serde_json::from_value(app()).expect("valid");
    let like = json!({"spec": {
        "type": "LoadBalancer", "clusterIP": "10.0.0.7", "sessionAffinity": "ClientIP",
        "selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "nodePort": 30_080}],
    }});
    let change = Change::CreateService { like: "web".into(), pin: "abc".into(), run: "r1".into() };
    let mut create = write(Kind::Service, "web-preview", "", Token::Absent, change);
    create.expect = Expect::absent();
    let order = create_service(&like, &deployment, &fence(), &create);
    let Ok(Order::Create(made)) = order else { panic!("{order:?}") };
    assert_eq!(
        made["spec"],
        json!({
            "sessionAffinity": "ClientIP",
            "selector": {"app": "web", "pod-template-hash": "abc"},
            "ports": [{"name": "http", "port": 80}],
        })
    );
    assert_eq!(made["metadata"]["labels"], json!({"windlass.dev/run": "r1"}));
}
