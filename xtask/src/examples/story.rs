//! What an example says about its own output.
//!
//! `examples/NAME.rs`, or `examples/NAME/main.rs`, run without arguments ends with exit code 0 and prints
//! `examples/golden/NAME.txt`. Further runs, or another exit code, stand in the comment at its head:
//!
//! ```text
//! //! golden: --bad -> threat_detection_bad.txt
//! //! golden: no-such-file.yaml -> inspect_missing.txt exit 1
//! //! golden: -> inspect.txt exit 64
//! ```

use std::collections::BTreeMap;

use crate::finding::Finding;
use crate::tree::Tree;

pub(crate) const GOLDEN: &str = "examples/golden/";

/// One example and its runs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Story {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) cases: Vec<Case>,
}

/// One run of an example.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Case {
    /// Where it is stated in the example; the first line if it is the run without arguments that needs no words.
    pub(crate) line: usize,
    pub(crate) args: Vec<String>,
    /// Path of the expected output.
    pub(crate) golden: String,
    pub(crate) exit: i32,
}

/// All examples by name, and what is wrong with their golden files.
pub(crate) fn stories(tree: &Tree) -> (Vec<Story>, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut stories = Vec::new();
    for (path, text) in tree.rust() {
        if let Some(name) = name(path) {
            let cases = cases(name, path, text, &mut findings);
            stories.push(Story { name: name.to_owned(), path: path.to_owned(), cases });
        }
    }
    findings.extend(check_files(tree, &stories));
    (stories, findings)
}

/// The example's name as Cargo finds it; `None` for a file that is part of one, or none.
fn name(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("examples/")?;
    let name = inside.strip_suffix("/main.rs").or_else(|| inside.strip_suffix(".rs"))?;
    (!name.contains('/')).then_some(name)
}

fn cases(name: &str, path: &str, text: &str, findings: &mut Vec<Finding>) -> Vec<Case> {
    let mut cases = Vec::new();
    for (index, line) in text.lines().enumerate().take_while(|(_, line)| line.starts_with("//")) {
        let comment = line.trim_start_matches(['/', '!']).trim();
        if let Some(stated) = comment.strip_prefix("golden:") {
            match case(index + 1, stated) {
                Some(case) => cases.push(case),
                None => findings.push(Finding::new(
                    path,
                    index + 1,
                    "this line does not state a run of the example",
                    "write `golden: ARGUMENTS -> FILE.txt`, with `exit N` behind it where the code is not 0",
                )),
            }
        }
    }
    if !cases.iter().any(|case| case.args.is_empty()) {
        let golden = format!("{GOLDEN}{name}.txt");
        cases.insert(0, Case { line: 1, args: Vec::new(), golden, exit: 0 });
    }
    cases
}

/// The run stated by `ARGUMENTS -> FILE.txt` or `ARGUMENTS -> FILE.txt exit N`.
fn case(line: usize, stated: &str) -> Option<Case> {
    let (args, rest) = stated.split_once("->")?;
    let (file, exit) = match rest.split_whitespace().collect::<Vec<_>>().as_slice() {
        [file] => (*file, 0),
        [file, "exit", code] => (*file, code.parse().ok()?),
        _ => return None,
    };
    let args = args.split_whitespace().map(str::to_owned).collect();
    (file.ends_with(".txt") && !file.contains('/')).then(|| Case {
        line,
        args,
        golden: format!("{GOLDEN}{file}"),
        exit,
    })
}

