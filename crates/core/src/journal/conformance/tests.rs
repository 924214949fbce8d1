use async_trait::async_trait;
use futures_util::FutureExt;

use super::*;
use crate::journal::MemoryJournal;

/// A memory journal with one defect.
#[derive(Debug)]
struct Flawed {
    inner: MemoryJournal,
    flaw: Flaw,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Flaw {
    TakesAnyIndex,
    RefusesRepeats,
    AcceptsOtherBytes,
    SwapsEnds,
    ListsBackwards,
    NeverRemoves,
    RemovesEverything,
    CutsRecords,
}

#[async_trait]
impl Journal for Flawed {
    async fn append(
        &self,
        run: &RunId,
        index: u64,
        mut record: Vec<u8>,
    ) -> Result<(), JournalError> {
        let there = self.inner.read(run).await?;
        let taken = there.len() as u64 > index;
        if self.flaw == Flaw::TakesAnyIndex && !taken {
            return self.inner.append(run, there.len() as u64, record).await;
        }
        if self.flaw == Flaw::RefusesRepeats && taken {
            return Err(JournalError::Conflict { run: run.clone(), index });
        }
        if self.flaw == Flaw::AcceptsOtherBytes && taken {
            return Ok(());
        }
        if self.flaw == Flaw::CutsRecords {
            record.truncate(200_000);
        }
        self.inner.append(run, index, record).await
    }

    async fn read(&self, run: &RunId) -> Result<Vec<Vec<u8>>, JournalError> {
        self.inner.read(run).await
    }

    async fn ends(&self, run: &RunId) -> Result<Option<(Vec<u8>, u64, Vec<u8>)>, JournalError> {
        let ends = self.inner.ends(run).await?;
        let swap = self.flaw == Flaw::SwapsEnds;
        Ok(ends.map(|(one, at, two)| if swap { (two, at, one) } else { (one, at, two) }))
    }

    async fn runs(&self) -> Result<Vec<RunId>, JournalError> {
        let mut runs = self.inner.runs().await?;
        if self.flaw == Flaw::ListsBackwards {
            runs.reverse();
        }
        Ok(runs)
    }

    async fn remove(&self, run: &RunId) -> Result<(), JournalError> {
        if self.flaw == Flaw::NeverRemoves {
            return Ok(());
        }
        if self.flaw == Flaw::RemovesEverything {
            for run in self.inner.runs().await? {
                self.inner.remove(&run).await?;
            }
        }
        self.inner.remove(run).await
    }
}

fn verdict(flaw: Flaw) -> Result<(), Breach> {
    let fresh = || Flawed { inner: MemoryJournal::default(), flaw };
    keeps_the_contract(fresh).now_or_never().expect("memory never waits")
}

#[test]
fn the_memory_journal_keeps_the_contract() {
    let checked = keeps_the_contract(MemoryJournal::default).now_or_never();
    assert_eq!(checked, Some(Ok(())));
}

#[test]
fn every_planted_flaw_breaks_a_claim() {
    for (flaw, claim) in [
        (Flaw::TakesAnyIndex, "an index that is not the next one is a conflict"),
        (Flaw::RefusesRepeats, "appending again the very bytes"),
        (Flaw::AcceptsOtherBytes, "an index that is not the next one is a conflict"),
        (Flaw::SwapsEnds, "ends are the first record"),
        (Flaw::ListsBackwards, "runs are listed in the order"),
        (Flaw::NeverRemoves, "a removed run is gone"),
        (Flaw::RemovesEverything, "a removed run is gone"),
        (Flaw::CutsRecords, "a record is any bytes"),
    ] {
        let breach = verdict(flaw).expect_err("a flaw must be seen");
        assert!(breach.claim.starts_with(claim), "{flaw:?}: {breach}");
    }
}

#[test]
fn a_store_that_forgets_when_closed_does_not_outlive_its_process() {
    let checked = outlives_its_process(MemoryJournal::default).now_or_never();
    assert!(matches!(checked, Some(Err(_))), "{checked:?}");
}
