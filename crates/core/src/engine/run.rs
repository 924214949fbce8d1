//! One run, as a pure state machine over events.

use std::sync::Arc;

use crate::event::{Expiry, What};
use crate::fence::{Epoch, Fence};
use crate::id::RunId;
use crate::journal::{Chain, FORMAT, Head, Record, RecordError, Why};
use crate::kernel::{
    Cause, Deadline, Look, Machine, Move, Open, OpenAsk, OpenWrite, Signal, Stamped, Step, Waiting,
    WriteState,
};
use crate::platform::{Fault, Receipt};
use crate::time::{Moment, Span, Timestamp};

/// What both clocks of this process say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The wall clock; may jump.
    pub wall: Timestamp,
    /// Time since some fixed start of this process; never steps back.
    pub mono: Span,
}

/// How often a run looks, and how long it may look away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The world is observed at least this often.
    pub heartbeat: Span,
    /// Where two fresh observations lie further apart than this, the time between was not watched.
    pub gap: Span,
}

impl Default for Pace {
    fn default() -> Self {
        Self { heartbeat: Span::seconds(10), gap: Span::seconds(30) }
    }
}

/// Something that happened to a run.
#[derive(Clone, Debug)]
pub enum Event<M: Machine> {
    /// The app was claimed for this process.
    Claimed(Epoch),
    /// The world was read; the read began at this monotonic time.
    Seen {
        /// The view.
        seen: M::Seen,
        /// When the read began.
        began: Span,
    },
    /// A write was answered, or its answer was given up on.
    Wrote(u64, Result<Receipt, Fault>),
    /// A question was answered.
    Answered(u64, M::Answer),
    /// Somebody says something.
    Signal(Signal),
    /// Time has passed.
    Tick,
}

/// Something to be done for a run. Effects of one event are done in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect<M: Machine> {
    /// Make this record durable before anything that follows.
    Record {
        /// Index of the record in the run.
        index: u64,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// Tell whoever listens.
    Emit(What),
    /// Do not send this write any more, if it was not sent yet.
    Withdraw(u64),
    /// Send this write, if it is [still good](Machine::still_good).
    Send {
        /// Its number.
        id: u64,
        /// The mark it leaves.
        fence: Fence,
        /// The write.
        write: M::Write,
    },
    /// Ask this.
    Ask {
        /// Its number.
        id: u64,
        /// The question.
        ask: M::Ask,
    },
    /// Read the world, now.
    Observe,
    /// Stop driving this run.
    Stop(Stop),
}

/// Why a run is not driven any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It has ended.
    Ended,
    /// Another process drives it, or another run holds the app.
    Fenced,
}

/// A run: its spec, what is known, and what is in flight.
#[derive(Clone, Debug)]
pub struct Run<M: Machine> {
    pub(super) id: RunId,
    pub(super) spec: Arc<M::Spec>,
    pub(super) state: M::State,
    pub(super) outcome: Option<M::Outcome>,
    pub(super) open: Open<M>,
    pub(super) wait: Waiting,
    pub(super) epoch: Epoch,
    pub(super) chain: Chain,
    pub(super) next_id: u64,
    pub(super) watched: Span,
    pub(super) pace: Pace,
    pub(super) last_fresh: Option<Span>,
    pub(super) not_before: Span,
    pub(super) glance: Option<What>,
    pub(super) away: Option<Span>,
    pub(super) stopped: Option<Stop>,
    /// False until this process holds the app: what it sees before says nothing of its own epoch.
    pub(super) claimed: bool,
}

type Effects<M> = Result<Vec<Effect<M>>, RecordError>;

impl<M: Machine> Run<M> {
    /// Begins a run. The effects are the first record and the first event; claim the app next.
    ///
    /// # Errors
    /// When the spec or the first state has no JSON form.
    pub fn begin(
        id: RunId,
        spec: Arc<M::Spec>,
        pace: Pace,
        now: Now,
    ) -> Result<(Self, Vec<Effect<M>>), RecordError> {
        let moment = Moment { wall: now.wall, watched: Span::ZERO };
        let mut run = Self {
            id,
            state: M::start(&spec, moment),
            outcome: None,
            open: Open::default(),
            wait: Waiting::on("the app to be claimed"),
            epoch: Epoch(0),
            chain: Chain::default(),
            next_id: 0,
            watched: Span::ZERO,
            pace,
            last_fresh: None,
            not_before: now.mono,
            glance: None,
            away: None,
            stopped: None,
            claimed: false,
            spec,
        };
        let outline = M::outline(&run.spec);
        let spec = Box::new((*run.spec).clone());
        let record = run.record(Why::Started(spec), run.next_id, Vec::new(), now)?;
        Ok((run, vec![record, Effect::Emit(What::Started(outline))]))
    }

    /// The run's id.
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// What was wanted.
    pub fn spec(&self) -> &Arc<M::Spec> {
        &self.spec
    }

    /// What is known.
    pub fn state(&self) -> &M::State {
        &self.state
    }

