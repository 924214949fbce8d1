//! What any [`Journal`] must do: claims to be run against a store.
//!
//! A store that somebody else writes is held to the same claims as ours:
//!
//! ```
//! use windlass_core::journal::{MemoryJournal, conformance};
//!
//! # futures_util::FutureExt::now_or_never(async {
//! conformance::keeps_the_contract(MemoryJournal::default).await?;
//! # Ok::<(), conformance::Breach>(())
//! # }).expect("memory never waits").expect("the contract is kept");
//! ```

use std::fmt::Debug;

use futures_util::future::join_all;

use super::{Journal, JournalError};
use crate::id::RunId;

/// A claim of the contract that a store does not keep.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal breaks its contract: {claim}, but {saw}")]
pub struct Breach {
    /// What must hold.
    pub claim: &'static str,
    /// What was seen in its place.
    pub saw: String,
}

/// Checks every claim that holds within the life of one store. `fresh` opens an empty store each
/// time it is called; no two of them are open at once.
///
/// # Errors
/// The first claim that is broken.
pub async fn keeps_the_contract<J: Journal>(mut fresh: impl FnMut() -> J) -> Result<(), Breach> {
    appends_in_order(&fresh()).await?;
    refuses_wrong_indices(&fresh()).await?;
    takes_a_repeat(&fresh()).await?;
    gives_both_ends(&fresh()).await?;
    lists_runs_by_name(&fresh()).await?;
    forgets_removed_runs(&fresh()).await?;
    keeps_runs_apart(&fresh()).await?;
    lets_one_of_two_writers_win(&fresh()).await
}

/// Checks that what was acknowledged is there after the store was closed and opened again. `open`
/// opens the same place each time; the place is empty at first.
///
/// # Errors
/// The first claim that is broken.
pub async fn outlives_its_process<J: Journal>(mut open: impl FnMut() -> J) -> Result<(), Breach> {
    let claim = "what was acknowledged is there when the store is opened again";
    let (kept, removed) = (RunId::from("kept"), RunId::from("removed"));
    let first = open();
    append_all(claim, &first, &kept, 0..3).await?;
    append_all(claim, &first, &removed, 0..3).await?;
    expect(claim, &first.remove(&removed).await, &Ok(()))?;
    drop(first);
    let second = open();
    expect(claim, &second.runs().await, &Ok(vec![kept.clone()]))?;
    expect(claim, &second.read(&kept).await, &Ok(bodies(&kept, 0..3)))?;
    append_all(claim, &second, &kept, 3..5).await?;
    append_all(claim, &second, &removed, 0..1).await?;
    drop(second);
    let third = open();
    expect(claim, &third.read(&kept).await, &Ok(bodies(&kept, 0..5)))?;
    expect(claim, &third.read(&removed).await, &Ok(bodies(&removed, 0..1)))
}

async fn appends_in_order(journal: &dyn Journal) -> Result<(), Breach> {
    let claim = "records come back whole and in the order of their appends";
    let run = RunId::from("a");
    expect(claim, &journal.read(&run).await, &Ok(Vec::new()))?;
    for index in 0..5 {
        append_all(claim, journal, &run, index..index + 1).await?;
        expect(claim, &journal.read(&run).await, &Ok(bodies(&run, 0..index + 1)))?;
    }
    let claim = "a record is any bytes, none among them";
    let odd = [Vec::new(), vec![0; 3], vec![b'x'; 300_000], (0..=255).collect()];
    for (index, record) in (5..).zip(odd.clone()) {
        expect(claim, &journal.append(&run, index, record).await, &Ok(()))?;
    }
    let all: Vec<_> = bodies(&run, 0..5).into_iter().chain(odd).collect();
    expect(claim, &journal.read(&run).await, &Ok(all))
}

async fn refuses_wrong_indices(journal: &dyn Journal) -> Result<(), Breach> {
    let claim = "an index that is not the next one is a conflict and changes nothing";
    let run = RunId::from("a");
    let conflict = |index| Err(JournalError::Conflict { run: RunId::from("a"), index });
    expect(claim, &journal.append(&run, 1, b"early".to_vec()).await, &conflict(1))?;
    expect(claim, &journal.runs().await, &Ok(Vec::new()))?;
    append_all(claim, journal, &run, 0..2).await?;
    for index in [0, 1, 3, u64::MAX] {
        let other = journal.append(&run, index, b"other".to_vec()).await;
        expect(claim, &other, &conflict(index))?;
    }
    expect(claim, &journal.read(&run).await, &Ok(bodies(&run, 0..2)))
}

async fn takes_a_repeat(journal: &dyn Journal) -> Result<(), Breach> {
    let claim = "appending again the very bytes that stand there succeeds and adds nothing";
    let run = RunId::from("a");
    append_all(claim, journal, &run, 0..3).await?;
    append_all(claim, journal, &run, 0..3).await?;
    append_all(claim, journal, &run, 1..2).await?;
    expect(claim, &journal.read(&run).await, &Ok(bodies(&run, 0..3)))
}

