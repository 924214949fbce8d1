use serde_json::json;
use windlass_core::fence::{Epoch, Expect, Token};

use crate::routers::lab::{Server, expected, fence, route, split};
use crate::routers::{GatewayRoute, RouteChange, RouteWrite, Router, Stop, next};

fn server() -> Server {
    let spec = json!({"rules": [{"backendRefs": [{"name": "web", "port": 80}]}]});
    Server::new(vec![Some(json!({"metadata": {"name": "web"}, "spec": spec}))])
}

#[test]
fn a_write_that_expects_another_token_or_identity_is_stale_before_it_is_sent() {
    let mut server = server();
    let old = expected(&server, 0);
    server.drive(&GatewayRoute::Http, &split(5), 1).unwrap();
    let ask = |expect, seq: u64| {
        let write = RouteWrite { expect: Some(expect), fence: &fence(seq), change: &split(10) };
        next(&GatewayRoute::Http, &route(), &server.objects, &write)
    };
    assert_eq!(ask(&old, 2), Err(Stop::Stale));
    let now = expected(&server, 0);
    assert!(ask(&now, 2).unwrap().is_some());
    let another = Expect { uid: Some("another".into()), ..now.clone() };
    assert_eq!(ask(&another, 2), Err(Stop::Stale));
}

#[test]
fn a_write_older_than_the_fence_it_finds_stops() {
    let mut server = server();
    server.drive(&GatewayRoute::Http, &split(5), 3).unwrap();
    let stop = server.next(&GatewayRoute::Http, &split(10), 2).unwrap_err();
    assert!(stop.to_string().contains("a later write's fence, r1/1/3"), "{stop}");
    let mut newer = fence(9);
    newer.epoch = Epoch(2);
    let seal = RouteWrite { expect: None, fence: &newer, change: &RouteChange::Seal };
    assert!(next(&GatewayRoute::Http, &route(), &server.objects, &seal).unwrap().is_some());
}

#[test]
fn sealing_and_unsealing_touch_nothing_but_the_fence() {
    let mut server = server();
    let before = server.bare();
    assert_eq!(server.drive(&GatewayRoute::Http, &RouteChange::Seal, 1), Ok(1));
    let reading = server.read(&GatewayRoute::Http).unwrap();
    assert_eq!((reading.token, reading.written), (Token::Fence(fence(1)), None));
    assert_eq!(server.drive(&GatewayRoute::Http, &RouteChange::Unseal, 2), Ok(1));
    assert_eq!(server.drive(&GatewayRoute::Http, &RouteChange::Unseal, 2), Ok(0));
    assert_eq!(server.bare(), before);
}

#[test]
fn a_route_that_does_not_exist_reads_as_none_and_is_missed_by_a_write() {
    let mut server = server();
    server.objects[0] = None;
    assert_eq!(GatewayRoute::Http.read(&route(), &server.objects), Ok(None));
    let stop = server.next(&GatewayRoute::Http, &split(5), 1).unwrap_err();
    assert!(stop.to_string().starts_with("HTTPRoute web does not exist"), "{stop}");
}
