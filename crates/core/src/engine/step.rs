//! Taking a step: the state after it, its record, and what rests on the record.

use crate::engine::effect::{Effect, Now, Stop};
use crate::engine::run::{Effects, Run};
use crate::event::{Expiry, What};
use crate::fence::Fence;
use crate::journal::{Chain, FORMAT, Head, Record, RecordError, Why};
use crate::kernel::{Deadline, Machine, Move, OpenAsk, OpenWrite, Step, Waiting, WriteState};
use crate::time::Span;

impl<M: Machine> Run<M> {
    /// A claim is recorded also where the machine has nothing to do about it: the record is what
    /// ties the epoch to the journal.
    pub(super) fn always_recorded(&self, step: Step<M>) -> Step<M> {
        let wait = match step {
            Step::Stay(wait) => wait,
            Step::Refuse(_) => Waiting::same(),
            Step::Move(_) | Step::Done { .. } => return step,
        };
        Step::Move(Box::new(Move::to(self.state.clone(), wait)))
    }

    pub(super) fn set_wait(&mut self, wait: Waiting, now: Now) -> Vec<Effect<M>> {
        if wait == Waiting::same() {
            return Vec::new();
        }
        let told = self.wait.on != wait.on;
        self.wait = wait;
        if told { vec![self.waiting_event(now)] } else { Vec::new() }
    }

    /// Time left until a deadline; zero once it has passed.
    pub(super) fn left(&self, deadline: &Deadline, now: Now) -> Span {
        match deadline {
            Deadline::Watched(at) => at.less(self.watched),
            Deadline::Wall(at) => at.since(now.wall),
        }
    }

    fn waiting_event(&self, now: Now) -> Effect<M> {
        let left = self.wait.until.iter().map(|(at, then)| (self.left(at, now), then));
        let nearest = left.filter(|(left, _)| !left.is_zero()).min_by_key(|(left, _)| *left);
        let expires = nearest.map(|(left, then)| Expiry { left, then: then.clone() });
        Effect::Emit(What::Waiting { on: self.wait.on.clone(), expires })
    }

    pub(super) fn apply(&mut self, step: Step<M>, why: Why<M>, now: Now) -> Effects<M> {
        match step {
            Step::Stay(wait) => Ok(self.set_wait(wait, now)),
            Step::Refuse(_) => Ok(Vec::new()),
            Step::Move(next) => self.advance(*next, why, now),
            Step::Done { state, outcome } => {
                self.state = state;
                self.outcome = Some(outcome.clone());
                self.stopped = Some(Stop::Ended);
                let record = self.record(why, self.last_id, Vec::new(), now)?;
                let ending = What::Ended(M::ending(&self.spec, &outcome));
                Ok(vec![record, Effect::Emit(ending), Effect::Stop(Stop::Ended)])
            }
        }
    }

    fn advance(&mut self, next: Move<M>, why: Why<M>, now: Now) -> Effects<M> {
        let Move { state, withdraw, writes, asks, wait, says } = next;
        let last_old = self.last_id;
        self.state = state;
        let (mut sends, mut questions) = (Vec::new(), Vec::new());
        for write in writes {
            let id = self.take_id();
            let (object, change) = M::describe(&write);
            sends.push(Effect::Emit(What::Sent { object, change }));
            let fence = Fence { run: self.id.clone(), epoch: self.epoch, seq: id };
            sends.push(Effect::Send { id, fence, write: write.clone() });
            self.open.writes.push(OpenWrite { id, write, state: WriteState::Sent });
        }
        for ask in asks {
            let id = self.take_id();
            questions.push(Effect::Ask { id, ask: ask.clone() });
            self.open.asks.push(OpenAsk { id, ask });
        }
        let record = self.record(why, last_old, withdraw.clone(), now)?;
        let mut effects = vec![record];
        effects.extend(says.into_iter().map(Effect::Emit));
        effects.extend(withdraw.into_iter().map(Effect::Withdraw));
        effects.extend(self.set_wait(wait, now));
        if sends.is_empty() && questions.is_empty() {
            effects.push(Effect::Observe);
        }
        effects.extend(sends);
        effects.extend(questions);
        Ok(effects)
    }

    fn take_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub(super) fn record(
        &mut self,
        why: Why<M>,
        last_old: u64,
        withdrawn: Vec<u64>,
        now: Now,
    ) -> Result<Effect<M>, RecordError> {
        let head = Head {
            format: FORMAT,
            kind: M::KIND.to_owned(),
            logic: M::LOGIC,
            run: self.id.clone(),
            epoch: self.epoch,
            index: self.chain.next(),
            at: self.moment(now),
            prev: self.chain.prev().to_owned(),
            ended: self.outcome.is_some(),
        };
        let index = head.index;
        let record = Record {
            head,
            why,
            state: self.state.clone(),
            outcome: self.outcome.clone(),
            open: self.open.clone(),
            last_old,
            withdrawn,
            heard: self.heard.clone(),
        };
        let bytes = record.encode()?;
        self.chain = Chain::after(index, &bytes);
        Ok(Effect::Record { index, bytes })
    }
}
