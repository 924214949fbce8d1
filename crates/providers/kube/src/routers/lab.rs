//! A server for a handful of objects, and what every router has to keep to.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use windlass_core::fence::{Epoch, Expect, Fence};
use windlass_core::platform::RouteRef;
use windlass_core::weight::Weight;

use super::*;
use crate::fence::FENCE_ANNOTATION;

pub(crate) fn route() -> RouteRef {
    RouteRef { name: "web".into(), stable: "web".into(), candidate: "web-new".into() }
}

pub(crate) fn percent(n: u64) -> Weight {
    Weight::percent(n).unwrap()
}

pub(crate) fn split(n: u64) -> RouteChange {
    RouteChange::Split(Exposure::weight(percent(n)))
}

pub(crate) fn fence(seq: u64) -> Fence {
    Fence { run: "r1".into(), epoch: Epoch(1), seq }
}

/// The objects of one route, as a server holds them.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub objects: Vec<Option<Value>>,
    version: u64,
}

impl Server {
    pub(crate) fn new(objects: Vec<Option<Value>>) -> Self {
        let mut server = Self { objects, version: 100 };
        for (index, object) in server.objects.iter_mut().enumerate() {
            if let Some(object) = object {
                object["metadata"]["uid"] = json!(format!("u{index}"));
                object["metadata"]["namespace"] = json!("shop");
                object["metadata"]["generation"] = json!(1);
                object["metadata"]["resourceVersion"] = json!("100");
            }
        }
        server
    }

    /// Does what a request asks for, or refuses it.
    pub(crate) fn apply(&mut self, keys: &[ObjectKey], request: &Request) -> Result<(), String> {
        self.version += 1;
        let version = self.version.to_string();
        let at = |key: &ObjectKey| keys.iter().position(|k| k == key).unwrap();
        match request {
            Request::Patch { object, patch } => {
                let object = self.objects[at(object)].as_mut().ok_or("not found")?;
                let mut after = object.clone();
                json_patch::patch(&mut after, patch).map_err(|e| e.to_string())?;
                let spec = |o: &Value| (o.get("spec").cloned(), o.get("status").cloned());
                if spec(&after) != spec(object) {
                    let generation = after["metadata"]["generation"].as_u64().unwrap();
                    after["metadata"]["generation"] = json!(generation + 1);
                }
                after["metadata"]["resourceVersion"] = json!(version);
                *object = after;
            }
            Request::Create { object, body } => {
                let place = &mut self.objects[at(object)];
                if place.is_some() {
                    return Err("exists".to_owned());
                }
                let mut body = body.clone();
                body["metadata"]["uid"] = json!(format!("made-{version}"));
                body["metadata"]["generation"] = json!(1);
                body["metadata"]["resourceVersion"] = json!(version);
                *place = Some(body);
            }
            Request::Delete { object, uid, resource_version } => {
                let place = &mut self.objects[at(object)];
                let metadata = &place.as_ref().ok_or("not found")?["metadata"];
                if metadata["uid"] != uid.as_str()
                    || metadata["resourceVersion"] != resource_version.as_str()
                {
                    return Err("conflict".to_owned());
                }
                *place = None;
            }
        }
        Ok(())
    }

    pub(crate) fn next(
        &self,
        router: &dyn Router,
        change: &RouteChange,
        seq: u64,
    ) -> Result<Option<Request>, Stop> {
        let write = RouteWrite { expect: None, fence: &fence(seq), change };
        next(router, &route(), &self.objects, &write)
    }

    /// Sends requests until there is none; how many there were.
    pub(crate) fn drive(
        &mut self,
        router: &dyn Router,
        change: &RouteChange,
        seq: u64,
    ) -> Result<usize, Stop> {
        let keys = router.objects(&route());
        for sent in 0..20 {
            let Some(request) = self.next(router, change, seq)? else { return Ok(sent) };
            self.apply(&keys, &request).expect("what was just read is not stale");
        }
        panic!("{change:?} never comes to an end");
    }

    pub(crate) fn read(&self, router: &dyn Router) -> Result<Reading, Misfit> {
        router.read(&route(), &self.objects).map(|reading| reading.expect("the route exists"))
    }

    /// The objects without what the server counts.
    pub(crate) fn bare(&self) -> Vec<Option<Value>> {
        let mut objects = self.objects.clone();
        for metadata in objects.iter_mut().flatten().map(|o| &mut o["metadata"]) {
            let fields = metadata.as_object_mut().unwrap();
            fields.remove("resourceVersion");
            fields.remove("generation");
        }
        objects
    }

