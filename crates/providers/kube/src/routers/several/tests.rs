use serde_json::json;
use windlass_core::fence::Token;

use super::*;
use crate::routers::lab::{Server, fence, keeps_to_it, percent, route, split};
use crate::routers::{GatewayRoute, IstioHosts, NginxCanary, SmiSplit, Stop};

fn routers() -> Several {
    let before: Vec<Box<dyn Router>> = vec![Box::new(GatewayRoute::Http), Box::new(NginxCanary)];
    Several::new(before, Box::new(IstioHosts))
}

fn objects() -> Vec<Option<Value>> {
    let named = |spec: Value| Some(json!({"metadata": {"name": "web"}, "spec": spec}));
    let path =
        json!({"path": "/", "backend": {"service": {"name": "web", "port": {"number": 80}}}});
    vec![
        named(json!({"rules": [{"backendRefs": [{"name": "web", "weight": 7}]}]})),
        named(json!({"rules": [{"host": "a.example", "http": {"paths": [path]}}]})),
        None,
        named(json!({"http": [{"route": [{"destination": {"host": "web"}}]}]})),
    ]
}

#[test]
fn several_routers_keep_to_it_as_one_does() {
    assert_eq!(keeps_to_it(&routers(), &objects(), &split(5), &split(50)), Ok(()));
}

#[test]
fn a_crash_after_any_request_is_seen_and_every_change_goes_on_from_it() {
    let router = routers();
    let keys = router.objects(&route());
    for stop_after in 1..4 {
        for change in [split(20), split(30), split(10), RouteChange::Unsplit] {
            let mut server = Server::new(objects());
            let rest = server.bare();
            server.drive(&router, &split(10), 1).unwrap();
            for _ in 0..stop_after {
                if let Some(request) = server.next(&router, &split(20), 2).unwrap() {
                    server.apply(&keys, &request).unwrap();
                }
            }
            let reading = server.read(&router).unwrap();
            let done = stop_after == 3;
            assert_eq!(reading.asked, done.then(|| percent(20)), "after {stop_after}");
            assert_eq!(reading.written, Some(percent(20)));
            assert_eq!(reading.token, Token::Fence(fence(if done { 2 } else { 1 })));
            server.drive(&router, &change, 3).unwrap();
            match &change {
                RouteChange::Split(exposure) => {
                    assert_eq!(server.read(&router).unwrap().asked, Some(exposure.weight));
                }
                RouteChange::Unsplit | RouteChange::Seal | RouteChange::Unseal => {
                    assert_eq!(server.bare(), rest);
                }
            }
        }
    }
}

#[test]
fn nothing_is_written_where_one_of_them_does_not_fit() {
    let mut objects = objects();
    objects[3].as_mut().unwrap()["spec"]["http"] = json!([]);
    let stop = Server::new(objects).next(&routers(), &split(5), 1).unwrap_err();
    assert!(matches!(stop, Stop::Misfit(Misfit::NoRule { .. })), "{stop}");
}

#[test]
fn a_route_one_of_whose_objects_is_gone_does_not_exist() {
    let mut objects = Server::new(objects()).objects;
    objects[0] = None;
    assert_eq!(routers().read(&route(), &objects), Ok(None));
    assert_eq!(Several::new(Vec::new(), Box::new(SmiSplit::V1Alpha2)).objects(&route()).len(), 1);
}
