//! Manifests kept whole: a tree with the place of every value in the user's file.
//!
//! [`parse`] reads streams of YAML or JSON, [`Cursor`] reads typed values out of the tree and
//! collects what is wrong, [`Node::set`] and [`Node::remove`] change a field and nothing else,
//! [`to_yaml`] and [`to_json`] print. Nothing that is not understood is lost.
//!
//! Scalars are read as `kubectl` reads them. Where that differs from what other readers make of
//! the same text in a way that loses something, the text is refused with a word on what to write.
//!
//! ```
//! use windlass_core::manifest::{self, Node};
//!
//! let text = b"kind: Deployment\nspec: {replicas: 3}\n";
//! let mut manifest = manifest::parse("app.yaml", text)?.remove(0);
//! manifest.root.set(&"spec.replicas".parse()?, Node::new(5))?;
//! assert_eq!(manifest::to_yaml(&manifest.root), "kind: Deployment\nspec:\n  replicas: 5\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod build;
mod cursor;
mod error;
mod json;
mod merge;
mod node;
mod number;
mod patch;
mod pointer;
mod print;
mod scalar;
mod source;
mod stream;
mod yaml;

use std::sync::Arc;

use build::Document;

pub use cursor::{Cursor, FieldCause, FieldError, Problems};
pub use error::{ParseCause, ParseError, ParseErrors};
pub use node::{Entry, Map, Node, Value};
pub use number::{Float, NumberFault};
pub use patch::PatchError;
pub use pointer::{Pointer, PointerError, Step};
pub use print::{to_json, to_yaml};
pub use source::{Position, Source};

/// Most bytes that one stream may have: 3 MiB, what an API server takes in one request.
pub const MAX_BYTES: usize = 3 * 1024 * 1024;

/// Most levels of maps and lists within each other.
pub const MAX_DEPTH: usize = 64;

/// Most values of one stream, each use of an anchor counted in full.
pub const MAX_NODES: usize = 1_000_000;

/// Most errors that are reported for one stream.
pub const MAX_ERRORS: usize = 100;

/// One document: a tree and the text it came from.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The whole stream that the document is part of.
    pub source: Source,
    /// The tree.
    pub root: Node,
    /// What was read all the same but should be mended, in the order of the text.
    pub warnings: Vec<ParseError>,
}

impl Manifest {
    /// A cursor on the root, for typed reading; faults go to `problems`.
    pub fn cursor<'a>(&'a self, problems: &'a Problems) -> Cursor<'a> {
        Cursor::new(&self.source, &self.root, problems)
    }
}

/// Reads a stream of documents of YAML or JSON, `name` being the file name for errors.
///
/// Documents without content are left out, so a stream may hold none. A document with a fault
/// does not keep the next ones from being read: the errors of all come at once.
///
/// # Errors
/// Everything that is wrong with the text, in its order, up to [`MAX_ERRORS`].
pub fn parse(name: impl Into<Arc<str>>, bytes: &[u8]) -> Result<Vec<Manifest>, ParseErrors> {
    let mut ledger = build::Ledger::new(name.into());
    let text = match source::decode(bytes) {
        Ok(text) => text,
        Err((at, cause)) => {
            ledger.note(at, Pointer::root(), cause);
            return Err(ParseErrors { errors: ledger.into_errors(), sound: Vec::new() });
        }
    };
    let documents = stream::read(text, &mut ledger);
    let source = Source::new(ledger.file().clone(), text);
    let manifest =
        |Document { root, warnings }| Manifest { source: source.clone(), root, warnings };
    let sound: Vec<_> = documents.into_iter().map(manifest).collect();
    if ledger.errors().is_empty() {
        Ok(sound)
    } else {
        Err(ParseErrors { errors: ledger.into_errors(), sound })
    }
}

#[cfg(test)]
mod tests;
