//! Hosts for programs: one that keeps events, and one made of several.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use windlass_core::event::RunEvent;
use windlass_core::platform::{Approval, Host, Question};

/// Keeps every event, in the order in which it came, for a page or a [`Story`](crate::Story).
///
/// Memory grows with the run; take the events out where a process drives many.
#[derive(Debug, Default)]
pub struct Recorder {
    events: Mutex<Vec<RunEvent>>,
}

impl Recorder {
    /// A copy of what was heard so far.
    pub fn events(&self) -> Vec<RunEvent> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes out what was heard so far and starts anew.
    pub fn take(&self) -> Vec<RunEvent> {
        mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Host for Recorder {
    fn notify(&self, event: &RunEvent) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
    }

    async fn ask(&self, _question: &Question) -> Approval {
        Approval::Later
    }
}

/// Several hosts as one: each hears every event; a question goes to one after the other until one
/// gives an answer other than [`Approval::Later`].
#[derive(Clone, Debug)]
pub struct Hosts(Vec<Arc<dyn Host>>);

impl Hosts {
    /// These hosts, heard and asked in this order.
    pub fn new(hosts: impl IntoIterator<Item = Arc<dyn Host>>) -> Self {
        Self(hosts.into_iter().collect())
    }
}

#[async_trait]
impl Host for Hosts {
    fn notify(&self, event: &RunEvent) {
        for host in &self.0 {
            host.notify(event);
        }
    }

    async fn ask(&self, question: &Question) -> Approval {
        for host in &self.0 {
            match host.ask(question).await {
                Approval::Later => {}
                answer @ (Approval::Granted { .. } | Approval::Denied { .. }) => return answer,
            }
        }
        Approval::Later
    }
}
