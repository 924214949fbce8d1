//! Reads documents of JSON, strictly, with the place of every value.
//!
//! YAML holds most of JSON, but not escapes of surrogate pairs or keys of any length, and a
//! parser of YAML takes many things for JSON that are not.

use std::sync::Arc;

use super::build::{Builder, Document, Ledger, Name, Stop};
use super::error::ParseCause;
use super::node::Value;
use super::number::NumberFault;
use super::source::Position;

/// Reads the documents that follow each other in `text`, which starts at `start` in the stream.
///
/// A fault is reported in the ledger, and nothing after it is read.
pub(super) fn read(text: &str, start: Position, ledger: &mut Ledger) -> Vec<Document> {
    let mut reader = Reader { rest: text, at: start, builder: Builder::new(ledger), open: vec![] };
    let mut documents = Vec::new();
    loop {
        reader.skip_space();
        if reader.rest.is_empty() || reader.document().is_err() {
            return documents;
        }
        documents.extend(reader.builder.take());
    }
}

struct Reader<'t, 'l> {
    rest: &'t str,
    at: Position,
    builder: Builder<'l>,
    open: Vec<Open>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    List,
    Map,
}

impl<'t> Reader<'t, '_> {
    /// One value with all that is in it.
    fn document(&mut self) -> Result<(), Stop> {
        loop {
            let opened = self.value()?;
            if opened && self.next_is_close() {
                self.close()?;
            } else if opened {
                self.name()?;
                continue;
            }
            if !self.goes_on()? {
                return Ok(());
            }
        }
    }

    /// What stands after a value: closes what ends here, and stops before the next value. False at
    /// the end of the document.
    fn goes_on(&mut self) -> Result<bool, Stop> {
        while let Some(&open) = self.open.last() {
            self.skip_space();
            match (self.rest.as_bytes().first(), open) {
                (Some(b','), _) => {
                    self.advance(1);
                    self.name()?;
                    return Ok(true);
                }
                (Some(b'}'), Open::Map) | (Some(b']'), Open::List) => self.close()?,
                (_, Open::Map) => return Err(self.expected("`,` or `}`")),
                (_, Open::List) => return Err(self.expected("`,` or `]`")),
            }
        }
        Ok(false)
    }

    /// The start of a value; whether it is a list or map that is open now.
    fn value(&mut self) -> Result<bool, Stop> {
        self.skip_space();
        let at = self.at;
        match self.rest.as_bytes().first() {
            Some(b'{') => {
                self.builder.open_map(at, 0)?;
                self.open.push(Open::Map);
                self.advance(1);
                return Ok(true);
            }
            Some(b'[') => {
                self.builder.open_list(at, 0)?;
                self.open.push(Open::List);
                self.advance(1);
                return Ok(true);
            }
            Some(b'"') => {
                let text = self.string()?;
                self.builder.scalar(at, Value::String(text), 0)?;
            }
            Some(_) => self.bare(at)?,
            None => return Err(self.expected("a value")),
        }
        Ok(false)
    }

    /// A number, `true`, `false` or `null`.
    fn bare(&mut self, at: Position) -> Result<(), Stop> {
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '.'))
            .unwrap_or(self.rest.len());
        let text = &self.rest[..end];
        let value = match text {
            "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ if is_number(text) => match Value::number(text) {
                Ok(value) => value,
                Err(NumberFault::Form) => return Err(self.expected("a value")),
                Err(NumberFault::Range) => {
                    self.builder.note(at, ParseCause::NumberRange)?;
                    Value::Null
                }
            },
            _ => return Err(self.expected("a value")),
        };
        self.builder.scalar(at, value, 0)?;
        self.advance(end);
        Ok(())
    }

    /// The name of a field and the colon after it, where a map is open.
    fn name(&mut self) -> Result<(), Stop> {
        if self.open.last() != Some(&Open::Map) {
            return Ok(());
        }
        self.skip_space();
        let at = self.at;
        if !self.rest.starts_with('"') {
            return Err(self.expected("the name of a field in double quotes"));
        }
        let name = self.string()?;
        self.builder.key(at, Name::Text(name))?;
        self.skip_space();
        if !self.rest.starts_with(':') {
            return Err(self.expected("`:`"));
        }
        self.advance(1);
        Ok(())
    }

    /// A text in double quotes.
    fn string(&mut self) -> Result<Arc<str>, Stop> {
        let mut escaped = false;
        let end = self.rest.bytes().enumerate().skip(1).find_map(|(nth, b)| {
            let closes = b == b'"' && !escaped;
            escaped = b == b'\\' && !escaped;
            closes.then_some(nth)
        });
        let Some(end) = end else {
            return Err(self.stop("text without a closing `\"`"));
        };
        let quoted = &self.rest[..=end];
        let Ok(text) = serde_json::from_str::<String>(quoted) else {
            return Err(self.stop("text with a line break, control character or unknown escape"));
        };
        self.advance(end + 1);
        Ok(text.into())
    }

    fn next_is_close(&mut self) -> bool {
        self.skip_space();
        match self.open.last() {
            Some(Open::Map) => self.rest.starts_with('}'),
            Some(Open::List) => self.rest.starts_with(']'),
            None => false,
        }
    }

    fn close(&mut self) -> Result<(), Stop> {
        self.open.pop();
        self.advance(1);
        self.builder.close()
    }

    fn skip_space(&mut self) {
        let space = self.rest.bytes().take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'));
        self.advance(space.count());
    }

    /// Moves on by `bytes`, which end between two characters.
    fn advance(&mut self, bytes: usize) {
        let (passed, rest) = self.rest.split_at(bytes);
        for c in passed.chars() {
            if c == '\n' {
                self.at = Position::new(self.at.line + 1, 1);
            } else {
                self.at.column += 1;
            }
        }
        self.rest = rest;
    }

    fn expected(&mut self, what: &str) -> Stop {
        let found = match self.rest.chars().next() {
            Some(c) => format!("`{}`", c.escape_debug()),
            None => "the end".to_owned(),
        };
        self.stop(&format!("expected {what}, found {found}"))
    }

    fn stop(&mut self, message: &str) -> Stop {
        self.builder.stop(self.at, ParseCause::Syntax(message.to_owned()))
    }
}

/// Whether `text` follows the grammar of numbers in JSON.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, _) = digits.split_once(['e', 'E']).unwrap_or((digits, ""));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    !fraction.is_empty() && (whole == "0" || whole.starts_with(|c: char| matches!(c, '1'..='9')))
}
