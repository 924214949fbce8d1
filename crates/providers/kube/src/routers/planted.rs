//! Routers with a bug each, so that what every router has to keep to is seen to find it.

use serde_json::{Value, json};
use windlass_core::platform::RouteRef;

use super::lab::{keeps_to_it, split};
use super::*;

/// A Gateway API router whose edits are spoilt on the way.
#[derive(Debug)]
struct Spoilt(fn(&RouteChange, &mut Act));

impl Router for Spoilt {
    fn objects(&self, route: &RouteRef) -> Vec<ObjectKey> {
        GatewayRoute::Http.objects(route)
    }

    fn read(&self, route: &RouteRef, objects: &[Option<Value>]) -> Result<Option<Reading>, Misfit> {
        GatewayRoute::Http.read(route, objects)
    }

    fn edits(
        &self,
        route: &RouteRef,
        objects: &[Option<Value>],
        change: &RouteChange,
    ) -> Result<Vec<Edit>, Misfit> {
        let mut edits = GatewayRoute::Http.edits(route, objects, change)?;
        edits.iter_mut().for_each(|edit| (self.0)(change, &mut edit.act));
        Ok(edits)
    }
}

fn found(spoil: fn(&RouteChange, &mut Act)) -> String {
    let backends = json!([{"name": "web", "weight": 60}, {"name": "x", "weight": 40, "port": 80}]);
    let rules = json!([{"backendRefs": backends, "timeouts": {"request": "1s"}}]);
    let object = json!({"metadata": {"name": "web"}, "spec": {"rules": rules}});
    let kept = keeps_to_it(&Spoilt(spoil), &[Some(object)], &split(5), &split(50));
    kept.map_or_else(|what| what.split(": [").next().unwrap_or_default().to_owned(), |()| "".into())
}

/// The last operation of a split sets the backends.
fn backends(act: &mut Act) -> Option<&mut Vec<Value>> {
    let Act::Patch { body, .. } = act else { return None };
    let Some(PatchOperation::Add(add)) = body.last_mut() else { return None };
    add.value.as_array_mut()
}

#[test]
fn a_router_without_a_bug_is_not_found_out() {
    assert_eq!(found(|_, _| ()), "");
}

#[test]
fn a_router_that_forgets_what_was_asked_for_is_found_out() {
    let spoil = |change: &RouteChange, act: &mut Act| match act {
        Act::Patch { notes, .. } if matches!(change, RouteChange::Split(_)) => notes.clear(),
        Act::Patch { .. } | Act::Create(_) | Act::Delete => {}
    };
    assert_eq!(found(spoil), "what was asked for is remembered");
}

#[test]
fn a_router_that_drops_a_foreign_backend_is_found_out() {
    let spoil = |change: &RouteChange, act: &mut Act| {
        if let (RouteChange::Split(_), Some(list)) = (change, backends(act)) {
            list.retain(|backend| backend["name"] != "x");
        }
    };
    assert!(!found(spoil).is_empty());
}

#[test]
fn a_router_that_turns_a_foreign_field_is_found_out() {
    let spoil = |change: &RouteChange, act: &mut Act| {
        if let (RouteChange::Split(_), Some(list)) = (change, backends(act)) {
            list.iter_mut().filter(|b| b["name"] == "x").for_each(|b| b["port"] = json!(81));
        }
    };
    assert_eq!(found(spoil), "what is foreign stays");
}

#[test]
fn a_router_that_gives_nothing_back_is_found_out() {
    let spoil = |change: &RouteChange, act: &mut Act| match act {
        Act::Patch { body, .. } if *change == RouteChange::Unsplit => body.clear(),
        Act::Patch { .. } | Act::Create(_) | Act::Delete => {}
    };
    assert!(found(spoil).contains("web-new is a backend"));
}

#[test]
fn a_router_that_leaves_no_fence_is_found_out() {
    let spoil = |_: &RouteChange, act: &mut Act| match act {
        Act::Patch { mark, .. } if *mark == Marking::Always => *mark = Marking::Lift,
        Act::Patch { .. } | Act::Create(_) | Act::Delete => {}
    };
    assert_eq!(found(spoil), "a write leaves its fence");
}
