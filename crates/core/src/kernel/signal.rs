//! What people and programs tell a run.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a run is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SignalKind {
    /// Stop climbing; what is up stays up.
    Pause,
    /// Go on after a pause.
    Resume,
    /// Answer yes to the approval that is waited for.
    Approve,
    /// End the holds of the present notch. Readiness is never skipped.
    Skip,
    /// Go straight to the promotion: bakes, approvals and analyses to come are dropped.
    Promote,
    /// Go back to the ground.
    Abort,
}

impl fmt::Display for SignalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SignalKind::Pause => "pause",
            SignalKind::Resume => "resume",
            SignalKind::Approve => "approve",
            SignalKind::Skip => "skip",
            SignalKind::Promote => "promote",
            SignalKind::Abort => "abort",
        })
    }
}

/// One signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// Chosen by the sender: the same id twice is the same signal. Once one is taken, the engine
    /// answers the same id as taken already, also after a crash.
    pub id: String,
    /// Who sends it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// The notch it is meant for, from 1; where the run is elsewhere by then, it is refused.
    /// `None` means wherever the run is.
    pub expect: Option<u32>,
    /// What to do.
    pub kind: SignalKind,
}
