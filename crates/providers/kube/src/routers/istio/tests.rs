use proptest::prelude::*;

use super::*;
use crate::routers::lab::{
    Server, any_backends, any_metadata, any_weight, fence, keeps_to_it, odd_fields, percent, route,
    split, with,
};
use crate::routers::{Exposure, Request, RouteChange, Stop};

/// As a user writes it.
fn shop() -> Value {
    json!({
        "metadata": {"name": "web"},
        "spec": {
            "hosts": ["shop.example.com"],
            "gateways": ["edge"],
            "http": [
                {
                    "name": "api",
                    "match": [{"uri": {"prefix": "/api"}}],
                    "route": [{"destination": {"host": "web.shop.svc.cluster.local", "port": {"number": 80}}}],
                    "retries": {"attempts": 3},
                },
                {"match": [{"uri": {"prefix": "/old"}}], "redirect": {"uri": "/new"}},
                {"route": [
                    {"destination": {"host": "web"}, "weight": 60},
                    {"destination": {"host": "legacy"}, "weight": 40, "headers": {"request": {"set": {"x": "1"}}}},
                ]},
            ],
            "tcp": [{"route": [{"destination": {"host": "web.shop", "subset": "v1"}, "weight": 100}]}],
        },
    })
}

fn server() -> Server {
    Server::new(vec![Some(shop())])
}

#[test]
fn a_split_keeps_each_rule_at_its_sum_and_each_host_in_its_form() {
    let mut server = server();
    server.drive(&IstioHosts, &split(5), 1).unwrap();
    let spec = &server.objects[0].as_ref().unwrap()["spec"];
    assert_eq!(
        spec["http"][0]["route"],
        json!([
            {"destination": {"host": "web.shop.svc.cluster.local", "port": {"number": 80}}, "weight": 95},
            {"destination": {"host": "web-new.shop.svc.cluster.local", "port": {"number": 80}}, "weight": 5},
        ])
    );
    let weights = |route: &Value| -> Vec<u64> {
        route.as_array().unwrap().iter().map(|d| d["weight"].as_u64().unwrap()).collect()
    };
    assert_eq!(weights(&spec["http"][2]["route"]), [57, 40, 3]);
    assert_eq!(
        spec["tcp"][0]["route"][1],
        json!({"destination": {"host": "web-new.shop"}, "weight": 5})
    );
    assert_eq!(spec["http"][1], shop()["spec"]["http"][1]);
}

#[test]
fn hosts_are_known_by_every_name_they_have_and_by_no_other() {
    for host in ["web", "web.shop", "web.shop.svc", "web.shop.svc.cluster.local", "web.shop.svc.x"]
    {
        assert!(is_host(host, "web", "shop"), "{host}");
    }
    for host in ["web2", "web.other", "web.shopping", "web.example.com", "web.shop.com", "", "*"] {
        assert!(!is_host(host, "web", "shop"), "{host}");
    }
}

#[test]
fn a_status_counts_only_where_there_is_one() {
    let mut server = server();
    assert!(server.read(&IstioHosts).unwrap().accepted);
    for (said, accepted) in [(json!("1"), true), (json!(1), true), (json!("0"), false)] {
        server.objects[0].as_mut().unwrap()["status"] = json!({"observedGeneration": said});
        assert_eq!(server.read(&IstioHosts).unwrap().accepted, accepted, "{said}");
    }
}

fn shown() -> Exposure {
    let header = Match::Header { name: "X-Beta".into(), value: Pattern::Regex("1|2".into()) };
    Exposure {
        weight: percent(5),
        matches: vec![header],
        mirror: Weight::from_basis_points(1_250).ok(),
    }
}

