//! Reads the tree and says what breaks the project's rules. One module per kind of rule; each is a function from the
//! tree to findings.

mod layering;
mod lengths;
mod names;
mod prose;
mod words;

use std::error::Error;
use std::path::Path;

use crate::examples;
use crate::finding::Finding;
use crate::tree::Tree;

/// Runs every check. Prints the figures that are reported but not judged.
pub(crate) fn run(root: &Path, tree: &Tree) -> Result<Vec<Finding>, Box<dyn Error>> {
    let lengths = lengths::measure(tree);
    println!("{}", lengths.figures());
    let (_, golden) = examples::stories(tree);
    let mut findings = layering::check(root)?;
    findings.extend(lengths.check());
    findings.extend(golden);
    findings.extend(words::check(tree));
    findings.extend(names::check(tree));
    findings.extend(prose::check(tree));
    Ok(findings)
}