    /// The objects that there were before, without what is ours.
    fn foreign(&self, before: &Server) -> Vec<Option<Value>> {
        let there =
            |(object, was): (Option<Value>, &Option<Value>)| object.filter(|_| was.is_some());
        let mut objects: Vec<_> = self.bare().into_iter().zip(&before.objects).map(there).collect();
        for object in objects.iter_mut().flatten() {
            mask(object);
            let metadata = object["metadata"].as_object_mut().unwrap();
            if let Some(notes) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
                notes.remove(SPLIT_ANNOTATION);
                notes.remove(FENCE_ANNOTATION);
                notes.values_mut().for_each(mask_text);
                if notes.is_empty() {
                    metadata.remove("annotations");
                }
            }
        }
        objects
    }
}

/// Which Service a backend, or what holds one, names.
fn named(value: &Value) -> Option<&str> {
    let paths = [
        "/name",
        "/service",
        "/serviceName",
        "/destination/host",
        "/requestMirror/backendRef/name",
    ];
    paths.iter().find_map(|path| value.pointer(path)?.as_str())
}

/// Takes the candidate, rules that only it is in, mirrors to it, and the stable weight out.
fn mask(value: &mut Value) {
    match value {
        Value::Array(list) => {
            list.retain(|element| named(element) != Some("web-new"));
            let only = |rule: &Value| {
                let lists = ["backendRefs", "route"].iter().filter_map(|key| rule[*key].as_array());
                let mut backends = lists.flatten().peekable();
                backends.peek().is_some() && backends.all(|b| named(b) == Some("web-new"))
            };
            list.retain(|element| !only(element));
            for element in list {
                if named(element) == Some("web") {
                    element.as_object_mut().map(|fields| fields.remove("weight"));
                }
                mask(element);
            }
        }
        Value::Object(fields) => {
            if fields.get("mirror").is_some_and(|m| m["host"] == "web-new") {
                fields.remove("mirror");
                fields.remove("mirrorPercentage");
            }
            if fields.get("filters").is_some_and(|f| {
                f.as_array().is_some_and(|f| f.iter().all(|f| named(f) == Some("web-new")))
            }) {
                fields.remove("filters");
            }
            fields.values_mut().for_each(mask);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Masks the JSON in a string, where that is what it is.
fn mask_text(text: &mut Value) {
    if let Some(Ok(mut inner)) = text.as_str().map(serde_json::from_str::<Value>) {
        mask(&mut inner);
        *text = inner;
    }
}

fn claim(holds: bool, what: &str, server: &Server) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("{what}: {:#?}", server.objects)) }
}

/// What every router keeps to. A route that cannot be split so finely is no offence.
pub(crate) fn keeps_to_it(
    router: &dyn Router,
    objects: &[Option<Value>],
    first: &RouteChange,
    second: &RouteChange,
) -> Result<(), String> {
    let mut server = Server::new(objects.to_vec());
    let keys = router.objects(&route());
    let untouched = server.clone();
    claim(server.read(router).map(|r| r.written) == Ok(None), "at rest nothing is ours", &server)?;
    let (Ok(Some(late)), Ok(_)) = (server.next(router, first, 1), server.drive(router, first, 1))
    else {
        return claim(server.bare() == untouched.bare(), "a refusal touches nothing", &server);
    };
    exactly(router, &server, first)?;
    let token = server.read(router).map(|reading| reading.token);
    claim(token == Ok(Token::Fence(fence(1))), "a write leaves its fence", &server)?;
    let foreign = server.foreign(&untouched) == untouched.foreign(&untouched);
    claim(foreign, "what is foreign stays", &server)?;
    claim(server.next(router, first, 1) == Ok(None), "a write is done once", &server)?;
    claim(server.clone().apply(&keys, &late).is_err(), "a late write is refused", &server)?;
    let (spec, again) = (specs(&server), server.drive(router, first, 2));
    claim(again.is_ok() && specs(&server) == spec, "the same again changes nothing", &server)?;
    let stale = server.next(router, second, 3);
    if server.drive(router, second, 4).is_ok() {
        exactly(router, &server, second)?;
        let stale = stale.ok().flatten().ok_or("no request")?;
        claim(server.clone().apply(&keys, &stale).is_err(), "a stale fence is refused", &server)?;
        let mut direct = untouched.clone();
        direct.drive(router, second, 4).map_err(|e| e.to_string())?;
        claim(specs(&server) == specs(&direct), "two splits are the last one", &server)?;
    }
    server.drive(router, &RouteChange::Unsplit, 5).map_err(|e| e.to_string())?;
    claim(server.bare() == untouched.bare(), "what was split is given back", &server)?;
    claim(server.read(router).map(|r| r.written) == Ok(None), "nothing of ours is left", &server)
}

