//! Ingress NGINX: a second Ingress with `canary` annotations. The user's own is only read.
//!
//! A create cannot be fenced, so the canary is made with weight 0 and moved by fenced patches; a
//! late create finds the name taken, or makes one that takes no traffic. Sealing a route that has
//! none makes one, so that no late write makes its own. There is no status: what is written counts
//! as accepted.

use serde_json::{Map, Value, json};
use windlass_core::platform::RouteRef;
use windlass_core::weight::Weight;

use super::change::{Match, Pattern};
use super::memory::{Memory, annotation, marked};
use super::weighted::{fine, share};
use super::{Act, Edit, Exposure, Marking, Misfit, ObjectKey, Reading, RouteChange, Router};
use crate::fence::{self, Note};
use crate::patch::{at, between};

/// An Ingress of the NGINX controller whose paths name the stable Service. The canary is named after
/// it, with `-windlass` at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NginxCanary;

const OWN: usize = 0;
const CANARY: usize = 1;

const CLASS: &str = "kubernetes.io/ingress.class";
const PREFIX: &str = "nginx.ingress.kubernetes.io/";

/// What a canary does not take over from the Ingress beside it, below [`PREFIX`].
const COPIED: [&str; 3] = ["load-balance", "upstream-hash-by", "affinity"];
const COPIED_STARTS: [&str; 2] = ["affinity-", "session-cookie-"];

fn key(name: &str) -> ObjectKey {
    let api_version = "networking.k8s.io/v1";
    ObjectKey { api_version, kind: "Ingress", plural: "ingresses", name: name.into() }
}

fn keys(route: &RouteRef) -> [ObjectKey; 2] {
    [key(route.name.as_str()), key(&format!("{}-windlass", route.name))]
}

/// The rules whose paths name the stable Service, with those paths alone, to the candidate.
fn rules(route: &RouteRef, own: &Value) -> Vec<Value> {
    let mut rules = own["spec"]["rules"].as_array().cloned().unwrap_or_default();
    for rule in &mut rules {
        let Some(paths) = rule["http"]["paths"].as_array_mut() else { continue };
        paths.retain(|path| path["backend"]["service"]["name"] == route.stable.as_str());
        for path in paths {
            path["backend"]["service"]["name"] = route.candidate.as_str().into();
        }
    }
    rules.retain(|rule| rule["http"]["paths"].as_array().is_some_and(|paths| !paths.is_empty()));
    rules
}

struct View<'a> {
    route: &'a RouteRef,
    keys: [ObjectKey; 2],
    own: &'a Value,
    canary: Option<&'a Value>,
    rules: Vec<Value>,
}

impl<'a> View<'a> {
    fn new(route: &'a RouteRef, objects: &'a [Option<Value>]) -> Result<Option<Self>, Misfit> {
        let Some(Some(own)) = objects.get(OWN) else { return Ok(None) };
        let canary = objects.get(CANARY).and_then(Option::as_ref);
        let keys = keys(route);
        let rules = rules(route, own);
        if rules.is_empty() {
            let (field, stable) = ("spec.rules[].http.paths[]", route.stable.clone());
            return Err(Misfit::NoRule { object: keys[OWN].clone(), field, stable });
        }
        if canary.is_some_and(|canary| !marked(canary)) {
            let field = "the name".to_owned();
            return Err(Misfit::Taken { object: keys[CANARY].clone(), field });
        }
        Ok(Some(Self { route, keys, own, canary, rules }))
    }

    fn reading(&self) -> Result<Reading, Misfit> {
        let index = usize::from(self.canary.is_some());
        let carrier = self.canary.unwrap_or(self.own);
        let unguarded = |source| Misfit::Unguarded { object: self.keys[index].clone(), source };
        let expect = fence::expect(&carrier["metadata"]).map_err(unguarded)?;
        let memory = self.canary.and_then(Memory::<()>::of);
        let written = match (self.canary, &memory) {
            (Some(canary), Some(_)) => Some(self.written(canary)?),
            (Some(_), None) | (None, _) => None,
        };
        Ok(Reading {
            uid: expect.uid.unwrap_or_else(|| "".into()),
            token: expect.token,
            written,
            asked: memory.map(|memory| memory.weight).filter(|weight| Some(*weight) == written),
            accepted: true,
        })
    }

    fn written(&self, canary: &Value) -> Result<Weight, Misfit> {
        let number = |name: &str, absent: u64| match annotation(canary, &format!("{PREFIX}{name}"))
        {
            None => Ok(absent),
            Some(text) => text.parse::<u64>().map_err(|_| Misfit::Shape {
                object: self.keys[CANARY].clone(),
                field: format!("annotation {PREFIX}{name}"),
                form: "whole number",
            }),
        };
        let (weight, total) = (number("canary-weight", 0)?, number("canary-weight-total", 100)?);
        Ok(share(total.saturating_sub(weight), weight).unwrap_or_default())
    }

    fn memory(&self, weight: Weight) -> Memory<()> {
        Memory { weight, service: self.route.stable.clone(), own: () }
    }

