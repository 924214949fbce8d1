//! The agenda of a trial: what comes to whom, and who is called when it does.

use std::sync::Arc;

use windlass_core::engine::{Event, Mark};
use windlass_core::kernel::Machine;

use super::Trial;
use super::request::Request;
use crate::World;
use crate::harness::{Cast, OperatorId};

pub(super) type Person = Arc<dyn Fn(&mut World) + Send + Sync>;

/// Something that happens at its time.
#[derive(Clone)]
pub(super) enum Act<M: Machine> {
    /// A request comes to the server.
    Arrive(Box<Request<M>>),
    /// Something comes to a process.
    Come(Mind, Event<M>),
    /// A read comes to the server.
    Look(Mind, Mark),
    /// A question comes to its source.
    Asked(Mind, u64, M::Ask),
    /// A claim comes to the server.
    Claim(Mind),
    /// A queued request is due to be sent.
    Dispatch(Mind, u64),
    /// A process looks at the clock.
    Alarm(Mind),
    /// A process is started.
    Start(OperatorId),
    /// A process that stood still goes on.
    Wake(OperatorId),
    /// Somebody else does something to the world.
    Person(Person),
    /// Another process takes over from this one.
    Takeover(OperatorId),
    /// The wall clock of a process jumps by so many milliseconds.
    Jump(OperatorId, i64),
}

/// One life of one process.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Mind {
    pub(super) operator: OperatorId,
    pub(super) life: u32,
}

impl<M: Machine, C: Cast<M>> Trial<M, C> {
    pub(super) fn perform(&mut self, act: Act<M>) {
        match act {
            Act::Arrive(request) => self.arrive(*request),
            Act::Come(mind, event) => self.come(mind, event),
            Act::Look(mind, began) => self.look(mind, began),
            Act::Asked(mind, id, ask) => self.asked(mind, id, &ask),
            Act::Claim(mind) => self.claim(mind),
            Act::Dispatch(mind, id) => {
                self.dispatch(mind, id);
                self.pump(mind.operator);
            }
            Act::Alarm(mind) => self.ring(mind),
            Act::Start(operator) => self.start(operator),
            Act::Wake(operator) => self.wake(operator),
            Act::Person(act) => {
                self.persons += 1;
                act(&mut self.world);
            }
            Act::Takeover(of) => self.join(of),
            Act::Jump(operator, millis) => {
                if let Some(process) = self.operators.get_mut(operator) {
                    process.wall_skew += millis;
                }
            }
        }
    }
}
