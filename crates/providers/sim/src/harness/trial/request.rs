//! What goes between a process and the server: writes with all that can become of them, and reads.

use windlass_core::engine::{Event, Mark};
use windlass_core::fence::Fence;
use windlass_core::kernel::Machine;
use windlass_core::platform::{Fault, Receipt, Refusal};
use windlass_core::time::{Span, Timestamp};

use super::Trial;
use super::agenda::{Act, Mind};
use crate::harness::operator::Work;
use crate::harness::{Cast, Life, OperatorId, network};

/// A write that came to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landing<W> {
    /// When.
    pub at: Timestamp,
    /// When it was sent.
    pub sent: Timestamp,
    /// Who sent it.
    pub operator: OperatorId,
    /// Its mark.
    pub fence: Fence,
    /// The write.
    pub write: W,
    /// What the server made of it.
    pub end: Result<Receipt, Refusal>,
    /// True when the same request had come before.
    pub again: bool,
    /// True when it changed the world.
    pub changed: bool,
}

/// A write on its way.
#[derive(Clone)]
pub(super) struct Request<M: Machine> {
    from: Mind,
    sent: Timestamp,
    id: u64,
    fence: Fence,
    write: M::Write,
    turned_away: bool,
    back: Option<Span>,
}

impl<M: Machine, C: Cast<M>> Trial<M, C> {
    pub(super) fn dispatch(&mut self, mind: Mind, id: u64) {
        if !self.lives(mind) {
            return;
        }
        let process = &mut self.operators[mind.operator];
        let Some((fence, write)) = process.outbox.remove(&id) else { return };
        if process.run.as_ref().is_some_and(|run| !run.still_good(&write)) {
            process.waiting.push_back(Work::Event(Event::Wrote(id, Err(Fault::Withdrawn))));
            return;
        }
        let now = self.world.now();
        self.sent += 1;
        let delivery = network::draw(&self.faults, &mut self.rng, now);
        for (n, at) in delivery.arrives.iter().enumerate() {
            let request = Request {
                from: mind,
                sent: now,
                id,
                fence: fence.clone(),
                write: write.clone(),
                turned_away: delivery.turned_away,
                back: delivery.answered.filter(|_| n == 0),
            };
            self.plan(at.since(now), Act::Arrive(Box::new(request)));
        }
        if delivery.answered.is_none() {
            let fault = Fault::Unknown { reason: "no answer in time".to_owned() };
            self.plan(self.faults.timeout, Act::Come(mind, Event::Wrote(id, Err(fault))));
        }
    }

    pub(super) fn arrive(&mut self, request: Request<M>) {
        let Request { from, sent, id, fence, write, turned_away, back } = request;
        // The second delivery may overtake the first.
        let again = self.landed.iter().any(|landing| landing.fence == fence);
        let revision = self.world.revision();
        let end = if turned_away {
            Err(Refusal::Unavailable { reason: "503".to_owned() })
        } else {
            self.cast.write(&mut self.world, &fence, &write)
        };
        if let Some(back) = back {
            let answer = end.clone().map_err(Fault::Refused);
            self.plan(back, Act::Come(from, Event::Wrote(id, answer)));
        }
        let (at, operator) = (self.world.now(), from.operator);
        let changed = self.world.revision() != revision;
        self.landed.push(Landing { at, sent, operator, fence, write, end, again, changed });
    }

    /// One read at a time; a change meanwhile asks for another one after it.
    pub(super) fn observe(&mut self, operator: OperatorId) {
        let mind = self.mind(operator);
        let process = &mut self.operators[operator];
        if matches!(process.life, Life::Down | Life::Done) {
            return;
        }
        let clocks = process.clocks(self.world.now());
        let Some(began) = process.run.as_ref().map(|run| run.mark(clocks)) else { return };
        if process.observing {
            process.look_again = true;
            return;
        }
        process.observing = true;
        let way = self.rng.draw(self.faults.latency);
        self.plan(way, Act::Look(mind, began));
    }

    pub(super) fn look(&mut self, mind: Mind, began: Mark) {
        if !self.lives(mind) {
            return;
        }
        if self.rng.chance(self.faults.unavailable) {
            self.operators[mind.operator].observing = false;
            return;
        }
        self.reads += 1;
        let seen = self.cast.seen(&mut self.world);
        let back = self.rng.draw(self.faults.latency);
        self.plan(back, Act::Come(mind, Event::Seen { seen, began }));
    }

    /// A question is answered as of now.
    pub(super) fn asked(&mut self, mind: Mind, id: u64, ask: &M::Ask) {
        let answer = self.cast.ask(&mut self.world, ask);
        let back = self.rng.draw(self.faults.latency);
        self.plan(back, Act::Come(mind, Event::Answered(id, answer)));
    }
}
