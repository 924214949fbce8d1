//! The program that embeds windlass: it hears of everything, and answers when a person is asked.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::event::RunEvent;
use crate::id::RunId;

/// A question to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The run that waits.
    pub run: RunId,
    /// What is asked, in one line.
    pub text: String,
}

/// A person's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approval {
    /// Go on.
    Granted {
        /// Who said so.
        by: String,
    },
    /// This must not go on.
    Denied {
        /// Who said so.
        by: String,
        /// Why.
        reason: String,
    },
    /// No answer here: the run waits for a signal.
    Later,
}

/// The one door to the program around a run: display, audit, notification and approval.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Host: Debug + Send + Sync {
    /// Hears of one event. Called in order, on the run's own task: return quickly.
    fn notify(&self, event: &RunEvent);

    /// Is asked for an approval. May be asked again after a crash.
    async fn ask(&self, question: &Question) -> Approval;
}

/// A host that hears nothing and leaves every approval to signals.
#[derive(Clone, Copy, Debug, Default)]
pub struct SilentHost;

#[async_trait]
impl Host for SilentHost {
    fn notify(&self, _event: &RunEvent) {}

    async fn ask(&self, _question: &Question) -> Approval {
        Approval::Later
    }
}

const _: fn(&dyn Host) = |_| {};
