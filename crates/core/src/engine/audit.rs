//! Recomputing a journal: every recorded step must follow from the record before it.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::engine::resume::ResumeError;
use crate::journal::{Chain, Record, Why};
use crate::kernel::{Cause, Machine, Open, Step};

/// Why a journal does not pass an audit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    /// A step was recorded that the machine would not take.
    #[error(transparent)]
    Divergence(#[from] Divergence),
    /// The journal cannot be read, or is not as it was written.
    #[error(transparent)]
    Unreadable(#[from] ResumeError),
}

/// A recorded step that the machine would not take today.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {index} is not what {kind} (logic {logic}) decides: {}", in_short(differences))]
pub struct Divergence {
    /// The record.
    pub index: u64,
    /// The machine.
    pub kind: &'static str,
    /// The version of its decisions.
    pub logic: u32,
    /// What differs, field by field.
    pub differences: Vec<Difference>,
}

/// A field that is recorded otherwise than it is recomputed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Path of the field, such as `state.level` or `writes.0.expect`.
    pub field: String,
    /// What is recorded, as JSON; `nothing` where the field is absent.
    pub recorded: String,
    /// What the machine decides now.
    pub recomputed: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: recorded {}, now {}", self.field, self.recorded, self.recomputed)
    }
}

fn in_short(differences: &[Difference]) -> String {
    let mut lines: Vec<String> = differences.iter().take(4).map(ToString::to_string).collect();
    if differences.len() > lines.len() {
        lines.push(format!("{} more", differences.len() - lines.len()));
    }
    lines.join("; ")
}

/// Recomputes all records of a run, and gives how many steps were checked. Records of another
/// version of the machine's decisions are read, but not recomputed.
///
/// # Errors
/// When a record cannot be read, or a recorded step is not what the machine decides.
pub fn audit<M: Machine>(records: &[Vec<u8>]) -> Result<usize, AuditError> {
    Chain::verify(records.iter().map(Vec::as_slice)).map_err(ResumeError::from)?;
    let mut spec: Option<M::Spec> = None;
    let mut before: Option<Record<M>> = None;
    let mut checked = 0;
    for (index, bytes) in (0u64..).zip(records) {
        let record = Record::<M>::decode(index, bytes).map_err(ResumeError::from)?;
        if let (Why::Started(started), None) = (&record.why, &before) {
            spec = Some((**started).clone());
        }
        let Some(spec) = &spec else {
            return Err(ResumeError::NoSpec { run: record.head.run }.into());
        };
        if record.head.logic == M::LOGIC {
            check(spec, before.as_ref(), &record)?;
            checked += 1;
        }
        before = Some(record);
    }
    Ok(checked)
}

/// What a step comes to, as far as it is recorded.
#[derive(Debug, PartialEq, Serialize)]
#[serde(bound(serialize = ""))]
struct Decided<'a, M: Machine> {
    step: Kind,
    state: &'a M::State,
    outcome: Option<&'a M::Outcome>,
    withdrawn: &'a [u64],
    writes: Vec<&'a M::Write>,
    asks: Vec<&'a M::Ask>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Starts,
    Stays,
    Moves,
    Ends,
}

impl<'a, M: Machine> Decided<'a, M> {
    fn bare(step: Kind, state: &'a M::State) -> Self {
        let (writes, asks) = (Vec::new(), Vec::new());
        Self { step, state, outcome: None, withdrawn: &[], writes, asks }
    }

    fn recorded(record: &'a Record<M>) -> Self {
        let new = |id: u64| id > record.last_old;
        Self {
            step: match (&record.why, &record.outcome) {
                (Why::Started(_), _) => Kind::Starts,
                (_, Some(_)) => Kind::Ends,
                (_, None) => Kind::Moves,
            },
            state: &record.state,
            outcome: record.outcome.as_ref(),
            withdrawn: &record.withdrawn,
            writes: record.open.writes.iter().filter(|w| new(w.id)).map(|w| &w.write).collect(),
            asks: record.open.asks.iter().filter(|a| new(a.id)).map(|a| &a.ask).collect(),
        }
    }

