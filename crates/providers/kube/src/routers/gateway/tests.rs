use proptest::prelude::*;
use proptest::strategy::ValueTree;
use windlass_core::fence::Token;

use super::*;
use crate::routers::lab::{
    Server, any_backends, any_metadata, any_weight, fence, keeps_to_it, odd_fields, percent, route,
    split, with,
};
use crate::routers::{Exposure, Request, RouteChange, Router, SPLIT_ANNOTATION};

/// As a user writes it, with what the server adds.
fn shop() -> Value {
    json!({
        "metadata": {"name": "web", "annotations": {"team": "shop"}},
        "spec": {
            "parentRefs": [{"name": "edge", "sectionName": "https"}],
            "hostnames": ["shop.example.com"],
            "rules": [
                {
                    "matches": [{"path": {"type": "PathPrefix", "value": "/api"}}],
                    "filters": [{"type": "URLRewrite", "urlRewrite": {"hostname": "api"}}],
                    "backendRefs": [
                        {"group": "", "kind": "Service", "name": "web", "port": 80, "weight": 1}
                    ],
                    "timeouts": {"request": "10s"},
                },
                {"backendRefs": [{"name": "static", "port": 80}]},
                {"backendRefs": [
                    {"name": "web", "port": 80, "weight": 60}, {"name": "legacy", "port": 80, "weight": 40}
                ]},
            ],
        },
    })
}

fn server() -> Server {
    Server::new(vec![Some(shop())])
}

