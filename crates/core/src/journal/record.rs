//! Records: the format of the journal.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::fence::{Claim, Epoch};
use crate::id::RunId;
use crate::kernel::{Machine, Open, Signal};
use crate::platform::{Fault, Receipt};
use crate::time::Moment;

/// Version of the record format. Readers accept this and all lower ones.
pub const FORMAT: u32 = 1;

/// Hash that the first record of a run names as its predecessor's.
pub const GENESIS: &str = "";

/// What every record starts with; readable without knowing the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Version of the record format.
    pub format: u32,
    /// Which machine.
    pub kind: String,
    /// Which version of its decisions.
    pub logic: u32,
    /// The run.
    pub run: RunId,
    /// The epoch it was recorded in; 0 before the first claim.
    pub epoch: Epoch,
    /// Number of the record, from 0.
    pub index: u64,
    /// When.
    pub at: Moment,
    /// The hash that the record before ends with; [`GENESIS`] in the first.
    pub prev: String,
    /// True when the run has ended with this record.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ended: bool,
}

/// Why a step was taken, as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(serialize = "", deserialize = ""))]
pub enum Why<M: Machine> {
    /// The run began with this spec.
    Started(Box<M::Spec>),
    /// A process took the app.
    Claimed(Claim),
    /// The world looked like this.
    Fact(M::Fact),
    /// A write was answered.
    Wrote(u64, M::Write, Result<Receipt, Fault>),
    /// A question was answered.
    Answer(u64, M::Ask, M::Answer),
    /// Somebody said something.
    Signal(Signal),
    /// A deadline passed.
    Due,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(serialize = "", deserialize = ""))]
pub struct Record<M: Machine> {
    /// What every record starts with.
    pub head: Head,
    /// Why the step was taken.
    pub why: Why<M>,
    /// The state after it.
    pub state: M::State,
    /// How the run ended, in the last record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<M::Outcome>,
    /// All that is in flight after it; what has a number above `last_old` was decided by this step.
    #[serde(default, skip_serializing_if = "Open::is_empty")]
    pub open: Open<M>,
    /// The last number that a write or question had when the step was taken.
    pub last_old: u64,
    /// Writes that this step withdrew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<u64>,
    /// Ids of the signals that were taken up to here, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heard: Vec<String>,
}

/// Why bytes are no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// They cannot be read.
    #[error("record {index} cannot be read: {reason}")]
    Unreadable {
        /// Its index.
        index: u64,
        /// Why not.
        reason: String,
    },
    /// They were written by a newer version.
    #[error("record {index} has format {format}, this version reads up to {FORMAT}: upgrade")]
    TooNew {
        /// Its index.
        index: u64,
        /// Its format.
        format: u32,
    },
    /// They are not the bytes that were written.
    #[error("record {index} is damaged: its hash does not fit; restore the journal from a copy")]
    Damaged {
        /// Its index.
        index: u64,
    },
    /// They do not continue the record before.
    #[error("record {index} does not follow the one before it: the journal was changed")]
    BrokenChain {
        /// Its index.
        index: u64,
    },
    /// They belong to another machine.
    #[error("record {index} is of a {found}, not of a {wanted}")]
    OtherKind {
        /// Its index.
        index: u64,
        /// The kind it names.
        found: String,
        /// The kind that was asked for.
        wanted: &'static str,
    },
}

impl<M: Machine> Record<M> {
    /// The record as one line of JSON. Its last field is the hash of all before it.
    ///
    /// # Errors
    /// When the machine's data has no JSON form (a map with keys that are no text).
    pub fn encode(&self) -> Result<Vec<u8>, RecordError> {
        let mut bytes = Vec::with_capacity(USUAL);
        serde_json::to_writer(&mut bytes, self).map_err(|e| RecordError::Unreadable {
            index: self.head.index,
            reason: e.to_string(),
        })?;
        Ok(sealed(bytes))
    }

