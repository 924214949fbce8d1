//! A file is one idea that a reader can hold.

use crate::finding::Finding;
use crate::source::lines_without_tests;
use crate::tree::Tree;

const LIMIT: usize = 600;

/// Lines of code of every Rust file that has any, tests not counted, the shortest first.
pub(crate) struct Lengths(Vec<(usize, String)>);

pub(crate) fn measure(tree: &Tree) -> Lengths {
    let mut lengths: Vec<_> = tree
        .rust()
        .map(|(path, text)| (lines_without_tests(path, text), path.to_owned()))
        .filter(|(lines, _)| *lines > 0)
        .collect();
    lengths.sort();
    Lengths(lengths)
}

impl Lengths {
    pub(crate) fn check(&self) -> Vec<Finding> {
        self.0
            .iter()
            .filter(|(lines, _)| *lines > LIMIT)
            .map(|(lines, path)| {
                Finding::new(
                    path,
                    1,
                    format!(
                        "a file has at most {LIMIT} lines without its tests; this one has {lines}"
                    ),
                    "find the second idea in it and give that a file of its own",
                )
            })
            .collect()
    }

    pub(crate) fn figures(&self) -> String {
        format!(
            "lines per file, tests not counted: median {}, p90 {}, longest {} ({} files)",
            self.quantile(50),
            self.quantile(90),
            self.quantile(100),
            self.0.len()
        )
    }

    /// The nearest-rank quantile.
    fn quantile(&self, percent: usize) -> usize {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).map_or(0, |(lines, _)| *lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree_of(lengths: &[usize]) -> Lengths {
        Lengths(lengths.iter().map(|&lines| (lines, format!("{lines}.rs"))).collect())
    }

    #[test]
    fn a_file_of_601_lines_is_refused_and_one_of_600_is_not() {
        let (long, short) = ("x\n".repeat(601), "x\n".repeat(600));
        let tree = Tree::from([("long.rs", long.as_str()), ("short.rs", short.as_str())]);
        let found = measure(&tree).check();
        assert_eq!(found.iter().map(|f| f.file.as_str()).collect::<Vec<_>>(), ["long.rs"]);
        assert!(found[0].rule.contains("601"), "{}", found[0]);
    }

    #[test]
    fn tests_at_the_end_of_a_file_are_not_counted() {
        let text =
            format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "x\n".repeat(600), "y\n".repeat(500));
        assert_eq!(measure(&Tree::from([("a.rs", text.as_str())])).check(), []);
    }

    #[test]
    fn quantiles_are_lengths_that_occur() {
        let figures = tree_of(&[10, 20, 30, 40, 50, 60, 70, 80, 90, 100]).figures();
        assert!(figures.contains("median 50, p90 90, longest 100 (10 files)"), "{figures}");
        assert!(tree_of(&[]).figures().contains("median 0, p90 0, longest 0 (0 files)"));
    }
}
