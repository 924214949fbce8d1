//! The tree: nodes, values, and maps that keep their order.

use std::sync::Arc;

use super::number::Float;
use super::source::Position;

/// A value with the place it was read from.
///
/// Two nodes are equal when their values are: positions do not count, so a tree equals the one
/// that is read back from its own printed form.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where the value starts.
    pub at: Position,
    /// The value.
    pub value: Value,
}

/// What a node holds: the JSON data model, with integers told from other numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`, `~`, or nothing at all.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number that fits 64 bits with sign, the widest that Kubernetes fields hold.
    Int(i64),
    /// Any other finite number.
    Float(Float),
    /// Text.
    String(Arc<str>),
    /// An ordered list.
    List(Vec<Node>),
    /// Fields in the order they were written.
    Map(Map),
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Node {}

impl Node {
    /// A node made by a program, at no place in any file.
    pub fn new(value: impl Into<Value>) -> Self {
        Self { at: Position::default(), value: value.into() }
    }

    /// The field `key` when this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key)
    }

    /// The text when this is a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Value::String(text) = &self.value { Some(text) } else { None }
    }

    /// The number when this is an integer.
    pub fn as_int(&self) -> Option<i64> {
        if let Value::Int(number) = &self.value { Some(*number) } else { None }
    }

    /// The truth when this is a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(truth) = &self.value { Some(*truth) } else { None }
    }

    /// The fields when this is a map.
    pub fn as_map(&self) -> Option<&Map> {
        if let Value::Map(map) = &self.value { Some(map) } else { None }
    }

    /// The items when this is a list.
    pub fn as_list(&self) -> Option<&[Node]> {
        if let Value::List(items) = &self.value { Some(items) } else { None }
    }

    /// Whether this is `null`, which Kubernetes treats as a field that is not there.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }
}

impl Value {
    /// What it is, in words with an article, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a number",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<Vec<Node>> for Value {
    fn from(items: Vec<Node>) -> Self {
        Self::List(items)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

/// One field of a map; equal to another of the same name and value.
#[derive(Clone, Debug)]
pub struct Entry {
    key: Arc<str>,
    key_at: Position,
    /// The value of the field.
    pub value: Node,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && self.value == other.value
    }
}

impl Eq for Entry {}

impl Entry {
    pub(super) fn new(key: Arc<str>, key_at: Position, value: Node) -> Self {
        Self { key, key_at, value }
    }

    /// Name of the field.
    pub fn key(&self) -> &Arc<str> {
        &self.key
    }

    /// Where the name of the field is written.
    pub fn key_at(&self) -> Position {
        self.key_at
    }
}

/// Fields by name, in the order they were written; no name occurs twice.
///
/// Two maps are equal when they hold equal fields, in whatever order, as Kubernetes sees them.
#[derive(Clone, Debug, Default)]
pub struct Map {
    entries: Vec<Entry>,
}

impl Map {
    /// A map without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// The caller has made sure that no key occurs twice.
    pub(super) fn from_distinct(entries: Vec<Entry>) -> Self {
        Self { entries }
    }

    /// The value of field `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The field `key` with the place of its name.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| &*entry.key == key)
    }

    /// The value of field `key`, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries.iter_mut().find(|entry| &*entry.key == key).map(|entry| &mut entry.value)
    }

    /// Sets field `key`: in its place when it is there, at the end when it is not.
    /// Returns the value it had.
    pub fn insert(&mut self, key: impl Into<Arc<str>>, value: Node) -> Option<Node> {
        let key = key.into();
        if let Some(old) = self.get_mut(&key) {
            return Some(std::mem::replace(old, value));
        }
        self.entries.push(Entry::new(key, value.at, value));
        None
    }

    /// Takes field `key` out; the others keep their order.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let at = self.entries.iter().position(|entry| &*entry.key == key)?;
        Some(self.entries.remove(at).value)
    }

    /// The fields in the order they were written.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn sorted(&self) -> Vec<&Entry> {
        let mut entries: Vec<_> = self.entries.iter().collect();
        entries.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        entries
    }
}

impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        if self.len() != other.len() {
            return false;
        }
        // Each value is compared once, whichever way: comparing twice would double per level.
        let same_order = self.entries.iter().zip(&other.entries).all(|(a, b)| a.key == b.key);
        if same_order { self.entries == other.entries } else { self.sorted() == other.sorted() }
    }
}

impl Eq for Map {}

impl<K: Into<Arc<str>>> FromIterator<(K, Node)> for Map {
    /// A later field of the same name replaces an earlier one.
    fn from_iter<I: IntoIterator<Item = (K, Node)>>(fields: I) -> Self {
        let mut map = Self::new();
        for (key, value) in fields {
            map.insert(key, value);
        }
        map
    }
}