    /// Reads one record back.
    ///
    /// # Errors
    /// When the bytes are no record of this machine, or not as they were written.
    pub fn decode(index: u64, bytes: &[u8]) -> Result<Self, RecordError> {
        let head = Head::decode(index, bytes)?;
        if head.kind != M::KIND {
            return Err(RecordError::OtherKind { index, found: head.kind, wanted: M::KIND });
        }
        serde_json::from_slice(bytes)
            .map_err(|e| RecordError::Unreadable { index, reason: e.to_string() })
    }
}

impl Head {
    /// Reads the head of a record of any machine.
    ///
    /// # Errors
    /// When the bytes are no record, one of a newer format, or not as they were written.
    pub fn decode(index: u64, bytes: &[u8]) -> Result<Head, RecordError> {
        #[derive(Deserialize)]
        struct Outer {
            head: Head,
        }
        let outer: Outer = serde_json::from_slice(bytes)
            .map_err(|e| RecordError::Unreadable { index, reason: e.to_string() })?;
        if outer.head.format > FORMAT {
            return Err(RecordError::TooNew { index, format: outer.head.format });
        }
        if !is_whole(bytes) {
            return Err(RecordError::Damaged { index });
        }
        Ok(outer.head)
    }
}

/// True for what a record leaves out: a value that reading gives back when nothing is there.
///
/// For `#[serde(default, skip_serializing_if = "is_default")]` on what is most often empty in a
/// state or fact. Every record carries the whole state, so this is a good part of a journal.
pub fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Bytes that hold most records.
const USUAL: usize = 2_048;
/// What stands around the hash at the end of a record.
const SEAL: (&str, &str) = (",\"hash\":\"", "\"}");
/// Digits of a hash in a record.
const DIGITS: usize = 16;

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(DIGITS / 2).map(|b| format!("{b:02x}")).collect()
}

/// Adds the hash of a JSON object to it as its last field.
pub(crate) fn sealed(mut object: Vec<u8>) -> Vec<u8> {
    object.pop();
    let hash = hash(&object);
    object.extend_from_slice(format!("{}{hash}{}", SEAL.0, SEAL.1).as_bytes());
    object
}

/// A record without its seal, and the seal.
fn unsealed(bytes: &[u8]) -> (&[u8], &[u8]) {
    let length = SEAL.0.len() + DIGITS + SEAL.1.len();
    bytes.split_at(bytes.len().saturating_sub(length))
}

fn is_whole(bytes: &[u8]) -> bool {
    let (body, seal) = unsealed(bytes);
    seal == format!("{}{}{}", SEAL.0, hash(body), SEAL.1).as_bytes()
}

/// The hash that a record ends with: it is over all of it, so the next one need not hash it again.
fn hash_in(bytes: &[u8]) -> String {
    let (_, seal) = unsealed(bytes);
    let digits = seal.iter().skip(SEAL.0.len()).take(DIGITS);
    digits.map(|digit| char::from(*digit)).collect()
}

/// The hash chain over the records of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    next: u64,
    prev: String,
}

impl Default for Chain {
    fn default() -> Self {
        Self { next: 0, prev: GENESIS.to_owned() }
    }
}

impl Chain {
    /// The chain after a record of this index and these bytes, which are whole.
    pub fn after(index: u64, bytes: &[u8]) -> Self {
        Self { next: index + 1, prev: hash_in(bytes) }
    }

    /// Index of the next record.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// What the next record names as its predecessor's hash.
    pub fn prev(&self) -> &str {
        &self.prev
    }

    /// Checks all records of a run, from the first, and gives the chain after them.
    ///
    /// # Errors
    /// At the first record that does not follow the one before.
    pub fn verify<'a>(records: impl IntoIterator<Item = &'a [u8]>) -> Result<Chain, RecordError> {
        let mut chain = Chain::default();
        for bytes in records {
            let head = Head::decode(chain.next, bytes)?;
            if head.index != chain.next || head.prev != chain.prev {
                return Err(RecordError::BrokenChain { index: chain.next });
            }
            chain = Chain::after(chain.next, bytes);
        }
        Ok(chain)
    }
}
