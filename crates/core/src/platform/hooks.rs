//! Checks of the user's own: code that says yes or no at fixed points of a rollout.

use std::fmt::{self, Debug};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::id::{AppRef, RunId};

/// Where in a rollout a hook is asked.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum HookPhase {
    /// Before anything is touched.
    Before,
    /// While a notch holds.
    Notch,
    /// Before the candidate gets all the traffic, once the evidence for it is good.
    BeforePromotion,
    /// After the promotion, while the old side is kept warm.
    After,
}

impl fmt::Display for HookPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HookPhase::Before => "before the rollout",
            HookPhase::Notch => "at the notch",
            HookPhase::BeforePromotion => "before promotion",
            HookPhase::After => "after promotion",
        })
    }
}

/// One call of a hook. The same call may come more than once: after a crash it is asked again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookCall {
    /// The run that asks.
    pub run: RunId,
    /// Name of the hook, as the strategy gives it.
    pub hook: String,
    /// Where in the rollout.
    pub phase: HookPhase,
    /// The notch, counted from 1; 0 before the first.
    pub notch: u32,
}

/// What a hook says.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HookAnswer {
    /// Go on.
    Pass,
    /// Not yet: it is asked again some seconds later, until a deadline of the run ends it.
    NotYet {
        /// What it waits for.
        reason: String,
    },
    /// This must not go on.
    Fail {
        /// Why.
        reason: String,
    },
    /// The hook could not be asked: neither yes nor no. It is asked again, as after a `NotYet`; so a
    /// name that nobody answers to holds the run up until it is aborted.
    Unreachable {
        /// What happened.
        reason: String,
    },
}

/// Checks of the user's own.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Hooks: Debug + Send + Sync {
    /// Asks one hook. An unknown name must answer [`HookAnswer::Unreachable`], never `Pass`.
    async fn call(&self, app: &AppRef, call: &HookCall) -> HookAnswer;
}

const _: fn(&dyn Hooks) = |_| {};
