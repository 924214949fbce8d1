//! What a test does on a machine where nothing is built.
//!
//! The child is this test binary itself, with an empty cache folder.
#![expect(clippy::expect_used, reason = "a test that cannot do its part fails")]

use std::process::{Command, Output};

use windlass_cluster::{ClusterError, ControlPlane, Options, REQUIRED};

const CHILD: &str = "WINDLASS_TEST_WANTS_CLUSTER";

/// A test as any other that asks for a cluster; of its own it does nothing.
#[test]
fn child_wants_a_cluster() -> Result<(), ClusterError> {
    if std::env::var_os(CHILD).is_none() {
        return Ok(());
    }
    let cluster = ControlPlane::for_test(&Options::default())?;
    assert!(cluster.is_none(), "there is none in an empty folder");
    Ok(())
}

fn child(required: Option<&str>) -> Output {
    let empty = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new(std::env::current_exe().expect("known"));
    command.args(["--exact", "child_wants_a_cluster"]);
    command.env(CHILD, "1").env("XDG_CACHE_HOME", empty.path()).env_remove(REQUIRED);
    if let Some(value) = required {
        command.env(REQUIRED, value);
    }
    command.output().expect("the test binary starts")
}

#[test]
fn where_nothing_is_built_a_test_says_so_in_one_line_and_passes() {
    for anything_else in [None, Some("optional"), Some("")] {
        let output = child(anything_else);
        assert!(output.status.success(), "{output:?}");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(told.lines().count(), 1, "{told}");
        assert!(told.starts_with("skipped: "), "{told}");
        if cfg!(target_os = "linux") {
            assert!(told.contains("`cargo xtask cluster build`"), "{told}");
        }
    }
}

#[test]
fn where_a_cluster_is_required_the_same_test_fails_with_the_reason() {
    let output = child(Some("required"));
    assert!(!output.status.success());
    let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(told.contains("Absent(NotBuilt)") || told.contains("Absent(NotLinux"), "{told}");
}
