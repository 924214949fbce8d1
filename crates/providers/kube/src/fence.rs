//! Fences on the objects of a real cluster: what the server compares before it applies a patch, and
//! the mark that a patch leaves.
//!
//! A patch begins with `test` operations. Where one fails, the server answers 422 and applies
//! nothing, so a patch lands on the very object that it was made from, or not at all.

use json_patch::PatchOperation;
use serde_json::{Map, Value};
use windlass_core::fence::{Expect, Fence, Token};
use windlass_core::id::Uid;

use crate::patch::{add, at, remove, test};

/// The annotation that holds the fence of the last write of a run.
pub const FENCE_ANNOTATION: &str = "windlass.dev/fence";

/// The label on objects that a run made.
pub const RUN_LABEL: &str = "windlass.dev/run";

/// What becomes of the fence on an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark<'a> {
    /// The write leaves this fence.
    Leave(&'a Fence),
    /// The write takes the fence and the run's label off.
    Lift,
    /// The object carries none (a Deployment, whose annotations travel).
    Without,
}

/// An annotation that a write sets, or takes off where there is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its key.
    pub key: String,
    /// Its value; `None` takes it off.
    pub value: Option<String>,
}

/// Metadata that no write can be fenced by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unguarded {
    /// The server sets these on every object, so the object does not come from a server.
    #[error("metadata.{field} is missing or no {form}: read the object from the API server")]
    Metadata {
        /// The field below `metadata`.
        field: &'static str,
        /// What it has to be.
        form: &'static str,
    },
    /// A create has nothing to compare.
    #[error("a create has no object to patch: send it as a POST")]
    Create,
}

/// The fence that an object carries; `None` without one, or when it cannot be read.
pub fn fence(metadata: &Value) -> Option<Fence> {
    Fence::read(metadata.get("annotations")?.get(FENCE_ANNOTATION)?.as_str()?)
}

/// What a write to an object must expect: its fence where it carries one, else its version.
///
/// # Errors
/// When `metadata` has no `resourceVersion` that is a number.
pub fn token(metadata: &Value) -> Result<Token, Unguarded> {
    if let Some(fence) = fence(metadata) {
        return Ok(Token::Fence(fence));
    }
    let version = metadata.get("resourceVersion").and_then(Value::as_str);
    version
        .and_then(|text| text.parse().ok())
        .map(Token::Version)
        .ok_or(Unguarded::Metadata { field: "resourceVersion", form: "number in a string" })
}

/// Identity and token of an object as it was read.
///
/// # Errors
/// When `metadata` has no `uid`, or as for [`token`].
pub fn expect(metadata: &Value) -> Result<Expect, Unguarded> {
    let uid = metadata.get("uid").and_then(Value::as_str);
    let uid = uid.ok_or(Unguarded::Metadata { field: "uid", form: "string" })?;
    Ok(Expect { uid: Some(Uid::new(uid)), token: token(metadata)? })
}

/// The operations that fence a patch: first the tests of what it expects, then the mark and the
/// notes. The operations of the change itself come after them.
///
/// `metadata` is the object's as it was read. An annotations map that the object does not have is
/// made, and one that this empties goes, so that nothing of ours stays behind; either is tested for,
/// so that no annotation is lost which somebody sets in between.
///
/// # Errors
/// [`Unguarded::Create`] where nothing is expected to exist; otherwise when the metadata lacks the
/// `resourceVersion` that has to be compared.
pub fn guarded(
    expect: &Expect,
    mark: Mark<'_>,
    notes: &[Note],
    metadata: &Value,
) -> Result<Vec<PatchOperation>, Unguarded> {
    let mut operations = tests(expect)?;
    let mut annotations: Vec<(&str, Option<String>)> = Vec::new();
    let mut labels: Vec<(&str, Option<String>)> = Vec::new();
    match mark {
        Mark::Leave(fence) => annotations.push((FENCE_ANNOTATION, Some(fence.to_string()))),
        Mark::Lift => {
            annotations.push((FENCE_ANNOTATION, None));
            labels.push((RUN_LABEL, None));
        }
        Mark::Without => {}
    }
    annotations.extend(notes.iter().map(|note| (note.key.as_str(), note.value.clone())));
    for (field, changes) in [("annotations", annotations), ("labels", labels)] {
        for operation in entries(metadata, field, &changes)? {
            // What is tested already need not be tested again.
            if !operations.contains(&operation) {
                operations.push(operation);
            }
        }
    }
    Ok(operations)
}

/// The tests of a precondition.
fn tests(expect: &Expect) -> Result<Vec<PatchOperation>, Unguarded> {
    let token = match &expect.token {
        Token::Absent => return Err(Unguarded::Create),
        Token::Fence(fence) => {
            test(at(["metadata", "annotations", FENCE_ANNOTATION]), fence.to_string())
        }
        Token::Version(version) => test(at(["metadata", "resourceVersion"]), version.to_string()),
        Token::Generation(generation) => test(at(["metadata", "generation"]), *generation),
    };
    let uid = expect.uid.iter().map(|uid| test(at(["metadata", "uid"]), uid.as_str()));
    Ok(uid.chain([token]).collect())
}

/// Sets and takes off entries of a map of strings below `metadata`.
fn entries(
    metadata: &Value,
    field: &str,
    changes: &[(&str, Option<String>)],
) -> Result<Vec<PatchOperation>, Unguarded> {
    let now = metadata.get(field).and_then(Value::as_object);
    let mut after = now.cloned().unwrap_or_default();
    for (key, value) in changes {
        match value {
            Some(value) => drop(after.insert((*key).to_owned(), value.as_str().into())),
            None => drop(after.remove(*key)),
        }
    }
    let map = at(["metadata", field]);
    Ok(match now {
        None if after.is_empty() => Vec::new(),
        None => vec![unchanged(metadata)?, add(map, after)],
        Some(now) if after.is_empty() && !now.is_empty() => {
            vec![test(map.clone(), now.clone()), remove(map)]
        }
        Some(now) => changes.iter().filter_map(|(key, _)| entry(field, key, now, &after)).collect(),
    })
}

/// The operation that brings one entry from what it is to what it shall be.
fn entry(
    field: &str,
    key: &str,
    now: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Option<PatchOperation> {
    let place = at(["metadata", field, key]);
    match (now.get(key), after.get(key)) {
        (now, Some(after)) if now != Some(after) => Some(add(place, after.clone())),
        (Some(_), None) => Some(remove(place)),
        (_, Some(_)) | (None, None) => None,
    }
}

/// A map that is made whole would replace one that somebody made in between.
fn unchanged(metadata: &Value) -> Result<PatchOperation, Unguarded> {
    let version = metadata.get("resourceVersion").and_then(Value::as_str);
    let version =
        version.ok_or(Unguarded::Metadata { field: "resourceVersion", form: "string" })?;
    Ok(test(at(["metadata", "resourceVersion"]), version))
}

#[cfg(test)]
mod tests;
