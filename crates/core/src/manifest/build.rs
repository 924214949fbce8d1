//! The tree is built here from the events of a reader, within fixed budgets.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::{ParseCause, ParseError};
use super::merge::Merge;
use super::node::{Entry, Map, Node, Value};
use super::pointer::{Pointer, Step};
use super::source::Position;
use super::{MAX_DEPTH, MAX_ERRORS, MAX_NODES};

/// What all documents of a stream share: where errors go, and how much may still come.
#[derive(Debug)]
pub(super) struct Ledger {
    file: Arc<str>,
    errors: Vec<ParseError>,
    warnings: Vec<ParseError>,
    errors_left: usize,
    nodes_left: usize,
}

impl Ledger {
    pub(super) fn new(file: Arc<str>) -> Self {
        Self {
            file,
            errors: Vec::new(),
            warnings: Vec::new(),
            errors_left: MAX_ERRORS,
            nodes_left: MAX_NODES,
        }
    }

    /// A ledger without errors for one of two readings, within what this one still allows.
    pub(super) fn fork(&self) -> Self {
        Self { file: self.file.clone(), errors: Vec::new(), warnings: Vec::new(), ..*self }
    }

    /// Takes over the ledger of the reading that counts.
    pub(super) fn adopt(&mut self, fork: Self) {
        self.errors.extend(fork.errors);
        self.errors_left = fork.errors_left;
        self.nodes_left = fork.nodes_left;
    }

    pub(super) fn file(&self) -> &Arc<str> {
        &self.file
    }

    pub(super) fn errors(&self) -> &[ParseError] {
        &self.errors
    }

    pub(super) fn into_errors(self) -> Vec<ParseError> {
        self.errors
    }

    /// Whether reading on would only add to a list that nobody reads to its end.
    pub(super) fn is_full(&self) -> bool {
        self.errors_left == 0
    }

    /// Reports what is read all the same.
    fn warn(&mut self, at: Position, path: Pointer, cause: ParseCause) {
        if self.warnings.len() < MAX_ERRORS {
            self.warnings.push(ParseError { file: self.file.clone(), at, path, cause });
        }
    }

    pub(super) fn note(&mut self, at: Position, path: Pointer, cause: ParseCause) {
        let cause = match self.errors_left {
            0 => return,
            1 => ParseCause::TooManyErrors,
            _ => cause,
        };
        self.errors_left -= 1;
        self.errors.push(ParseError { file: self.file.clone(), at, path, cause });
    }
}

/// The document cannot be read on; the reason is in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stop;

/// A document that was read.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) root: Node,
    pub(super) warnings: Vec<ParseError>,
}

/// Builds one document at a time.
#[derive(Debug)]
pub(super) struct Builder<'l> {
    ledger: &'l mut Ledger,
    frames: Vec<Frame>,
    anchors: BTreeMap<usize, Part>,
    root: Option<Node>,
    /// Faults before this document.
    faults_before: usize,
}

/// A finished value with what it costs to copy it.
#[derive(Clone, Debug)]
struct Part {
    node: Node,
    /// Values in it, itself included.
    nodes: usize,
    /// Levels of maps and lists in it.
    height: usize,
}

/// A map or list that is still open.
#[derive(Debug)]
struct Frame {
    at: Position,
    anchor: usize,
    nodes: usize,
    height: usize,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    List(Vec<Node>),
    Map(OpenMap),
}

#[derive(Debug, Default)]
struct OpenMap {
    entries: Vec<Entry>,
    /// Where each field is named, and its place among the entries.
    places: BTreeMap<Arc<str>, (Position, usize)>,
    merge: Option<Merge>,
    next: Next,
}

/// What the next value in a map is.
#[derive(Clone, Debug, Default)]
enum Next {
    #[default]
    Key,
    /// The name of a field that is no text; it has been reported.
    BadKey,
    Value(Arc<str>, Position),
    /// The second value of a field.
    Again(Arc<str>, Position),
    Merge(Position),
    /// The value of a field that has been reported.
    Dropped,
}

/// The name of a field, as a reader found it.
#[derive(Clone, Debug)]
pub(super) enum Name {
    Text(Arc<str>),
    Merge,
    Bad(ParseCause),
}

