//! What can go wrong while a cluster is built, started or used.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::absent::Absent;

/// Why the programs could not be built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The machine lacks what building needs.
    #[error(transparent)]
    Absent(#[from] Absent),
    /// A command failed; its last words are part of the message.
    #[error("`{command}` failed ({status}):\n{told}")]
    Command {
        /// The command as it could be typed.
        command: String,
        /// How it ended.
        status: String,
        /// The end of what it said.
        told: String,
    },
    /// A file or folder could not be written or read.
    #[error("{}: {cause}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// The operating system's reason.
        cause: io::Error,
    },
}

/// Why a cluster does not start, or does not do what it was asked.
#[derive(Debug, Error)]
pub enum ClusterError {
    /// The machine has no cluster to offer; tests may pass all the same, see [`crate::is_required`].
    #[error(transparent)]
    Absent(#[from] Absent),
    /// A name that cannot be a folder's.
    #[error("a cluster's name is 1 to 40 of a-z, 0-9 and -, and `{0}` is not")]
    Name(String),
    /// The name is taken by a cluster that lives.
    #[error("a cluster `{0}` runs already: end it with `cargo xtask cluster down --name {0}`")]
    Taken(String),
    /// There is no cluster of this name.
    #[error("no cluster `{0}`: `cargo xtask cluster status` lists them")]
    Unknown(String),
    /// A program ended while the cluster came up.
    #[error("{program} ended ({how}) before the cluster was ready; its last lines:\n{told}")]
    Ended {
        /// Which one.
        program: String,
        /// Exit status or signal.
        how: String,
        /// The end of its log.
        told: String,
    },
    /// Something did not become true in time.
    #[error("{what} not within {seconds} s; the last lines of {program}:\n{told}")]
    Late {
        /// What was waited for.
        what: String,
        /// For how long.
        seconds: u64,
        /// Whose log is shown.
        program: String,
        /// The end of that log.
        told: String,
    },
    /// kubectl refused.
    #[error("`kubectl {args}` failed: {told}")]
    Kubectl {
        /// What it was asked.
        args: String,
        /// What it said.
        told: String,
    },
    /// The supervisor, which keeps the processes, is gone or answers with an error.
    #[error("the supervisor of the cluster: {0}")]
    Supervisor(String),
    /// A file of the cluster could not be written or read.
    #[error("{}: {cause}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// The operating system's reason.
        cause: io::Error,
    },
    /// A file of the cluster does not say what it should.
    #[error("{}: {reason}", path.display())]
    Content {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl ClusterError {
    /// For `map_err` on an operation on this file.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |cause| Self::File { path, cause }
    }
}

impl BuildError {
    /// For `map_err` on an operation on this file.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |cause| Self::File { path, cause }
    }
}

/// The last `lines` lines of a log, indented; a line that says so where there is none.
pub(crate) fn last_lines(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.trim_end().lines().collect();
    if all.is_empty() {
        return "    (nothing)".to_owned();
    }
    let told = all.iter().skip(all.len().saturating_sub(lines));
    told.map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_ended_is_named_with_its_last_lines() {
        let error = ClusterError::Ended {
            program: "etcd".to_owned(),
            how: "exit status 1".to_owned(),
            told: last_lines("a\nb\nbind: address already in use\n", 2),
        };
        assert_eq!(
            error.to_string(),
            "etcd ended (exit status 1) before the cluster was ready; its last lines:\n    b\n    bind: address already in use"
        );
    }

    #[test]
    fn an_empty_log_is_said_to_be_empty() {
        assert_eq!(last_lines("\n", 5), "    (nothing)");
    }

    #[test]
    fn a_taken_name_comes_with_the_command_that_frees_it() {
        let told = ClusterError::Taken("lab".to_owned()).to_string();
        assert!(told.ends_with("`cargo xtask cluster down --name lab`"), "{told}");
    }
}
