use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::routers::lab::{Server, any_weight, keeps_to_it, percent, split};
use crate::routers::memory::annotation;

/// As a user writes it: odd spaces and order, an exact string to give back.
const FORWARD: &str = r#"{ "Type":"forward", "ForwardConfig":{"TargetGroups":[
  {"ServiceName":"web","ServicePort":"80"}],
 "TargetGroupStickinessConfig":{"Enabled":true,"DurationSeconds":300}}}"#;

fn ingress(actions: &[(&str, &str)]) -> Value {
    let mut annotations = json!({"alb.ingress.kubernetes.io/scheme": "internet-facing"});
    let mut paths = Vec::new();
    for (name, text) in actions {
        annotations[format!("{PREFIX}{name}")] = json!(text);
        let service = json!({"name": name, "port": {"name": "use-annotation"}});
        paths.push(json!({"path": format!("/{name}"), "backend": {"service": service}}));
    }
    let rules = json!([{"http": {"paths": paths}}]);
    json!({"metadata": {"name": "web", "annotations": annotations}, "spec": {"rules": rules}})
}

fn action(server: &Server, name: &str) -> Value {
    let text = annotation(server.objects[0].as_ref().unwrap(), &format!("{PREFIX}{name}"));
    serde_json::from_str(text.unwrap()).unwrap()
}

#[test]
fn a_split_keeps_stickiness_and_spelling_and_the_end_gives_the_very_string_back() {
    let object = ingress(&[("root", FORWARD), ("old", r#"{"type":"redirect"}"#)]);
    let mut server = Server::new(vec![Some(object)]);
    let rest = server.bare();
    server.drive(&AlbAction, &split(20), 1).unwrap();
    assert_eq!(
        action(&server, "root"),
        json!({"Type": "forward", "ForwardConfig": {
            "TargetGroups": [
                {"ServiceName": "web", "ServicePort": "80", "Weight": 80},
                {"ServiceName": "web-new", "ServicePort": "80", "Weight": 20},
            ],
            "TargetGroupStickinessConfig": {"Enabled": true, "DurationSeconds": 300},
        }})
    );
    assert_eq!(server.read(&AlbAction).unwrap().written, Some(percent(20)));
    server.drive(&AlbAction, &RouteChange::Unsplit, 2).unwrap();
    assert_eq!(server.bare(), rest);
}

#[test]
fn an_action_changed_midway_stays_changed() {
    let mut server = Server::new(vec![Some(ingress(&[("root", FORWARD)]))]);
    server.drive(&AlbAction, &split(20), 1).unwrap();
    let mut now = action(&server, "root");
    now["ForwardConfig"]["TargetGroupStickinessConfig"]["DurationSeconds"] = json!(60);
    let key = format!("{PREFIX}root");
    server.objects[0].as_mut().unwrap()["metadata"]["annotations"][key] = json!(now.to_string());
    server.drive(&AlbAction, &RouteChange::Unsplit, 2).unwrap();
    let after = action(&server, "root");
    assert_eq!(after["ForwardConfig"]["TargetGroupStickinessConfig"]["DurationSeconds"], 60);
    assert_eq!(
        after["ForwardConfig"]["TargetGroups"],
        json!([{"ServiceName": "web", "ServicePort": "80"}])
    );
}

#[test]
fn an_edit_of_an_action_in_between_is_not_overwritten() {
    let mut server = Server::new(vec![Some(ingress(&[("root", FORWARD)]))]);
    server.drive(&AlbAction, &RouteChange::Seal, 1).unwrap();
    let request = server.next(&AlbAction, &split(20), 2).unwrap().unwrap();
    let key = format!("{PREFIX}root");
    let edited = FORWARD.replace("300", "60");
    server.objects[0].as_mut().unwrap()["metadata"]["annotations"][key] = json!(edited);
    let keys = AlbAction.objects(&crate::routers::lab::route());
    assert!(server.apply(&keys, &request).is_err());
}

#[test]
fn an_action_that_no_rule_uses_or_that_is_full_is_refused() {
    let mut object = ingress(&[("root", FORWARD)]);
    object["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["port"] =
        json!({"number": 80});
    let stop = Server::new(vec![Some(object)]).next(&AlbAction, &split(5), 1).unwrap_err();
    assert!(stop.to_string().contains("no backend in annotations"), "{stop}");
    let mut groups = vec![json!({"serviceName": "web", "weight": 100})];
    groups.extend((0..4).map(|n| json!({"serviceName": format!("x{n}"), "weight": 0})));
    let full = json!({"type": "forward", "forwardConfig": {"targetGroups": groups}}).to_string();
    let server = Server::new(vec![Some(ingress(&[("root", &full)]))]);
    let stop = server.next(&AlbAction, &split(5), 1).unwrap_err();
    assert!(stop.to_string().contains("no sixth target group"), "{stop}");
}

#[test]
fn a_weight_in_another_spelling_than_its_neighbours_is_refused() {
    let groups = json!([{"serviceName": "web", "weight": 1}, {"ServiceName": "x", "Weight": 1}]);
    let text = json!({"type": "forward", "forwardConfig": {"targetGroups": groups}}).to_string();
    let server = Server::new(vec![Some(ingress(&[("root", &text)]))]);
    let stop = server.next(&AlbAction, &split(5), 1).unwrap_err();
    assert!(stop.to_string().contains("no whole number"), "{stop}");
}

fn any_action() -> impl Strategy<Value = String> {
    let weight = || prop::option::of(prop_oneof![Just(0u64), Just(60), Just(900)]);
    let foreign = prop::collection::btree_map("x[a-c]", weight(), 0..3);
    (weight(), foreign, any::<bool>()).prop_map(|(own, foreign, spaces)| {
        let group = |name: &str, weight: Option<u64>| {
            let mut group = json!({"serviceName": name, "servicePort": 80, "a/~": [null]});
            weight.into_iter().for_each(|weight| group["weight"] = weight.into());
            group
        };
        let mut groups: Vec<Value> = foreign.iter().map(|(name, w)| group(name, *w)).collect();
        groups.push(group("web", own));
        let stickiness = json!({"enabled": true});
        let config = json!({"targetGroups": groups, "targetGroupStickinessConfig": stickiness});
        let value = json!({"type": "forward", "forwardConfig": config});
        if spaces { format!(" {value:#}\n") } else { value.to_string() }
    })
}

proptest! {
    #[test]
    fn generated_actions_are_given_back_byte_for_byte(
        actions in prop::collection::vec(any_action(), 1..3),
        first in any_weight(), second in any_weight(),
    ) {
        let names = ["root", "a~1.b"];
        let actions: Vec<(&str, &str)> = names.into_iter().zip(actions.iter().map(String::as_str)).collect();
        let object = ingress(&[&actions[..], &[("web", r#"{"type":"fixed-response"}"#)]].concat());
        let change = |weight| RouteChange::Split(Exposure::weight(weight));
        let kept = keeps_to_it(&AlbAction, &[Some(object)], &change(first), &change(second));
        prop_assert_eq!(kept, Ok(()));
    }
}
