//! Cuts a stream into documents, so that a fault in one does not hide those in the next.

use super::build::{Document, Ledger};
use super::error::ParseCause;
use super::source::{Position, to_u32};
use super::{json, yaml};

/// Reads all documents of a stream; faults are in the ledger.
pub(super) fn read(text: &str, ledger: &mut Ledger) -> Vec<Document> {
    let mut documents = Vec::new();
    for part in parts(text) {
        if ledger.is_full() {
            break;
        }
        documents.extend(part.read(ledger));
    }
    documents
}

/// Some lines of a stream that can be read on their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part<'t> {
    text: &'t str,
    first_line: u32,
}

/// Cuts before each line that starts a document: in YAML `---` at the start of a line is a
/// document marker even within quotes. Directives (`%YAML 1.2`) stay with their document.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut start, mut first_line, mut offset) = (0, 1, 0);
    // Whether a document is open, and whether directives stand before one that is not.
    let (mut open, mut directives) = (false, false);
    for (nth, line) in text.split_inclusive('\n').enumerate() {
        if is_marker(line, "---") {
            if offset > start && (open || !directives) {
                parts.push(Part { text: &text[start..offset], first_line });
                (start, first_line) = (offset, to_u32(nth + 1));
            }
            (open, directives) = (true, false);
        } else if is_marker(line, "...") {
            open = false;
        } else if !open && line.starts_with('%') {
            directives = true;
        } else if !line.trim_start().is_empty() && !line.trim_start().starts_with('#') {
            open = true;
        }
        offset += line.len();
    }
    parts.push(Part { text: &text[start..], first_line });
    parts
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

impl<'t> Part<'t> {
    fn read(self, ledger: &mut Ledger) -> Vec<Document> {
        let Some((text, at)) = self.as_json() else {
            return yaml::read(self.text, self.first_line, ledger);
        };
        let mut json = ledger.fork();
        let documents = json::read(text, at, &mut json);
        if json.errors().iter().all(|error| !matches!(error.cause, ParseCause::Syntax(_))) {
            ledger.adopt(json);
            return documents;
        }
        // `{a: 1}` is YAML; of two readings that fail, the one that got further knows more.
        let mut yaml = ledger.fork();
        let documents = yaml::read(self.text, self.first_line, &mut yaml);
        let end = |ledger: &Ledger| ledger.errors().last().map(|error| error.at);
        let yaml_counts = yaml.errors().is_empty() || end(&yaml) > end(&json);
        ledger.adopt(if yaml_counts { yaml } else { json });
        documents
    }

    /// What may be JSON, and where it starts.
    fn as_json(self) -> Option<(&'t str, Position)> {
        let body = if is_marker(self.text, "---") { &self.text[3..] } else { self.text };
        let body = body.trim_start_matches([' ', '\t', '\r', '\n']);
        let offset = self.text.len() - body.len();
        let at = Position::of_byte(self.text.as_bytes(), offset).below(self.first_line);
        body.starts_with(['{', '[']).then_some((body, at))
    }
}
