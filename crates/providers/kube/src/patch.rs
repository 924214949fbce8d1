//! Operations of a JSON patch (RFC 6902), by place and value.

use std::collections::BTreeSet;

use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, PatchOperation, RemoveOperation, ReplaceOperation, TestOperation};
use serde_json::Value;

/// The place with these keys and indexes, `/` and `~` escaped.
pub(crate) fn at<'a>(tokens: impl IntoIterator<Item = &'a str>) -> PointerBuf {
    PointerBuf::from_tokens(tokens)
}

/// The place below another one.
pub(crate) fn below(place: &PointerBuf, token: impl ToString) -> PointerBuf {
    let mut place = place.clone();
    place.push_back(token.to_string());
    place
}

/// Refuses the patch where this is not the value.
pub(crate) fn test(path: PointerBuf, value: impl Into<Value>) -> PatchOperation {
    PatchOperation::Test(TestOperation { path, value: value.into() })
}

/// Sets a key, or puts an element into a list before the one at that index.
pub(crate) fn add(path: PointerBuf, value: impl Into<Value>) -> PatchOperation {
    PatchOperation::Add(AddOperation { path, value: value.into() })
}

/// Sets what exists.
fn replace(path: PointerBuf, value: impl Into<Value>) -> PatchOperation {
    PatchOperation::Replace(ReplaceOperation { path, value: value.into() })
}

/// Takes a key or an element out.
pub(crate) fn remove(path: PointerBuf) -> PatchOperation {
    PatchOperation::Remove(RemoveOperation { path })
}

/// The operations that turn `before` into `after`, each behind a test of what it changes: the least
/// element of a list, or the value as a whole, as it was read.
pub(crate) fn between(
    place: &PointerBuf,
    before: Option<&Value>,
    after: Option<&Value>,
) -> Vec<PatchOperation> {
    match (before, after) {
        (before, after) if before == after => Vec::new(),
        (Some(Value::Array(before)), Some(Value::Array(after))) if before.len() == after.len() => {
            elements(place, before, after)
        }
        (Some(before), Some(after)) => {
            vec![test(place.clone(), before.clone()), replace(place.clone(), after.clone())]
        }
        (Some(before), None) => vec![test(place.clone(), before.clone()), remove(place.clone())],
        (None, Some(after)) => vec![add(place.clone(), after.clone())],
        (None, None) => Vec::new(),
    }
}

/// As [`between`], for lists of equal length.
fn elements(place: &PointerBuf, before: &[Value], after: &[Value]) -> Vec<PatchOperation> {
    let mut operations = Vec::new();
    for (index, (before, after)) in before.iter().zip(after).enumerate() {
        if before == after {
            continue;
        }
        let place = below(place, index);
        operations.push(test(place.clone(), before.clone()));
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => {
                let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
                for key in keys {
                    operations.extend(field(below(&place, key), before.get(key), after.get(key)));
                }
            }
            _ => operations.push(replace(place, after.clone())),
        }
    }
    operations
}

fn field(
    place: PointerBuf,
    before: Option<&Value>,
    after: Option<&Value>,
) -> Option<PatchOperation> {
    match (before, after) {
        (before, Some(after)) if before != Some(after) => Some(add(place, after.clone())),
        (Some(_), None) => Some(remove(place)),
        (_, Some(_)) | (None, None) => None,
    }
}
