//! Typed reading of a tree: every fault is collected, with file, line, column and field.

use std::cell::RefCell;
use std::error::Error;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::error::write_place;
use super::node::{Node, Value};
use super::pointer::Pointer;
use super::source::{Position, Source};

/// A field that does not hold what it should.
///
/// Prints as `FILE:LINE:COLUMN: FIELD: cause; next step`.
#[derive(Clone, Debug)]
pub struct FieldError {
    /// File name as the user gave it.
    pub file: Arc<str>,
    /// Where the field, or for a missing one the map that should hold it, starts.
    pub at: Position,
    /// The field.
    pub path: Pointer,
    /// What is wrong with it.
    pub cause: FieldCause,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_place(f, &self.file, self.at, &self.path)?;
        self.cause.fmt(f)
    }
}

impl Error for FieldError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.source()
    }
}

/// What is wrong with a field.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FieldCause {
    /// A field that must be given is not.
    #[error("required field is missing")]
    Missing,
    /// A value of another kind than the field takes.
    #[error("expected {wanted}, found {found}")]
    Kind {
        /// The kind of value that the field takes.
        wanted: &'static str,
        /// The kind of value that is there.
        found: &'static str,
    },
    /// A bare word that YAML reads as something else than text.
    #[error(
        "expected a string, found {found}: `{written}` is no text in YAML; write \"{written}\""
    )]
    Unquoted {
        /// The kind of value that YAML makes of the word.
        found: &'static str,
        /// The word as it stands in the file.
        written: String,
    },
    /// An integer that the field cannot hold.
    #[error("{number} is out of range for this field")]
    Range {
        /// The integer.
        number: i64,
    },
    /// A value that breaks a rule of its type.
    #[error("{0}")]
    Invalid(Arc<dyn Error + Send + Sync>),
}

/// Collects the faults of a reading, so that the user sees all of them at once.
///
/// Shared by all cursors of the reading.
#[derive(Debug, Default)]
pub struct Problems {
    errors: RefCell<Vec<FieldError>>,
}

impl Problems {
    /// No faults yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fault.
    pub fn add(&self, error: FieldError) {
        self.errors.borrow_mut().push(error);
    }

    /// Whether nothing was wrong.
    pub fn is_empty(&self) -> bool {
        self.errors.borrow().is_empty()
    }

    /// Number of faults so far.
    pub fn len(&self) -> usize {
        self.errors.borrow().len()
    }

    /// The faults, in the order of the file.
    pub fn into_errors(self) -> Vec<FieldError> {
        let mut errors = self.errors.into_inner();
        errors.sort_by_key(|error| error.at);
        errors
    }
}

/// A field of a manifest that may be there or not, with its path.
///
/// Reading never fails: what is wrong goes to [`Problems`] and gives `None`. A field that is not
/// there, or null, gives `None` without a fault unless it was [`required`](Self::required).
///
/// ```
/// use windlass_core::manifest::{self, Problems};
///
/// let manifests = manifest::parse("app.yaml", b"spec: {replicas: three}").unwrap();
/// let problems = Problems::new();
/// let root = manifests[0].cursor(&problems);
/// assert_eq!(root.field("spec").field("replicas").int::<u32>(), None);
/// assert_eq!(root.field("spec").field("paused").bool(), None);
/// assert_eq!(root.required("kind").str(), None);
/// let errors: Vec<_> = problems.into_errors().iter().map(ToString::to_string).collect();
/// assert_eq!(
///     errors,
///     [
///         "app.yaml:1:1: kind: required field is missing",
///         "app.yaml:1:18: spec.replicas: expected an integer, found a string",
///     ]
/// );
/// ```
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    source: &'a Source,
    problems: &'a Problems,
    path: Pointer,
    node: Option<&'a Node>,
    at: Position,
}

impl<'a> Cursor<'a> {
    /// A cursor on `root`, which was read from `source`.
    pub fn new(source: &'a Source, root: &'a Node, problems: &'a Problems) -> Self {
        let node = Some(root).filter(|node| !node.is_null());
        Self { source, problems, path: Pointer::root(), node, at: root.at }
    }