    /// How it ended; `None` while it runs.
    pub fn outcome(&self) -> Option<&M::Outcome> {
        self.outcome.as_ref()
    }

    /// What is in flight.
    pub fn open(&self) -> &Open<M> {
        &self.open
    }

    /// What it waits for.
    pub fn wait(&self) -> &Waiting {
        &self.wait
    }

    /// The epoch it holds; 0 before the first claim.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Why it is not driven any more; `None` while it is.
    pub fn stopped(&self) -> Option<Stop> {
        self.stopped
    }

    /// The monotonic time at which the world should be looked at again at the latest.
    pub fn wake(&self, now: Now) -> Span {
        let mut wake = now.mono + self.pace.heartbeat;
        for deadline in &self.wait.until {
            let left = match deadline {
                Deadline::Watched(at) => at.less(self.watched),
                Deadline::Wall(at) => at.since(now.wall),
            };
            if !left.is_zero() {
                wake = wake.min(now.mono + left);
            }
        }
        wake
    }

    /// Takes one event and says what to do.
    ///
    /// # Errors
    /// When a state or fact has no JSON form.
    pub fn handle(&mut self, event: Event<M>, now: Now) -> Effects<M> {
        if self.stopped.is_some() {
            return Ok(Vec::new());
        }
        match event {
            Event::Claimed(epoch) => self.claimed(epoch, now),
            Event::Seen { seen, began } => self.seen(&seen, began, now),
            Event::Wrote(id, end) => self.wrote(id, end, now),
            Event::Answered(id, answer) => self.answered(id, answer, now),
            Event::Signal(signal) => self.signalled(signal, now),
            Event::Tick => self.ticked(now),
        }
    }

    fn moment(&self, now: Now) -> Moment {
        Moment { wall: now.wall, watched: self.watched }
    }

    fn claimed(&mut self, epoch: Epoch, now: Now) -> Effects<M> {
        self.epoch = epoch;
        self.claimed = true;
        self.not_before = now.mono;
        if self.outcome.is_some() {
            self.stopped = Some(Stop::Ended);
            return Ok(vec![Effect::Stop(Stop::Ended)]);
        }
        let mut effects = Vec::new();
        if let Some(away) = self.away.take() {
            effects.push(Effect::Emit(What::Resumed { epoch, away }));
        }
        let step =
            M::decide(&self.spec, &self.state, Cause::Claimed(epoch), &self.open, self.moment(now));
        let kept = step_or_same(step, &self.state, &self.wait);
        effects.extend(self.apply(kept, Why::Claimed(epoch), now)?);
        effects.push(Effect::Observe);
        Ok(effects)
    }

    fn seen(&mut self, seen: &M::Seen, began: Span, now: Now) -> Effects<M> {
        if !self.claimed {
            return Ok(Vec::new());
        }
        if began < self.not_before {
            return Ok(vec![Effect::Observe]);
        }
        let stamp = seen.stamp();
        if stamp.lease.as_ref().is_none_or(|(run, epoch)| (run, *epoch) != (&self.id, self.epoch)) {
            return Ok(self.fenced());
        }
        if let Some(last) = self.last_fresh {
            let gap = now.mono.less(last);
            if gap <= self.pace.gap {
                self.watched += gap;
            }
        }
        self.last_fresh = Some(now.mono);
        self.open.writes.retain(|w| w.state == WriteState::Sent || !M::settled(&w.write, seen));
        let mut effects = Vec::new();
        let glance = M::glance(&self.spec, &self.state, seen);
        if self.glance.as_ref() != Some(&glance) {
            effects.push(Effect::Emit(glance.clone()));
            self.glance = Some(glance);
        }
        let moment = self.moment(now);
        match M::look(&self.spec, &self.state, seen, &self.open, moment) {
            Look::Wait(wait) => effects.extend(self.set_wait(wait, now)),
            Look::Fact(fact) => {
                let step =
                    M::decide(&self.spec, &self.state, Cause::Fact(&fact), &self.open, moment);
                effects.extend(self.apply(step, Why::Fact(fact), now)?);
            }
        }
        Ok(effects)
    }

    fn wrote(&mut self, id: u64, end: Result<Receipt, Fault>, now: Now) -> Effects<M> {
        let Some(at) = self.open.writes.iter().position(|w| w.id == id) else {
            return Ok(Vec::new());
        };
        self.not_before = now.mono;
        let write = self.open.writes[at].write.clone();
        match &end {
            Err(Fault::Unknown { .. }) => self.open.writes[at].state = WriteState::Unknown,
            Ok(_) | Err(Fault::Withdrawn | Fault::Refused(_) | Fault::Fenced) => {
                self.open.writes.remove(at);
            }
        }
        let (object, change) = M::describe(&write);
        let fault = end.as_ref().err().map(ToString::to_string);
        let mut effects = vec![Effect::Emit(What::Answered { object, change, fault })];
        if matches!(end, Err(Fault::Fenced)) {
            effects.extend(self.fenced());
            return Ok(effects);
        }
        let moment = self.moment(now);
        let cause = Cause::Wrote(id, &write, &end);
        let step = M::decide(&self.spec, &self.state, cause, &self.open, moment);
        effects.extend(self.apply(step, Why::Wrote(id, write, end), now)?);
        effects.push(Effect::Observe);
        Ok(effects)
    }

