//! The text a manifest was read from, and places in it.

use std::fmt;
use std::sync::Arc;

use super::MAX_BYTES;
use super::error::ParseCause;

/// The text of one stream, under the name the user gave it.
///
/// Cheap to clone: name and text are shared by every document of the stream.
#[derive(Clone, PartialEq, Eq)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
}

impl Source {
    /// A source from text that is already in memory.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// File name as the user gave it; first part of every error.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The whole text of the stream, without a byte order mark.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text from `at` to the end of its line, without the line break.
    ///
    /// `None` when the source has no such place, as for nodes that were made and not read.
    pub fn rest_of_line(&self, at: Position) -> Option<&str> {
        let line = self.text.lines().nth(at.line.checked_sub(1)? as usize)?;
        let (start, _) = line.char_indices().nth(at.column.checked_sub(1)? as usize)?;
        line.get(start..)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("name", &self.name).field("bytes", &self.text.len()).finish()
    }
}

/// A place in a source: line and column, both counted from 1, columns in characters.
///
/// The default, `0:0`, marks what was made by a program and never read from a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl Position {
    /// A place by line and column, both from 1.
    pub const fn new(line: u32, column: u32) -> Self {
        Self { line, column }
    }

    /// This place of a part of a stream, in the whole stream: the part starts with line `line`.
    pub(super) fn below(self, line: u32) -> Self {
        Self::new(self.line.saturating_add(line).saturating_sub(1), self.column)
    }

    /// The place of byte `offset` in `text`; the end of the text for an offset beyond it.
    pub(super) fn of_byte(text: &[u8], offset: usize) -> Self {
        let before = &text[..offset.min(text.len())];
        let line = before.iter().filter(|&&b| b == b'\n').count();
        let start = before.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
        // Bytes 10xxxxxx continue a character.
        let column = before[start..].iter().filter(|&&b| b & 0xC0 != 0x80).count();
        Self::new(to_u32(line + 1), to_u32(column + 1))
    }
}

/// Lines and columns never pass the size limit of a stream; beyond `u32` they saturate.
pub(super) fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// The text of a stream, without a byte order mark.
pub(super) fn decode(bytes: &[u8]) -> Result<&str, (Position, ParseCause)> {
    if bytes.len() > MAX_BYTES {
        let cause = ParseCause::TooLarge { bytes: bytes.len(), limit: MAX_BYTES };
        return Err((Position::new(1, 1), cause));
    }
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    std::str::from_utf8(text)
        .map_err(|error| (Position::of_byte(text, error.valid_up_to()), ParseCause::NotUtf8))
}
