//! HTTPRoutes of the Gateway API, as far as the simulator goes by them.

use windlass_core::id::ObjectName;
use windlass_core::manifest::{Manifest, Node, to_json};
use windlass_core::model::view::{Object, Place};

use crate::traffic::{Rule, RuleBackend};

/// True for an HTTPRoute, whatever its version.
pub(super) fn is_route(object: &Object) -> bool {
    &*object.kind == "HTTPRoute" && object.api_version.starts_with("gateway.networking.k8s.io/")
}

/// The rules of the route at `place`; `None` where there is none, or a backend has no name or a
/// weight that is no number.
pub(super) fn rules(manifest: &Manifest, place: &Place) -> Option<Vec<Rule>> {
    let spec = manifest.root.find(&place.path)?.get("spec")?;
    spec.get("rules")?.as_list()?.iter().map(rule).collect()
}

fn rule(written: &Node) -> Option<Rule> {
    let text = |field| written.get(field).map(to_json).unwrap_or_default();
    let backends = written.get("backendRefs").and_then(Node::as_list).unwrap_or_default();
    Some(Rule {
        matches: text("matches").into(),
        filters: text("filters").into(),
        backends: backends.iter().map(backend).collect::<Option<_>>()?,
    })
}

fn backend(written: &Node) -> Option<RuleBackend> {
    let service = ObjectName::new(written.get("name")?.as_str()?);
    let weight = match written.get("weight") {
        Some(weight) => u32::try_from(weight.as_int()?).ok()?,
        None => 1,
    };
    Some(RuleBackend { service, weight })
}
