//! The published schema of an event is the schema of the types, and events keep it.

use serde_json::Value;
use windlass_core::event::RunEvent;

use crate::{golden, streams};

fn schema() -> Value {
    serde_json::to_value(schemars::schema_for!(RunEvent)).unwrap()
}

#[test]
fn the_published_schema_is_that_of_the_types() {
    let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    golden::check("schema/run-event-v1.json", &text);
}

#[test]
fn every_event_keeps_the_schema() {
    let schema = schema();
    for events in [streams::good(), streams::bad(), streams::troubled(), streams::hostile()] {
        for event in events {
            let value = serde_json::to_value(&event).unwrap();
            check(&schema, &schema, &value).unwrap_or_else(|e| panic!("{e} in {value}"));
        }
    }
}

#[test]
fn an_event_that_lacks_a_field_breaks_the_schema() {
    let schema = schema();
    for field in ["schema", "run", "seq", "at", "what"] {
        let mut value = serde_json::to_value(&streams::good()[0]).unwrap();
        value.as_object_mut().unwrap().remove(field);
        assert!(check(&schema, &schema, &value).is_err(), "{field}");
    }
    let mut value = serde_json::to_value(&streams::good()[0]).unwrap();
    value["what"]["type"] = "teleported".into();
    assert!(check(&schema, &schema, &value).is_err());
}

#[test]
fn a_broken_line_of_any_known_kind_is_an_error_and_no_newer_kind() {
    let schema = schema();
    let kinds = schema.pointer("/$defs/What/oneOf").and_then(Value::as_array).unwrap();
    assert!(kinds.len() >= 15);
    for kind in kinds {
        let name = kind.pointer("/properties/type/const").and_then(Value::as_str).unwrap();
        let mut event = serde_json::to_value(&streams::good()[0]).unwrap();
        event["what"] = serde_json::json!({ "type": name });
        let read = windlass_report::ndjson::read(event.to_string().as_bytes());
        assert!(read.is_err(), "{name}: add it to the kinds that reading knows");
    }
}

/// As much of JSON Schema 2020-12 as the generated schema uses; another keyword is a panic.
fn check(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let Some(schema) = schema.as_object() else { return Ok(()) };
    for (keyword, rule) in schema {
        let kept = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "format" => true,
            "$ref" => {
                let pointer = rule.as_str().unwrap().trim_start_matches('#');
                check(root, root.pointer(pointer).unwrap(), value)?;
                true
            }
            "type" => types(rule).any(|name| is_a(name, value)),
            "const" => rule == value,
            "enum" => rule.as_array().unwrap().contains(value),
            "minimum" => value.as_f64().is_none_or(|v| v >= rule.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|v| v <= rule.as_f64().unwrap()),
            "required" => {
                let names = rule.as_array().unwrap();
                names.iter().all(|name| value.get(name.as_str().unwrap()).is_some())
            }
            "properties" => {
                for (name, rule) in rule.as_object().unwrap() {
                    value.get(name).map_or(Ok(()), |value| check(root, rule, value))?;
                }
                true
            }
            "additionalProperties" => {
                assert_eq!(rule, false);
                let known = schema["properties"].as_object().unwrap();
                value.as_object().is_none_or(|o| o.keys().all(|name| known.contains_key(name)))
            }
            "items" => {
                value.as_array().into_iter().flatten().try_for_each(|v| check(root, rule, v))?;
                true
            }
            "oneOf" => fits(root, rule, value) == 1,
            "anyOf" => fits(root, rule, value) >= 1,
            other => panic!("the schema uses {other}: teach it to this check"),
        };
        if !kept {
            return Err(format!("{value} breaks {keyword}: {rule}"));
        }
    }
    Ok(())
}

fn fits(root: &Value, rules: &Value, value: &Value) -> usize {
    rules.as_array().unwrap().iter().filter(|rule| check(root, rule, value).is_ok()).count()
}

fn types(rule: &Value) -> impl Iterator<Item = &str> {
    let several = rule.as_array().into_iter().flatten().filter_map(Value::as_str);
    rule.as_str().into_iter().chain(several)
}

fn is_a(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("{other} is no type"),
    }
}
