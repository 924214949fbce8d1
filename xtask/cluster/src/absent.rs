//! What a machine may lack for a cluster, and whether that is a failure.

use thiserror::Error;

/// The environment variable that makes a missing cluster a failure: `WINDLASS_CLUSTER=required`.
pub const REQUIRED: &str = "WINDLASS_CLUSTER";

/// Whether tests that need a cluster must fail, not pass, where there can be none.
#[must_use]
pub fn is_required() -> bool {
    std::env::var_os(REQUIRED).is_some_and(|value| value == "required")
}

/// Why there is no cluster on this machine. One line, with the next step.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Absent {
    /// The supervisor rests on what only Linux has.
    #[error("a control plane for tests needs Linux, and this is {0}")]
    NotLinux(&'static str),
    /// There is no home folder and no cache folder to look for the programs in.
    #[error("neither HOME nor XDG_CACHE_HOME is set: there is no folder for the built programs")]
    NoFolder,
    /// `go` does not run at all.
    #[error("no `go` on PATH: Go {needed} or later builds the Kubernetes programs")]
    NoGo {
        /// The oldest version that will do.
        needed: &'static str,
    },
    /// Go is too old, and may not or cannot fetch a newer one by itself.
    #[error(
        "{found} is too old: Go {needed} or later builds the Kubernetes programs (GOTOOLCHAIN=auto lets Go fetch it)"
    )]
    OldGo {
        /// What `go version` says.
        found: String,
        /// The oldest version that will do.
        needed: &'static str,
    },
    /// Nobody has built the programs of this version yet.
    #[error(
        "the Kubernetes programs are not built: `cargo xtask cluster build` does it once, in about 10 minutes"
    )]
    NotBuilt,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_one_line_that_names_the_next_step_or_the_need() {
        for (absent, said) in [
            (Absent::NotLinux("macos"), "needs Linux, and this is macos"),
            (Absent::NoFolder, "HOME"),
            (Absent::NoGo { needed: "1.26" }, "Go 1.26 or later"),
            (Absent::OldGo { found: "go1.19".to_owned(), needed: "1.26" }, "go1.19 is too old"),
            (Absent::NotBuilt, "`cargo xtask cluster build`"),
        ] {
            let line = absent.to_string();
            assert!(line.contains(said) && !line.contains('\n'), "{line}");
        }
    }
}
