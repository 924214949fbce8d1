//! Recomputing a journal: every recorded step must follow from the record before it.

use crate::journal::{Chain, Record, Why};
use crate::kernel::{Cause, Machine, Open, Step};

use super::resume::ResumeError;

/// A recorded step that the machine would not take today.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {index} is not what {kind} (logic {logic}) decides: {difference}")]
pub struct Divergence {
    /// The record.
    pub index: u64,
    /// The machine.
    pub kind: &'static str,
    /// The version of its decisions.
    pub logic: u32,
    /// The first lines that differ, recorded against recomputed.
    pub difference: String,
}

/// Recomputes all records of a run, and gives how many steps were checked. Records of another
/// version of the machine's decisions are read, but not recomputed.
///
/// # Errors
/// `Err(Ok(_))` is a divergence, `Err(Err(_))` a journal that cannot be read.
pub fn audit<M: Machine>(records: &[Vec<u8>]) -> Result<usize, Result<Divergence, ResumeError>> {
    let unreadable = |e| Err(ResumeError::Record(e));
    Chain::verify(records.iter().map(Vec::as_slice)).map_err(unreadable)?;
    let mut spec: Option<M::Spec> = None;
    let mut before: Option<Record<M>> = None;
    let mut checked = 0;
    for (index, bytes) in (0u64..).zip(records) {
        let record = Record::<M>::decode(index, bytes).map_err(unreadable)?;
        if let Why::Started(started) = &record.why {
            spec = Some((**started).clone());
        }
        let Some(spec) = &spec else {
            return Err(Err(ResumeError::NoSpec { run: record.head.run }));
        };
        if record.head.logic == M::LOGIC {
            check(spec, before.as_ref(), &record).map_err(Ok)?;
            checked += 1;
        }
        before = Some(record);
    }
    Ok(checked)
}

fn check<M: Machine>(
    spec: &M::Spec,
    before: Option<&Record<M>>,
    record: &Record<M>,
) -> Result<(), Divergence> {
    let recorded = (&record.state, new_writes(record), record.outcome.as_ref());
    let Some(before) = before else {
        let start = M::start(spec, record.head.at);
        return same(record, &recorded, &(&start, Vec::new(), None));
    };
    let open = open_before(before, record);
    let cause = match &record.why {
        Why::Started(_) => return Ok(()),
        Why::Claimed(epoch) => Cause::Claimed(*epoch),
        Why::Fact(fact) => Cause::Fact(fact),
        Why::Wrote(id, write, end) => Cause::Wrote(*id, write, end),
        Why::Answer(id, ask, answer) => Cause::Answer(*id, ask, answer),
        Why::Signal(signal) => Cause::Signal(signal),
        Why::Due => Cause::Due,
    };
    match M::decide(spec, &before.state, cause, &open, record.head.at) {
        Step::Move(next) => {
            let writes = next.writes.iter().collect();
            same(record, &recorded, &(&next.state, writes, None))
        }
        Step::Done { state, outcome } => {
            same(record, &recorded, &(&state, Vec::new(), Some(&outcome)))
        }
        // A claim is recorded even where the machine stays.
        Step::Stay(_) | Step::Refuse(_) => {
            same(record, &recorded, &(&before.state, Vec::new(), None))
        }
    }
}

fn new_writes<M: Machine>(record: &Record<M>) -> Vec<&M::Write> {
    record.open.writes.iter().filter(|w| w.id > record.first_new).map(|w| &w.write).collect()
}

/// What was in flight when the step was taken: what is in flight after it, without what the step
/// itself sent, with what it withdrew.
fn open_before<M: Machine>(before: &Record<M>, record: &Record<M>) -> Open<M> {
    let mut open = record.open.clone();
    open.writes.retain(|w| w.id <= record.first_new);
    open.asks.retain(|a| a.id <= record.first_new);
    for id in &record.withdrawn {
        if open.writes.iter().all(|w| w.id != *id) {
            open.writes.extend(before.open.writes.iter().find(|w| w.id == *id).cloned());
        }
    }
    open.writes.sort_by_key(|w| w.id);
    open
}

fn same<M: Machine, T: std::fmt::Debug + PartialEq>(
    record: &Record<M>,
    recorded: &T,
    recomputed: &T,
) -> Result<(), Divergence> {
    if recorded == recomputed {
        return Ok(());
    }
    let (was, is) = (format!("{recorded:#?}"), format!("{recomputed:#?}"));
    let differ = was.lines().zip(is.lines()).filter(|(a, b)| a != b).take(4);
    let mut difference: Vec<String> =
        differ.map(|(a, b)| format!("recorded `{}`, now `{}`", a.trim(), b.trim())).collect();
    if was.lines().count() != is.lines().count() {
        difference.push("one has more fields or entries than the other".to_owned());
    }
    Err(Divergence {
        index: record.head.index,
        kind: M::KIND,
        logic: M::LOGIC,
        difference: difference.join("; "),
    })
}
