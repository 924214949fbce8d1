//! Operations of a JSON patch (RFC 6902), by place and value.

use std::collections::BTreeSet;

use json_patch::jsonptr::PointerBuf;
use json_patch::{
    AddOperation, Patch, PatchOperation, RemoveOperation, ReplaceOperation, TestOperation,
};
use serde_json::Value;

/// A patch as the body of a request, with `<`, `>`, `&` and the two line separators escaped.
///
/// An API server (1.36: gopkg.in/evanphx/json-patch.v4) compares the text of a `test` with the text
/// that it writes the object as, and it escapes these signs in strings, as Go's encoder does. Where
/// they stand as they are, a test of a value that has one never holds.
///
/// # Errors
/// When the patch cannot be written as JSON.
pub fn wire(patch: &Patch) -> Result<Vec<u8>, serde_json::Error> {
    let text = serde_json::to_string(patch)?;
    let mut body = String::with_capacity(text.len());
    for sign in text.chars() {
        // Outside of strings JSON has none of them.
        match sign {
            '<' => body.push_str("\\u003c"),
            '>' => body.push_str("\\u003e"),
            '&' => body.push_str("\\u0026"),
            '\u{2028}' => body.push_str("\\u2028"),
            '\u{2029}' => body.push_str("\\u2029"),
            sign => body.push(sign),
        }
    }
    Ok(body.into_bytes())
}

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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_is_the_same_patch_with_the_signs_escaped_that_the_server_escapes() {
        let value = "a<b>&c\u{2028}\u{2029}\"\\é\n";
        let patch = Patch(vec![test(at(["metadata", "x<y"]), value)]);
        let body = String::from_utf8(wire(&patch).unwrap()).unwrap();
        assert!(body.contains(r#""a\u003cb\u003e\u0026c\u2028\u2029\"\\é\n""#), "{body}");
        assert_eq!(serde_json::from_str::<Patch>(&body).unwrap(), patch);
    }

    #[test]
    fn a_difference_is_tested_for_at_the_least_element_and_applies() {
        let before = json!([{"a": 1, "b": [1]}, {"c": 1}]);
        let after = json!([{"a": 1, "b": [1, 2], "d/e": 0}, {"c": 1}]);
        let patch = between(&at(["r"]), Some(&before), Some(&after));
        assert_eq!(
            serde_json::to_value(&patch).unwrap(),
            json!([
                {"op": "test", "path": "/r/0", "value": before[0]},
                {"op": "add", "path": "/r/0/b", "value": [1, 2]},
                {"op": "add", "path": "/r/0/d~1e", "value": 0},
            ])
        );
        let mut object = json!({"r": before});
        json_patch::patch(&mut object, &patch).unwrap();
        assert_eq!(object, json!({"r": after}));
    }

    #[test]
    fn a_list_that_grows_or_goes_is_tested_for_as_a_whole() {
        let (one, two) = (json!([1]), json!([1, 2]));
        let ops = |before: Option<&Value>, after: Option<&Value>| {
            let patch = between(&at(["r"]), before, after);
            patch
                .iter()
                .map(|op| serde_json::to_value(op).unwrap()["op"].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(ops(Some(&one), Some(&two)), ["test", "replace"]);
        assert_eq!(ops(Some(&one), None), ["test", "remove"]);
        assert_eq!(ops(None, Some(&one)), ["add"]);
        assert!(ops(Some(&one), Some(&one)).is_empty());
    }
}
