//! Runs the stories.

use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use super::story::{Case, Story, stories};
use crate::finding::Finding;
use crate::tree::Tree;

/// Runs the examples named in `args`, all of them if none is; `--bless` takes what they print for right.
pub(crate) fn run(root: &Path, tree: &Tree, args: &[&str]) -> Result<Vec<Finding>, Box<dyn Error>> {
    let bless = args.contains(&"--bless");
    let wanted: Vec<&str> = args.iter().copied().filter(|arg| *arg != "--bless").collect();
    let (stories, mut findings) = stories(tree);
    if let Some(stranger) = wanted.iter().find(|name| stories.iter().all(|s| s.name != **name)) {
        return Err(format!("there is no examples/{stranger}.rs").into());
    }
    if bless {
        // What is missing is about to be written.
        findings.clear();
    }
    let stories: Vec<_> =
        stories.iter().filter(|s| wanted.is_empty() || wanted.contains(&s.name.as_str())).collect();
    if stories.is_empty() {
        println!("no examples yet");
        return Ok(findings);
    }
    build(root)?;
    for story in stories {
        for case in &story.cases {
            println!("{} {}", story.name, case.args.join(" "));
            let told = tell(root, &story.name, case)?;
            findings.extend(check_exit(story, case, &told));
            if bless {
                let path = root.join(&case.golden);
                std::fs::create_dir_all(path.parent().unwrap_or(root))?;
                std::fs::write(path, &told.stdout)?;
            } else if let Some(golden) = tree.text(&case.golden) {
                findings.extend(compare(story, case, golden, &told.stdout));
            }
        }
    }
    Ok(findings)
}

struct Told {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

fn cargo(root: &Path) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(root).stdin(Stdio::null());
    command
}

fn build(root: &Path) -> Result<(), Box<dyn Error>> {
    let status =
        cargo(root).args(["build", "--locked", "--all-features", "--examples"]).status()?;
    if status.success() { Ok(()) } else { Err("the examples do not build".into()) }
}

fn tell(root: &Path, name: &str, case: &Case) -> Result<Told, Box<dyn Error>> {
    let output = cargo(root)
        .args(["run", "--quiet", "--locked", "--all-features", "--example", name, "--"])
        .args(&case.args)
        .output()?;
    Ok(Told {
        status: output.status,
        stdout: String::from_utf8(output.stdout)?,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

fn check_exit(story: &Story, case: &Case, told: &Told) -> Option<Finding> {
    if told.status.code() == Some(case.exit) {
        return None;
    }
    let rule = format!(
        "`{}` ends with exit code {}, not with {}; on stderr it says:\n{}",
        command_line(story, case),
        case.exit,
        told.status,
        told.stderr.trim_end()
    );
    let mend = "mend it, or state the code: `golden: ARGUMENTS -> FILE.txt exit N`";
    Some(Finding::new(&story.path, case.line, rule, mend))
}

fn compare(story: &Story, case: &Case, golden: &str, stdout: &str) -> Option<Finding> {
    if golden == stdout {
        return None;
    }
    let (line, agreed, printed) = first_difference(golden, stdout);
    let rule = format!(
        "`{}` prints something else from here on\n    golden  {agreed}\n    printed {printed}",
        command_line(story, case)
    );
    let mend = format!(
        "mend it, or if the new output is right, `cargo xtask examples --bless {}`",
        story.name
    );
    Some(Finding::new(&case.golden, line, rule, mend))
}

/// The first line, from 1, at which two texts part, and what each has there.
fn first_difference<'a>(golden: &'a str, stdout: &'a str) -> (usize, &'a str, &'a str) {
    // Inclusive, so that a missing last line break is a difference too.
    let (mut left, mut right) = (golden.split_inclusive('\n'), stdout.split_inclusive('\n'));
    let mut line = 1;
    loop {
        match (left.next(), right.next()) {
            (Some(a), Some(b)) if a == b => line += 1,
            (a, b) => return (line, shown(a), shown(b)),
        }
    }
}

fn shown(line: Option<&str>) -> &str {
    match line {
        None => "(ends here)",
        Some(line) => line.strip_suffix('\n').unwrap_or(line),
    }
}

fn command_line(story: &Story, case: &Case) -> String {
    let dashes = if case.args.is_empty() { "" } else { " -- " };
    format!("cargo run --example {}{dashes}{}", story.name, case.args.join(" "))
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    fn story() -> Story {
        let args = vec!["--bad".to_owned()];
        let golden = "examples/golden/a_bad.txt".to_owned();
        let cases = vec![Case { line: 3, args, golden, exit: 1 }];
        Story { name: "a".to_owned(), path: "examples/a.rs".to_owned(), cases }
    }

    #[test]
    fn another_output_is_found_at_its_first_different_line() {
        let story = story();
        let found =
            compare(&story, &story.cases[0], "one\ntwo\nthree\n", "one\n2\nthree\n").unwrap();
        assert_eq!((found.file.as_str(), found.line), ("examples/golden/a_bad.txt", 2));
        assert!(found.rule.contains("cargo run --example a -- --bad"), "{found}");
        assert!(found.rule.contains("golden  two\n    printed 2"), "{found}");
    }

    #[test]
    fn the_same_output_is_no_finding() {
        let story = story();
        assert_eq!(compare(&story, &story.cases[0], "one\n", "one\n"), None);
    }

    #[test]
    fn a_text_that_ends_early_differs_behind_its_last_line() {
        assert_eq!(first_difference("a\nb\n", "a\n"), (2, "b", "(ends here)"));
        assert_eq!(first_difference("a\n", "a\nb\n"), (2, "(ends here)", "b"));
        assert_eq!(first_difference("a\n", "a"), (1, "a", "a"));
    }

    #[test]
    fn another_exit_code_and_a_signal_are_found_with_what_was_said() {
        let story = story();
        // The raw status of wait(2): the code stands in the second byte, a signal in the first.
        for (raw, wrong) in [(1 << 8, false), (0, true), (2 << 8, true), (9, true)] {
            let status = ExitStatus::from_raw(raw);
            let told = Told { status, stdout: String::new(), stderr: "no such file\n".to_owned() };
            let found = check_exit(&story, &story.cases[0], &told);
            assert_eq!(found.is_some(), wrong, "{status}");
            if let Some(found) = found {
                assert_eq!((found.file.as_str(), found.line), ("examples/a.rs", 3));
                assert!(found.rule.ends_with("no such file"), "{found}");
            }
        }
    }
}
