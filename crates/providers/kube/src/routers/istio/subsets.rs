//! Sides that are subsets of one host, told apart by `pod-template-hash`.

use serde_json::{Value, json};
use windlass_core::id::ObjectName;
use windlass_core::platform::RouteRef;
use windlass_core::weight::Weight;

use super::{
    DIALECT, Dialect, Grammar, Match, Misfit, ObjectKey, Rule, Side, TABLES, Table, extra, is_host,
    mirrored, observed, virtual_service,
};
use crate::patch::{at, between};
use crate::routers::memory::{Memory, forget, marked, refuse_busy};
use crate::routers::{Act, Edit, Marking, Reading, RouteChange, Router, marks_only};

/// Where the subsets are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subsets {
    /// The DestinationRule that lists them.
    pub rule: ObjectName,
    /// The Service that is the `host` of both, and selects the pods of both.
    pub host: ObjectName,
    /// The subset that carries the traffic at rest.
    pub stable: String,
    /// The subset that windlass makes.
    pub candidate: String,
}

/// A VirtualService whose sides are two subsets of one host in a DestinationRule.
///
/// The subsets ask for the `pod-template-hash` that the Services of the route are pinned to, which
/// are read for that alone. The candidate's subset is there before the VirtualService names it, and
/// goes after that no longer does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IstioSubsets(pub Subsets);

const HASH: &str = "pod-template-hash";
const VIRTUAL_SERVICE: usize = 0;
const DESTINATION_RULE: usize = 1;

/// The VirtualService's part.
#[derive(Debug)]
struct Routes<'a>(&'a Subsets);

impl Grammar for Routes<'_> {
    fn key(&self, route: &RouteRef) -> ObjectKey {
        virtual_service(route)
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn side(&self, _: &RouteRef, namespace: &str, backend: &Value) -> Side {
        let destination = &backend["destination"];
        let host = destination["host"].as_str().unwrap_or_default();
        match destination["subset"].as_str() {
            Some(_) if !is_host(host, self.0.host.as_str(), namespace) => Side::Foreign,
            Some(subset) if subset == self.0.stable => Side::Stable,
            Some(subset) if subset == self.0.candidate => Side::Candidate,
            Some(_) | None => Side::Foreign,
        }
    }

    fn rename(&self, _: &RouteRef, backend: &mut Value) {
        backend["destination"]["subset"] = self.0.candidate.as_str().into();
    }

    fn in_order(&self) -> bool {
        true
    }

    fn extra(&self, rule: Rule<'_>, wanted: &[Match], backend: Value) -> Result<Value, Misfit> {
        extra(&rule, wanted, backend)
    }

    fn mirrored(&self, rule: Rule<'_>, mirror: Option<Weight>) -> Result<Value, Misfit> {
        mirrored(self, &rule, mirror)
    }

    fn accepted(&self, object: &Value) -> bool {
        observed(object)
    }
}

/// The labels that the user's stable subset had; `None` where it had none.
type Own = Option<Value>;

impl IstioSubsets {
    fn rule_key(&self) -> ObjectKey {
        let api_version = "networking.istio.io/v1";
        let (kind, plural) = ("DestinationRule", "destinationrules");
        ObjectKey { api_version, kind, plural, name: self.0.rule.clone() }
    }