#[test]
fn matches_stand_before_their_rule_and_a_mirror_in_it() {
    let mut object = shop();
    object["spec"].as_object_mut().unwrap().remove("tcp");
    let mut server = Server::new(vec![Some(object)]);
    let rest = server.bare();
    server.drive(&IstioHosts, &RouteChange::Split(shown()), 1).unwrap();
    let http = server.objects[0].as_ref().unwrap()["spec"]["http"].clone();
    assert_eq!(http.as_array().map(Vec::len), Some(5));
    assert_eq!(
        http[0]["match"],
        json!([{"uri": {"prefix": "/api"}, "headers": {"x-beta": {"regex": "1|2"}}}])
    );
    assert_eq!(http[0]["route"][0]["destination"]["host"], "web-new.shop.svc.cluster.local");
    assert_eq!(http[0]["retries"], json!({"attempts": 3}));
    assert_eq!(
        http[1]["mirror"],
        json!({"host": "web-new.shop.svc.cluster.local", "port": {"number": 80}})
    );
    assert_eq!(http[1]["mirrorPercentage"], json!({"value": 12.5}));
    assert_eq!(http[3]["match"], json!([{"headers": {"x-beta": {"regex": "1|2"}}}]));
    assert_eq!(server.next(&IstioHosts, &RouteChange::Split(shown()), 1), Ok(None));
    server.drive(&IstioHosts, &RouteChange::Unsplit, 2).unwrap();
    assert_eq!(server.bare(), rest);
}

#[test]
fn what_tcp_cannot_do_and_what_the_user_mirrors_is_refused() {
    let refused = |server: &Server| {
        server.next(&IstioHosts, &RouteChange::Split(shown()), 1).unwrap_err().to_string()
    };
    assert!(refused(&server()).contains("tls and tcp"));
    let mut object = shop();
    object["spec"]["http"][0]["mirror"] = json!({"host": "shadow"});
    assert!(
        refused(&Server::new(vec![Some(object)])).contains("spec.http[].mirror is set already")
    );
}

fn by_subset() -> IstioSubsets {
    let (rule, host) = ("web".into(), "web-all".into());
    IstioSubsets(Subsets { rule, host, stable: "web".into(), candidate: "web-new".into() })
}

fn with_subsets(labels: Value) -> Server {
    let service = |hash: &str| {
        Some(json!({"metadata": {}, "spec": {"selector": {"pod-template-hash": hash}}}))
    };
    let mut stable = json!({"name": "web", "trafficPolicy": {"x": 1}});
    if !labels.is_null() {
        stable["labels"] = labels;
    }
    let weighted = json!([{"destination": {"host": "web-all", "subset": "web"}},
        {"destination": {"host": "web-all", "subset": "other"}, "weight": 0}]);
    let (mut virtual_service, rule) = (
        json!({"metadata": {"name": "web"}, "spec": {"http": [{"route": weighted}]}}),
        json!({"metadata": {"name": "web"}, "spec": {"host": "web-all", "subsets": [{"name": "x"}, stable]}}),
    );
    virtual_service["spec"]["http"][0]["route"][0]["weight"] = json!(100);
    Server::new(vec![Some(virtual_service), Some(rule), service("aaa"), service("bbb")])
}

#[test]
fn the_subset_is_made_before_the_traffic_moves_and_goes_after_it() {
    let router = by_subset();
    let mut server = with_subsets(json!({"app": "web"}));
    let rest = server.bare();
    let touched = |server: &Server, change: &RouteChange, seq| {
        let request = server.next(&router, change, seq).unwrap();
        let Some(Request::Patch { object, .. }) = request else { panic!("{request:?}") };
        object.kind
    };
    assert_eq!(touched(&server, &split(5), 1), "DestinationRule");
    assert_eq!(server.drive(&router, &split(5), 1), Ok(2));
    let subsets = server.objects[1].as_ref().unwrap()["spec"]["subsets"].clone();
    assert_eq!(subsets[1]["labels"], json!({"app": "web", "pod-template-hash": "aaa"}));
    assert_eq!(
        subsets[2],
        json!({"name": "web-new", "trafficPolicy": {"x": 1},
            "labels": {"app": "web", "pod-template-hash": "bbb"}})
    );
    // A step of weight alone is one write.
    assert_eq!(server.drive(&router, &split(10), 2), Ok(1));
    assert_eq!(server.read(&router).unwrap().asked, Some(percent(10)));
    assert_eq!(touched(&server, &RouteChange::Unsplit, 3), "VirtualService");
    assert_eq!(server.drive(&router, &RouteChange::Unsplit, 3), Ok(2));
    assert_eq!(server.bare(), rest);
}

