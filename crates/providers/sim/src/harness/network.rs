//! The network between a process and the API server: what becomes of one request.

use windlass_core::time::{Span, Timestamp};

use super::faults::Faults;
use crate::rng::Rng;

/// What becomes of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// When it arrives at the server, each time; never when empty.
    pub(crate) arrives: Vec<Timestamp>,
    /// True when the server turns it away, applying nothing.
    pub(crate) turned_away: bool,
    /// When its answer comes back; `None` when it does not.
    pub(crate) answered: Option<Span>,
}

/// Draws what becomes of a request that is sent now.
pub(crate) fn draw(faults: &Faults, rng: &mut Rng, now: Timestamp) -> Delivery {
    let way = rng.draw(faults.latency);
    let back = rng.draw(faults.latency);
    let mut delivery =
        Delivery { arrives: vec![now + way], turned_away: false, answered: Some(back) };
    if rng.chance(faults.unavailable) {
        delivery.turned_away = true;
        return delivery;
    }
    if rng.chance(faults.request_lost) {
        return Delivery { arrives: Vec::new(), answered: None, ..delivery };
    }
    if rng.chance(faults.late) {
        delivery.arrives = vec![now + way + rng.draw(faults.lateness)];
        delivery.answered = None;
    }
    if rng.chance(faults.duplicated) {
        delivery.arrives.push(now + way + rng.draw(faults.lateness));
    }
    if rng.chance(faults.answer_lost) || faults.ambiguous_at(now) {
        delivery.answered = None;
    }
    delivery
}