    fn rule<'a>(
        &self,
        route: &RouteRef,
        objects: &'a [Option<Value>],
    ) -> Result<&'a Value, Misfit> {
        let mend = "apply it, with a subset for the stable side";
        let missing = || Misfit::Missing { object: self.rule_key(), mend };
        let rule = objects.get(DESTINATION_RULE).and_then(Option::as_ref).ok_or_else(missing)?;
        refuse_busy(rule, &self.rule_key(), route)?;
        Ok(rule)
    }

    fn place(list: &[Value], name: &str) -> Option<usize> {
        list.iter().position(|subset| subset["name"].as_str() == Some(name))
    }

    /// The subsets, and where the stable one is.
    fn subsets<'a>(&self, rule: &'a Value) -> Result<(&'a Vec<Value>, usize), Misfit> {
        let list = rule["spec"]["subsets"].as_array();
        list.and_then(|list| Some((list, Self::place(list, &self.0.stable)?))).ok_or_else(|| {
            Misfit::NoSubset { object: self.rule_key(), subset: self.0.stable.clone() }
        })
    }

    fn refuse_foreign(&self, rule: &Value, list: &[Value]) -> Result<(), Misfit> {
        if marked(rule) || Self::place(list, &self.0.candidate).is_none() {
            return Ok(());
        }
        let candidate = self.0.candidate.as_str().into();
        Err(Misfit::Foreign { object: self.rule_key(), field: "spec.subsets", candidate })
    }

    fn split(
        &self,
        route: &RouteRef,
        objects: &[Option<Value>],
        weight: Weight,
    ) -> Result<Act, Misfit> {
        let rule = self.rule(route, objects)?;
        let (list, stable) = self.subsets(rule)?;
        self.refuse_foreign(rule, list)?;
        let kept = Memory::<Own>::of(rule);
        let own = match &kept {
            Some(kept) => kept.own.clone(),
            None => list[stable].get("labels").cloned(),
        };
        let mut after = list.clone();
        let mut candidate = list[stable].clone();
        pin(&mut after[stable], &own, pinned(&route.stable, objects, 2)?);
        candidate["name"] = self.0.candidate.as_str().into();
        pin(&mut candidate, &own, pinned(&route.candidate, objects, 3)?);
        match Self::place(list, &self.0.candidate) {
            Some(index) => after[index] = candidate,
            None => after.push(candidate),
        }
        // The weight is the VirtualService's; here it stays as it was first, so that a step of
        // weight alone is one write.
        let weight = kept.map_or(weight, |kept| kept.weight);
        let notes = vec![Memory { weight, service: route.stable.clone(), own }.note()];
        Ok(Act::Patch { body: difference(list, after), notes, mark: Marking::WhenTouched })
    }

    fn unsplit(&self, route: &RouteRef, objects: &[Option<Value>]) -> Result<Act, Misfit> {
        let rule = self.rule(route, objects)?;
        let (list, stable) = self.subsets(rule)?;
        self.refuse_foreign(rule, list)?;
        let mut after = list.clone();
        let fields = after[stable].as_object_mut();
        if let (Some(fields), Some(kept)) = (fields, Memory::<Own>::of(rule)) {
            match kept.own {
                Some(own) => drop(fields.insert("labels".to_owned(), own)),
                None => drop(fields.remove("labels")),
            }
        }
        after.retain(|subset| subset["name"].as_str() != Some(&self.0.candidate));
        let body = difference(list, after);
        Ok(Act::Patch { body, notes: vec![forget()], mark: Marking::Lift })
    }
}

fn difference(before: &[Value], after: Vec<Value>) -> Vec<json_patch::PatchOperation> {
    between(&at(["spec", "subsets"]), Some(&before.into()), Some(&after.into()))
}

/// Asks for a hash besides the labels that the user asks for.
fn pin(subset: &mut Value, own: &Own, hash: &str) {
    let mut labels = own.clone().filter(Value::is_object).unwrap_or_else(|| json!({}));
    labels[HASH] = hash.into();
    subset["labels"] = labels;
}

/// The hash that a Service of the route selects.
fn pinned<'a>(
    name: &ObjectName,
    objects: &'a [Option<Value>],
    index: usize,
) -> Result<&'a str, Misfit> {
    let service = objects.get(index).and_then(Option::as_ref);
    service.and_then(|service| service["spec"]["selector"][HASH].as_str()).ok_or_else(|| {
        Misfit::Shape {
            object: service_key(name),
            field: format!("spec.selector.{HASH}"),
            form: "hash yet; it is pinned before the route is split",
        }
    })
}

fn service_key(name: &ObjectName) -> ObjectKey {
    ObjectKey { api_version: "v1", kind: "Service", plural: "services", name: name.clone() }
}

impl Router for IstioSubsets {
    fn objects(&self, route: &RouteRef) -> Vec<ObjectKey> {
        vec![
            virtual_service(route),
            self.rule_key(),
            service_key(&route.stable),
            service_key(&route.candidate),
        ]
    }

    fn read(&self, route: &RouteRef, objects: &[Option<Value>]) -> Result<Option<Reading>, Misfit> {
        let Some(reading) = Routes(&self.0).read(route, objects)? else { return Ok(None) };
        let rule = self.rule(route, objects)?;
        let (list, _) = self.subsets(rule)?;
        self.refuse_foreign(rule, list)?;
        let there = Self::place(list, &self.0.candidate).is_some();
        let ours = there || Memory::<Own>::of(rule).is_some();
        Ok(Some(Reading {
            written: reading.written.or(ours.then_some(Weight::ZERO)),
            asked: reading.asked.filter(|_| there),
            accepted: reading.accepted && observed(rule),
            ..reading
        }))
    }

    fn edits(
        &self,
        route: &RouteRef,
        objects: &[Option<Value>],
        change: &RouteChange,
    ) -> Result<Vec<Edit>, Misfit> {
        let services = 2.min(objects.len());
        let traffic = || Routes(&self.0).edits(route, objects, change);
        let rule = |act| Edit { object: DESTINATION_RULE, act };
        match change {
            RouteChange::Split(exposure) => {
                let mut edits = vec![rule(self.split(route, objects, exposure.weight)?)];
                edits.extend(traffic()?);
                Ok(edits)
            }
            RouteChange::Unsplit => {
                let mut edits = traffic()?;
                edits.push(rule(self.unsplit(route, objects)?));
                Ok(edits)
            }
            RouteChange::Seal => Ok(marks_only(&objects[..services], Marking::Always)),
            RouteChange::Unseal => Ok(marks_only(&objects[..services], Marking::Lift)),
        }
    }

    fn carrier(&self, _: &RouteRef, _: &[Option<Value>]) -> usize {
        VIRTUAL_SERVICE
    }
}
