//! Taking a run up again from its journal.

use std::sync::Arc;

use crate::engine::effect::{Now, Pace};
use crate::engine::run::Run;
use crate::id::RunId;
use crate::journal::{Chain, Record, RecordError, Why};
use crate::kernel::{Machine, Waiting};

/// Why a run cannot be taken up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResumeError {
    /// A record cannot be trusted.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The first record holds no spec.
    #[error("the first record of run {run} holds no spec: the journal was cut at its start")]
    NoSpec {
        /// The run.
        run: RunId,
    },
    /// A later version of the program decided last: this one might decide otherwise, or not know
    /// what the state means.
    #[error(
        "record {record} of run {run} was decided by logic {logic}, this program knows logic up to \
         {known}: update the program, then resume the run"
    )]
    NewerLogic {
        /// The run.
        run: RunId,
        /// The record.
        record: u64,
        /// The logic it was decided by.
        logic: u32,
        /// The logic of this program.
        known: u32,
    },
}

impl<M: Machine> Run<M> {
    /// Takes a run up from its first and last record. Claim the app next: the claim gives the
    /// epoch, and everything older is fenced off.
    ///
    /// Writes that were in flight are of unknown outcome; questions are asked again. Watched time
    /// goes on from the last record: what passed since was not watched.
    ///
    /// # Errors
    /// When a record cannot be read, is of another machine, or was decided by a later version of
    /// this one.
    pub fn resume(
        first: &[u8],
        index: u64,
        last: &[u8],
        pace: Pace,
        now: Now,
    ) -> Result<Self, ResumeError> {
        let opening = Record::<M>::decode(0, first)?;
        let Why::Started(spec) = opening.why else {
            return Err(ResumeError::NoSpec { run: opening.head.run });
        };
        if opening.head.index != 0 {
            return Err(RecordError::BrokenChain { index: 0 }.into());
        }
        let last_record = Record::<M>::decode(index, last)?;
        if last_record.head.index != index || last_record.head.run != opening.head.run {
            return Err(RecordError::BrokenChain { index }.into());
        }
        if last_record.head.logic > M::LOGIC {
            return Err(ResumeError::NewerLogic {
                run: last_record.head.run,
                record: index,
                logic: last_record.head.logic,
                known: M::LOGIC,
            });
        }
        let spec = Arc::new(*spec);
        Ok(Self::from_record(spec, last_record, Chain::after(index, last), pace, now))
    }

    fn from_record(
        spec: Arc<M::Spec>,
        last: Record<M>,
        chain: Chain,
        pace: Pace,
        now: Now,
    ) -> Self {
        let writes = last.open.writes.iter().map(|w| w.id);
        let numbers = writes.chain(last.open.asks.iter().map(|a| a.id));
        let last_id = numbers.fold(last.last_old, u64::max);
        Self {
            id: last.head.run,
            spec,
            state: last.state,
            outcome: last.outcome,
            open: last.open.after_crash(),
            wait: Waiting::on("the app to be claimed"),
            epoch: last.head.epoch,
            chain,
            last_id,
            watched: last.head.at.watched,
            pace,
            last_fresh: None,
            steady: None,
            told: 0,
            latest: None,
            glance: None,
            away: Some(now.wall.since(last.head.at.wall)),
            stopped: None,
            claimed: false,
            heard: last.heard,
        }
    }

    /// The same run with a spec that is shared, where the caller knows it to be equal: many runs of
    /// one process then hold it once.
    #[must_use]
    pub fn sharing(mut self, spec: &Arc<M::Spec>) -> Self {
        if *self.spec == **spec {
            self.spec = Arc::clone(spec);
        }
        self
    }
}
