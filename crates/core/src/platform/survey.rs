//! What lies around an app in its namespace: what it may use there, and what exists by name.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::ObjectName;
use crate::model::Quantity;
use crate::model::view::ResourceName;

/// An object of a namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// Its kind, such as `Secret`.
    pub kind: Box<str>,
    /// Its name.
    pub name: ObjectName,
}

impl ObjectKey {
    /// The object `name` of a kind.
    #[must_use]
    pub fn new(kind: &str, name: &str) -> Self {
        ObjectKey { kind: kind.into(), name: name.into() }
    }
}

/// The room for one resource in a namespace, as a ResourceQuota reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// What may be used.
    pub hard: Quantity,
    /// What is used now.
    pub used: Quantity,
}

impl Quota {
    /// What is left; nothing where more is used than may be.
    #[must_use]
    pub fn free(&self) -> Quantity {
        let left = self.hard.checked_sub(&self.used).filter(|left| !left.is_negative());
        left.unwrap_or(Quantity::ZERO)
    }
}

/// What a platform knows of the namespace of an app. Names only: the content of a Secret is never
/// asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// What the ResourceQuotas leave, by resource as a quota writes it: `requests.nvidia.com/gpu`,
    /// `limits.cpu`, `memory`, `pods`. Where several limit one resource, the one with least left.
    pub quotas: BTreeMap<ResourceName, Quota>,
    /// Those of the objects asked for that exist.
    pub existing: BTreeSet<ObjectKey>,
    /// HorizontalPodAutoscalers that own the number of the app's pods.
    pub autoscalers: Vec<ObjectName>,
    /// PodDisruptionBudgets over the app's pods.
    pub budgets: Vec<ObjectName>,
}

impl Survey {
    /// Notes a quota; the one with less left stays.
    pub fn limit(&mut self, resource: ResourceName, quota: Quota) {
        let tighter = self.quotas.get(&resource).is_none_or(|known| quota.free() < known.free());
        if tighter {
            self.quotas.insert(resource, quota);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(hard: &str, used: &str) -> Quota {
        Quota { hard: hard.parse().unwrap(), used: used.parse().unwrap() }
    }

    #[test]
    fn of_two_quotas_on_one_resource_the_one_with_least_left_counts() {
        let mut survey = Survey::default();
        for (hard, used) in [("8", "3"), ("100", "99"), ("50", "2")] {
            survey.limit("pods".parse().unwrap(), quota(hard, used));
        }
        let pods: ResourceName = "pods".parse().unwrap();
        assert_eq!(survey.quotas[&pods], quota("100", "99"));
    }

    #[test]
    fn a_quota_that_was_lowered_below_what_is_used_leaves_nothing() {
        assert_eq!(quota("2", "5").free(), Quantity::ZERO);
        assert_eq!(quota("5", "2").free(), Quantity::from_units(3));
    }
}
