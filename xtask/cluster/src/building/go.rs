//! The Go command: whether it is there and new enough, and what is asked of it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::run;
use crate::absent::Absent;
use crate::error::{BuildError, last_lines};
use crate::recipe;

/// Is there a Go that builds this module? Asked in its folder, where Go would fetch a newer one if it may.
pub(super) fn check(module: &Path) -> Result<(), BuildError> {
    let mut go = Command::new("go");
    let output = match go.arg("version").current_dir(module).output() {
        Err(cause) if cause.kind() == ErrorKind::NotFound => {
            return Err(Absent::NoGo { needed: recipe::GO }.into());
        }
        known => known.map_err(BuildError::file("go"))?,
    };
    let said = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && minor(&said).is_some_and(|minor| minor >= recipe::GO_MINOR) {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let found = if output.status.success() { said } else { complaint };
    Err(Absent::OldGo { found: found.trim().replace('\n', " "), needed: recipe::GO }.into())
}

/// `26` of `go version go1.26.8 linux/amd64`.
fn minor(said: &str) -> Option<u32> {
    let version = said.split_whitespace().find_map(|word| word.strip_prefix("go1."))?;
    let digits = version.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// Builds one package of the module.
pub(super) fn build(
    module: &Path,
    flags: &[&str],
    output: &Path,
    package: &str,
) -> Result<(), BuildError> {
    let mut go = command();
    // The module lies in a cache folder: whatever repository is around it has no say.
    go.current_dir(module).args(["build", "-buildvcs=false"]).args(flags);
    go.arg("-o").arg(output).arg(package);
    run(go)
}

/// Builds one program of a published module, `path@version`.
pub(super) fn install(module: &str, folder: &Path) -> Result<(), BuildError> {
    let (path, version) = module.split_once('@').unwrap_or((module, "latest"));
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut go = command();
    go.env("GOBIN", folder).arg("install").args(recipe::PLAIN);
    go.arg(format!("{path}/cmd/{name}@{version}"));
    run(go)
}

/// Where the files of a published module lie.
pub(super) fn module_folder(module: &str) -> Result<PathBuf, BuildError> {
    #[derive(Deserialize)]
    struct Downloaded {
        #[serde(rename = "Dir")]
        folder: PathBuf,
    }
    let mut go = command();
    let output = go.args(["mod", "download", "-json", module]).output();
    let output = output.map_err(BuildError::file("go"))?;
    let told: Result<Downloaded, _> = serde_json::from_slice(&output.stdout);
    told.map(|it| it.folder).map_err(|_| BuildError::Command {
        command: format!("go mod download -json {module}"),
        status: output.status.to_string(),
        told: last_lines(&String::from_utf8_lossy(&output.stdout), 5),
    })
}

fn command() -> Command {
    let mut go = Command::new("go");
    // Static, so that the programs run anywhere; and no workspace of whoever called us.
    go.env("CGO_ENABLED", "0").env("GOWORK", "off").current_dir("/");
    // Compilers that collect less garbage: a fifth less CPU time, for memory that they give back at once.
    go.env("GOGC", "400");
    go
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minor_version_is_read_from_what_go_says() {
        for (said, found) in [
            ("go version go1.26.8 linux/amd64\n", Some(26)),
            ("go version go1.19 linux/amd64", Some(19)),
            ("go version go1.27rc1 linux/arm64", Some(27)),
            ("go version devel go1.28-0f1e2d linux/amd64", Some(28)),
            ("go version unknown", None),
        ] {
            assert_eq!(minor(said), found, "{said}");
        }
    }
}