#[test]
fn a_crash_between_the_two_objects_is_seen_and_gone_on_from() {
    let router = by_subset();
    let keys = crate::routers::Router::objects(&router, &route());
    for change in [split(5), RouteChange::Unsplit] {
        let mut server = with_subsets(Value::Null);
        let rest = server.bare();
        if change == RouteChange::Unsplit {
            server.drive(&router, &split(5), 1).unwrap();
        }
        let first = server.next(&router, &change, 2).unwrap().unwrap();
        server.apply(&keys, &first).unwrap();
        let reading = server.read(&router).unwrap();
        assert_eq!((reading.written, reading.asked), (Some(Weight::ZERO), None));
        server.drive(&router, &RouteChange::Unsplit, 3).unwrap();
        assert_eq!(server.bare(), rest);
    }
}

#[test]
fn a_late_write_to_the_other_object_stops_at_a_later_fence() {
    let router = by_subset();
    let mut server = with_subsets(Value::Null);
    server.drive(&router, &RouteChange::Seal, 5).unwrap();
    assert_eq!(
        crate::fence::fence(&server.objects[1].as_ref().unwrap()["metadata"]),
        Some(fence(5))
    );
    assert!(server.objects[2].as_ref().unwrap()["metadata"].get("annotations").is_none());
    server.objects[0].as_mut().unwrap()["metadata"].as_object_mut().unwrap().remove("annotations");
    assert!(matches!(server.next(&router, &split(5), 4), Err(Stop::Fenced { .. })));
}

#[test]
fn a_side_that_is_not_pinned_and_a_subset_that_is_not_there_are_refused() {
    let router = by_subset();
    let mut server = with_subsets(Value::Null);
    server.objects[3] = None;
    let said = server.next(&router, &split(5), 1).unwrap_err().to_string();
    assert!(said.starts_with("Service web-new: spec.selector.pod-template-hash"), "{said}");
    server.objects[1].as_mut().unwrap()["spec"]["subsets"] = json!([{"name": "v1"}]);
    let said = server.next(&router, &split(5), 1).unwrap_err().to_string();
    assert!(said.contains("no subset in spec.subsets is named web"), "{said}");
}

fn backend(name: &str, weight: Option<u64>) -> Value {
    let mut backend = json!({"destination": {"host": name}});
    if let Some(weight) = weight {
        backend["weight"] = weight.into();
    }
    backend
}

fn any_rule() -> impl Strategy<Value = Value> {
    let matches = prop::option::of(Just(json!([{"uri": {"prefix": "/x"}}, {"port": 80}])));
    (any_backends(backend), matches, odd_fields()).prop_map(|(list, matches, odd)| {
        let mut rule = json!({"route": list});
        matches.into_iter().for_each(|matches| rule["match"] = matches);
        with(rule, odd)
    })
}

proptest! {
    #[test]
    fn generated_routes_keep_what_is_foreign(
        metadata in any_metadata(),
        http in prop::collection::vec(any_rule(), 1..4),
        tcp in prop::option::of(prop::collection::vec(any_rule(), 1..2)),
        odd in odd_fields(),
        first in any_weight(), second in any_weight(), more in any::<bool>(),
    ) {
        let stable = |rule: &Value| rule["route"].as_array().unwrap().iter().any(|b| b["destination"]["host"] == "web");
        prop_assume!(http.iter().chain(tcp.iter().flatten()).any(stable));
        let mut object = json!({"metadata": metadata, "spec": with(json!({"http": http}), odd)});
        tcp.into_iter().for_each(|tcp| object["spec"]["tcp"] = tcp.into());
        let first = if more { Exposure { weight: first, ..shown() } } else { Exposure::weight(first) };
        let change = RouteChange::Split(first);
        let second = RouteChange::Split(Exposure::weight(second));
        prop_assert_eq!(keeps_to_it(&IstioHosts, &[Some(object)], &change, &second), Ok(()));
    }
}
