use proptest::prelude::*;
use windlass_core::fence::Token;

use super::*;
use crate::routers::lab::{
    Server, any_metadata, any_weight, fence, keeps_to_it, odd_fields, percent, route, split, with,
};
use crate::routers::{Request, Stop};

fn path(at: &str, service: &str) -> Value {
    let backend = json!({"service": {"name": service, "port": {"number": 80}}});
    json!({"path": at, "pathType": "Prefix", "backend": backend})
}

/// As a user writes it.
fn shop() -> Value {
    json!({
        "metadata": {"name": "web", "annotations": {
            "nginx.ingress.kubernetes.io/rewrite-target": "/$1",
            "nginx.ingress.kubernetes.io/session-cookie-name": "s",
            "kubernetes.io/ingress.class": "nginx",
        }},
        "spec": {
            "ingressClassName": "nginx",
            "tls": [{"hosts": ["shop.example.com"], "secretName": "tls"}],
            "rules": [
                {"host": "shop.example.com", "http": {"paths": [path("/", "web"), path("/img", "static")]}},
                {"host": "img.example.com", "http": {"paths": [path("/", "static")]}},
            ],
        },
    })
}

fn server() -> Server {
    Server::new(vec![Some(shop()), None])
}

#[test]
fn the_canary_is_made_without_traffic_and_for_the_stable_paths_alone() {
    let request = server().next(&NginxCanary, &split(5), 3).unwrap().unwrap();
    let Request::Create { object, body } = request else { panic!("a create") };
    assert_eq!(object.to_string(), "Ingress web-windlass");
    assert_eq!(
        body["metadata"]["annotations"],
        json!({
            "kubernetes.io/ingress.class": "nginx",
            "nginx.ingress.kubernetes.io/session-cookie-name": "s",
            "nginx.ingress.kubernetes.io/canary": "true",
            "nginx.ingress.kubernetes.io/canary-weight": "0",
            "windlass.dev/fence": "r1/1/3",
            "windlass.dev/split": r#"{"weight":0,"service":"web","own":null}"#,
        })
    );
    assert_eq!(body["metadata"]["ownerReferences"][0]["uid"], "u0");
    assert_eq!(
        body["spec"],
        json!({"ingressClassName": "nginx", "rules": [
            {"host": "shop.example.com", "http": {"paths": [path("/", "web-new")]}},
        ]})
    );
}

#[test]
fn a_weight_is_one_patch_of_the_canary_and_the_end_deletes_it() {
    let mut server = server();
    let rest = server.bare();
    assert_eq!(server.read(&NginxCanary).unwrap().token, Token::Version(100));
    assert_eq!(server.drive(&NginxCanary, &split(5), 1), Ok(2));
    let fine = RouteChange::Split(Exposure::weight(Weight::from_basis_points(50).unwrap()));
    assert_eq!(server.drive(&NginxCanary, &fine, 2), Ok(1));
    let canary = server.objects[1].as_ref().unwrap();
    assert_eq!(annotation(canary, "nginx.ingress.kubernetes.io/canary-weight"), Some("50"));
    assert_eq!(
        annotation(canary, "nginx.ingress.kubernetes.io/canary-weight-total"),
        Some("10000")
    );
    assert_eq!(server.read(&NginxCanary).unwrap().token, Token::Fence(fence(2)));
    assert_eq!(server.objects[0], Server::new(vec![Some(shop())]).objects[0]);
    assert_eq!(server.drive(&NginxCanary, &RouteChange::Unsplit, 3), Ok(1));
    assert_eq!(server.bare(), rest);
}