fn specs(server: &Server) -> Vec<Option<Value>> {
    let spec = |object: &Option<Value>| object.as_ref().map(|o| o["spec"].clone());
    server.objects.iter().map(spec).collect()
}

fn exactly(router: &dyn Router, server: &Server, change: &RouteChange) -> Result<(), String> {
    let RouteChange::Split(exposure) = change else { return Ok(()) };
    let reading = server.read(router).map_err(|e| e.to_string())?;
    let written = reading.written.ok_or("nothing is written")?;
    let off = written.basis_points().abs_diff(exposure.weight.basis_points());
    claim(off <= 100, "what is written is near what was asked for", server)?;
    claim(reading.asked == Some(exposure.weight), "what was asked for is remembered", server)?;
    sums(server, exposure.weight)
}

/// Where the two Services are alone with each other, their weights say the share exactly.
fn sums(server: &Server, weight: Weight) -> Result<(), String> {
    for list in server.objects.iter().flatten().flat_map(|object| lists(object)) {
        let weight_of = |name: &str| {
            let backend = list.iter().find(|backend| named(backend) == Some(name))?;
            backend["weight"].as_u64()
        };
        let alone = list.len() == 2;
        if let (true, Some(stable), Some(new)) = (alone, weight_of("web"), weight_of("web-new")) {
            let exact = new * 10_000 == u64::from(weight.basis_points()) * (stable + new);
            claim(exact, "the weights say the share exactly", server)?;
        }
    }
    Ok(())
}

fn lists(value: &Value) -> Vec<&Vec<Value>> {
    match value {
        Value::Array(list) => [list].into_iter().chain(list.iter().flat_map(lists)).collect(),
        Value::Object(fields) => fields.values().flat_map(lists).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// A weight in whole percent, mostly, or in basis points.
pub(crate) fn any_weight() -> impl Strategy<Value = Weight> {
    let points = prop_oneof![4 => (0u64..=100).prop_map(|p| p * 100), 1 => 0u64..=10_000];
    points.prop_map(|points| Weight::from_basis_points(points).unwrap())
}

/// Fields that nobody thought of.
pub(crate) fn odd_fields() -> impl Strategy<Value = Map<String, Value>> {
    let key = prop_oneof![Just("a/b"), Just("~t"), Just("x~1y"), Just(""), Just("ü"), Just("-")];
    let value = prop_oneof![
        any::<bool>().prop_map(Value::from),
        (-5i64..5).prop_map(Value::from),
        "[a-z/~]{0,4}".prop_map(Value::from),
        Just(json!(["x", {"y": null}])),
    ];
    prop::collection::btree_map(key.prop_map(str::to_owned), value, 0..3)
        .prop_map(|fields| fields.into_iter().collect())
}

/// Backends, foreign ones among them; `Some` holds the weight of the stable one, absent or not.
pub(crate) fn any_backends(
    backend: fn(&str, Option<u64>) -> Value,
) -> impl Strategy<Value = Vec<Value>> {
    let weight = prop::option::weighted(0.7, prop_oneof![0u64..8, Just(60), Just(100), Just(900)]);
    let stable = prop::option::weighted(0.8, (weight.clone(), odd_fields()));
    let foreign = prop::collection::vec(("x[a-d]", weight, odd_fields()), 0..3);
    (stable, foreign, any::<prop::sample::Index>()).prop_map(move |(stable, foreign, place)| {
        let mut seen = BTreeSet::new();
        let mut list: Vec<Value> = foreign
            .into_iter()
            .filter(|(name, ..)| seen.insert(name.clone()))
            .map(|(name, weight, odd)| with(backend(&name, weight), odd))
            .collect();
        if let Some((weight, odd)) = stable {
            list.insert(place.index(list.len() + 1), with(backend("web", weight), odd));
        }
        list
    })
}

/// An object with these fields besides.
pub(crate) fn with(mut value: Value, fields: Map<String, Value>) -> Value {
    let object = value.as_object_mut().unwrap();
    for (key, value) in fields {
        object.entry(key).or_insert(value);
    }
    value
}

/// Metadata with or without annotations of somebody else's.
pub(crate) fn any_metadata() -> impl Strategy<Value = Value> {
    let notes = prop::collection::btree_map("[a-z/~.]{1,6}", "[a-z]{0,3}", 1..3);
    prop::option::of(notes).prop_map(|notes| match notes {
        Some(notes) => json!({"name": "web", "annotations": notes, "labels": {"a/~": "b"}}),
        None => json!({"name": "web"}),
    })
}

/// The precondition of a write to what a server holds.
pub(crate) fn expected(server: &Server, index: usize) -> Expect {
    crate::fence::expect(&server.objects[index].as_ref().unwrap()["metadata"]).unwrap()
}
