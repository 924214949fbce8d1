//! What a run remembers on a route while it splits it.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use windlass_core::id::ObjectName;
use windlass_core::platform::RouteRef;
use windlass_core::weight::Weight;

use super::{Misfit, ObjectKey};
use crate::fence::Note;

/// The annotation that keeps, while a run splits a route, the weight that was asked for and what the
/// user had written, as JSON.
pub const SPLIT_ANNOTATION: &str = "windlass.dev/split";

/// The weight asked for, and the user's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Memory<T> {
    /// The weight asked for, in basis points.
    pub weight: Weight,
    /// The stable Service that is split.
    pub service: ObjectName,
    /// What the user had.
    pub own: T,
}

impl<T: for<'de> Deserialize<'de>> Memory<T> {
    /// What is remembered on an object; `None` without it, or when it cannot be read.
    pub(crate) fn of(object: &Value) -> Option<Self> {
        serde_json::from_str(annotation(object, SPLIT_ANNOTATION)?).ok()
    }
}

impl<T: Serialize> Memory<T> {
    /// The annotation that remembers this.
    pub(crate) fn note(&self) -> Note {
        let value = serde_json::to_string(self).ok();
        Note { key: SPLIT_ANNOTATION.to_owned(), value }
    }
}

/// An object remembers one split: where it is that of another Service, it is busy.
pub(crate) fn refuse_busy(object: &Value, key: &ObjectKey, route: &RouteRef) -> Result<(), Misfit> {
    match Memory::<IgnoredAny>::of(object) {
        Some(memory) if memory.service != route.stable => {
            Err(Misfit::Busy { object: key.clone(), service: memory.service })
        }
        Some(_) | None => Ok(()),
    }
}

/// Forgets it.
pub(crate) fn forget() -> Note {
    Note { key: SPLIT_ANNOTATION.to_owned(), value: None }
}

/// An annotation of an object.
pub(crate) fn annotation<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get("metadata")?.get("annotations")?.get(key)?.as_str()
}

/// True when an object wears anything of ours.
pub(crate) fn marked(object: &Value) -> bool {
    annotation(object, SPLIT_ANNOTATION).is_some()
        || object.get("metadata").and_then(crate::fence::fence).is_some()
}
