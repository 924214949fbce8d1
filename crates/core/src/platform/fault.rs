//! What becomes of a write.

use serde::{Deserialize, Serialize};

use crate::fence::Token;
use crate::id::Uid;
use crate::time::Span;

/// A write that took effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Identity of the object.
    pub uid: Uid,
    /// Its token after the write.
    pub token: Token,
}

/// A write that was not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Fault {
    /// The request may have taken effect, may yet, or never will: look afresh.
    #[error("the outcome is unknown: {reason}")]
    Unknown {
        /// What happened to the answer.
        reason: String,
    },
    /// The request was never sent.
    #[error("withdrawn before it was sent")]
    Withdrawn,
    /// The server refused it: it did not take effect and never will.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A higher epoch holds the app: this operator must stop.
    #[error("another operator has taken this run over")]
    Fenced,
}

/// Why a server refused a request that it understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// The token or identity is not what the write expects: something else was written first.
    #[error("the object has changed since it was read")]
    Stale,
    /// The object is gone.
    #[error("the object does not exist")]
    Missing,
    /// A create of a name that is taken.
    #[error("an object of this name exists already")]
    Exists,
    /// Too many requests; try again after the delay.
    #[error("throttled: try again after {after}")]
    Throttled {
        /// How long to wait.
        after: Span,
    },
    /// The server cannot serve now and applied nothing.
    #[error("the server is unavailable: {reason}")]
    Unavailable {
        /// What it said.
        reason: String,
    },
    /// Not allowed by the role of this caller.
    #[error("forbidden: {reason}")]
    Forbidden {
        /// What the server said, with verb and resource.
        reason: String,
    },
    /// Refused by validation, admission or quota; sending it again gives the same answer.
    #[error("refused: {reason}")]
    Invalid {
        /// What the server said.
        reason: String,
    },
}

impl Refusal {
    /// True when the same request can be accepted later without anything of ours changing.
    pub fn is_transient(&self) -> bool {
        match self {
            Refusal::Stale | Refusal::Throttled { .. } | Refusal::Unavailable { .. } => true,
            Refusal::Missing
            | Refusal::Exists
            | Refusal::Forbidden { .. }
            | Refusal::Invalid { .. } => false,
        }
    }
}
