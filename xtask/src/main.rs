//! The project's own checks: `cargo xtask tidy` reads the tree and judges it, `cargo xtask examples` runs the examples
//! and compares what they print with `examples/golden/`, `cargo xtask cluster` builds and runs a real control plane.
//!
//! Exit codes: 0 all is well, 1 something was found, 2 the check itself could not run or was called wrongly.
#![expect(clippy::print_stdout, reason = "a command-line tool talks to its user on stdout")]

mod cluster;
mod examples;
mod finding;
mod source;
mod tidy;
mod tree;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use finding::Finding;
use tree::Tree;

const USAGE: &str = "usage: cargo xtask tidy
       cargo xtask examples [--bless] [NAME...]
       cargo xtask cluster build | status | test
       cargo xtask cluster up [--name NAME] [--nodes N]
       cargo xtask cluster down --name NAME | --all";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(findings) if findings.is_empty() => ExitCode::SUCCESS,
        Ok(findings) => {
            for finding in &findings {
                println!("{finding}");
            }
            println!("{} found", findings.len());
            ExitCode::FAILURE
        }
        Err(error) => {
            println!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &[String]) -> Result<Vec<Finding>, Box<dyn Error>> {
    // Asked when run, not when built: clones may share a target folder.
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR").ok_or("run me as `cargo xtask`")?;
    let root = Path::new(&xtask).parent().ok_or("xtask has no parent folder")?;
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["tidy"] => tidy::run(root, &Tree::read(root)?),
        ["examples", rest @ ..] => examples::run(root, &Tree::read(root)?, rest),
        ["cluster", rest @ ..] => match cluster::Wish::read(rest) {
            Some(wish) => cluster::run(root, &wish),
            None => Err(USAGE.into()),
        },
        _ => Err(USAGE.into()),
    }
}