    fn answered(&mut self, id: u64, answer: M::Answer, now: Now) -> Effects<M> {
        let Some(at) = self.open.asks.iter().position(|a| a.id == id) else {
            return Ok(Vec::new());
        };
        let ask = self.open.asks.remove(at).ask;
        let moment = self.moment(now);
        let cause = Cause::Answer(id, &ask, &answer);
        let step = M::decide(&self.spec, &self.state, cause, &self.open, moment);
        let mut effects = self.apply(step, Why::Answer(id, ask, answer), now)?;
        effects.push(Effect::Observe);
        Ok(effects)
    }

    fn signalled(&mut self, signal: Signal, now: Now) -> Effects<M> {
        let moment = self.moment(now);
        let cause = Cause::Signal(&signal);
        let step = M::decide(&self.spec, &self.state, cause, &self.open, moment);
        let refused = match &step {
            Step::Refuse(reason) => Some(reason.clone()),
            Step::Stay(_) | Step::Move(_) | Step::Done { .. } => None,
        };
        let told = Effect::Emit(What::Signalled {
            signal: signal.kind.to_string(),
            by: signal.by.clone(),
            reason: signal.reason.clone(),
            refused,
        });
        let mut effects = vec![told];
        effects.extend(self.apply(step, Why::Signal(signal), now)?);
        effects.push(Effect::Observe);
        Ok(effects)
    }

    fn ticked(&mut self, now: Now) -> Effects<M> {
        let passed = |d: &Deadline| matches!(d, Deadline::Wall(at) if now.wall >= *at);
        let mut effects = Vec::new();
        if self.wait.until.iter().any(passed) {
            let moment = self.moment(now);
            let step = M::decide(&self.spec, &self.state, Cause::Due, &self.open, moment);
            effects = self.apply(step, Why::Due, now)?;
        }
        effects.push(Effect::Observe);
        Ok(effects)
    }

    fn fenced(&mut self) -> Vec<Effect<M>> {
        self.stopped = Some(Stop::Fenced);
        vec![Effect::Stop(Stop::Fenced)]
    }

    fn set_wait(&mut self, wait: Waiting, now: Now) -> Vec<Effect<M>> {
        if wait == Waiting::same() {
            return Vec::new();
        }
        let told = self.wait.on != wait.on;
        self.wait = wait;
        if told { vec![self.waiting_event(now)] } else { Vec::new() }
    }

    fn waiting_event(&self, now: Now) -> Effect<M> {
        let left = |d: &Deadline| match d {
            Deadline::Watched(at) => at.less(self.watched),
            Deadline::Wall(at) => at.since(now.wall),
        };
        let left = self.wait.until.iter().map(left).filter(|left| !left.is_zero()).min();
        let expires = left.map(|left| Expiry { left, then: self.wait.then.clone() });
        Effect::Emit(What::Waiting { on: self.wait.on.clone(), expires })
    }

    fn apply(&mut self, step: Step<M>, why: Why<M>, now: Now) -> Effects<M> {
        match step {
            Step::Stay(wait) => Ok(self.set_wait(wait, now)),
            Step::Refuse(_) => Ok(Vec::new()),
            Step::Move(next) => self.advance(*next, why, now),
            Step::Done { state, outcome } => {
                self.state = state;
                self.outcome = Some(outcome.clone());
                self.stopped = Some(Stop::Ended);
                let record = self.record(why, self.next_id, Vec::new(), now)?;
                let ending = What::Ended(M::ending(&self.spec, &outcome));
                Ok(vec![record, Effect::Emit(ending), Effect::Stop(Stop::Ended)])
            }
        }
    }

    fn advance(&mut self, next: Move<M>, why: Why<M>, now: Now) -> Effects<M> {
        let Move { state, withdraw, writes, asks, wait, says } = next;
        let first_new = self.next_id;
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
        let record = self.record(why, first_new, withdraw.clone(), now)?;
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
        self.next_id += 1;
        self.next_id
    }

    fn record(
        &mut self,
        why: Why<M>,
        first_new: u64,
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
            first_new,
            withdrawn,
        };
        let bytes = record.encode()?;
        self.chain = Chain::after(index, &bytes);
        Ok(Effect::Record { index, bytes })
    }
}

/// A claim is always recorded, also where the machine has nothing to say to it: the record is what
/// ties the epoch to the journal.
fn step_or_same<M: Machine>(step: Step<M>, state: &M::State, wait: &Waiting) -> Step<M> {
    match step {
        Step::Stay(_) | Step::Refuse(_) => Step::Move(Box::new(Move {
            state: state.clone(),
            withdraw: Vec::new(),
            writes: Vec::new(),
            asks: Vec::new(),
            wait: wait.clone(),
            says: Vec::new(),
        })),
        Step::Move(_) | Step::Done { .. } => step,
    }
}