impl<'l> Builder<'l> {
    pub(super) fn new(ledger: &'l mut Ledger) -> Self {
        let faults_before = ledger.errors.len();
        Self { ledger, frames: Vec::new(), anchors: BTreeMap::new(), root: None, faults_before }
    }

    /// The document, once all that was opened is closed; `None` when nothing came, or it has
    /// faults. The next document starts afresh: it does not see the anchors of this one.
    pub(super) fn take(&mut self) -> Option<Document> {
        self.frames.clear();
        self.anchors.clear();
        let warnings = std::mem::take(&mut self.ledger.warnings);
        // Kubernetes skips documents that hold nothing.
        let root = self.root.take().filter(|root| !root.is_null());
        let faults = self.ledger.errors.len();
        let is_sound = std::mem::replace(&mut self.faults_before, faults) == faults;
        root.filter(|_| is_sound).map(|root| Document { root, warnings })
    }

    /// Reports a fault at the field being read; reading goes on unless there are too many.
    pub(super) fn note(&mut self, at: Position, cause: ParseCause) -> Result<(), Stop> {
        let path = self.path();
        self.ledger.note(at, path, cause);
        if self.ledger.is_full() { Err(Stop) } else { Ok(()) }
    }

    /// Reports a fault after which the document cannot be read on.
    pub(super) fn stop(&mut self, at: Position, cause: ParseCause) -> Stop {
        let path = self.path();
        self.ledger.note(at, path, cause);
        Stop
    }

    /// Whether the next thing to come is the name of a field.
    pub(super) fn wants_key(&self) -> bool {
        matches!(self.frames.last(), Some(Frame { kind: Kind::Map(map), .. }) if matches!(map.next, Next::Key))
    }

    /// Takes the name of a field.
    pub(super) fn key(&mut self, at: Position, name: Name) -> Result<(), Stop> {
        let Some(Frame { kind: Kind::Map(map), .. }) = self.frames.last_mut() else {
            return Ok(());
        };
        let fault = match name {
            Name::Text(key) => match map.places.get(&key) {
                Some(_) => {
                    map.next = Next::Again(key, at);
                    return Ok(());
                }
                None => {
                    map.places.insert(key.clone(), (at, map.entries.len()));
                    map.next = Next::Value(key, at);
                    return Ok(());
                }
            },
            Name::Merge => match &map.merge {
                Some(merge) => ParseCause::DuplicateKey { key: "<<".into(), first: merge.at },
                None => {
                    map.next = Next::Merge(at);
                    return Ok(());
                }
            },
            Name::Bad(cause) => cause,
        };
        map.next = Next::Dropped;
        self.note(at, fault)
    }

    /// Takes a value that is neither map nor list. An `anchor` of 0 is none.
    pub(super) fn scalar(&mut self, at: Position, value: Value, anchor: usize) -> Result<(), Stop> {
        self.charge(at, 1)?;
        self.deliver(Part { node: Node { at, value }, nodes: 1, height: 0 }, anchor)
    }

    /// Opens a list.
    pub(super) fn open_list(&mut self, at: Position, anchor: usize) -> Result<(), Stop> {
        self.open(at, anchor, Kind::List(Vec::new()))
    }

    /// Opens a map.
    pub(super) fn open_map(&mut self, at: Position, anchor: usize) -> Result<(), Stop> {
        self.open(at, anchor, Kind::Map(OpenMap::default()))
    }

    fn open(&mut self, at: Position, anchor: usize, kind: Kind) -> Result<(), Stop> {
        self.charge(at, 1)?;
        if self.frames.len() >= MAX_DEPTH {
            return Err(self.stop(at, ParseCause::TooDeep { limit: MAX_DEPTH }));
        }
        if self.wants_key() {
            let found = if matches!(kind, Kind::List(_)) { "a list" } else { "a map" };
            self.note(at, ParseCause::KeyNotText { found })?;
            if let Some(Frame { kind: Kind::Map(map), .. }) = self.frames.last_mut() {
                map.next = Next::BadKey;
            }
        }
        self.frames.push(Frame { at, anchor, nodes: 1, height: 0, kind });
        Ok(())
    }