    /// The node, when it is there and not null.
    pub fn node(&self) -> Option<&'a Node> {
        self.node
    }

    /// The path of this field.
    pub fn path(&self) -> &Pointer {
        &self.path
    }

    /// Where this field starts; for a missing one, the nearest map around it.
    pub fn at(&self) -> Position {
        self.at
    }

    /// The text this field was read from.
    pub fn source(&self) -> &'a Source {
        self.source
    }

    /// The collector of this reading.
    pub fn problems(&self) -> &'a Problems {
        self.problems
    }

    /// Whether the field is there and not null.
    pub fn is_present(&self) -> bool {
        self.node.is_some()
    }

    /// The field `name`, which may be missing. A fault when this is no map.
    pub fn field(&self, name: &str) -> Self {
        let entry = self.map().and_then(|map| map.entry(name));
        let path = self.path.clone();
        let path = match entry {
            Some(entry) => path.field(entry.key().clone()),
            None => path.field(name),
        };
        self.step(path, entry.map(|entry| &entry.value))
    }

    /// The field `name`; a fault when this is there and has no such field.
    pub fn required(&self, name: &str) -> Self {
        let field = self.field(name);
        if field.node.is_none() && self.node.is_some_and(|node| node.as_map().is_some()) {
            field.report(FieldCause::Missing);
        }
        field
    }

    /// The items of a list, each with its path; none when the field is missing.
    pub fn items(&self) -> impl Iterator<Item = Self> + use<'a> {
        let items = self.expect("a list", Node::as_list).unwrap_or_default();
        let this = self.clone();
        items.iter().enumerate().map(move |(nth, item)| {
            this.step(this.path.clone().item(nth), Some(item).filter(|item| !item.is_null()))
        })
    }

    /// The fields of a map, each with its name; none when the field is missing.
    pub fn entries(&self) -> impl Iterator<Item = (&'a Arc<str>, Self)> + use<'a> {
        let entries = self.map().map(super::Map::entries).unwrap_or_default();
        let this = self.clone();
        entries.iter().map(move |entry| {
            let path = this.path.clone().field(entry.key().clone());
            (entry.key(), this.step(path, Some(&entry.value)))
        })
    }

    fn step(&self, path: Pointer, node: Option<&'a Node>) -> Self {
        let at = node.map_or(self.at, |node| node.at);
        let node = node.filter(|node| !node.is_null());
        Self { source: self.source, problems: self.problems, path, node, at }
    }

    fn map(&self) -> Option<&'a super::Map> {
        self.expect("a map", Node::as_map)
    }

    /// The text. A bare `yes` or `1.10` is a fault that says which quotes are missing.
    pub fn str(&self) -> Option<&'a str> {
        let node = self.node?;
        let text = node.as_str();
        if text.is_none() {
            self.report(self.not_text(node));
        }
        text
    }

    fn not_text(&self, node: &Node) -> FieldCause {
        let found = node.value.kind();
        let scalar = matches!(node.value, Value::Bool(_) | Value::Int(_) | Value::Float(_));
        let written = self
            .source
            .rest_of_line(node.at)
            .and_then(|rest| rest.split([' ', '\t', ',', ']', '}']).next());
        match written {
            // The file may hold an alias here, or JSON: only a bare word of YAML is quoted.
            Some(word) if scalar && super::scalar::stands_for(word, &node.value) => {
                FieldCause::Unquoted { found, written: word.to_owned() }
            }
            _ => FieldCause::Kind { wanted: "a string", found },
        }
    }

    /// The truth of a boolean.
    pub fn bool(&self) -> Option<bool> {
        self.expect("a boolean", Node::as_bool)
    }

    /// An integer within the range of `T`.
    pub fn int<T: TryFrom<i64>>(&self) -> Option<T> {
        let number = self.expect("an integer", Node::as_int)?;
        let fits = T::try_from(number).ok();
        if fits.is_none() {
            self.report(FieldCause::Range { number });
        }
        fits
    }

    /// A string, parsed into a type that checks it.
    pub fn parse<T>(&self) -> Option<T>
    where
        T: FromStr<Err: Error + Send + Sync + 'static>,
    {
        self.check(self.str()?.parse())
    }

    /// A string or a number, as text, parsed into a type that checks it: quantities may be
    /// written `500m` or `0.5`.
    pub fn parse_scalar<T>(&self) -> Option<T>
    where
        T: FromStr<Err: Error + Send + Sync + 'static>,
    {
        match &self.node?.value {
            Value::Int(number) => self.check(number.to_string().parse()),
            Value::Float(number) => self.check(number.as_str().parse()),
            Value::Null | Value::Bool(_) | Value::String(_) | Value::List(_) | Value::Map(_) => {
                self.parse()
            }
        }
    }

    /// The value of a check; its error becomes a fault of this field.
    pub fn check<T, E: Error + Send + Sync + 'static>(&self, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.invalid(error)).ok()
    }

    /// Reports that the value of this field breaks a rule.
    pub fn invalid(&self, error: impl Error + Send + Sync + 'static) {
        self.report(FieldCause::Invalid(Arc::new(error)));
    }

    /// Reports a fault of this field.
    pub fn report(&self, cause: FieldCause) {
        self.problems.add(FieldError {
            file: self.source.name().clone(),
            at: self.at,
            path: self.path.clone(),
            cause,
        });
    }

    fn expect<T>(
        &self,
        wanted: &'static str,
        read: impl FnOnce(&'a Node) -> Option<T>,
    ) -> Option<T> {
        let node = self.node?;
        let value = read(node);
        if value.is_none() {
            self.report(FieldCause::Kind { wanted, found: node.value.kind() });
        }
        value
    }
}

#[cfg(test)]
mod tests;
