//! What can be wrong with the text of a manifest.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::Manifest;
use super::pointer::Pointer;
use super::source::Position;

/// A fault in the text of a manifest: where it is and what it is.
///
/// Prints as `FILE:LINE:COLUMN: FIELD: cause; next step`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// File name as the user gave it.
    pub file: Arc<str>,
    /// Where the fault is.
    pub at: Position,
    /// The field being read; the root when the fault is before the first one.
    pub path: Pointer,
    /// What is wrong.
    pub cause: ParseCause,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_place(f, &self.file, self.at, &self.path)?;
        self.cause.fmt(f)
    }
}

impl std::error::Error for ParseError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.source()
    }
}

/// Writes what every error starts with: `FILE:LINE:COLUMN: FIELD: `.
pub(super) fn write_place(
    f: &mut fmt::Formatter<'_>,
    file: &str,
    at: Position,
    path: &Pointer,
) -> fmt::Result {
    write!(f, "{file}:{at}: ")?;
    if path.is_root() { Ok(()) } else { write!(f, "{}: ", shorten(&path.to_string(), 400)) }
}

/// A word from the file for a message: its start, if it is long.
pub(super) fn excerpt(text: &str) -> Cow<'_, str> {
    shorten(text, 60)
}

fn shorten(text: &str, chars: usize) -> Cow<'_, str> {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}...", &text[..end]).into(),
        None => text.into(),
    }
}

/// What is wrong with a stream; one line for each fault when printed.
#[derive(Clone, Debug)]
pub struct ParseErrors {
    /// All faults, in the order of the text.
    pub errors: Vec<ParseError>,
    /// The documents without a fault, for a reader who wants to say more about them.
    pub sound: Vec<Manifest>,
}

impl fmt::Display for ParseErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, error) in self.errors.iter().enumerate() {
            write!(f, "{}{error}", if nth == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for ParseErrors {}

/// What is wrong with the text of a manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseCause {
    /// More text than [`MAX_BYTES`](super::MAX_BYTES).
    #[error("the input has {bytes} bytes, more than the {limit} that are read; split the file")]
    TooLarge {
        /// Size of the input.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Bytes that are no UTF-8.
    #[error("the text is not UTF-8; save the file as UTF-8")]
    NotUtf8,
    /// A character that no text file should hold.
    #[error("control character U+{:04X}; remove it, or write it as an escape in double quotes", u32::from(*.0))]
    ControlCharacter(char),
    /// Maps and lists within each other beyond [`MAX_DEPTH`](super::MAX_DEPTH).
    #[error("nested deeper than {limit} levels")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// More values than [`MAX_NODES`](super::MAX_NODES), counting every use of an anchor.
    #[error(
        "more than {limit} values, each use of an anchor counted; write out less or split the file"
    )]
    TooManyNodes {
        /// The limit.
        limit: usize,
    },
    /// So many brackets and commas that the reader would need more memory than it may take.
    #[error("more than {limit} brackets and commas; write lists and maps on lines of their own")]
    TooManyMarks {
        /// The limit.
        limit: usize,
    },
    /// The text breaks the grammar of YAML or JSON.
    #[error("{0}")]
    Syntax(String),
    /// A field that is given twice in one map.
    #[error("field `{}` is given twice, first on line {}; keep one of them", excerpt(key), first.line)]
    DuplicateKey {
        /// Name of the field.
        key: Arc<str>,
        /// Where it is given first.
        first: Position,
    },
    /// A field that is given twice with equal values: no reader is misled, so this is a warning.
    #[error("field `{}` is given twice with the same value, first on line {}; remove one of them", excerpt(key), first.line)]
    RepeatedKey {
        /// Name of the field.
        key: Arc<str>,
        /// Where it is given first.
        first: Position,
    },
    /// A list, a map or nothing in the place of a field's name.
    #[error("the name of a field is {found}; write a text")]
    KeyNotText {
        /// What stands there.
        found: &'static str,
    },
    /// A name of a field that one reader takes for another name.
    #[error(
        "field `{written}` is read as `{read}` by kubectl; write \"{written}\" or \"{read}\", in quotes"
    )]
    AmbiguousKey {
        /// The name as written.
        written: Arc<str>,
        /// The name that kubectl makes of it.
        read: String,
    },
    /// A tag that has no meaning in a Kubernetes manifest.
    #[error("unknown tag `{0}`; remove it")]
    UnknownTag(String),
    /// A tag on a value that it does not fit.
    #[error("the value does not fit its tag `{0}`")]
    TagMismatch(&'static str),
    /// `.nan` and `.inf`.
    #[error("`{0}` is no number in JSON; write a finite number, or quotes around a text")]
    NotFinite(Arc<str>),
    /// A number that readers round, or make text of.
    #[error("the number is too large to be read exactly; write quotes around a text")]
    NumberRange,
    /// A merge key whose value is neither a map nor a list of maps.
    #[error("`<<` needs a map or a list of maps")]
    MergeValue,
    /// A merge key that would change a field written before it, for some readers.
    #[error("`<<` after field `{}` overrides it in kubectl and not elsewhere; put `<<` first", excerpt(.0))]
    MergeOrder(Arc<str>),
    /// An alias for an anchor that this document does not have, or that is not complete yet.
    #[error("the alias refers to no complete value before it in this document")]
    UnknownAnchor,
    /// So many faults that the rest of the file was not read.
    #[error("too many errors; the rest of the file was not read")]
    TooManyErrors,
}
