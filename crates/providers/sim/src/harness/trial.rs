//! One trial: a world, the processes that drive a run in it, and an agenda in virtual time.

use std::collections::BTreeMap;
use std::sync::Arc;

use windlass_core::engine::{Effect, Event, Mark, Pace, Run, Stop};
use windlass_core::fence::Fence;
use windlass_core::id::RunId;
use windlass_core::kernel::{Machine, Signal};
use windlass_core::platform::{ClaimFault, Fault, Receipt, Refusal};
use windlass_core::time::{Span, Timestamp};

use super::cast::Cast;
use super::faults::{Fate, Faults};
use super::network;
use super::operator::{Life, Operator, OperatorId, Work};
use crate::World;
use crate::rng::Rng;

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

/// How a trial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every process has stopped driving the run.
    Finished,
    /// Time ran out before.
    TimedOut,
}

type Person = Arc<dyn Fn(&mut World) + Send + Sync>;

#[derive(Clone)]
enum Act<M: Machine> {
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
    Alarm(Mind),
    Start(OperatorId),
    Wake(OperatorId),
    Person(Person),
    Takeover(OperatorId),
    Jump(OperatorId, i64),
}

/// One life of one process.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Mind {
    operator: OperatorId,
    life: u32,
}

#[derive(Clone)]
struct Request<M: Machine> {
    from: Mind,
    sent: Timestamp,
    id: u64,
    fence: Fence,
    write: M::Write,
    turned_away: bool,
    back: Option<Span>,
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
    next: u64,
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
            next: 0,
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
        self.next += 1;
        self.agenda.insert((self.world.now() + after, self.next), act);
    }

    fn mind(&self, operator: OperatorId) -> Mind {
        Mind { operator, life: self.operators[operator].lives }
    }

    fn lives(&self, mind: Mind) -> bool {
        let operator = &self.operators[mind.operator];
        operator.lives == mind.life && !matches!(operator.life, Life::Down | Life::Done)
    }

    fn perform(&mut self, act: Act<M>) {
        match act {
            Act::Arrive(request) => self.arrive(*request),
            Act::Come(mind, event) => self.come(mind, event),
            Act::Look(mind, began) => self.look(mind, began),
            Act::Asked(mind, id, ask) => {
                let answer = self.cast.ask(&mut self.world, &ask);
                let back = self.rng.draw(self.faults.latency);
                self.plan(back, Act::Come(mind, Event::Answered(id, answer)));
            }
            Act::Claim(mind) => self.claim(mind),
            Act::Dispatch(mind, id) => self.dispatch(mind, id),
            Act::Alarm(mind) => {
                let set = self.operators[mind.operator].alarm;
                if self.lives(mind) && set == Some(self.world.now()) {
                    self.operators[mind.operator].alarm = None;
                    self.come(mind, Event::Tick);
                }
            }
            Act::Start(operator) => self.start(operator),
            Act::Wake(operator) => {
                if let Life::Still(_) = self.operators[operator].life {
                    self.operators[operator].life = Life::Up;
                    self.pump(operator);
                }
            }
            Act::Person(act) => {
                self.persons += 1;
                act(&mut self.world);
            }
            Act::Jump(operator, millis) => {
                if let Some(process) = self.operators.get_mut(operator) {
                    process.wall_skew += millis;
                }
            }
            Act::Takeover(of) => {
                let name = format!("{}", self.operators.len());
                let mut operator = Operator::new(&name, self.pace);
                operator.journal = self.operators[of].journal.clone();
                operator.lowered = self.operators[of].lowered;
                self.operators.push(operator);
                self.start(self.operators.len() - 1);
            }
        }
    }

    fn start(&mut self, operator: OperatorId) {
        let now = self.world.now();
        let process = &mut self.operators[operator];
        process.life = Life::Up;
        process.lives += 1;
        process.booted = now;
        let clocks = process.clocks(now);
        let begun = match (process.journal.first(), process.journal.last()) {
            (Some(first), Some(last)) => {
                let index = process.journal.len() as u64 - 1;
                let run = Run::resume(first, index, last, process.pace, clocks);
                run.ok().map(|run| (run.sharing(&self.spec), Vec::new()))
            }
            _ => {
                let spec = Arc::clone(&self.spec);
                Run::begin(self.id.clone(), spec, process.pace, clocks).ok()
            }
        };
        let Some((run, effects)) = begun else {
            process.life = Life::Done;
            return;
        };
        process.run = Some(run);
        process.waiting.extend(effects.into_iter().map(Work::Effect));
        let way = self.rng.draw(self.faults.latency);
        let mind = self.mind(operator);
        self.plan(way, Act::Claim(mind));
        self.pump(operator);
    }

    fn claim(&mut self, mind: Mind) {
        if !self.lives(mind) {
            return;
        }
        let holder = self.operators[mind.operator].holder.clone();
        let claimed = self.world.claim(self.cast.app(), &self.id, &holder);
        match claimed {
            Ok(epoch) if !self.rng.chance(self.faults.answer_lost) => {
                let back = self.rng.draw(self.faults.latency);
                self.plan(back, Act::Come(mind, Event::Claimed(epoch)));
            }
            Ok(_) | Err(ClaimFault::Unknown { .. }) => {
                self.plan(self.faults.timeout, Act::Claim(mind));
            }
            Err(ClaimFault::Held { .. } | ClaimFault::Refused { .. }) => {
                self.operators[mind.operator].life = Life::Done;
            }
        }
    }

    fn come(&mut self, mind: Mind, event: Event<M>) {
        if self.lives(mind) {
            self.operators[mind.operator].waiting.push_back(Work::Event(event));
            self.pump(mind.operator);
        }
    }

    /// Lets a process do what is before it, up to a point at which something happens to it.
    fn pump(&mut self, operator: OperatorId) {
        while self.operators[operator].life == Life::Up {
            let Some(work) = self.operators[operator].waiting.pop_front() else { break };
            let process = &mut self.operators[operator];
            process.points += 1;
            if let Some(signal) = self.faults.signals.remove(&(operator, process.points)) {
                process.waiting.push_back(Work::Event(Event::Signal(signal)));
            }
            match self.faults.fates.remove(&(operator, process.points)) {
                Some(Fate::Crash { down }) => {
                    process.die();
                    self.plan(down, Act::Start(operator));
                    return;
                }
                Some(Fate::Pause { still }) => {
                    process.waiting.push_front(work);
                    process.life = Life::Still(self.world.now() + still);
                    self.plan(still, Act::Wake(operator));
                    return;
                }
                None => self.work(operator, work),
            }
        }
        self.set_alarm(operator);
    }

    fn work(&mut self, operator: OperatorId, work: Work<M>) {
        match work {
            Work::Effect(effect) => self.carry_out(operator, effect),
            Work::Event(event) => {
                let now = self.world.now();
                let process = &mut self.operators[operator];
                if let Event::Seen { seen, .. } = &event {
                    process.observing = false;
                    process.latest = Some(seen.clone());
                    if std::mem::take(&mut process.look_again) {
                        self.observe(operator);
                    }
                }
                let process = &mut self.operators[operator];
                let clocks = process.clocks(now);
                let Some(run) = &mut process.run else { return };
                match run.handle(event, clocks) {
                    Ok(effects) => {
                        for effect in effects.into_iter().rev() {
                            process.waiting.push_front(Work::Effect(effect));
                        }
                    }
                    Err(error) => process.fail(&error),
                }
            }
        }
    }

    fn carry_out(&mut self, operator: OperatorId, effect: Effect<M>) {
        let (mind, now) = (self.mind(operator), self.world.now());
        let process = &mut self.operators[operator];
        match effect {
            Effect::Record { index, bytes } => {
                if process.append(index, bytes).is_err() {
                    process.life = Life::Done;
                    process.waiting.clear();
                    return;
                }
                let lowers = process.run.as_ref().is_some_and(|r| self.cast.lowers(r.state()));
                if lowers && process.lowered.is_none() {
                    process.lowered = Some(now);
                }
            }
            Effect::Emit(what) => process.told.push((now, what)),
            Effect::Withdraw(id) => {
                if process.outbox.remove(&id).is_some() {
                    let end = Event::Wrote(id, Err(Fault::Withdrawn));
                    process.waiting.push_back(Work::Event(end));
                }
            }
            Effect::Send { id, fence, write } => {
                process.outbox.insert(id, (fence, write));
                let queued = self.rng.draw(self.faults.queued);
                if queued.is_zero() {
                    self.dispatch(mind, id);
                } else {
                    self.plan(queued, Act::Dispatch(mind, id));
                }
            }
            Effect::Ask { id, ask } => {
                let way = self.rng.draw(self.faults.latency);
                self.plan(way, Act::Asked(mind, id, ask));
            }
            Effect::Observe => self.observe(operator),
            Effect::Stop(stop) => {
                process.life = Life::Done;
                process.waiting.clear();
                let given_back = process.run.as_ref().filter(|run| !run.failed());
                let epoch = given_back.map(Run::epoch);
                if let (Stop::Ended, Some(epoch)) = (stop, epoch) {
                    self.world.release(self.cast.app(), &self.id, epoch);
                }
            }
        }
    }

    fn dispatch(&mut self, mind: Mind, id: u64) {
        if !self.lives(mind) {
            return;
        }
        let process = &mut self.operators[mind.operator];
        let Some((fence, write)) = process.outbox.remove(&id) else { return };
        if process.latest.as_ref().is_some_and(|seen| !M::still_good(&self.spec, &write, seen)) {
            process.waiting.push_back(Work::Event(Event::Wrote(id, Err(Fault::Withdrawn))));
            self.plan(Span::ZERO, Act::Wake(mind.operator));
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

    fn arrive(&mut self, request: Request<M>) {
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
    fn observe(&mut self, operator: OperatorId) {
        let mind = self.mind(operator);
        let process = &mut self.operators[operator];
        if matches!(process.life, Life::Down | Life::Done) {
            return;
        }
        let Some(began) = process.run.as_ref().map(Run::mark) else { return };
        if process.observing {
            process.look_again = true;
            return;
        }
        process.observing = true;
        let way = self.rng.draw(self.faults.latency);
        self.plan(way, Act::Look(mind, began));
    }

    fn look(&mut self, mind: Mind, began: Mark) {
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

    fn set_alarm(&mut self, operator: OperatorId) {
        let now = self.world.now();
        let mind = self.mind(operator);
        let process = &mut self.operators[operator];
        let Some(run) = process.run.as_ref().filter(|_| process.life == Life::Up) else { return };
        let clocks = process.clocks(now);
        let after = run.wake(clocks).less(clocks.mono);
        let at = now + after;
        if process.alarm.is_none_or(|set| at < set) {
            process.alarm = Some(at);
            self.plan(after, Act::Alarm(mind));
        }
    }
}
