//! AWS Load Balancer Controller: `actions` annotations on an Ingress.
//!
//! An action is JSON in a string. While it is split the string is windlass's own spelling of the
//! same fields; the user's string comes back at the end, unless somebody changed the action in
//! between: then it is the changed one, without the candidate. The controller reads its keys in any
//! case. Its weights are 0 to 999, and an action has at most five target groups.
//!
//! The Ingress says nothing of what the load balancer has taken over, so what is written counts as
//! accepted; weights take effect late.

use std::collections::BTreeMap;

use json_patch::PatchOperation;
use serde_json::Value;
use windlass_core::platform::RouteRef;
use windlass_core::weight::Weight;

use super::memory::{Memory, forget, marked, refuse_busy};
use super::weighted::{Backends, Dialect, Pair, Side, Snag};
use super::{
    Act, Edit, Exposure, Marking, Misfit, ObjectKey, Reading, RouteChange, Router, marks_only,
};
use crate::fence;
use crate::patch::{at, between};

/// An Ingress with a forward action that names the stable Service, and a rule that uses it (by the
/// port name `use-annotation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlbAction;

const PREFIX: &str = "alb.ingress.kubernetes.io/actions.";
const FIELD: &str = "annotations alb.ingress.kubernetes.io/actions.*";
const DIALECT: Dialect = Dialect { alone: 1, beside: 1, max: 999 };
const MOST_GROUPS: usize = 5;

fn key(route: &RouteRef) -> ObjectKey {
    let api_version = "networking.k8s.io/v1";
    ObjectKey { api_version, kind: "Ingress", plural: "ingresses", name: route.name.clone() }
}

/// The key of an object that is this one in any case.
fn spelt<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.as_object()?.keys().find(|key| key.eq_ignore_ascii_case(name)).map(String::as_str)
}

fn get<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.get(spelt(value, name)?)
}

/// The action names that the rules of an Ingress use.
fn used(object: &Value) -> Vec<&str> {
    let rules = object["spec"]["rules"].as_array().into_iter().flatten();
    let paths = rules.filter_map(|rule| rule["http"]["paths"].as_array()).flatten();
    let backends = paths.map(|path| &path["backend"]).chain([&object["spec"]["defaultBackend"]]);
    let services = backends.map(|backend| &backend["service"]);
    services
        .filter(|service| service["port"]["name"] == "use-annotation")
        .filter_map(|service| service["name"].as_str())
        .collect()
}

/// An action, taken apart.
#[derive(Clone)]
struct Action {
    value: Value,
    /// Keys on the way to the target groups, as they are spelt.
    path: [String; 2],
    /// The key of a weight, as it is spelt.
    weight: String,
}

impl Action {
    /// A forward action with target groups; `None` for any other.
    fn read(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        if !get(&value, "type")?.as_str()?.eq_ignore_ascii_case("forward") {
            return None;
        }
        let config = spelt(&value, "forwardConfig")?.to_owned();
        let groups = spelt(&value[&config], "targetGroups")?.to_owned();
        let list = value[&config][&groups].as_array()?;
        let spelling = list.iter().find_map(|group| spelt(group, "weight"));
        let upper = groups.starts_with(char::is_uppercase);
        let weight = spelling.unwrap_or(if upper { "Weight" } else { "weight" }).to_owned();
        Some(Self { value, path: [config, groups], weight })
    }

    fn groups(&self) -> &[Value] {
        let [config, groups] = &self.path;
        self.value[config][groups].as_array().map_or(&[], Vec::as_slice)
    }

    fn with_groups(mut self, list: Vec<Value>) -> Value {
        let [config, groups] = &self.path;
        self.value[config][groups] = list.into();
        self.value
    }

