//! One trial: a world, the processes that drive a run in it, and an agenda in virtual time.

mod agenda;
mod process;
mod request;

use std::collections::BTreeMap;
use std::sync::Arc;

use windlass_core::engine::{Event, Pace, Run};
use windlass_core::id::RunId;
use windlass_core::kernel::{Machine, Signal};
use windlass_core::time::{Span, Timestamp};

use super::cast::Cast;
use super::faults::Faults;
use super::operator::{Life, Operator, OperatorId};
use crate::World;
use crate::rng::Rng;

use agenda::{Act, Mind};

pub use request::Landing;

/// How a trial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every process has stopped driving the run.
    Finished,
    /// Time ran out before.
    TimedOut,
}

/// A world with the processes that drive one run in it.
#[derive(Clone)]
pub struct Trial<M: Machine, C> {
    /// The world.
    pub world: World,
    /// The machine's view of it.
    pub cast: C,
    /// The processes, the first one first.
    pub operators: Vec<Operator<M>>,
    /// Every write that came to the server, in order.
    pub landed: Vec<Landing<M::Write>>,
    /// What goes wrong.
    pub faults: Faults,
    /// How often the world was read.
    pub reads: u64,
    /// How many writes were sent, whatever became of them.
    pub sent: u64,
    /// How often somebody else did something.
    pub persons: u64,
    /// When it began.
    pub began: Timestamp,
    id: RunId,
    spec: Arc<M::Spec>,
    pace: Pace,
    rng: Rng,
    agenda: BTreeMap<(Timestamp, u64), Act<M>>,
    planned: u64,
}

impl<M: Machine, C: Cast<M>> Trial<M, C> {
    /// A run of `spec` that one process begins now.
    pub fn new(world: World, cast: C, id: RunId, spec: Arc<M::Spec>, seed: u64) -> Self {
        let mut trial = Self {
            began: world.now(),
            world,
            cast,
            operators: vec![Operator::new("a", Pace::default())],
            landed: Vec::new(),
            faults: Faults::default(),
            reads: 0,
            sent: 0,
            persons: 0,
            id,
            spec,
            pace: Pace::default(),
            rng: Rng::new(seed),
            agenda: BTreeMap::new(),
            planned: 0,
        };
        trial.plan(Span::ZERO, Act::Start(0));
        trial
    }

    /// Somebody else does something to the world, so long from now.
    pub fn person(&mut self, after: Span, act: impl Fn(&mut World) + Send + Sync + 'static) {
        self.plan(after, Act::Person(Arc::new(act)));
    }

    /// A signal reaches every process that lives then.
    pub fn signal(&mut self, after: Span, operator: OperatorId, signal: Signal) {
        let life = self.operators.get(operator).map_or(1, |o| o.lives.max(1));
        self.plan(after, Act::Come(Mind { operator, life }, Event::Signal(signal)));
    }

    /// So long from now the wall clock of a process jumps by this many milliseconds.
    pub fn jump_clock(&mut self, after: Span, operator: OperatorId, millis: i64) {
        self.plan(after, Act::Jump(operator, millis));
    }

    /// So long from now another process takes the run over, with a copy of the journal as it is
    /// then; the one that drives it hears nothing of it.
    pub fn take_over(&mut self, after: Span, of: OperatorId) {
        self.plan(after, Act::Takeover(of));
    }

    /// The outcome that any process knows of.
    pub fn outcome(&self) -> Option<&M::Outcome> {
        self.operators.iter().filter_map(|o| o.run.as_ref()).find_map(Run::outcome)
    }

    /// Goes on until every process has stopped, or for so long; after every change of the world
    /// `check` may look, and end the trial with what it found.
    ///
    /// # Errors
    /// What `check` found.
    pub fn run<V>(
        &mut self,
        limit: Span,
        mut check: impl FnMut(&mut Self) -> Result<(), V>,
    ) -> Result<Ended, V> {
        let end = self.world.now() + limit;
        while self.world.now() < end {
            if self.finished() {
                return Ok(Ended::Finished);
            }
            if !self.step() {
                break;
            }
            check(self)?;
        }
        Ok(Ended::TimedOut)
    }

    /// True when every process has stopped, and no other one is still to take over.
    fn finished(&self) -> bool {
        let comes = |act: &Act<M>| matches!(act, Act::Takeover(_));
        self.operators.iter().all(|o| o.life == Life::Done) && !self.agenda.values().any(comes)
    }

    /// Goes on for so long, also where every process has stopped: what is under way still lands.
    ///
    /// # Errors
    /// What `check` found.
    pub fn linger<V>(
        &mut self,
        span: Span,
        mut check: impl FnMut(&mut Self) -> Result<(), V>,
    ) -> Result<(), V> {
        let end = self.world.now() + span;
        let due = |trial: &Self| {
            let ours = trial.agenda.first_key_value().map(|((at, _), _)| *at);
            ours.into_iter().chain(trial.world.next_event()).min()
        };
        while due(self).is_some_and(|due| due <= end) && self.step() {
            check(self)?;
        }
        self.world.advance_to(end);
        check(self)
    }

    /// The next thing that happens, in the world or to a process; false when nothing is to come.
    pub fn step(&mut self) -> bool {
        let agenda = self.agenda.first_key_value().map(|((at, _), _)| *at);
        let before = self.world.revision();
        match (agenda, self.world.next_event()) {
            (None, None) => return false,
            (None, Some(_)) => {
                self.world.step();
            }
            (Some(ours), Some(theirs)) if theirs <= ours => {
                self.world.step();
            }
            (Some(ours), _) => {
                self.world.advance_to(ours);
                if let Some((_, act)) = self.agenda.pop_first() {
                    self.perform(act);
                }
            }
        }
        if self.world.revision() != before {
            for operator in 0..self.operators.len() {
                self.observe(operator);
            }
        }
        true
    }

    fn plan(&mut self, after: Span, act: Act<M>) {
        self.planned += 1;
        self.agenda.insert((self.world.now() + after, self.planned), act);
    }

    fn mind(&self, operator: OperatorId) -> Mind {
        Mind { operator, life: self.operators[operator].lives }
    }

    fn lives(&self, mind: Mind) -> bool {
        let operator = &self.operators[mind.operator];
        operator.lives == mind.life && !matches!(operator.life, Life::Down | Life::Done)
    }
}

#[cfg(test)]
mod tests;
