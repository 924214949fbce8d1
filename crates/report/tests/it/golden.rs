//! Golden files. `UPDATE_GOLDEN=1 cargo test -p windlass-report` writes them anew.

use std::path::Path;
use std::{env, fs};

/// Fails with the first line that differs from the file at `path` in this crate.
pub(crate) fn check(path: &str, actual: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&file, actual).unwrap_or_else(|e| panic!("{path}: {e}"));
    }
    let wanted = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{path}: {e}"));
    for (number, (wanted, actual)) in wanted.lines().zip(actual.lines()).enumerate() {
        assert_eq!(wanted, actual, "{path}:{}", number + 1);
    }
    assert_eq!(wanted.lines().count(), actual.lines().count(), "{path}: number of lines");
}
