//! Words that may not stand in the tree, each with where, why and what instead.

use crate::finding::Finding;
use crate::source::{code_only, is_word};
use crate::tree::Tree;

struct Ban {
    words: &'static [&'static str],
    scope: Scope,
    rule: &'static str,
    mend: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Every text file, with its comments and strings.
    Text,
    /// The code of every Rust file; comments and strings may say the word.
    Code,
    /// As `Code`, in core and the strategies.
    Decisions,
    /// As `Code`, in what a journal is written and replayed by.
    Replayed,
}

impl Scope {
    fn covers(self, path: &str) -> bool {
        match self {
            Self::Text => true,
            Self::Code => path.ends_with(".rs"),
            Self::Decisions => {
                Self::Code.covers(path)
                    && (path.starts_with("crates/core/src/")
                        || path.starts_with("crates/strategies/"))
                    // A test around decisions may share what it heard of them.
                    && !path.contains("/tests/")
            }
            Self::Replayed => {
                let Some(inside) = path.strip_prefix("crates/core/src/") else { return false };
                let module = inside.split('/').next().unwrap_or_default();
                let module = module.strip_suffix(".rs").unwrap_or(module);
                Self::Code.covers(path) && matches!(module, "kernel" | "engine" | "journal")
            }
        }
    }
}

const BANS: &[Ban] = &[
    Ban {
        words: &["todo!", "unimplemented!"],
        scope: Scope::Code,
        rule: "nothing is left to do: what is not there yet is left out",
        mend: "write the code, or take the path to it away",
    },
    Ban {
        words: &["dbg!"],
        scope: Scope::Code,
        rule: "debugging output is not committed",
        mend: "take it out; what a user must see is an event",
    },
    Ban {
        words: &["#[allow(", "#![allow("],
        scope: Scope::Code,
        rule: "a lint is not silenced for good",
        mend: "mend the code, or write #[expect(lint, reason = \"...\")], which fails once it is not needed",
    },
    Ban {
        words: &["#[ignore"],
        scope: Scope::Code,
        rule: "a test that is not run proves nothing",
        mend: "make it fast and reliable enough to run, or delete it",
    },
    Ban {
        words: &["HashMap"],
        scope: Scope::Decisions,
        rule: "a decision is the same in every run: the order of a HashMap is not",
        mend: "use BTreeMap",
    },
    Ban {
        words: &["Arc<Mutex"],
        scope: Scope::Decisions,
        rule: "decisions are values in, values out: they share no state",
        mend: "pass the value in and return the new one",
    },
    Ban {
        words: &["f32", "f64"],
        scope: Scope::Replayed,
        rule: "what is recorded is compared bit by bit on replay: no floating point",
        mend: "use integers in a stated unit (parts per million, milliseconds, ...)",
    },
    Ban {
        // In pieces, so that this file does not break its own rule.
        words: &[concat!("/wo", "rk/"), concat!("/tm", "p/w")],
        scope: Scope::Text,
        rule: "nothing in the tree names a path of one machine",
        mend: "use a path from the repository's root, or a folder the program is given",
    },
];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.files() {
        let code = if Scope::Code.covers(path) { code_only(text) } else { String::new() };
        for ban in BANS.iter().filter(|ban| ban.scope.covers(path)) {
            let searched = if ban.scope == Scope::Text { text } else { &code };
            for (index, line) in searched.lines().enumerate() {
                if let Some(word) = ban.words.iter().find(|word| says(line, word)) {
                    let rule = format!("`{word}`: {}", ban.rule);
                    findings.push(Finding::new(path, index + 1, rule, ban.mend));
                }
            }
        }
    }
    findings
}

/// Does the line hold the word, not as a part of a longer one? A word may follow a digit or `_`: `1f64`, `as_f64`.
fn says(line: &str, word: &str) -> bool {
    let begins_as_word = word.bytes().next().is_some_and(is_word);
    let ends_as_word = word.bytes().last().is_some_and(is_word);
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].bytes().last();
        let after = line[at + word.len()..].bytes().next();
        !(begins_as_word && before.is_some_and(|b| b.is_ascii_alphabetic())
            || ends_as_word && after.is_some_and(is_word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words found in `text` at `path`, with their lines.
    fn found(path: &str, text: &str) -> Vec<(usize, String)> {
        check(&Tree::from([(path, text)]))
            .into_iter()
            .map(|f| (f.line, f.rule.split('`').nth(1).unwrap_or_default().to_owned()))
            .collect()
    }

    #[test]
    fn unfinished_and_silenced_code_is_refused_with_its_line() {
        for (line, word) in [
            ("todo!()", "todo!"),
            ("std::unimplemented!()", "unimplemented!"),
            ("dbg!(x)", "dbg!"),
            ("#[allow(dead_code)]", "#[allow("),
            ("#![allow(dead_code)]", "#![allow("),
            ("#[ignore = \"slow\"]", "#[ignore"),
        ] {
            let text = format!("fn a() {{\n    {line}\n}}\n");
            assert_eq!(found("src/lib.rs", &text), [(2, word.to_owned())]);
        }
    }

    #[test]
    fn comments_strings_and_longer_words_may_hold_a_banned_word() {
        let text =
            "// todo!()\nlet a = \"dbg!(x)\";\nmytodo!();\n#[expect(dead_code, reason = \"a\")]\n";
        assert_eq!(found("src/lib.rs", text), []);
    }

    #[test]
    fn decisions_hold_no_unordered_maps_and_no_shared_state() {
        let text = "use std::collections::HashMap;\ntype A = Arc<Mutex<u8>>;\n";
        let both = [(1, "HashMap".to_owned()), (2, "Arc<Mutex".to_owned())];
        assert_eq!(found("crates/core/src/run.rs", text), both);
        assert_eq!(found("crates/strategies/rollout/src/climb/step.rs", text), both);
        assert_eq!(found("crates/providers/local/src/lib.rs", text), []);
    }

    #[test]
    fn what_is_replayed_holds_no_floats() {
        for path in ["kernel/step.rs", "engine.rs", "journal/record.rs"] {
            let path = format!("crates/core/src/{path}");
            assert_eq!(found(&path, "let a: f64 = 1.0;\n"), [(1, "f64".to_owned())], "{path}");
            assert_eq!(found(&path, "let a = 1f32;\n"), [(1, "f32".to_owned())], "{path}");
        }
        assert_eq!(found("crates/core/src/model/scale.rs", "let a: f64 = 1.0;\n"), []);
        assert_eq!(found("crates/core/src/engine.rs", "let buf64 = 1;\n"), []);
    }

    #[test]
    fn paths_of_one_machine_are_refused_even_in_prose() {
        let text = format!("# A\n\nsee {}main\n", concat!("/wo", "rk/"));
        assert_eq!(found("README.md", &text), [(3, concat!("/wo", "rk/").to_owned())]);
        let text = format!("// {}/infra\n", concat!("/tm", "p/w"));
        assert_eq!(found("src/lib.rs", &text).len(), 1);
        assert_eq!(found("README.md", "the network/workload pair\n"), []);
    }
}