    /// Closes the innermost list or map.
    pub(super) fn close(&mut self) -> Result<(), Stop> {
        let Some(Frame { at, anchor, nodes, height, kind }) = self.frames.pop() else {
            return Ok(());
        };
        let value = match kind {
            Kind::List(items) => Value::List(items),
            Kind::Map(OpenMap { entries, merge: None, .. }) => {
                Value::Map(Map::from_distinct(entries))
            }
            Kind::Map(OpenMap { entries, merge: Some(merge), .. }) => {
                let at = merge.at;
                let merged = merge.into(entries);
                for key in merged.contested {
                    self.note(at, ParseCause::MergeOrder(key))?;
                }
                Value::Map(Map::from_distinct(merged.entries))
            }
        };
        self.deliver(Part { node: Node { at, value }, nodes, height: height + 1 }, anchor)
    }

    /// Puts a copy of an anchored value here.
    pub(super) fn alias(&mut self, at: Position, anchor: usize) -> Result<(), Stop> {
        let Some(part) = self.anchors.get(&anchor) else {
            return Err(self.stop(at, ParseCause::UnknownAnchor));
        };
        let (nodes, height) = (part.nodes, part.height);
        if self.frames.len() + height > MAX_DEPTH {
            return Err(self.stop(at, ParseCause::TooDeep { limit: MAX_DEPTH }));
        }
        self.charge(at, nodes)?;
        let Some(mut part) = self.anchors.get(&anchor).cloned() else { return Ok(()) };
        if self.wants_key() {
            let found = part.node.value.kind();
            let name = if let Value::String(text) = part.node.value {
                Name::Text(text)
            } else {
                Name::Bad(ParseCause::KeyNotText { found })
            };
            return self.key(at, name);
        }
        part.node.at = at;
        self.deliver(part, 0)
    }

    /// Gives an anchor to a value that stays where it is.
    pub(super) fn remember(&mut self, anchor: usize, node: Node) {
        self.anchors.insert(anchor, Part { node, nodes: 1, height: 0 });
    }

    /// Puts a finished value where it belongs.
    fn deliver(&mut self, part: Part, anchor: usize) -> Result<(), Stop> {
        if anchor != 0 {
            self.charge(part.node.at, part.nodes)?;
            self.anchors.insert(anchor, part.clone());
        }
        let Part { node, nodes, height } = part;
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        frame.nodes += nodes;
        frame.height = frame.height.max(height);
        let map = match &mut frame.kind {
            Kind::List(items) => {
                items.push(node);
                return Ok(());
            }
            Kind::Map(map) => map,
        };
        match std::mem::take(&mut map.next) {
            Next::Key | Next::BadKey => map.next = Next::Dropped,
            Next::Dropped => {}
            Next::Value(key, key_at) => map.entries.push(Entry::new(key, key_at, node)),
            Next::Again(key, at) => return self.again(key, at, &node),
            Next::Merge(at) => match Merge::new(at, map.entries.len(), node) {
                Some(merge) => map.merge = Some(merge),
                None => return self.note(at, ParseCause::MergeValue),
            },
        }
        Ok(())
    }

    /// Judges the second value of a field, which stands at `at`.
    fn again(&mut self, key: Arc<str>, at: Position, second: &Node) -> Result<(), Stop> {
        let Some(Frame { kind: Kind::Map(map), .. }) = self.frames.last() else { return Ok(()) };
        let Some(&(first, nth)) = map.places.get(&key) else { return Ok(()) };
        if map.entries.get(nth).is_some_and(|entry| entry.value == *second) {
            self.ledger.warn(at, self.path(), ParseCause::RepeatedKey { key, first });
            return Ok(());
        }
        self.note(at, ParseCause::DuplicateKey { key, first })
    }

    fn charge(&mut self, at: Position, nodes: usize) -> Result<(), Stop> {
        match self.ledger.nodes_left.checked_sub(nodes) {
            Some(left) => {
                self.ledger.nodes_left = left;
                Ok(())
            }
            None => Err(self.stop(at, ParseCause::TooManyNodes { limit: MAX_NODES })),
        }
    }

    /// The field being read.
    fn path(&self) -> Pointer {
        let mut path = Pointer::root();
        for frame in &self.frames {
            match &frame.kind {
                Kind::List(items) => path.push(Step::Item(items.len())),
                Kind::Map(map) => match &map.next {
                    Next::Value(key, _) | Next::Again(key, _) => {
                        path.push(Step::Field(key.clone()))
                    }
                    Next::Merge(_) => path.push(Step::Field("<<".into())),
                    Next::Key | Next::BadKey | Next::Dropped => {}
                },
            }
        }
        path
    }
}
