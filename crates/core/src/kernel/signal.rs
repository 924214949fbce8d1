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
    /// Give the approval that the present notch asks for, also before its evidence is there.
    Approve,
    /// End what the present notch holds for: bake, hooks, approval and evidence still open. Readiness is
    /// never skipped, nor is what has failed.
    Skip,
    /// Go straight to the promotion: bakes, hooks, approvals and analyses still open or to come are
    /// dropped. What has failed is not.
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
