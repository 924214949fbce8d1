//! What README.md and ARCHITECTURE.md call by name must exist, or the reader goes looking for nothing.

use std::collections::BTreeSet;

use crate::finding::Finding;
use crate::source::{code_only, is_word};
use crate::tree::Tree;

const PAGES: [&str; 2] = ["README.md", "ARCHITECTURE.md"];
const CRATES_OF_RUST: [&str; 3] = ["std", "core", "alloc"];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let names = Names::of(tree);
    let mut findings = Vec::new();
    for page in PAGES {
        for (line, span) in code_spans(tree.text(page).unwrap_or_default()) {
            if let Some(rule) = names.missing(span) {
                let mend = "name what is there, or take the back-ticks away where it is not ours";
                findings.push(Finding::new(page, line, rule, mend));
            }
        }
    }
    findings
}

/// Everything in the tree that a page may name.
struct Names<'a> {
    paths: BTreeSet<&'a str>,
    words: BTreeSet<String>,
}

impl<'a> Names<'a> {
    fn of(tree: &'a Tree) -> Self {
        let mut paths = BTreeSet::new();
        for (path, _) in tree.files() {
            paths.insert(path);
            paths.extend(path.match_indices('/').map(|(at, _)| &path[..at]));
        }
        let mut words = BTreeSet::new();
        for (_, text) in tree.rust() {
            let code = code_only(text);
            words.extend(
                code.split(|c: char| !c.is_ascii() || !is_word(c as u8)).map(str::to_owned),
            );
        }
        // A crate's name is in its manifest, where it has hyphens.
        for (_, text) in tree.files().filter(|(path, _)| path.ends_with("Cargo.toml")) {
            let named = text.lines().filter_map(|line| line.strip_prefix("name = "));
            words.extend(named.map(|name| name.trim_matches('"').replace('-', "_")));
        }
        Self { paths, words }
    }

    /// What is wrong with the span, if it is a path or a name of code and there is no such thing.
    fn missing(&self, span: &str) -> Option<String> {
        if let Some(path) = self.as_path(span) {
            let found = self.paths.iter().any(|known| {
                known.strip_suffix(path).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
            });
            return (!found).then(|| format!("no file or folder is called `{path}`"));
        }
        let words = as_code(span)?;
        if CRATES_OF_RUST.contains(&words[0]) {
            return None;
        }
        let word = words.iter().find(|word| !self.words.contains(**word))?;
        Some(if *word == span {
            format!("no Rust file mentions `{span}`")
        } else {
            format!("no Rust file mentions `{word}` of `{span}`")
        })
    }

    /// The span as a path, without a line number or a closing slash: it starts with something at the root, or is the
    /// name of a Rust, Markdown or TOML file. `apps/v1` and the like are not paths.
    fn as_path<'s>(&self, span: &'s str) -> Option<&'s str> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
        let (path, line) = span.split_once(':').unwrap_or((span, ""));
        if !path.chars().all(plain) || !line.chars().all(|c| c.is_ascii_digit()) {
            return None;
        }
        if path.starts_with("..") || path.starts_with('/') {
            return None;
        }
        let path = path.trim_start_matches("./").trim_end_matches('/');
        let (first, _) = path.split_once('/').unwrap_or((path, ""));
        let at_root = path != first && self.paths.contains(first);
        let file =
            [".rs", ".md", ".toml"].iter().any(|end| path.len() > end.len() && path.ends_with(end));
        (at_root || file).then_some(path)
    }
}

/// The words of a span that is a name of Rust code: `CamelCase`, `snake::path`, `call()`, `Type::<T>` without the rest.
fn as_code(span: &str) -> Option<Vec<&str>> {
    let bare = span.split(['<', '(', '!']).next()?.trim_start_matches('&').trim_end_matches("::");
    let words: Vec<&str> = bare.split("::").collect();
    let is_name = |word: &&str| {
        word.bytes().all(is_word) && word.bytes().next().is_some_and(|b| !b.is_ascii_digit())
    };
    if !words.iter().all(is_name) {
        return None;
    }
    let camel = bare.starts_with(|c: char| c.is_ascii_uppercase())
        && bare.contains(|c: char| c.is_ascii_lowercase())
        && !bare.contains('_');
    let call = span.ends_with(')') && span.len() > bare.len();
    (words.len() > 1 || camel || call).then_some(words)
}

/// The `code spans` of a page outside of its fenced blocks, with their lines.
fn code_spans(text: &str) -> Vec<(usize, &str)> {
    let mut spans = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            spans.extend(line.split('`').skip(1).step_by(2).map(|span| (index + 1, span)));
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found when README.md says `page` in a small tree.
    fn found(page: &str) -> Vec<String> {
        let tree = Tree::from([
            ("README.md", page),
            ("crates/core/Cargo.toml", "[package]\nname = \"windlass-core\"\n"),
            ("crates/core/src/kernel/step.rs", "pub struct Step; // Ghost\nfn go_on() {}\n"),
        ]);
        check(&tree).into_iter().map(|f| format!("{}: {}", f.line, f.rule)).collect()
    }

    #[test]
    fn a_path_that_is_not_there_is_found() {
        let page = "see `crates/core/src/gone.rs`\nand `gone.rs`, `crates/gone/`, `crates/core/src/gone.rs:7`\n";
        let gone = found(page);
        assert_eq!(gone.len(), 4, "{gone:?}");
        assert_eq!(gone[0], "1: no file or folder is called `crates/core/src/gone.rs`");
        assert!(gone[1..].iter().all(|rule| rule.starts_with("2: ")), "{gone:?}");
    }

    #[test]
    fn a_name_that_no_code_mentions_is_found_even_if_a_comment_does() {
        assert_eq!(found("a `Ghost`"), ["1: no Rust file mentions `Ghost`"]);
        assert_eq!(
            found("`kernel::Step::gone`"),
            ["1: no Rust file mentions `kernel` of `kernel::Step::gone`"]
        );
        assert_eq!(
            found("`come_back()`"),
            ["1: no Rust file mentions `come_back` of `come_back()`"]
        );
        assert_eq!(found("`Ghost<T>`").len(), 1);
    }

    #[test]
    fn what_exists_may_be_named_by_its_whole_path_or_its_end() {
        let page = "`crates/core/`, `kernel/step.rs`, `step.rs:1`, `README.md`, `Step`, `windlass_core::Step`, `go_on()`";
        assert_eq!(found(page), Vec::<String>::new());
    }

    #[test]
    fn what_is_neither_path_nor_code_is_left_alone() {
        let page = "`apps/v1`, `cargo test`, `--bad`, `../shared/x.rs`, `std::time::Instant`, `CI`, `0.1.0`, `a: 1`\n";
        assert_eq!(found(page), Vec::<String>::new());
        assert_eq!(found("```text\n`Ghost`\n```\n"), Vec::<String>::new());
    }
}