async fn gives_both_ends(journal: &dyn Journal) -> Result<(), Breach> {
    let claim = "ends are the first record, the last index and the last record";
    let run = RunId::from("a");
    expect(claim, &journal.ends(&run).await, &Ok(None))?;
    for last in 0..3 {
        append_all(claim, journal, &run, last..last + 1).await?;
        let both = (body(&run, 0), last, body(&run, last));
        expect(claim, &journal.ends(&run).await, &Ok(Some(both)))?;
    }
    Ok(())
}

async fn lists_runs_by_name(journal: &dyn Journal) -> Result<(), Breach> {
    let claim = "runs are listed in the order of their names";
    for name in ["b", "a/2", "ü", "", "a", "a 10"] {
        append_all(claim, journal, &RunId::from(name), 0..1).await?;
    }
    let ordered = ["", "a", "a 10", "a/2", "b", "ü"].map(RunId::from).to_vec();
    expect(claim, &journal.runs().await, &Ok(ordered))
}

async fn forgets_removed_runs(journal: &dyn Journal) -> Result<(), Breach> {
    let claim = "a removed run is gone, and its name is free for a new one";
    let (run, other) = (RunId::from("a"), RunId::from("b"));
    expect(claim, &journal.remove(&run).await, &Ok(()))?;
    append_all(claim, journal, &run, 0..3).await?;
    append_all(claim, journal, &other, 0..2).await?;
    expect(claim, &journal.remove(&run).await, &Ok(()))?;
    expect(claim, &journal.read(&run).await, &Ok(Vec::new()))?;
    expect(claim, &journal.ends(&run).await, &Ok(None))?;
    expect(claim, &journal.runs().await, &Ok(vec![other.clone()]))?;
    expect(claim, &journal.read(&other).await, &Ok(bodies(&other, 0..2)))?;
    expect(claim, &journal.append(&run, 0, b"anew".to_vec()).await, &Ok(()))?;
    expect(claim, &journal.read(&run).await, &Ok(vec![b"anew".to_vec()]))
}

async fn keeps_runs_apart(journal: &dyn Journal) -> Result<(), Breach> {
    let claim = "many runs that append at once each keep their own records";
    let runs: Vec<_> = (0..100).map(|n| RunId::new(format!("run-{n:03}"))).collect();
    let each = runs.iter().map(|run| append_all(claim, journal, run, 0..10));
    join_all(each).await.into_iter().collect::<Result<(), Breach>>()?;
    expect(claim, &journal.runs().await, &Ok(runs.clone()))?;
    for run in &runs {
        expect(claim, &journal.read(run).await, &Ok(bodies(run, 0..10)))?;
    }
    Ok(())
}

async fn lets_one_of_two_writers_win(journal: &dyn Journal) -> Result<(), Breach> {
    let claim = "of two writers of one index exactly one succeeds, and the other has a conflict";
    let run = RunId::from("a");
    for index in 0..20 {
        let both = [b"left".to_vec(), b"right".to_vec()];
        let results = join_all(both.iter().map(|r| journal.append(&run, index, r.clone()))).await;
        let conflict = Err(JournalError::Conflict { run: run.clone(), index });
        let winner = usize::from(results[0].is_err());
        expect(claim, &results[winner], &Ok(()))?;
        expect(claim, &results[1 - winner], &conflict)?;
        let last = journal.ends(&run).await.map(|ends| ends.map(|(_, at, last)| (at, last)));
        expect(claim, &last, &Ok(Some((index, both[winner].clone()))))?;
        let again = journal.append(&run, index, both[winner].clone());
        expect(claim, &again.await, &Ok(()))?;
    }
    Ok(())
}

fn body(run: &RunId, index: u64) -> Vec<u8> {
    format!("{{\"run\":\"{run}\",\"seq\":{index}}}").into_bytes()
}

fn bodies(run: &RunId, indices: std::ops::Range<u64>) -> Vec<Vec<u8>> {
    indices.map(|index| body(run, index)).collect()
}

async fn append_all(
    claim: &'static str,
    journal: &dyn Journal,
    run: &RunId,
    indices: std::ops::Range<u64>,
) -> Result<(), Breach> {
    for index in indices {
        expect(claim, &journal.append(run, index, body(run, index)).await, &Ok(()))?;
    }
    Ok(())
}

fn expect<T: Debug + PartialEq>(claim: &'static str, saw: &T, wanted: &T) -> Result<(), Breach> {
    if saw == wanted {
        return Ok(());
    }
    Err(Breach { claim, saw: format!("{} where {} was due", brief(saw), brief(wanted)) })
}

/// The debug form, cut: a record may be hundreds of kilobytes.
fn brief(value: &impl Debug) -> String {
    let whole = format!("{value:?}");
    match whole.char_indices().nth(400) {
        Some((end, _)) => format!("{}...", &whole[..end]),
        None => whole,
    }
}

#[cfg(test)]
mod tests;
