//! A journal in memory: for tests, and for runs that need not outlive their process.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::{Journal, JournalError};
use crate::id::RunId;

/// Keeps records in memory.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    runs: Mutex<BTreeMap<RunId, Vec<Vec<u8>>>>,
}

impl MemoryJournal {
    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<RunId, Vec<Vec<u8>>>) -> T) -> T {
        act(&mut self.runs.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn append(
        &self,
        run: &RunId,
        index: u64,
        mut record: Vec<u8>,
    ) -> Result<(), JournalError> {
        self.with(|runs| {
            let known = runs.get_mut(run);
            let there = known.as_deref().map_or(&[][..], Vec::as_slice);
            match usize::try_from(index).ok().and_then(|at| there.get(at)) {
                Some(same) if *same == record => return Ok(()),
                None if there.len() as u64 == index => {}
                _ => return Err(JournalError::Conflict { run: run.clone(), index }),
            }
            record.shrink_to_fit();
            match known {
                Some(records) => records.push(record),
                None => drop(runs.insert(run.clone(), vec![record])),
            }
            Ok(())
        })
    }

    async fn read(&self, run: &RunId) -> Result<Vec<Vec<u8>>, JournalError> {
        Ok(self.with(|runs| runs.get(run).cloned().unwrap_or_default()))
    }

    async fn ends(&self, run: &RunId) -> Result<Option<(Vec<u8>, u64, Vec<u8>)>, JournalError> {
        Ok(self.with(|runs| {
            let records = runs.get(run)?;
            Some((records.first()?.clone(), records.len() as u64 - 1, records.last()?.clone()))
        }))
    }

    async fn runs(&self) -> Result<Vec<RunId>, JournalError> {
        Ok(self.with(|runs| runs.keys().cloned().collect()))
    }

    async fn remove(&self, run: &RunId) -> Result<(), JournalError> {
        self.with(|runs| runs.remove(run));
        Ok(())
    }
}