    fn with<T>(&self, route: &RouteRef, work: impl FnOnce(Backends<'_>) -> T) -> T {
        let side = |group: &Value| match get(group, "serviceName").and_then(Value::as_str) {
            Some(name) if name == route.stable.as_str() => Side::Stable,
            Some(name) if name == route.candidate.as_str() => Side::Candidate,
            Some(_) | None => Side::Foreign,
        };
        let rename = |group: &mut Value| {
            if let Some(key) = spelt(group, "serviceName").map(str::to_owned) {
                group[key] = route.candidate.as_str().into();
            }
        };
        let weight = self.weight.as_str();
        work(Backends { dialect: &DIALECT, weight, side: &side, rename: &rename })
    }

    /// Where the sides are; a weight in another spelling than the others is none that we can add up.
    fn pair(&self, route: &RouteRef) -> Result<Option<Pair>, Snag> {
        let odd = |group: &Value| spelt(group, "weight").is_some_and(|key| key != self.weight);
        let pair = self.with(route, |b| b.pair(self.groups()))?;
        if pair.is_some() && self.groups().iter().any(odd) {
            return Err(Snag::Number);
        }
        Ok(pair)
    }
}

/// The actions as the user wrote them, by annotation.
type Own = BTreeMap<String, String>;

struct Fork<'a> {
    key: &'a str,
    text: &'a str,
    action: Action,
    pair: Pair,
}

struct View<'a> {
    route: &'a RouteRef,
    object: &'a Value,
    forks: Vec<Fork<'a>>,
    memory: Option<Memory<Own>>,
}

impl<'a> View<'a> {
    fn new(route: &'a RouteRef, object: &'a Value) -> Result<Self, Misfit> {
        let mut forks = Vec::new();
        let used = used(object);
        let annotations = object["metadata"]["annotations"].as_object();
        for (key, text) in annotations.into_iter().flatten() {
            let name = key.strip_prefix(PREFIX).filter(|name| used.contains(name));
            let (Some(_), Some(text)) = (name, text.as_str()) else { continue };
            let Some(action) = Action::read(text) else { continue };
            let pair = action.pair(route);
            let pair = pair.map_err(|s| s.misfit(self::key(route), FIELD, route, Weight::ZERO))?;
            forks.extend(pair.map(|pair| Fork { key, text, action, pair }));
        }
        let view = Self { route, object, forks, memory: Memory::of(object) };
        let forked = view.forks.iter().any(|fork| fork.pair.candidate.is_some());
        if forked && !marked(object) {
            let candidate = route.candidate.clone();
            return Err(Misfit::Foreign { object: self::key(route), field: FIELD, candidate });
        }
        if view.forks.is_empty() && view.memory.is_none() {
            let stable = route.stable.clone();
            return Err(Misfit::NoRule { object: self::key(route), field: FIELD, stable });
        }
        Ok(view)
    }

    /// What the user wrote of an action, where that is remembered.
    fn kept(&self, fork: &Fork<'_>) -> Option<(&str, Action, Pair)> {
        let text =
            self.memory.as_ref()?.own.get(fork.key).filter(|_| fork.pair.candidate.is_some())?;
        let action = Action::read(text)?;
        let pair = action.pair(self.route).ok().flatten()?;
        Some((text, action, pair))
    }

    /// The user's own weight in an action.
    fn own(&self, fork: &Fork<'_>) -> Option<u64> {
        self.kept(fork).map_or_else(|| fork.pair.sum(), |(_, _, pair)| pair.written)
    }

    fn split_groups(&self, fork: &Fork<'_>, weight: Weight) -> Result<Vec<Value>, Misfit> {
        let (groups, own) = (fork.action.groups(), self.own(fork));
        let after = fork.action.with(self.route, |b| b.split(groups, &fork.pair, own, weight));
        let after =
            after.map_err(|snag| snag.misfit(key(self.route), FIELD, self.route, weight))?;
        if after.len() > MOST_GROUPS {
            let (what, mend) = ("sixth target group of an action", "leave four besides the stable");
            return Err(Misfit::Unsupported { object: key(self.route), what, mend });
        }
        Ok(after)
    }

    fn at_rest(&self, fork: &Fork<'_>) -> u64 {
        let (groups, own) = (fork.action.groups(), self.own(fork));
        fork.action.with(self.route, |b| b.at_rest(groups, &fork.pair, own))
    }

