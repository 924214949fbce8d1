//! A file is named after what it holds.

use crate::finding::Finding;
use crate::tree::Tree;

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    tree.rust()
        .filter_map(|(path, _)| {
            let part = path.split('/').find(|part| says_nothing(part))?;
            Some(Finding::new(
                path,
                1,
                format!("a name says what is inside; `{part}` does not"),
                "name it after the one idea it holds, or move each piece to the idea it serves",
            ))
        })
        .collect()
}

fn says_nothing(part: &str) -> bool {
    let stem = part.strip_suffix(".rs").unwrap_or(part);
    matches!(stem, "util" | "utils" | "common") || stem.starts_with("helper")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_nothing_are_refused_as_files_and_as_folders() {
        for path in ["src/utils.rs", "src/common.rs", "a/helpers/b.rs", "src/helper_fns.rs"] {
            let found = check(&Tree::from([(path, "")]));
            assert_eq!(found.len(), 1, "{path}");
        }
    }

    #[test]
    fn names_that_only_sound_alike_are_fine() {
        let tree =
            Tree::from([("src/commons.rs", ""), ("src/utilization.rs", ""), ("utils.md", "")]);
        assert_eq!(check(&tree), []);
    }
}