    /// `claim`: a claim is recorded even where the machine stays.
    fn recomputed(step: &'a Step<M>, before: &'a M::State, claim: bool) -> Self {
        match step {
            Step::Move(next) => Self {
                step: Kind::Moves,
                state: &next.state,
                outcome: None,
                withdrawn: &next.withdraw,
                writes: next.writes.iter().collect(),
                asks: next.asks.iter().collect(),
            },
            Step::Done { state, outcome } => {
                Self { outcome: Some(outcome), ..Self::bare(Kind::Ends, state) }
            }
            Step::Stay(_) | Step::Refuse(_) => {
                Self::bare(if claim { Kind::Moves } else { Kind::Stays }, before)
            }
        }
    }
}

fn check<M: Machine>(
    spec: &M::Spec,
    before: Option<&Record<M>>,
    record: &Record<M>,
) -> Result<(), Divergence> {
    let Some(before) = before else {
        let start = M::start(spec, record.head.at);
        return same(record, &Decided::bare(Kind::Starts, &start));
    };
    let cause = match &record.why {
        // A second start follows from nothing.
        Why::Started(_) => return same(record, &Decided::bare(Kind::Stays, &before.state)),
        Why::Claimed(claim) => Cause::Claimed(*claim),
        Why::Fact(fact) => Cause::Fact(fact),
        Why::Wrote(id, write, end) => Cause::Wrote(*id, write, end),
        Why::Answer(id, ask, answer) => Cause::Answer(*id, ask, answer),
        Why::Signal(signal) => Cause::Signal(signal),
        Why::Due => Cause::Due,
    };
    let claim = matches!(cause, Cause::Claimed(_));
    let step = M::decide(spec, &before.state, cause, &open_before(record), record.head.at);
    same(record, &Decided::recomputed(&step, &before.state, claim))
}

/// What was in flight when the step was taken: what is in flight after it, without what the step
/// itself sent. (What it withdrew stays in flight until that is confirmed.)
fn open_before<M: Machine>(record: &Record<M>) -> Open<M> {
    let mut open = record.open.clone();
    open.writes.retain(|w| w.id <= record.last_old);
    open.asks.retain(|a| a.id <= record.last_old);
    open
}

fn same<M: Machine>(record: &Record<M>, recomputed: &Decided<'_, M>) -> Result<(), Divergence> {
    let recorded = Decided::recorded(record);
    if recorded == *recomputed {
        return Ok(());
    }
    let mut differences = Vec::new();
    match (serde_json::to_value(&recorded), serde_json::to_value(recomputed)) {
        (Ok(was), Ok(is)) => compare("", Some(&was), Some(&is), &mut differences),
        _ => differences.push(Difference {
            field: "step".to_owned(),
            recorded: format!("{recorded:?}"),
            recomputed: format!("{recomputed:?}"),
        }),
    }
    Err(Divergence { index: record.head.index, kind: M::KIND, logic: M::LOGIC, differences })
}

/// Walks both values, and notes the innermost fields that differ.
fn compare(path: &str, was: Option<&Value>, is: Option<&Value>, found: &mut Vec<Difference>) {
    let under = |key: &dyn fmt::Display| match path {
        "" => key.to_string(),
        _ => format!("{path}.{key}"),
    };
    match (was, is) {
        (Some(Value::Object(was)), Some(Value::Object(is))) => {
            let keys: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
            for key in keys {
                compare(&under(key), was.get(key), is.get(key), found);
            }
        }
        (Some(Value::Array(was)), Some(Value::Array(is))) => {
            for at in 0..was.len().max(is.len()) {
                compare(&under(&at), was.get(at), is.get(at), found);
            }
        }
        _ if was == is => {}
        _ => {
            let text = |v: Option<&Value>| v.map_or("nothing".to_owned(), Value::to_string);
            let (recorded, recomputed) = (text(was), text(is));
            found.push(Difference { field: path.to_owned(), recorded, recomputed });
        }
    }
}
