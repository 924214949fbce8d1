//! One shape of error for every text that the model refuses.

use std::fmt::{self, Debug, Display};

/// What a grammar asks of a text. `Display` of a rule says what is wrong and how to mend it.
pub trait Rule: Debug + Display + Clone + PartialEq + Eq + Send + Sync + 'static {
    /// What the text was meant to be, as it starts a sentence: "quantity", "label key".
    const WHAT: &'static str;
}

/// A text that its grammar refuses: the text, the place in it, the rule and the mend.
///
/// ```
/// # use windlass_core::model::Quantity;
/// let error = "1KiB".parse::<Quantity>().unwrap_err();
/// assert!(error.to_string().starts_with("quantity \"1KiB\", character 2: "));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed<R> {
    text: String,
    at: Option<usize>,
    rule: R,
}

/// Longer texts are cut in messages, so that a log line stays a line.
const SHOWN: usize = 80;

impl<R: Rule> Malformed<R> {
    /// The whole of `text` breaks `rule`.
    pub(crate) fn whole(text: &str, rule: R) -> Self {
        Malformed { text: cut(text), at: None, rule }
    }

    /// `text` breaks `rule` at byte offset `byte`.
    pub(crate) fn at(text: &str, byte: usize, rule: R) -> Self {
        let at = text.char_indices().take_while(|(start, _)| *start < byte).count();
        Malformed { text: cut(text), at: Some(at), rule }
    }

    /// The refused text, cut after 80 characters.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first character (from 0) that breaks the rule, where one can be named.
    #[must_use]
    pub fn position(&self) -> Option<usize> {
        self.at
    }

    /// The rule that is broken.
    #[must_use]
    pub fn rule(&self) -> &R {
        &self.rule
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl<R: Rule> Display for Malformed<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", R::WHAT, self.text)?;
        if let Some(at) = self.at {
            write!(f, ", character {}", at + 1)?;
        }
        write!(f, ": {}", self.rule)
    }
}

impl<R: Rule> std::error::Error for Malformed<R> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Eq)]
    struct Even;
    impl Rule for Even {
        const WHAT: &'static str = "thing";
    }
    impl Display for Even {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("odd; make it even")
        }
    }

    #[test]
    fn positions_count_characters_not_bytes() {
        let error = Malformed::at("½½x", 4, Even);
        assert_eq!(error.position(), Some(2));
        assert_eq!(error.to_string(), "thing \"½½x\", character 3: odd; make it even");
    }

    #[test]
    fn a_long_text_is_cut() {
        let error = Malformed::whole(&"é".repeat(10_000), Even);
        assert_eq!(error.text().chars().count(), SHOWN + 1);
    }
}
