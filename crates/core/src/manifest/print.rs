//! Prints a tree as YAML or JSON.
//!
//! Reading what is printed gives an equal tree, for every tree within
//! [`MAX_DEPTH`](super::MAX_DEPTH) whose root is not null.

use std::fmt::Write;

use super::node::{Map, Node, Value};
use super::scalar;

/// Prints a tree as a document of YAML, in block style, as `kubectl` lays it out.
///
/// A text that any reader of YAML 1.1 or 1.2 would take for something else is quoted: `yes`,
/// `0123`, `1e3`, `12:30:00`, `2026-01-01`. A text of several lines is a literal block where
/// that holds it exactly.
pub fn to_yaml(node: &Node) -> String {
    let mut out = String::new();
    match Shape::of(&node.value) {
        Shape::Map(map) => yaml_map(&mut out, map, 0, false),
        Shape::List(items) => yaml_list(&mut out, items, 0, false),
        Shape::Short(value) => {
            // One level in: a block at the margin could hold a line that ends the document.
            yaml_value(&mut out, value, 1);
            out.push('\n');
        }
    }
    out
}

/// Prints a tree as JSON, indented by two spaces, fields in the order of the tree.
pub fn to_json(node: &Node) -> String {
    let mut out = String::new();
    json_value(&mut out, node, 0);
    out.push('\n');
    out
}

/// The text in double quotes, with escapes that JSON and YAML share.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_plain_in_quotes(c) => out.push(c),
            // Everything that needs an escape lies in the first plane.
            c => push(&mut out, format_args!("\\u{:04x}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

fn is_plain_in_quotes(c: char) -> bool {
    let breaks = matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}');
    !breaks && !c.is_control() && !matches!(c, '\u{FFFE}' | '\u{FFFF}')
}

/// Writing to a `String` cannot fail.
fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _infallible = out.write_fmt(text);
}

fn indent(out: &mut String, level: usize) {
    for _ in 0..level {
        out.push_str("  ");
    }
}

/// How a value is laid out.
enum Shape<'a> {
    /// Fields on lines of their own.
    Map(&'a Map),
    /// Items on lines of their own.
    List(&'a [Node]),
    /// All others: on the line of their key or dash.
    Short(&'a Value),
}

impl<'a> Shape<'a> {
    fn of(value: &'a Value) -> Self {
        match value {
            Value::Map(map) if !map.is_empty() => Self::Map(map),
            Value::List(items) if !items.is_empty() => Self::List(items),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::String(_)
            | Value::List(_)
            | Value::Map(_) => Self::Short(value),
        }
    }
}

/// Prints fields at `level`; the first one goes on the current line if `inline`.
fn yaml_map(out: &mut String, map: &Map, level: usize, mut inline: bool) {
    for entry in map.entries() {
        if !std::mem::take(&mut inline) {
            indent(out, level);
        }
        yaml_key(out, entry.key(), level);
        match Shape::of(&entry.value.value) {
            Shape::Map(map) => {
                out.push('\n');
                yaml_map(out, map, level + 1, false);
            }
            Shape::List(items) => {
                out.push('\n');
                yaml_list(out, items, level, false);
            }
            Shape::Short(value) => {
                out.push(' ');
                yaml_value(out, value, level + 1);
                out.push('\n');
            }
        }
    }
}

/// Readers look for the colon of a plain `key: value` within 1024 characters.
const LONGEST_PLAIN_KEY: usize = 1000;

fn yaml_key(out: &mut String, key: &str, level: usize) {
    let key = if is_plain(key) { key.to_owned() } else { quoted(key) };
    if key.len() <= LONGEST_PLAIN_KEY {
        push(out, format_args!("{key}:"));
    } else {
        push(out, format_args!("? {key}\n"));
        indent(out, level);
        out.push(':');
    }
}

fn yaml_list(out: &mut String, items: &[Node], level: usize, mut inline: bool) {
    for item in items {
        if !std::mem::take(&mut inline) {
            indent(out, level);
        }
        out.push_str("- ");
        match Shape::of(&item.value) {
            Shape::Map(map) => yaml_map(out, map, level + 1, true),
            Shape::List(items) => yaml_list(out, items, level + 1, true),
            Shape::Short(value) => {
                yaml_value(out, value, level + 1);
                out.push('\n');
            }
        }
    }
}

/// Prints what fits on one line, or a block of text at `level`.
fn yaml_value(out: &mut String, value: &Value, level: usize) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => push(out, format_args!("{truth}")),
        Value::Int(number) => push(out, format_args!("{number}")),
        Value::Float(number) => out.push_str(&yaml_float(number.as_str())),
        Value::String(text) if is_plain(text) => out.push_str(text),
        Value::String(text) if fits_block(text) => yaml_block(out, text, level),
        Value::String(text) => out.push_str(&quoted(text)),
        Value::List(_) => out.push_str("[]"),
        Value::Map(_) => out.push_str("{}"),
    }
}

