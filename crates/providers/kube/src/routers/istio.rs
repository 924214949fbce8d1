//! Istio: VirtualService, `networking.istio.io/v1`, and DestinationRule where the sides are subsets.
//!
//! Weights are relative to the sum of their rule; whole percents are written to a sum of 100. Istio
//! says nothing of a VirtualService in its status unless it is told to, so a route without an
//! `observedGeneration` counts as accepted; with one, it has to be the generation of the object.

use serde_json::{Value, json};
use windlass_core::platform::RouteRef;
use windlass_core::weight::Weight;

use super::change::{Match, Pattern, cookie_regex};
use super::grammar::{Grammar, Rule, Table};
use super::weighted::{Dialect, Side};
use super::{Misfit, ObjectKey};

mod subsets;

pub use subsets::{IstioSubsets, Subsets};

/// A VirtualService whose sides are two Services: destinations are told apart by `host`, short or
/// with namespace and domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IstioHosts;

const TABLES: &[Table] = &[
    Table { path: &["spec", "http"], many: true, list: "route", field: "spec.http[].route" },
    Table { path: &["spec", "tls"], many: true, list: "route", field: "spec.tls[].route" },
    Table { path: &["spec", "tcp"], many: true, list: "route", field: "spec.tcp[].route" },
];

const DIALECT: Dialect = Dialect { alone: 100, beside: 0, max: 10_000 };

impl Grammar for IstioHosts {
    fn key(&self, route: &RouteRef) -> ObjectKey {
        virtual_service(route)
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn side(&self, route: &RouteRef, namespace: &str, backend: &Value) -> Side {
        let host = backend["destination"]["host"].as_str().unwrap_or_default();
        if is_host(host, route.stable.as_str(), namespace) {
            Side::Stable
        } else if is_host(host, route.candidate.as_str(), namespace) {
            Side::Candidate
        } else {
            Side::Foreign
        }
    }

    /// A subset of the stable Service is none of the candidate's.
    fn rename(&self, route: &RouteRef, backend: &mut Value) {
        let Some(destination) = backend["destination"].as_object_mut() else { return };
        destination.remove("subset");
        let host = destination.get("host").and_then(Value::as_str).unwrap_or_default();
        let rest = host.strip_prefix(route.stable.as_str()).unwrap_or_default();
        let host = format!("{}{rest}", route.candidate);
        destination.insert("host".to_owned(), host.into());
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

fn virtual_service(route: &RouteRef) -> ObjectKey {
    let api_version = "networking.istio.io/v1";
    let (kind, plural) = ("VirtualService", "virtualservices");
    ObjectKey { api_version, kind, plural, name: route.name.clone() }
}

/// True for the names that a Service of this namespace has: `web`, `web.shop`, `web.shop.svc` and
/// `web.shop.svc.` with any domain.
fn is_host(host: &str, service: &str, namespace: &str) -> bool {
    let Some(rest) = host.strip_prefix(service) else { return false };
    let Some(domain) = rest.strip_prefix('.') else { return rest.is_empty() };
    let Some(rest) = domain.strip_prefix(namespace) else { return false };
    rest.is_empty() || rest == ".svc" || rest.starts_with(".svc.")
}

fn observed(object: &Value) -> bool {
    let observed = &object["status"]["observedGeneration"];
    let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
    observed.is_null() || number(observed) == object["metadata"]["generation"].as_u64()
}

fn is_http(rule: &Rule<'_>) -> bool {
    rule.table.path == ["spec", "http"]
}

/// The first rule that fits takes the request, so this one stands before the other.
fn extra(rule: &Rule<'_>, wanted: &[Match], mut backend: Value) -> Result<Value, Misfit> {
    if !is_http(rule) {
        return Err(rule.unsupported("header or cookie matches in tls and tcp", "leave them out"));
    }
    let everything = json!([{}]);
    let matches = rule.value.get("match").unwrap_or(&everything);
    let mut after = Vec::new();
    for matched in matches.as_array().map_or(&[] as &[Value], Vec::as_slice) {
        for one in wanted {
            after.push(narrowed(rule, matched, one)?);
        }
    }
    let mut extra = rule.value.clone();
    for fields in [&mut extra, &mut backend].into_iter().filter_map(Value::as_object_mut) {
        fields.remove("name");
        fields.remove("weight");
    }
    extra["match"] = after.into();
    extra["route"] = json!([backend]);
    Ok(extra)
}

/// A match that asks for one more header.
fn narrowed(rule: &Rule<'_>, matched: &Value, one: &Match) -> Result<Value, Misfit> {
    let (name, text) = match one {
        Match::Header { name, value: Pattern::Exact(text) } => (name, json!({"exact": text})),
        Match::Header { name, value: Pattern::Regex(text) } => (name, json!({"regex": text})),
        Match::Cookie { name, value } => {
            (&"cookie".to_owned(), json!({"regex": cookie_regex(name, value)}))
        }
    };
    let name = name.to_ascii_lowercase();
    let mut narrowed = matched.clone();
    let mut headers = matched["headers"].as_object().cloned().unwrap_or_default();
    if headers.insert(name.clone(), text).is_some() {
        let field = format!("header {name} in spec.http[].match");
        return Err(Misfit::Taken { object: rule.key.clone(), field });
    }
    match narrowed.as_object_mut() {
        Some(fields) => fields.insert("headers".to_owned(), headers.into()),
        None => {
            let field = "spec.http[].match[]".to_owned();
            return Err(Misfit::Shape { object: rule.key.clone(), field, form: "object" });
        }
    };
    Ok(narrowed)
}

/// `mirror` is ours where it names the candidate.
fn mirrored(
    grammar: &dyn Grammar,
    rule: &Rule<'_>,
    mirror: Option<Weight>,
) -> Result<Value, Misfit> {
    let mut value = rule.value.clone();
    let side =
        |mirror: &Value| grammar.side(rule.route, rule.namespace, &json!({"destination": mirror}));
    let Some(fields) = value.as_object_mut() else { return Ok(value) };
    if fields.get("mirror").is_some_and(|mirror| side(mirror) == Side::Candidate) {
        fields.remove("mirror");
        fields.remove("mirrorPercentage");
    }
    let Some(weight) = mirror else { return Ok(value) };
    if !is_http(rule) {
        return Err(rule.unsupported("mirroring of tls and tcp", "leave the mirror out"));
    }
    if let Some(field) = ["mirror", "mirrors"].into_iter().find(|field| fields.contains_key(*field))
    {
        let field = format!("spec.http[].{field}");
        return Err(Misfit::Taken { object: rule.key.clone(), field });
    }
    let list = rule.value[rule.table.list].as_array().map_or(&[] as &[_], Vec::as_slice);
    let stable = |b: &&Value| grammar.side(rule.route, rule.namespace, b) == Side::Stable;
    let Some(mut backend) = list.iter().find(stable).cloned() else { return Ok(value) };
    grammar.rename(rule.route, &mut backend);
    fields.insert("mirror".to_owned(), backend["destination"].take());
    if !weight.is_full() {
        fields.insert("mirrorPercentage".to_owned(), json!({"value": percent(weight)}));
    }
    Ok(value)
}

/// A share in percent; a whole number where it is one, as the server gives it back.
fn percent(weight: Weight) -> Value {
    match weight.basis_points() {
        points if points % 100 == 0 => (points / 100).into(),
        points => (f64::from(points) / 100.0).into(),
    }
}

#[cfg(test)]
mod tests;
