//! How bad a finding is, read from its line.

use super::Tone;

/// How bad a finding is, as the first word of its line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The release cannot go as planned.
    Error,
    /// It can, with a risk.
    Warning,
    /// For information.
    Note,
}

impl Severity {
    /// The word that stands before the finding.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warn",
            Severity::Note => "note",
        }
    }

    /// How it strikes the reader.
    pub fn tone(self) -> Tone {
        match self {
            Severity::Error => Tone::Bad,
            Severity::Warning => Tone::Warn,
            Severity::Note => Tone::Plain,
        }
    }
}

/// Splits the severity off a finding: `error`, `warn` or `warning` before a colon or a space, with
/// or without the mark that plans print before it; everything else is a note.
pub fn severity(finding: &str) -> (Severity, &str) {
    let line = finding.trim_start();
    let line = ["x ", "! ", "- "].iter().find_map(|mark| line.strip_prefix(mark)).unwrap_or(line);
    let line = line.trim_start();
    let words = [
        ("error", Severity::Error),
        ("warning", Severity::Warning),
        ("warn", Severity::Warning),
        ("note", Severity::Note),
        ("info", Severity::Note),
    ];
    for (word, severity) in words {
        if let Some(rest) = line.strip_prefix(word)
            && rest.starts_with([':', ' '])
        {
            return (severity, rest.trim_start_matches([':', ' ']));
        }
    }
    (Severity::Note, finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_says_how_bad_it_is() {
        assert_eq!(severity("error: no quota"), (Severity::Error, "no quota"));
        assert_eq!(severity("x error  no quota"), (Severity::Error, "no quota"));
        assert_eq!(severity("! warn   image by tag"), (Severity::Warning, "image by tag"));
        assert_eq!(severity("warning: image by tag"), (Severity::Warning, "image by tag"));
    }

    #[test]
    fn a_word_that_only_begins_so_is_a_note() {
        assert_eq!(severity("errors are counted"), (Severity::Note, "errors are counted"));
        assert_eq!(severity("no budget"), (Severity::Note, "no budget"));
    }
}
