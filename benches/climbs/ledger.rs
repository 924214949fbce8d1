//! A journal that counts what it is given and keeps one run: what journals cost is measured elsewhere.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use windlass_core::id::RunId;
use windlass_core::journal::{Journal, JournalError, MemoryJournal};

/// Records and their bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Records {
    pub(crate) count: usize,
    pub(crate) bytes: usize,
}

/// Counts the records of all runs, and keeps those of the run that it is told to.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    sum: Mutex<Records>,
    keeps: Option<RunId>,
    kept: MemoryJournal,
}

impl Ledger {
    pub(crate) fn keeping(run: &RunId) -> Self {
        Self { keeps: Some(run.clone()), ..Self::default() }
    }

    pub(crate) fn records(&self) -> Records {
        *self.sum()
    }

    fn sum(&self) -> MutexGuard<'_, Records> {
        self.sum.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Journal for Ledger {
    async fn append(&self, run: &RunId, index: u64, record: Vec<u8>) -> Result<(), JournalError> {
        {
            let mut sum = self.sum();
            sum.count += 1;
            sum.bytes += record.len();
        }
        match self.keeps.as_ref() == Some(run) {
            true => self.kept.append(run, index, record).await,
            false => Ok(()),
        }
    }

    async fn read(&self, run: &RunId) -> Result<Vec<Vec<u8>>, JournalError> {
        self.kept.read(run).await
    }

    async fn ends(&self, run: &RunId) -> Result<Option<(Vec<u8>, u64, Vec<u8>)>, JournalError> {
        self.kept.ends(run).await
    }

    async fn runs(&self) -> Result<Vec<RunId>, JournalError> {
        self.kept.runs().await
    }

    async fn remove(&self, run: &RunId) -> Result<(), JournalError> {
        self.kept.remove(run).await
    }
}
