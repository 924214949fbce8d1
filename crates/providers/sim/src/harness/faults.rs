//! What goes wrong in a trial, drawn from its seed or set by hand.

use std::collections::BTreeMap;

use windlass_core::kernel::Signal;
use windlass_core::time::{Span, Timestamp};

use crate::rng::Delay;

/// What happens to a process at a point of its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It dies here, and is started again after this long.
    Crash {
        /// How long it is down.
        down: Span,
    },
    /// It stops here for this long (a long collection, a stolen CPU), and then goes on as if nothing
    /// had been.
    Pause {
        /// How long it stands still.
        still: Span,
    },
}

/// The faults of a trial. Rates are per million requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults {
    /// How long a request or an answer is on its way.
    pub latency: Delay,
    /// How long a write waits in its process before it is sent, as behind a rate limit.
    pub queued: Delay,
    /// How long a process waits for an answer before it gives up.
    pub timeout: Span,
    /// Requests that take effect, but whose answer is lost.
    pub answer_lost: u32,
    /// Requests that never arrive.
    pub request_lost: u32,
    /// Requests that arrive long after the process has given up on them.
    pub late: u32,
    /// How much later those arrive.
    pub lateness: Delay,
    /// Requests that a proxy delivers a second time, as much later.
    pub duplicated: u32,
    /// Requests that the server turns away, and reads that it does not answer.
    pub unavailable: u32,
    /// Windows in which every write takes effect and no answer comes back.
    pub ambiguous: Vec<(Timestamp, Timestamp)>,
    /// What happens to which operator at which of its points.
    pub fates: BTreeMap<(usize, u64), Fate>,
    /// What which operator is told at which of its points.
    pub signals: BTreeMap<(usize, u64), Signal>,
}

impl Default for Faults {
    /// A network that only takes its time.
    fn default() -> Self {
        Self {
            latency: Delay::millis(2, 20),
            queued: Delay::fixed(Span::ZERO),
            timeout: Span::seconds(10),
            answer_lost: 0,
            request_lost: 0,
            late: 0,
            lateness: Delay { least: Span::seconds(1), spread: Span::seconds(299) },
            duplicated: 0,
            unavailable: 0,
            ambiguous: Vec::new(),
            fates: BTreeMap::new(),
            signals: BTreeMap::new(),
        }
    }
}

impl Faults {
    /// True while no answer to a write comes back.
    pub(crate) fn ambiguous_at(&self, now: Timestamp) -> bool {
        self.ambiguous.iter().any(|(from, until)| *from <= now && now < *until)
    }
}
