//! The host between the runs and the user's own: it remembers what each run waits for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use windlass_core::event::{RunEvent, What};
use windlass_core::id::RunId;
use windlass_core::platform::{Approval, Host, Question};
use windlass_core::time::Timestamp;

/// What a run waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    /// Whose turn it is and for what.
    pub on: String,
    /// Since when.
    pub since: Timestamp,
    /// When it ends by itself, and what happens then; `None` when nothing expires.
    pub until: Option<(Timestamp, String)>,
}

/// Hears every event before the user's host does.
#[derive(Debug)]
pub(super) struct Ears {
    host: Arc<dyn Host>,
    waits: Mutex<BTreeMap<RunId, Waits>>,
}

impl Ears {
    pub(super) fn new(host: Arc<dyn Host>) -> Self {
        Self { host, waits: Mutex::default() }
    }

    pub(super) fn waits(&self, run: &RunId) -> Option<Waits> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner).get(run).cloned()
    }

    pub(super) fn forget(&self, run: &RunId) {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner).remove(run);
    }
}

#[async_trait]
impl Host for Ears {
    fn notify(&self, event: &RunEvent) {
        if let What::Waiting { on, expires } = &event.what {
            let until = expires.as_ref().map(|it| (event.at + it.left, it.then.clone()));
            let waits = Waits { on: on.clone(), since: event.at, until };
            let mut heard = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
            heard.insert(event.run.clone(), waits);
        }
        self.host.notify(event);
    }

    async fn ask(&self, question: &Question) -> Approval {
        self.host.ask(question).await
    }
}