#[test]
fn sealing_a_route_at_rest_takes_the_name_and_a_late_write_stops() {
    let mut server = server();
    let rest = server.bare();
    let late = server.next(&NginxCanary, &split(5), 1).unwrap().unwrap();
    assert_eq!(server.drive(&NginxCanary, &RouteChange::Seal, 2), Ok(1));
    let keys = NginxCanary.objects(&route());
    assert!(server.apply(&keys, &late).is_err());
    assert!(matches!(server.next(&NginxCanary, &split(5), 1), Err(Stop::Fenced { .. })));
    assert_eq!(server.read(&NginxCanary).unwrap().written, None);
    assert_eq!(server.drive(&NginxCanary, &RouteChange::Unseal, 3), Ok(1));
    assert_eq!(server.bare(), rest);
}

#[test]
fn paths_that_the_user_changes_midway_are_followed() {
    let mut server = server();
    server.drive(&NginxCanary, &split(5), 1).unwrap();
    server.objects[0].as_mut().unwrap()["spec"]["rules"][0]["http"]["paths"][0]["path"] =
        json!("/v2");
    server.drive(&NginxCanary, &split(5), 2).unwrap();
    let paths = &server.objects[1].as_ref().unwrap()["spec"]["rules"][0]["http"]["paths"];
    assert_eq!(*paths, json!([path("/v2", "web-new")]));
}

#[test]
fn one_header_and_one_cookie_can_be_asked_for_and_what_else_there_is_not_is_refused() {
    let header =
        |name: &str| Match::Header { name: name.into(), value: Pattern::Exact("1".into()) };
    let cookie = |value: &str| Match::Cookie { name: "beta".into(), value: value.into() };
    let shown = |matches| Exposure { matches, ..Exposure::weight(Weight::ZERO) };
    let mut server = server();
    let both = RouteChange::Split(shown(vec![header("x-beta"), cookie("always")]));
    server.drive(&NginxCanary, &both, 1).unwrap();
    let note = |server: &Server, name: &str| {
        annotation(server.objects[1].as_ref().unwrap(), &format!("{PREFIX}{name}"))
            .map(str::to_owned)
    };
    assert_eq!(note(&server, "canary-by-header").as_deref(), Some("x-beta"));
    assert_eq!(note(&server, "canary-by-header-value").as_deref(), Some("1"));
    assert_eq!(note(&server, "canary-by-cookie").as_deref(), Some("beta"));
    server.drive(&NginxCanary, &split(5), 2).unwrap();
    assert_eq!(note(&server, "canary-by-header"), None);
    for matches in [vec![header("a"), header("b")], vec![cookie("yes")]] {
        let stop = server.next(&NginxCanary, &RouteChange::Split(shown(matches)), 3).unwrap_err();
        assert!(stop.to_string().contains("this router has no"), "{stop}");
    }
    let mirror = Exposure { mirror: Some(percent(1)), ..shown(Vec::new()) };
    assert!(server.next(&NginxCanary, &RouteChange::Split(mirror), 3).is_err());
}

#[test]
fn an_ingress_of_the_canarys_name_that_is_not_ours_is_left_alone() {
    let mut objects = server().objects;
    objects[1] = Some(json!({"metadata": {"name": "web-windlass"}}));
    let stop = Server::new(objects).next(&NginxCanary, &split(5), 1).unwrap_err();
    assert!(stop.to_string().contains("Ingress web-windlass: the name is set already"), "{stop}");
}

proptest! {
    #[test]
    fn generated_ingresses_are_only_read(
        metadata in any_metadata(), odd in odd_fields(),
        services in prop::collection::vec(prop_oneof![Just("web"), Just("x")], 1..5),
        first in any_weight(), second in any_weight(),
    ) {
        prop_assume!(services.contains(&"web"));
        let rules: Vec<Value> = services
            .chunks(2)
            .map(|names| json!({"http": {"paths": names.iter().map(|n| path("/", n)).collect::<Vec<_>>()}}))
            .collect();
        let object = json!({"metadata": metadata, "spec": with(json!({"rules": rules}), odd)});
        let change = |weight| RouteChange::Split(Exposure::weight(weight));
        let kept = keeps_to_it(&NginxCanary, &[Some(object), None], &change(first), &change(second));
        prop_assert_eq!(kept, Ok(()));
    }
}
