//! What is in flight: writes and questions whose end is not known.

use serde::{Deserialize, Serialize};

use crate::kernel::Machine;

/// How far a write has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WriteState {
    /// Sent, or about to be; no answer yet.
    Sent,
    /// Its request ended without a clear answer: it may have taken effect, and until its token has
    /// moved it still may.
    Unknown,
}

/// A write in flight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(serialize = "", deserialize = ""))]
pub struct OpenWrite<M: Machine> {
    /// Its number, also its fence's.
    pub id: u64,
    /// The write.
    pub write: M::Write,
    /// How far it has come.
    pub state: WriteState,
}

/// A question in flight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(serialize = "", deserialize = ""))]
pub struct OpenAsk<M: Machine> {
    /// Its number.
    pub id: u64,
    /// The question.
    pub ask: M::Ask,
}

/// All that is in flight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(serialize = "", deserialize = ""))]
pub struct Open<M: Machine> {
    /// Writes, in the order of their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writes: Vec<OpenWrite<M>>,
    /// Questions, in the order of their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asks: Vec<OpenAsk<M>>,
}

impl<M: Machine> Default for Open<M> {
    fn default() -> Self {
        Self { writes: Vec::new(), asks: Vec::new() }
    }
}

impl<M: Machine> Open<M> {
    /// True when nothing is in flight.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.asks.is_empty()
    }

    /// The same after a crash: every write may or may not have been sent, and no answer comes.
    #[must_use]
    pub fn after_crash(mut self) -> Self {
        for write in &mut self.writes {
            write.state = WriteState::Unknown;
        }
        self.asks.clear();
        self
    }
}
