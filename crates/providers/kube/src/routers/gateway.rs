//! Gateway API: HTTPRoute and GRPCRoute, `gateway.networking.k8s.io/v1`.

use serde_json::{Value, json};
use windlass_core::platform::RouteRef;
use windlass_core::weight::Weight;

use super::change::{Match, Pattern, cookie_regex};
use super::grammar::{Grammar, Rule, Table};
use super::weighted::{Dialect, Side};
use super::{Misfit, ObjectKey};

/// A route of the Gateway API. Weights are 0 to 1,000,000.
///
/// Accepted means: each of `spec.parentRefs` has an entry in `status.parents`, and every such entry
/// says `Accepted` and `ResolvedRefs` of the generation that the route is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayRoute {
    /// An HTTPRoute.
    Http,
    /// A GRPCRoute.
    Grpc,
}

const TABLES: &[Table] = &[Table {
    path: &["spec", "rules"],
    many: true,
    list: "backendRefs",
    field: "spec.rules[].backendRefs",
}];

const DIALECT: Dialect = Dialect { alone: 1, beside: 1, max: 1_000_000 };

impl Grammar for GatewayRoute {
    fn key(&self, route: &RouteRef) -> ObjectKey {
        let (kind, plural) = match self {
            Self::Http => ("HTTPRoute", "httproutes"),
            Self::Grpc => ("GRPCRoute", "grpcroutes"),
        };
        let api_version = "gateway.networking.k8s.io/v1";
        ObjectKey { api_version, kind, plural, name: route.name.clone() }
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn side(&self, route: &RouteRef, namespace: &str, backend: &Value) -> Side {
        let is = |field: &str, default: &str, wanted: &str| {
            backend.get(field).map_or(default == wanted, |value| value.as_str() == Some(wanted))
        };
        let local = is("group", "", "")
            && is("kind", "Service", "Service")
            && is("namespace", namespace, namespace);
        match backend["name"].as_str() {
            Some(name) if local && name == route.stable.as_str() => Side::Stable,
            Some(name) if local && name == route.candidate.as_str() => Side::Candidate,
            _ => Side::Foreign,
        }
    }

    fn rename(&self, route: &RouteRef, backend: &mut Value) {
        backend["name"] = route.candidate.as_str().into();
    }

    /// A match that asks for more headers wins, wherever its rule stands.
    fn extra(&self, rule: Rule<'_>, wanted: &[Match], backend: Value) -> Result<Value, Misfit> {
        let everything = match self {
            Self::Http => json!([{"path": {"type": "PathPrefix", "value": "/"}}]),
            Self::Grpc => json!([{}]),
        };
        let matches = rule.value.get("matches").unwrap_or(&everything);
        let mut after = Vec::new();
        for matched in matches.as_array().map_or(&[] as &[Value], Vec::as_slice) {
            for one in wanted {
                after.push(narrowed(&rule, matched, one)?);
            }
        }
        let mut extra = rule.value.clone();
        if let Some(fields) = extra.as_object_mut() {
            fields.remove("name");
        }
        extra["matches"] = after.into();
        let mut backend = backend;
        backend["weight"] = 1.into();
        extra["backendRefs"] = json!([backend]);
        Ok(extra)
    }

    fn mirrored(&self, rule: Rule<'_>, mirror: Option<Weight>) -> Result<Value, Misfit> {
        let candidate = rule.route.candidate.as_str();
        let ours = |filter: &Value| {
            filter["requestMirror"]["backendRef"]["name"].as_str() == Some(candidate)
        };
        let filters = rule.value.get("filters").and_then(Value::as_array);
        let mut after: Vec<Value> = filters.into_iter().flatten().cloned().collect();
        let before = after.len();
        after.retain(|filter| !ours(filter));
        let taken = after.len() < before;
        let mut value = rule.value.clone();
        after.extend(mirror.map(|weight| self.mirror(&rule, weight)));
        match value.as_object_mut() {
            Some(fields) if after.is_empty() && taken => drop(fields.remove("filters")),
            Some(fields) if taken || mirror.is_some() => {
                fields.insert("filters".to_owned(), after.into());
            }
            _ => {}
        }
        Ok(value)
    }

    fn accepted(&self, object: &Value) -> bool {
        let parents = object["spec"]["parentRefs"].as_array().map_or(&[] as &[_], Vec::as_slice);
        let said = object["status"]["parents"].as_array().map_or(&[] as &[_], Vec::as_slice);
        let takes = |parent: &Value| {
            let mut about = said.iter().filter(|s| same_parent(object, parent, &s["parentRef"]));
            let first = about.next();
            first.is_some_and(|s| holds(object, s)) && about.all(|s| holds(object, s))
        };
        !parents.is_empty() && parents.iter().all(takes)
    }
}

impl GatewayRoute {
    fn mirror(self, rule: &Rule<'_>, weight: Weight) -> Value {
        let backends = rule.value[rule.table.list].as_array().map_or(&[] as &[_], Vec::as_slice);
        let stable = |b: &&Value| b["name"].as_str() == Some(rule.route.stable.as_str());
        let port = backends.iter().find(stable).map(|b| b["port"].clone());
        let name = rule.route.candidate.as_str();
        let mut mirror = json!({"backendRef": {"group": "", "kind": "Service", "name": name}});
        if let Some(port) = port.filter(|port| !port.is_null()) {
            mirror["backendRef"]["port"] = port;
        }
        match weight.basis_points() {
            10_000 => {}
            points if points % 100 == 0 => mirror["percent"] = (points / 100).into(),
            points => mirror["fraction"] = json!({"numerator": points, "denominator": 10_000}),
        }
        json!({"type": "RequestMirror", "requestMirror": mirror})
    }
}

/// A match that asks for one more header.
fn narrowed(rule: &Rule<'_>, matched: &Value, one: &Match) -> Result<Value, Misfit> {
    let (name, form, value) = match one {
        Match::Header { name, value: Pattern::Exact(text) } => {
            (name.as_str(), "Exact", text.clone())
        }
        Match::Header { name, value: Pattern::Regex(text) } => {
            (name.as_str(), "RegularExpression", text.clone())
        }
        Match::Cookie { name, value } => ("Cookie", "RegularExpression", cookie_regex(name, value)),
    };
    let mut headers = matched["headers"].as_array().cloned().unwrap_or_default();
    let same = |h: &Value| h["name"].as_str().is_some_and(|n| n.eq_ignore_ascii_case(name));
    if headers.iter().any(same) {
        let field = format!("header {name} in spec.rules[].matches");
        return Err(Misfit::Taken { object: rule.key.clone(), field });
    }
    if !matched.is_object() {
        let field = "spec.rules[].matches[]".to_owned();
        return Err(Misfit::Shape { object: rule.key.clone(), field, form: "object" });
    }
    headers.push(json!({"name": name, "type": form, "value": value}));
    let mut narrowed = matched.clone();
    narrowed["headers"] = headers.into();
    Ok(narrowed)
}

/// True when a status entry is about this parent.
fn same_parent(object: &Value, wanted: &Value, said: &Value) -> bool {
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
    let text = |parent: &Value, field: &str, default: &str| {
        parent[field].as_str().unwrap_or(default).to_owned()
    };
    let same = |field, default| text(wanted, field, default) == text(said, field, default);
    same("group", "gateway.networking.k8s.io")
        && same("kind", "Gateway")
        && same("name", "")
        && same("namespace", namespace)
        && same("sectionName", "")
        && wanted["port"] == said["port"]
}

/// True when a status entry says, of the generation that the object is at, that all is well.
fn holds(object: &Value, said: &Value) -> bool {
    let generation = &object["metadata"]["generation"];
    let conditions = said["conditions"].as_array().map_or(&[] as &[_], Vec::as_slice);
    ["Accepted", "ResolvedRefs"].iter().all(|wanted| {
        conditions.iter().any(|condition| {
            condition["type"] == *wanted
                && condition["status"] == "True"
                && condition["observedGeneration"] == *generation
        })
    })
}

#[cfg(test)]
mod tests;