/// Every run has a golden file of its own, and every golden file a run.
fn check_files(tree: &Tree, stories: &[Story]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for story in stories {
        for case in &story.cases {
            if let Some(owner) = owners.insert(&case.golden, &story.path) {
                let rule =
                    format!("{} is the output of two runs; the other is in {owner}", case.golden);
                findings.push(Finding::new(
                    &story.path,
                    case.line,
                    rule,
                    "give each run a file of its own",
                ));
            }
            if tree.text(&case.golden).is_none() {
                let rule = format!("an example has golden output; {} is not there", case.golden);
                let mend = format!(
                    "look at what it prints, then `cargo xtask examples --bless {}`",
                    story.name
                );
                findings.push(Finding::new(&story.path, case.line, rule, mend));
            }
        }
    }
    for (path, _) in tree.files().filter(|(path, _)| path.starts_with(GOLDEN)) {
        if !owners.contains_key(path) {
            let rule = "a golden file is the output of an example; no example states this one";
            findings.push(Finding::new(
                path,
                1,
                rule,
                "delete it, or state the run in the example's head",
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case_of(line: usize, args: &[&str], file: &str, exit: i32) -> Case {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        Case { line, args, golden: format!("{GOLDEN}{file}"), exit }
    }

    #[test]
    fn an_example_states_its_runs_in_its_head() {
        let text = "//! A story.\n//! golden: --bad --speed 2 -> climb_bad.txt\n//! golden: x -> climb_x.txt exit 3\nfn main() {}\n// golden: y -> y.txt\n";
        let tree = Tree::from([
            ("examples/climb.rs", text),
            ("examples/golden/climb.txt", ""),
            ("examples/golden/climb_bad.txt", ""),
            ("examples/golden/climb_x.txt", ""),
        ]);
        let (stories, findings) = stories(&tree);
        assert_eq!(findings, []);
        assert_eq!(
            stories[0].cases,
            [
                case_of(1, &[], "climb.txt", 0),
                case_of(2, &["--bad", "--speed", "2"], "climb_bad.txt", 0),
                case_of(3, &["x"], "climb_x.txt", 3),
            ]
        );
    }

    #[test]
    fn the_run_without_arguments_may_state_its_own_exit_code() {
        let tree = Tree::from([
            ("examples/inspect.rs", "//! golden: -> inspect.txt exit 64\nfn main() {}\n"),
            ("examples/golden/inspect.txt", ""),
        ]);
        let (stories, findings) = stories(&tree);
        assert_eq!(findings, []);
        assert_eq!(stories[0].cases, [case_of(1, &[], "inspect.txt", 64)]);
    }

    #[test]
    fn an_example_may_be_a_folder_and_its_parts_are_no_examples() {
        let tree = Tree::from([
            ("examples/climb/main.rs", ""),
            ("examples/climb/part.rs", ""),
            ("crates/a/examples/b.rs", ""),
        ]);
        let (stories, _) = stories(&tree);
        assert_eq!(stories.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["climb"]);
    }

    #[test]
    fn missing_orphaned_and_shared_golden_files_are_found() {
        let tree = Tree::from([
            ("examples/a.rs", "//! golden: x -> both.txt\n//! golden: y -> both.txt\n"),
            ("examples/golden/both.txt", ""),
            ("examples/golden/orphan.txt", ""),
        ]);
        let (_, findings) = stories(&tree);
        let places: Vec<_> = findings.iter().map(|f| (f.file.as_str(), f.line)).collect();
        assert_eq!(
            places,
            [("examples/a.rs", 1), ("examples/a.rs", 2), ("examples/golden/orphan.txt", 1)]
        );
        assert!(findings[0].rule.contains("examples/golden/a.txt is not there"), "{}", findings[0]);
    }

    #[test]
    fn a_line_that_states_no_run_is_found() {
        for stated in
            ["--bad", "--bad -> bad", "-> ../bad.txt", "-> bad.txt exit", "-> bad.txt exit x"]
        {
            let text = format!("//! A story.\n//! golden: {stated}\n");
            let tree =
                Tree::from([("examples/a.rs", text.as_str()), ("examples/golden/a.txt", "")]);
            let (_, findings) = stories(&tree);
            assert_eq!(findings.len(), 1, "{stated}");
            assert_eq!(findings[0].line, 2, "{stated}");
        }
    }
}
