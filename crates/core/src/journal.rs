//! The journal: what a run decided, recorded before it is done.
//!
//! A record is one line of JSON without a line feed, opaque to a store. Records of one run form a
//! hash chain. A store keeps bytes in order and never loses what it acknowledged.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod memory;
mod note;
mod record;

use std::fmt::Debug;

use async_trait::async_trait;

pub use memory::MemoryJournal;
pub use note::Note;
#[cfg(test)]
pub(crate) use record::sealed;
pub use record::{Chain, FORMAT, GENESIS, Head, Record, RecordError, Why, is_default};

use crate::id::RunId;

/// Why a store did not take or give records.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// Another writer appended first: this process no longer drives the run.
    #[error("record {index} of run {run} exists already: another process drives this run")]
    Conflict {
        /// The run.
        run: RunId,
        /// The index that was taken.
        index: u64,
    },
    /// The store is held by another process.
    #[error("the journal at {place} is in use by {holder}: stop it or use another journal")]
    Locked {
        /// Where the journal is.
        place: String,
        /// Who holds it, as far as known.
        holder: String,
    },
    /// What was read is not what was written.
    #[error("the journal of run {run} is damaged at record {index}: {reason}")]
    Damaged {
        /// The run.
        run: RunId,
        /// The first record that cannot be trusted.
        index: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The store failed: nothing of this append is acknowledged, though it may be found later.
    #[error("the journal at {place} failed: {reason}")]
    Storage {
        /// Where the journal is.
        place: String,
        /// What the system said.
        reason: String,
    },
}

/// A store of runs.
///
/// # Contract
/// - `append` returns only when the record is durable. Index 0 creates the run. An index that is
///   not the next one is a [`JournalError::Conflict`], except that appending the very bytes that
///   stand there already succeeds (a repeated append after a lost answer).
/// - After a crash every acknowledged record is there, whole and in order; at most one
///   unacknowledged record per run may be there too.
/// - `runs` lists every run that is not removed, in the order of their names.
#[async_trait]
pub trait Journal: Debug + Send + Sync {
    /// Appends one record to a run.
    ///
    /// # Errors
    /// See the contract and [`JournalError`].
    async fn append(&self, run: &RunId, index: u64, record: Vec<u8>) -> Result<(), JournalError>;

    /// All records of a run in order; empty when there is no such run.
    ///
    /// # Errors
    /// When they cannot be read whole.
    async fn read(&self, run: &RunId) -> Result<Vec<Vec<u8>>, JournalError>;

    /// The first and the last record of a run, which is all that resuming needs.
    ///
    /// # Errors
    /// When they cannot be read whole.
    async fn ends(&self, run: &RunId) -> Result<Option<(Vec<u8>, u64, Vec<u8>)>, JournalError>;

    /// All runs.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn runs(&self) -> Result<Vec<RunId>, JournalError>;

    /// Forgets a run and its records.
    ///
    /// # Errors
    /// When the store cannot be written.
    async fn remove(&self, run: &RunId) -> Result<(), JournalError>;
}

const _: fn(&dyn Journal) = |_| {};
