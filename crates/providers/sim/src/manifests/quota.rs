//! ResourceQuotas, as far as the simulator counts by them.

use windlass_core::id::ObjectName;
use windlass_core::manifest::{Manifest, Node};
use windlass_core::model::Quantity;
use windlass_core::model::view::Object;
use windlass_core::platform::Refusal;

use super::namespace;
use crate::objects::Quota;
use crate::world::World;

/// True for a ResourceQuota.
pub(super) fn is_quota(object: &Object) -> bool {
    &*object.kind == "ResourceQuota" && &*object.api_version == "v1"
}

impl World {
    /// Limits a namespace; a later quota adds to an earlier one, and the lower limit counts.
    pub(super) fn apply_quota(
        &mut self,
        manifest: &Manifest,
        object: &Object,
    ) -> Result<(), Refusal> {
        let place = manifest.root.find(&object.place.path);
        let hard = place.and_then(|node| node.get("spec")?.get("hard")?.as_map());
        let mut quota = self.quota(&namespace(object));
        for entry in hard.into_iter().flat_map(|map| map.entries()) {
            limit(&mut quota, entry.key(), &entry.value)?;
        }
        self.limit_namespace(&namespace(object), quota);
        Ok(())
    }

    fn quota(&self, namespace: &ObjectName) -> Quota {
        self.store.namespaces.get(namespace).map(|space| space.quota.clone()).unwrap_or_default()
    }
}

fn limit(quota: &mut Quota, resource: &str, written: &Node) -> Result<(), Refusal> {
    let amount = amount(written).ok_or_else(|| Refusal::Invalid {
        reason: format!("spec.hard.{resource}: no quantity: write a number such as 4 or 16Gi"),
    })?;
    let lower = |known: Option<u64>, amount: u64| known.map_or(amount, |it| it.min(amount));
    match counted(resource) {
        Counted::Pods => {
            let units = u32::try_from(amount.units_rounded_up()).unwrap_or(u32::MAX);
            quota.pods = Some(quota.pods.map_or(units, |known| known.min(units)));
        }
        Counted::Extended(name) => {
            let units = u64::try_from(amount.units_rounded_up()).unwrap_or(u64::MAX);
            let known = quota.extended.get(name).copied();
            quota.extended.insert(name.into(), lower(known, units));
        }
        Counted::Thousandths(name) => {
            let millis = amount.millis_rounded_up().unwrap_or(i128::MAX);
            let millis = u64::try_from(millis).unwrap_or(u64::MAX);
            let known = quota.extended.get(name).copied();
            quota.extended.insert(name.into(), lower(known, millis));
        }
        Counted::Not => {}
    }
    Ok(())
}

fn amount(written: &Node) -> Option<Quantity> {
    let text = match written.as_int() {
        Some(number) => number.to_string(),
        None => written.as_str()?.to_owned(),
    };
    text.parse().ok()
}

/// How a resource of a quota is counted.
enum Counted<'a> {
    Pods,
    /// In whole units, under this name.
    Extended(&'a str),
    /// Of a unit, under this name.
    Thousandths(&'static str),
    /// Objects and storage: not at all.
    Not,
}

fn counted(resource: &str) -> Counted<'_> {
    let extended = resource.strip_prefix("requests.").filter(|name| name.contains('/'));
    match (resource, extended) {
        ("pods", _) => Counted::Pods,
        ("cpu" | "requests.cpu", _) => Counted::Thousandths("requests.cpu"),
        ("memory" | "requests.memory", _) => Counted::Thousandths("requests.memory"),
        ("limits.cpu", _) => Counted::Thousandths("limits.cpu"),
        ("limits.memory", _) => Counted::Thousandths("limits.memory"),
        (_, Some(name)) => Counted::Extended(name),
        (_, None) => Counted::Not,
    }
}