#[test]
fn a_split_tests_what_it_changes_and_changes_the_backends_of_our_rules_only() {
    let request = server().next(&GatewayRoute::Http, &split(5), 7).unwrap().unwrap();
    let Request::Patch { object, patch } = request else { panic!("a patch") };
    assert_eq!(object.to_string(), "HTTPRoute web");
    let rules = &shop()["spec"]["rules"];
    assert_eq!(
        serde_json::to_value(&patch).unwrap(),
        json!([
            {"op": "test", "path": "/metadata/uid", "value": "u0"},
            {"op": "test", "path": "/metadata/resourceVersion", "value": "100"},
            {"op": "add", "path": "/metadata/annotations/windlass.dev~1fence", "value": "r1/1/7"},
            {"op": "add", "path": "/metadata/annotations/windlass.dev~1split",
             "value": r#"{"weight":500,"service":"web","own":[1,60]}"#},
            {"op": "test", "path": "/spec/rules/0", "value": rules[0]},
            {"op": "add", "path": "/spec/rules/0/backendRefs", "value": [
                {"group": "", "kind": "Service", "name": "web", "port": 80, "weight": 95},
                {"group": "", "kind": "Service", "name": "web-new", "port": 80, "weight": 5},
            ]},
            {"op": "test", "path": "/spec/rules/2", "value": rules[2]},
            {"op": "add", "path": "/spec/rules/2/backendRefs", "value": [
                {"name": "web", "port": 80, "weight": 57},
                {"name": "legacy", "port": 80, "weight": 40},
                {"name": "web-new", "port": 80, "weight": 3},
            ]},
        ])
    );
}

#[test]
fn a_route_reads_as_written_and_asked_for() {
    let mut server = server();
    let rest = server.read(&GatewayRoute::Http).unwrap();
    assert_eq!((rest.written, rest.asked, rest.token), (None, None, Token::Version(100)));
    server.drive(&GatewayRoute::Http, &split(1), 1).unwrap();
    let reading = server.read(&GatewayRoute::Http).unwrap();
    // One of 60 is 1.67 %: the third rule cannot say 1 %.
    assert_eq!(reading.written, Weight::from_basis_points(167).ok());
    assert_eq!((reading.asked, reading.token), (Some(percent(1)), Token::Fence(fence(1))));
    server.objects[0].as_mut().unwrap()["spec"]["rules"][0]["backendRefs"][1]["weight"] = json!(50);
    assert_eq!(server.read(&GatewayRoute::Http).unwrap().asked, None);
}

#[test]
fn somebody_elses_edit_of_a_rule_in_between_is_not_overwritten() {
    let mut server = server();
    let request = server.next(&GatewayRoute::Http, &split(5), 1).unwrap().unwrap();
    server.drive(&GatewayRoute::Http, &RouteChange::Seal, 0).unwrap();
    let keys = GatewayRoute::Http.objects(&route());
    let later = server.next(&GatewayRoute::Http, &split(5), 1).unwrap().unwrap();
    server.objects[0].as_mut().unwrap()["spec"]["rules"][0]["timeouts"]["request"] = json!("5s");
    assert!(server.apply(&keys, &request).is_err());
    assert!(server.apply(&keys, &later).is_err());
    assert_eq!(server.drive(&GatewayRoute::Http, &split(5), 1), Ok(1));
}

#[test]
fn a_route_that_is_not_for_us_is_refused_with_the_next_step() {
    let refused = |object: Value| {
        let server = Server::new(vec![Some(object)]);
        server.next(&GatewayRoute::Http, &split(5), 1).unwrap_err().to_string()
    };
    let mut other = shop();
    other["spec"]["rules"] = json!([{"backendRefs": [{"name": "api"}]}]);
    let said = refused(other.clone());
    assert!(
        said.starts_with("HTTPRoute web: no backend in spec.rules[].backendRefs is web"),
        "{said}"
    );
    other["spec"]["rules"] = json!([{"backendRefs": [{"name": "web"}, {"name": "web-new"}]}]);
    assert!(refused(other.clone()).contains("web-new is a backend"), "{}", refused(other.clone()));
    other["spec"]["rules"] = json!([{"backendRefs": [{"name": "web", "weight": 0}]}]);
    assert!(refused(other.clone()).contains("give one a weight"));
    other["spec"]["rules"] =
        json!([{"backendRefs": [{"name": "web", "weight": 1}, {"name": "b", "weight": 1}]}]);
    assert!(refused(other).contains("5 % of weight 1"));
}

#[test]
fn a_route_that_is_split_for_another_app_is_busy() {
    let mut server = server();
    server.drive(&GatewayRoute::Http, &split(5), 1).unwrap();
    let other = RouteRef { stable: "static".into(), candidate: "static-new".into(), ..route() };
    let busy = GatewayRoute::Http.read(&other, &server.objects).unwrap_err();
    assert!(busy.to_string().starts_with("HTTPRoute web is being split for web:"), "{busy}");
    assert_eq!(GatewayRoute::Http.edits(&other, &server.objects, &RouteChange::Seal), Err(busy));
}

#[test]
fn a_backend_of_another_namespace_or_kind_is_foreign() {
    let side = |backend: Value| GatewayRoute::Http.side(&route(), "shop", &backend);
    assert_eq!(side(json!({"name": "web", "namespace": "shop"})), Side::Stable);
    assert_eq!(side(json!({"name": "web", "namespace": "other"})), Side::Foreign);
    assert_eq!(side(json!({"name": "web", "kind": "ServiceImport"})), Side::Foreign);
    assert_eq!(side(json!({"name": "web-new", "group": ""})), Side::Candidate);
}

#[test]
fn a_manifest_applied_midway_takes_the_candidate_out_and_unsplit_cleans_up() {
    let mut server = server();
    server.drive(&GatewayRoute::Http, &split(5), 1).unwrap();
    server.objects[0].as_mut().unwrap()["spec"] = shop()["spec"].clone();
    let reading = server.read(&GatewayRoute::Http).unwrap();
    assert_eq!((reading.written, reading.asked), (Some(Weight::ZERO), None));
    server.drive(&GatewayRoute::Http, &RouteChange::Unsplit, 2).unwrap();
    assert_eq!(server.bare(), self::server().bare());
}

#[test]
fn unsplit_goes_by_the_numbers_where_the_memory_was_deleted() {
    let mut server = server();
    server.drive(&GatewayRoute::Http, &split(25), 1).unwrap();
    let object = server.objects[0].as_mut().unwrap();
    object["metadata"]["annotations"].as_object_mut().unwrap().remove(SPLIT_ANNOTATION);
    server.drive(&GatewayRoute::Http, &RouteChange::Unsplit, 2).unwrap();
    let rules = &server.objects[0].as_ref().unwrap()["spec"]["rules"];
    assert_eq!(rules[2], shop()["spec"]["rules"][2]);
    assert_eq!(rules[0]["backendRefs"].as_array().map(Vec::len), Some(1));
}

#[test]
fn accepted_is_what_every_parent_says_of_this_generation() {
    let said = |section: &str, kind: &str, status: &str, generation: u64| {
        json!({"parentRef": {"name": "edge", "namespace": "shop", "sectionName": section}, "conditions": [
            {"type": "Accepted", "status": "True", "observedGeneration": generation},
            {"type": kind, "status": status, "observedGeneration": generation},
        ]})
    };
    let accepted = |parents: Value| {
        let mut server = server();
        server.objects[0].as_mut().unwrap()["status"] = json!({"parents": parents});
        server.read(&GatewayRoute::Http).unwrap().accepted
    };
    assert!(accepted(json!([said("https", "ResolvedRefs", "True", 1)])));
    let stray = said("http", "ResolvedRefs", "False", 1);
    assert!(accepted(json!([stray, said("https", "ResolvedRefs", "True", 1)])));
    assert!(!accepted(json!([said("https", "ResolvedRefs", "True", 0)])));
    assert!(!accepted(json!([said("https", "ResolvedRefs", "False", 1)])));
    assert!(!accepted(json!([said("https", "Programmed", "True", 1)])));
    let two =
        json!([said("https", "ResolvedRefs", "True", 1), said("https", "ResolvedRefs", "True", 0)]);
    assert!(!accepted(two));
    assert!(!accepted(json!([said("http", "ResolvedRefs", "True", 1)])));
    assert!(!accepted(json!([])));
}

fn shown() -> Exposure {
    let header = Match::Header { name: "x-beta".into(), value: Pattern::Exact("1".into()) };
    let cookie = Match::Cookie { name: "beta".into(), value: "yes".into() };
    Exposure { weight: Weight::ZERO, matches: vec![header, cookie], mirror: Some(percent(10)) }
}

#[test]
fn matches_become_a_rule_of_their_own_and_a_mirror_a_filter() {
    let mut server = server();
    server.drive(&GatewayRoute::Http, &RouteChange::Split(shown()), 1).unwrap();
    let rules = server.objects[0].as_ref().unwrap()["spec"]["rules"].clone();
    assert_eq!(rules.as_array().map(Vec::len), Some(5));
    let api = json!({"type": "PathPrefix", "value": "/api"});
    assert_eq!(
        rules[3]["matches"],
        json!([
            {"path": api, "headers": [{"name": "x-beta", "type": "Exact", "value": "1"}]},
            {"path": api, "headers": [{"name": "Cookie", "type": "RegularExpression",
                "value": "^(.*;\\s*)?beta=yes(;.*)?$"}]},
        ])
    );
    assert_eq!(rules[3]["backendRefs"][0]["name"], "web-new");
    assert_eq!(rules[3]["timeouts"], json!({"request": "10s"}));
    assert_eq!(
        rules[0]["filters"][1],
        json!({"type": "RequestMirror", "requestMirror": {"percent": 10,
            "backendRef": {"group": "", "kind": "Service", "name": "web-new", "port": 80}}})
    );
    server.drive(&GatewayRoute::Http, &split(5), 2).unwrap();
    let plain = server.objects[0].as_ref().unwrap()["spec"]["rules"].clone();
    assert_eq!(plain.as_array().map(Vec::len), Some(3));
    assert!(plain[2].get("filters").is_none());
}

fn backend(name: &str, weight: Option<u64>) -> Value {
    let mut backend = json!({"name": name, "port": 80});
    if let Some(weight) = weight {
        backend["weight"] = weight.into();
    }
    backend
}

fn any_rule() -> impl Strategy<Value = Value> {
    let filters = prop::option::of(Just(json!([{"type": "URLRewrite", "a~/b": [1]}])));
    let matches = prop::option::of(Just(json!([{"path": {"value": "/x"}}, {"method": "GET"}])));
    (any_backends(backend), filters, matches, odd_fields()).prop_map(
        |(list, filters, matches, odd)| {
            let mut rule = json!({"backendRefs": list});
            filters.into_iter().for_each(|filters| rule["filters"] = filters);
            matches.into_iter().for_each(|matches| rule["matches"] = matches);
            with(rule, odd)
        },
    )
}

fn any_route() -> impl Strategy<Value = Value> {
    let rules = prop::collection::vec(any_rule(), 1..4);
    (any_metadata(), rules, odd_fields()).prop_map(|(metadata, rules, odd)| {
        json!({"metadata": metadata, "spec": with(json!({"rules": rules}), odd)})
    })
}

fn any_change() -> impl Strategy<Value = RouteChange> {
    let exposure = (any_weight(), any::<bool>()).prop_map(|(weight, more)| {
        if more { Exposure { weight, ..shown() } } else { Exposure::weight(weight) }
    });
    exposure.prop_map(RouteChange::Split)
}

/// A router that forgets somebody's filters while it is at it.
#[derive(Debug)]
struct Careless;

impl Grammar for Careless {
    fn key(&self, route: &RouteRef) -> ObjectKey {
        GatewayRoute::Http.key(route)
    }
    fn tables(&self) -> &'static [Table] {
        TABLES
    }
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }
    fn side(&self, route: &RouteRef, namespace: &str, backend: &Value) -> Side {
        GatewayRoute::Http.side(route, namespace, backend)
    }
    fn rename(&self, route: &RouteRef, backend: &mut Value) {
        GatewayRoute::Http.rename(route, backend);
    }
    fn mirrored(&self, rule: Rule<'_>, _: Option<Weight>) -> Result<Value, Misfit> {
        let mut value = rule.value.clone();
        value.as_object_mut().unwrap().remove("filters");
        Ok(value)
    }
}

