//! What a container asks of its node, and what it may use.

use std::collections::BTreeMap;

use super::place::{Place, Placed};
use crate::manifest::Cursor;
use crate::model::{LabelKey, Quantity};

/// The name of a resource: `cpu`, `memory`, `storage`, `ephemeral-storage`, or an extended one such
/// as `nvidia.com/gpu`.
pub type ResourceName = LabelKey;

/// Amounts by resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceList(BTreeMap<ResourceName, Placed<Quantity>>);

impl ResourceList {
    /// The amount of a resource, with its place.
    #[must_use]
    pub fn get(&self, resource: &str) -> Option<&Placed<Quantity>> {
        self.0.get(resource)
    }

    /// In the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&ResourceName, &Placed<Quantity>)> {
        self.0.iter()
    }

    /// Whether no resource is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn read(cursor: &Cursor<'_>) -> Self {
        let amounts = cursor.entries().filter_map(|(name, field)| {
            let name = field.check(name.parse());
            let amount = Placed::read(&field, |field| {
                let amount: Quantity = field.parse_scalar()?;
                if amount.is_negative() {
                    field.invalid(Negative(amount.to_string()));
                    return None;
                }
                Some(amount)
            });
            Some((name?, amount?))
        });
        ResourceList(amounts.collect())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0} is less than nothing; write 0 or more")]
struct Negative(String);

/// The `resources` of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resources {
    /// What the scheduler keeps free for it. A resource with a limit and no request is requested up
    /// to its limit: see [`request`](Self::request).
    pub requests: ResourceList,
    /// What it may use at most.
    pub limits: ResourceList,
    /// Where they are written, or the container where they are not.
    pub place: Place,
}

impl Resources {
    /// What is requested: as written, or else the limit, as the API server fills it in.
    #[must_use]
    pub fn request(&self, resource: &str) -> Option<&Placed<Quantity>> {
        self.requests.get(resource).or_else(|| self.limits.get(resource))
    }

    pub(super) fn read(cursor: &Cursor<'_>) -> Self {
        let requests = ResourceList::read(&cursor.field("requests"));
        let limits = ResourceList::read(&cursor.field("limits"));
        for (name, request) in requests.iter() {
            if let Some(limit) = limits.get(name.as_str()).filter(|limit| ***limit < **request) {
                cursor
                    .field("requests")
                    .field(name.as_str())
                    .invalid(OverLimit { request: request.to_string(), limit: limit.to_string() });
            }
        }
        Resources { requests, limits, place: Place::of(cursor) }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{request} is more than the limit {limit}; lower the request or raise the limit")]
struct OverLimit {
    request: String,
    limit: String,
}
