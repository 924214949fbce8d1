//! What a check reports.

use std::fmt;

/// One thing that is wrong, and how to put it right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Path from the repository's root.
    pub(crate) file: String,
    /// Line from 1; the first line where the file as a whole is meant.
    pub(crate) line: usize,
    /// The rule, in the words of someone who keeps it.
    pub(crate) rule: String,
    /// What to do about it.
    pub(crate) mend: String,
}

impl Finding {
    pub(crate) fn new(
        file: &str,
        line: usize,
        rule: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self { file: file.to_owned(), line, rule: rule.into(), mend: mend.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}\n    mend: {}", self.file, self.line, self.rule, self.mend)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_prints_place_rule_and_mend() {
        let finding = Finding::new("src/lib.rs", 7, "nothing is left to do", "write the code");
        assert_eq!(
            finding.to_string(),
            "src/lib.rs:7: nothing is left to do\n    mend: write the code"
        );
    }
}
