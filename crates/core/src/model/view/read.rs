//! What several views read in the same way.

use crate::manifest::{Cursor, FieldCause, Value};
use crate::model::{
    Annotations, IntOrPercent, LabelKey, Labels, Operator, PortRef, Requirement, Selector,
};
use crate::time::{Span, Timestamp};

pub(super) fn text(cursor: &Cursor<'_>) -> Option<Box<str>> {
    cursor.str().map(Into::into)
}

pub(super) fn texts(cursor: &Cursor<'_>) -> Vec<Box<str>> {
    cursor.items().filter_map(|item| text(&item)).collect()
}

pub(super) fn flag(cursor: &Cursor<'_>) -> bool {
    cursor.bool().unwrap_or(false)
}

/// A field in whole seconds.
pub(super) fn seconds(cursor: &Cursor<'_>) -> Option<Span> {
    cursor.int::<u32>().map(|seconds| Span::seconds(seconds.into()))
}

pub(super) fn timestamp(cursor: &Cursor<'_>) -> Option<Timestamp> {
    let at = cursor.parse::<jiff::Timestamp>()?;
    Some(Timestamp::from_millis(at.as_millisecond()))
}

pub(super) fn labels(cursor: &Cursor<'_>) -> Labels {
    let pairs = cursor.entries().filter_map(|(key, field)| {
        let key = field.check(key.parse());
        let value = field.parse();
        Some((key?, value?))
    });
    pairs.collect()
}

pub(super) fn annotations(cursor: &Cursor<'_>) -> Annotations {
    let pairs = cursor.entries().filter_map(|(key, field)| {
        let key = field.check(key.parse::<LabelKey>());
        let value = field.str();
        Some((key?, value?.to_owned()))
    });
    pairs.collect()
}

/// A `LabelSelector`, where the field is there.
pub(super) fn selector(cursor: &Cursor<'_>) -> Option<Selector> {
    cursor.node()?;
    Some(Selector {
        match_labels: labels(&cursor.field("matchLabels")),
        match_expressions: cursor
            .field("matchExpressions")
            .items()
            .filter_map(|item| requirement(&item))
            .collect(),
    })
}

fn requirement(cursor: &Cursor<'_>) -> Option<Requirement> {
    let key = cursor.required("key").parse();
    let operator = cursor.required("operator").parse::<Operator>();
    let values = cursor.field("values");
    let values: Vec<_> = values.items().filter_map(|item| item.parse()).collect();
    cursor.check(Requirement::new(key?, operator?, values))
}

/// A number of pods or a share of them.
pub(super) fn int_or_percent(cursor: &Cursor<'_>) -> Option<IntOrPercent> {
    match &cursor.node()?.value {
        Value::Int(number) => cursor.check((*number).try_into()).map(IntOrPercent::Count),
        Value::String(_) => cursor.parse().map(IntOrPercent::Share),
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Float(_)
        | Value::List(_)
        | Value::Map(_)) => {
            let wanted = "a number of pods or a share such as \"25%\"";
            cursor.report(FieldCause::Kind { wanted, found: other.kind() });
            None
        }
    }
}

/// A port by number or name.
pub(super) fn port_ref(cursor: &Cursor<'_>) -> Option<PortRef> {
    match &cursor.node()?.value {
        Value::Int(number) => cursor.check((*number).try_into()).map(PortRef::Number),
        Value::String(_) => cursor.parse().map(PortRef::Name),
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Float(_)
        | Value::List(_)
        | Value::Map(_)) => {
            let wanted = "a port number or the name of a port";
            cursor.report(FieldCause::Kind { wanted, found: other.kind() });
            None
        }
    }
}

/// An integer in a range that its type checks, such as [`Replicas`](crate::model::Replicas).
pub(super) fn checked<T>(cursor: &Cursor<'_>) -> Option<T>
where
    T: TryFrom<i64, Error: std::error::Error + Send + Sync + 'static>,
{
    cursor.check(cursor.int::<i64>()?.try_into())
}