    /// A canary that takes nothing yet.
    fn made(&self, remembered: bool) -> Value {
        let mut notes = Map::new();
        let own = self.own["metadata"]["annotations"].as_object();
        for (key, value) in own.into_iter().flatten() {
            let name = key.strip_prefix(PREFIX).unwrap_or_default();
            let start = COPIED_STARTS.iter().any(|start| name.starts_with(start));
            if key == CLASS || start || COPIED.contains(&name) {
                notes.insert(key.clone(), value.clone());
            }
        }
        for (name, value) in [("canary", "true"), ("canary-weight", "0")] {
            notes.insert(format!("{PREFIX}{name}"), value.into());
        }
        let memory = self.memory(Weight::ZERO).note();
        if let (true, Some(value)) = (remembered, memory.value) {
            notes.insert(memory.key, value.into());
        }
        let (own, canary) = (&self.own["metadata"], &self.keys[CANARY]);
        let mut made = json!({
            "apiVersion": canary.api_version,
            "kind": canary.kind,
            "metadata": {
                "name": canary.name.as_str(),
                "namespace": own["namespace"],
                "annotations": notes,
                "ownerReferences": [{
                    "apiVersion": canary.api_version, "kind": canary.kind,
                    "name": own["name"], "uid": own["uid"],
                }],
            },
            "spec": {"rules": self.rules},
        });
        if let Some(class) = self.own["spec"].get("ingressClassName") {
            made["spec"]["ingressClassName"] = class.clone();
        }
        made
    }

    fn split(&self, canary: &Value, exposure: &Exposure) -> Result<Act, Misfit> {
        let unsupported =
            |what, mend| Err(Misfit::Unsupported { object: self.keys[OWN].clone(), what, mend });
        if exposure.mirror.is_some() {
            return unsupported("mirroring to a canary", "leave the mirror out");
        }
        let total = fine(exposure.weight, 10_000);
        let weight = u32::from(exposure.weight.basis_points()) * total / 10_000;
        let mut notes = vec![
            note("canary", Some("true".to_owned())),
            note("canary-weight", Some(weight.to_string())),
            note("canary-weight-total", Some(total.to_string())),
            self.memory(exposure.weight).note(),
        ];
        let (mut header, mut value, mut pattern, mut cookie) = (None, None, None, None);
        for one in &exposure.matches {
            match one {
                Match::Header { .. } if header.is_some() => {
                    return unsupported("second header", "leave one header match");
                }
                Match::Header { name, value: Pattern::Exact(text) } => {
                    (header, value) = (Some(name.clone()), Some(text.clone()));
                }
                Match::Header { name, value: Pattern::Regex(text) } => {
                    (header, pattern) = (Some(name.clone()), Some(text.clone()));
                }
                Match::Cookie { name, value } if cookie.is_none() && value == "always" => {
                    cookie = Some(name.clone());
                }
                Match::Cookie { .. } => {
                    let mend = "ask for one cookie with the value \"always\"";
                    return unsupported("such cookie match", mend);
                }
            }
        }
        notes.extend([
            note("canary-by-header", header),
            note("canary-by-header-value", value),
            note("canary-by-header-pattern", pattern),
            note("canary-by-cookie", cookie),
        ]);
        let rules = Value::from(self.rules.clone());
        let body = between(&at(["spec", "rules"]), canary["spec"].get("rules"), Some(&rules));
        Ok(Act::Patch { body, notes, mark: Marking::Always })
    }

    fn act(&self, change: &RouteChange) -> Result<Option<Act>, Misfit> {
        let mark = |mark| Act::Patch { body: Vec::new(), notes: Vec::new(), mark };
        let split = self.canary.is_some_and(|canary| Memory::<()>::of(canary).is_some());
        Ok(match (change, self.canary) {
            (RouteChange::Split(exposure), Some(canary)) => Some(self.split(canary, exposure)?),
            (RouteChange::Split(exposure), None) => {
                self.split(&Value::Null, exposure)?;
                Some(Act::Create(self.made(true)))
            }
            (RouteChange::Unsplit, Some(_)) => Some(Act::Delete),
            (RouteChange::Seal, Some(_)) => Some(mark(Marking::Always)),
            (RouteChange::Seal, None) => Some(Act::Create(self.made(false))),
            (RouteChange::Unseal, Some(_)) if split => Some(mark(Marking::Lift)),
            (RouteChange::Unseal, Some(_)) => Some(Act::Delete),
            (RouteChange::Unsplit | RouteChange::Unseal, None) => None,
        })
    }
}

fn note(name: &str, value: Option<String>) -> Note {
    Note { key: format!("{PREFIX}{name}"), value }
}

impl Router for NginxCanary {
    fn objects(&self, route: &RouteRef) -> Vec<ObjectKey> {
        keys(route).to_vec()
    }

    fn read(&self, route: &RouteRef, objects: &[Option<Value>]) -> Result<Option<Reading>, Misfit> {
        View::new(route, objects)?.map(|view| view.reading()).transpose()
    }

    fn edits(
        &self,
        route: &RouteRef,
        objects: &[Option<Value>],
        change: &RouteChange,
    ) -> Result<Vec<Edit>, Misfit> {
        let Some(view) = View::new(route, objects)? else {
            let mend = "apply it, or name the Ingress that there is";
            return Err(Misfit::Missing { object: key(route.name.as_str()), mend });
        };
        let act = view.act(change)?;
        Ok(act.into_iter().map(|act| Edit { object: CANARY, act }).collect())
    }

    fn carrier(&self, _: &RouteRef, objects: &[Option<Value>]) -> usize {
        usize::from(matches!(objects.get(CANARY), Some(Some(_))))
    }
}

#[cfg(test)]
mod tests;