/// Readers of YAML 1.1 take a number with an exponent for text unless it has a point and a sign.
fn yaml_float(text: &str) -> String {
    let Some((mantissa, exponent)) = text.split_once('e') else { return text.to_owned() };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['+', '-']) { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{exponent}")
}

/// A literal block; `yaml_map` and `yaml_list` end its last line.
fn yaml_block(out: &mut String, text: &str, level: usize) {
    let body = text.trim_end_matches('\n');
    let end = match text.len() - body.len() {
        0 => "-",
        1 => "",
        _ => "+",
    };
    push(out, format_args!("|{end}"));
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            indent(out, level);
            out.push_str(line);
        }
    }
    for _ in 1..text.len() - body.len() {
        out.push('\n');
    }
}

/// Whether a literal block gives the text back exactly.
fn fits_block(text: &str) -> bool {
    let body = text.trim_end_matches('\n');
    body.contains('\n')
        && !body.starts_with([' ', '\t', '\n'])
        && text.chars().all(|c| c == '\n' || c == '\t' || is_plain_in_quotes(c))
        && body.split('\n').all(|line| !line.trim().is_empty() || line.is_empty())
}

/// Whether every reader takes the bare word for just this text.
fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let starts_well = first.is_ascii_alphanumeric()
        || matches!(first, '/' | '_' | '.' | '$' | '(')
        || (first == '-' && !text.starts_with("---") && text.len() > 1);
    starts_well
        && text.chars().all(|c| (' '..='~').contains(&c))
        && !text.ends_with([' ', ':'])
        && !text.starts_with("- ")
        && !text.starts_with("...")
        && !text.contains(": ")
        && !text.contains(" #")
        && !is_numeric(text)
        && scalar::is_text(text)
}

/// Whether the text might be a number or a date to some reader: better once too often.
fn is_numeric(text: &str) -> bool {
    text.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && text.bytes().all(|b| b.is_ascii_hexdigit() || b"_.:+-xXoObBtTzZ ".contains(&b))
}

fn json_value(out: &mut String, node: &Node, level: usize) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => push(out, format_args!("{truth}")),
        Value::Int(number) => push(out, format_args!("{number}")),
        Value::Float(number) => out.push_str(number.as_str()),
        Value::String(text) => out.push_str(&quoted(text)),
        Value::List(items) if items.is_empty() => out.push_str("[]"),
        Value::Map(map) if map.is_empty() => out.push_str("{}"),
        Value::List(items) => {
            let mut between = "[\n";
            for item in items {
                out.push_str(std::mem::replace(&mut between, ",\n"));
                indent(out, level + 1);
                json_value(out, item, level + 1);
            }
            out.push('\n');
            indent(out, level);
            out.push(']');
        }
        Value::Map(map) => {
            let mut between = "{\n";
            for entry in map.entries() {
                out.push_str(std::mem::replace(&mut between, ",\n"));
                indent(out, level + 1);
                push(out, format_args!("{}: ", quoted(entry.key())));
                json_value(out, &entry.value, level + 1);
            }
            out.push('\n');
            indent(out, level);
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests;