#[test]
fn a_router_that_drops_foreign_filters_is_found_out() {
    let found = keeps_to_it(&Careless, &[Some(shop())], &split(5), &split(10)).unwrap_err();
    assert!(found.starts_with("what is foreign stays"), "{found}");
    assert_eq!(keeps_to_it(&GatewayRoute::Http, &[Some(shop())], &split(5), &split(10)), Ok(()));
}

#[test]
fn many_of_the_generated_routes_can_be_split() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let can = |_: &usize| {
        let object = any_route().new_tree(&mut runner).unwrap().current();
        let mut server = Server::new(vec![Some(object)]);
        server.drive(&GatewayRoute::Http, &split(50), 1).is_ok()
    };
    let count = (0..200).filter(can).count();
    assert!(count >= 60, "{count} of 200");
}

proptest! {
    #[test]
    fn generated_routes_keep_what_is_foreign(
        object in any_route(), first in any_change(), second in any_change(), grpc in any::<bool>()
    ) {
        let router = if grpc { GatewayRoute::Grpc } else { GatewayRoute::Http };
        let rules = object["spec"]["rules"].as_array().unwrap();
        let stable = |rule: &Value| rule["backendRefs"].as_array().unwrap().iter().any(|b| b["name"] == "web");
        prop_assume!(rules.iter().any(stable));
        prop_assert_eq!(keeps_to_it(&router, &[Some(object)], &first, &second), Ok(()));
    }
}
