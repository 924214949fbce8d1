//! One process of a trial: how it starts, works through what is before it, and stops.

use std::sync::Arc;

use windlass_core::engine::{Effect, Event, Run, Stop};
use windlass_core::kernel::Machine;
use windlass_core::platform::{ClaimFault, Fault};

use super::Trial;
use super::agenda::{Act, Mind};
use crate::harness::operator::Work;
use crate::harness::{Cast, Fate, Life, Operator, OperatorId};

impl<M: Machine, C: Cast<M>> Trial<M, C> {
    pub(super) fn start(&mut self, operator: OperatorId) {
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

    /// Another process takes over with a copy of the journal.
    pub(super) fn join(&mut self, of: OperatorId) {
        let name = format!("{}", self.operators.len());
        let mut operator = Operator::new(&name, self.pace);
        operator.journal = self.operators[of].journal.clone();
        operator.lowered = self.operators[of].lowered;
        self.operators.push(operator);
        self.start(self.operators.len() - 1);
    }

    pub(super) fn wake(&mut self, operator: OperatorId) {
        if let Life::Still(_) = self.operators[operator].life {
            self.operators[operator].life = Life::Up;
            self.pump(operator);
        }
    }

    pub(super) fn ring(&mut self, mind: Mind) {
        let set = self.operators[mind.operator].alarm;
        if self.lives(mind) && set == Some(self.world.now()) {
            self.operators[mind.operator].alarm = None;
            self.come(mind, Event::Tick);
        }
    }

    pub(super) fn claim(&mut self, mind: Mind) {
        if !self.lives(mind) {
            return;
        }
        let holder = self.operators[mind.operator].holder.clone();
        let claimed = self.world.claim(self.cast.app(), &self.id, &holder);
        match claimed {
            Ok(claim) if !self.rng.chance(self.faults.answer_lost) => {
                let back = self.rng.draw(self.faults.latency);
                self.plan(back, Act::Come(mind, Event::Claimed(claim)));
            }
            Ok(_) | Err(ClaimFault::Unknown { .. }) => {
                self.plan(self.faults.timeout, Act::Claim(mind));
            }
            Err(ClaimFault::Held { .. } | ClaimFault::Refused { .. }) => {
                self.operators[mind.operator].life = Life::Done;
            }
        }
    }

    pub(super) fn come(&mut self, mind: Mind, event: Event<M>) {
        if self.lives(mind) {
            self.operators[mind.operator].waiting.push_back(Work::Event(event));
            self.pump(mind.operator);
        }
    }

    /// Lets a process do what is before it, up to a point at which something happens to it.
    pub(super) fn pump(&mut self, operator: OperatorId) {
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
                let process = &mut self.operators[operator];
                if let Event::Seen { .. } = &event {
                    process.observing = false;
                    if std::mem::take(&mut process.look_again) {
                        self.observe(operator);
                    }
                }
                self.hear(operator, event);
            }
        }
    }

    fn hear(&mut self, operator: OperatorId, event: Event<M>) {
        let now = self.world.now();
        let process = &mut self.operators[operator];
        let clocks = process.clocks(now);
        let Some(run) = &mut process.run else { return };
        let signal = if let Event::Signal(signal) = &event { Some(signal.kind) } else { None };
        match run.handle(event, clocks) {
            Ok(effects) => {
                if let Some(Effect::Record { index, .. }) = effects.first() {
                    process.taking = signal.map(|kind| (*index, kind));
                }
                for effect in effects.into_iter().rev() {
                    process.waiting.push_front(Work::Effect(effect));
                }
            }
            Err(error) => process.fail(&error),
        }
    }

    fn carry_out(&mut self, operator: OperatorId, effect: Effect<M>) {
        let (mind, now) = (self.mind(operator), self.world.now());
        let process = &mut self.operators[operator];
        match effect {
            Effect::Record { index, bytes } => self.make_durable(operator, index, bytes),
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
                process.stop();
                let given_back = process.run.as_ref().filter(|run| !run.failed());
                let epoch = given_back.map(Run::epoch);
                if let (Stop::Ended, Some(epoch)) = (stop, epoch) {
                    self.world.release(self.cast.app(), &self.id, epoch);
                }
            }
        }
    }

    /// A process whose journal does not take a record stops.
    fn make_durable(&mut self, operator: OperatorId, index: u64, bytes: Vec<u8>) {
        let now = self.world.now();
        let process = &mut self.operators[operator];
        if process.append(index, bytes).is_err() {
            process.stop();
            return;
        }
        let taken = process.taking.take().filter(|(at, _)| *at == index);
        process.taken.extend(taken.map(|(_, kind)| kind));
        let lowers = process.run.as_ref().is_some_and(|run| self.cast.lowers(run.state()));
        if lowers && process.lowered.is_none() {
            process.lowered = Some(now);
        }
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
