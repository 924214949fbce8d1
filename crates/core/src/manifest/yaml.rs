//! Reads a document of YAML.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Tag as YamlTag};

use super::MAX_DEPTH;
use super::build::{Builder, Document, Ledger, Stop};
use super::error::{ParseCause, excerpt};
use super::node::Node;
use super::scalar::{self, Tag};
use super::source::{Position, to_u32};

/// Reads the documents of `text`, whose first line is line `first_line` of the stream.
///
/// Empty documents are left out. A document that cannot be read is reported in the ledger, and
/// nothing after it is read.
pub(super) fn read(text: &str, first_line: u32, ledger: &mut Ledger) -> Vec<Document> {
    let mut reader = Reader { first_line, builder: Builder::new(ledger) };
    if let Some((offset, control)) = text.char_indices().find(|&(_, c)| !is_printable(c)) {
        let at = Position::of_byte(text.as_bytes(), offset).below(first_line);
        reader.builder.stop(at, ParseCause::ControlCharacter(control));
        return Vec::new();
    }
    // Until a bracket is closed the parser keeps all tokens after it.
    if text.bytes().filter(|b| b",[]{}".contains(b)).count() > MAX_MARKS {
        reader
            .builder
            .stop(Position::new(first_line, 1), ParseCause::TooManyMarks { limit: MAX_MARKS });
        return Vec::new();
    }
    let mut parser = Parser::new_from_str(text);
    let mut documents = Vec::new();
    while let Some(next) = parser.next_event() {
        let step = match next {
            Err(error) => Err(reader.syntax(&error)),
            Ok((Event::DocumentEnd, _)) => {
                documents.extend(reader.builder.take());
                Ok(())
            }
            Ok((event, span)) => reader.event(event, span.start),
        };
        if step.is_err() {
            break;
        }
    }
    documents
}

/// Most brackets, braces and commas of a document; JSON is read without this limit.
const MAX_MARKS: usize = 400_000;

struct Reader<'l> {
    first_line: u32,
    builder: Builder<'l>,
}

impl Reader<'_> {
    fn place(&self, mark: Marker) -> Position {
        Position::new(to_u32(mark.line()), to_u32(mark.col() + 1)).below(self.first_line)
    }

    fn syntax(&mut self, error: &ScanError) -> Stop {
        let at = self.place(*error.marker());
        self.builder.stop(at, explain(error.info()))
    }

    fn event(&mut self, event: Event<'_>, mark: Marker) -> Result<(), Stop> {
        let at = self.place(mark);
        match event {
            Event::Alias(anchor) => self.builder.alias(at, anchor),
            Event::Scalar(text, style, anchor, tag) => {
                let tag = self.tag(at, tag.as_deref(), style)?;
                self.scalar(at, &text, tag, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                self.collection_tag(at, tag.as_deref(), Tag::Seq)?;
                self.builder.open_list(at, anchor)
            }
            Event::MappingStart(anchor, tag) => {
                self.collection_tag(at, tag.as_deref(), Tag::Map)?;
                self.builder.open_map(at, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => self.builder.close(),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn scalar(&mut self, at: Position, text: &str, tag: Tag, anchor: usize) -> Result<(), Stop> {
        if self.builder.wants_key() {
            if anchor != 0 {
                self.builder.remember(anchor, Node { at, value: text.into() });
            }
            return self.builder.key(at, scalar::name(text, tag));
        }
        let value = match scalar::resolve(text, tag) {
            Ok(value) => value,
            Err(cause) => {
                self.builder.note(at, cause)?;
                text.into()
            }
        };
        self.builder.scalar(at, value, anchor)
    }

    /// The tag of a scalar; an unknown one is reported and taken for text.
    fn tag(
        &mut self,
        at: Position,
        tag: Option<&YamlTag>,
        style: ScalarStyle,
    ) -> Result<Tag, Stop> {
        match tag {
            None if style == ScalarStyle::Plain => Ok(Tag::Plain),
            None => Ok(Tag::Str),
            Some(tag) => match known(tag) {
                Some(tag) => Ok(tag),
                None => {
                    self.builder.note(at, unknown(tag))?;
                    Ok(Tag::Str)
                }
            },
        }
    }

    fn collection_tag(
        &mut self,
        at: Position,
        tag: Option<&YamlTag>,
        wanted: Tag,
    ) -> Result<(), Stop> {
        match tag.map(|tag| (known(tag), tag)) {
            None => Ok(()),
            Some((Some(found), _)) if found == wanted => Ok(()),
            Some((Some(found), _)) => self.builder.note(at, found.mismatch()),
            Some((None, tag)) => self.builder.note(at, unknown(tag)),
        }
    }
}

fn known(tag: &YamlTag) -> Option<Tag> {
    match (tag.handle.as_str(), tag.suffix.as_str()) {
        // A lone `!` says: no guessing, this is text.
        ("", "!") | ("!", "") => Some(Tag::Str),
        ("tag:yaml.org,2002:", suffix) => Tag::core(suffix),
        ("", full) => Tag::core(full.strip_prefix("tag:yaml.org,2002:")?),
        _ => None,
    }
}

fn unknown(tag: &YamlTag) -> ParseCause {
    let tag = match tag.handle.as_str() {
        "tag:yaml.org,2002:" => format!("!!{}", tag.suffix),
        handle => format!("{handle}{}", tag.suffix),
    };
    ParseCause::UnknownTag(excerpt(&tag).into_owned())
}

/// Words of the parser in words of the user, with what to do.
fn explain(message: &str) -> ParseCause {
    ParseCause::Syntax(match message {
        "recursion limit exceeded" => return ParseCause::TooDeep { limit: MAX_DEPTH },
        "mapping values are not allowed in this context" => {
            "no field can start here; indent it like its neighbours, or put a text with a colon in quotes"
        }
        "while parsing a block mapping, did not find expected key" => {
            "expected a field; indent it like its neighbours"
        }
        "while parsing a block collection, did not find expected '-' indicator" => {
            "expected `- `; indent it like the items before"
        }
        "while scanning a quoted scalar, found unexpected end of stream"
        | "while scanning a quoted scalar, found unexpected document indicator" => {
            "the text has no closing quote"
        }
        "invalid indentation in quoted scalar" => {
            "the text has no closing quote on its line; indent the lines that continue it"
        }
        "tabs disallowed within this context (block indentation)"
        | "tabs disallowed in this context"
        | "tab cannot be used as indentation"
        | "a block scalar content cannot start with a tab"
        | "':' must be followed by a valid YAML whitespace"
        | "'-' must be followed by a valid YAML whitespace" => "a tab where YAML needs spaces",
        "simple key expect ':'" | "simple key expected ':'" => {
            "the line before is no field: expected `NAME: VALUE`"
        }
        "block sequence entries are not allowed in this context" => {
            "no item can start here; put `- ` on a line of its own"
        }
        "invalid trailing content after double-quoted scalar" => "text after the closing quote",
        "invalid indentation" | "invalid indentation in flow construct" => {
            "indent this line deeper than the field it belongs to"
        }
        "misplaced bracket" => "a closing bracket without an opening one",
        "while parsing node, found unknown anchor" => return ParseCause::UnknownAnchor,
        other => other,
    }
    .to_owned())
}

/// Whether YAML allows the character outside of escapes.
fn is_printable(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{FFFD}' | '\u{10000}'..)
}