    fn split(&self, exposure: &Exposure) -> Result<Act, Misfit> {
        let object = key(self.route);
        if !exposure.matches.is_empty() || exposure.mirror.is_some() {
            let (what, mend) = ("matches or mirrors in an action", "leave them out");
            return Err(Misfit::Unsupported { object, what, mend });
        }
        if self.forks.iter().all(|fork| self.at_rest(fork) == 0) {
            let stable = self.route.stable.clone();
            return Err(Misfit::Idle { object, field: FIELD, stable });
        }
        let (mut body, mut own) = (Vec::new(), Own::new());
        for fork in &self.forks {
            let after = self.split_groups(fork, exposure.weight)?;
            let text = self.kept(fork).map_or(fork.text, |(text, ..)| text);
            own.insert(fork.key.to_owned(), text.to_owned());
            if after != fork.action.groups() {
                body.extend(rewrite(fork, &fork.action.clone().with_groups(after).to_string()));
            }
        }
        let notes = vec![
            Memory { weight: exposure.weight, service: self.route.stable.clone(), own }.note(),
        ];
        Ok(Act::Patch { body, notes, mark: Marking::Always })
    }

    fn unsplit(&self) -> Act {
        let mut body = Vec::new();
        for fork in self.forks.iter().filter(|fork| fork.pair.candidate.is_some()) {
            let (groups, own) = (fork.action.groups(), self.own(fork));
            let after = fork.action.with(self.route, |b| b.unsplit(groups, &fork.pair, own));
            let after = fork.action.clone().with_groups(after);
            let text = match self.kept(fork) {
                Some((text, action, _)) if action.value == after => text.to_owned(),
                Some(_) | None => after.to_string(),
            };
            body.extend(rewrite(fork, &text));
        }
        Act::Patch { body, notes: vec![forget()], mark: Marking::Lift }
    }

    fn reading(&self) -> Result<Reading, Misfit> {
        let unguarded = |source| Misfit::Unguarded { object: key(self.route), source };
        let expect = fence::expect(&self.object["metadata"]).map_err(unguarded)?;
        let forked = self.forks.iter().any(|fork| fork.pair.candidate.is_some());
        let share = self.forks.iter().filter_map(|fork| fork.pair.share()).max();
        let is_split = |weight: &Weight| {
            let same = |fork: &Fork<'_>| {
                self.split_groups(fork, *weight).is_ok_and(|after| after == fork.action.groups())
            };
            !self.forks.is_empty() && self.forks.iter().all(same)
        };
        let asked = self.memory.as_ref().map(|memory| memory.weight);
        Ok(Reading {
            uid: expect.uid.unwrap_or_else(|| "".into()),
            token: expect.token,
            written: (forked || asked.is_some()).then(|| share.unwrap_or_default()),
            asked: asked.filter(is_split),
            accepted: true,
        })
    }
}

fn rewrite(fork: &Fork<'_>, text: &str) -> Vec<PatchOperation> {
    let place = at(["metadata", "annotations", fork.key]);
    between(&place, Some(&fork.text.into()), Some(&text.into()))
}

impl Router for AlbAction {
    fn objects(&self, route: &RouteRef) -> Vec<ObjectKey> {
        vec![key(route)]
    }

    fn read(&self, route: &RouteRef, objects: &[Option<Value>]) -> Result<Option<Reading>, Misfit> {
        let Some(Some(object)) = objects.first() else { return Ok(None) };
        refuse_busy(object, &key(route), route)?;
        View::new(route, object)?.reading().map(Some)
    }

    fn edits(
        &self,
        route: &RouteRef,
        objects: &[Option<Value>],
        change: &RouteChange,
    ) -> Result<Vec<Edit>, Misfit> {
        let Some(Some(object)) = objects.first() else {
            let mend = "apply it, or name the Ingress that there is";
            return Err(Misfit::Missing { object: key(route), mend });
        };
        refuse_busy(object, &key(route), route)?;
        let act = match change {
            RouteChange::Split(exposure) => View::new(route, object)?.split(exposure)?,
            RouteChange::Unsplit => View::new(route, object)?.unsplit(),
            RouteChange::Seal => return Ok(marks_only(objects, Marking::Always)),
            RouteChange::Unseal => return Ok(marks_only(objects, Marking::Lift)),
        };
        Ok(vec![Edit { object: 0, act }])
    }
}

#[cfg(test)]
mod tests;
