//! One run, as a pure state machine over events.

use std::sync::Arc;

use crate::engine::effect::{Effect, Event, Mark, Now, Pace, Stop};
use crate::event::{EndResult, What};
use crate::fence::{Claim, Epoch};
use crate::id::RunId;
use crate::journal::{Chain, RecordError, Why};
use crate::kernel::{
    Cause, Deadline, Look, Machine, Open, Signal, Stamped, Step, Waiting, WriteState,
};
use crate::platform::{Fault, Receipt};
use crate::time::{Moment, Span, Timestamp};

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
    /// The last number that a write or question was given.
    pub(super) last_id: u64,
    pub(super) watched: Span,
    pub(super) pace: Pace,
    pub(super) last_fresh: Option<Span>,
    /// When the first look after the last gap began, on the wall clock.
    pub(super) steady: Option<Timestamp>,
    /// How much that ages a look has been told.
    pub(super) told: u64,
    /// The last view that was believed: what a write needs is held against it.
    pub(super) latest: Option<M::Seen>,
    pub(super) glance: Option<What>,
    pub(super) away: Option<Span>,
    pub(super) stopped: Option<Stop>,
    /// False until this process holds the app: what it sees before says nothing of its own epoch.
    pub(super) claimed: bool,
    /// Ids of the signals that were taken, the oldest first.
    pub(super) heard: Vec<String>,
}

/// So many signals are remembered by their ids; a program that repeats an older one is heard again.
const REMEMBERED: usize = 64;

pub(super) type Effects<M> = Result<Vec<Effect<M>>, RecordError>;

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
        let moment = Moment { wall: now.wall, watched: Span::ZERO, steady: now.wall };
        let mut run = Self {
            id,
            state: M::start(&spec, moment),
            outcome: None,
            open: Open::default(),
            wait: Waiting::on("the app to be claimed"),
            epoch: Epoch(0),
            chain: Chain::default(),
            last_id: 0,
            watched: Span::ZERO,
            pace,
            last_fresh: None,
            steady: None,
            told: 0,
            latest: None,
            glance: None,
            away: None,
            stopped: None,
            claimed: false,
            heard: Vec::new(),
            spec,
        };
        let outline = M::outline(&run.spec);
        let spec = Box::new((*run.spec).clone());
        let record = run.record(Why::Started(spec), run.last_id, Vec::new(), now)?;
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

    /// True once it has ended without reaching its goal or the ground. Then it keeps the app, so that
    /// nothing else starts on what is left.
    pub fn failed(&self) -> bool {
        let ending = self.outcome.as_ref().map(|outcome| M::ending(&self.spec, outcome));
        ending.is_some_and(|ending| ending.result == EndResult::Failed)
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

    /// The mark of a read that begins now: give it back with [`Event::Seen`].
    pub fn mark(&self, now: Now) -> Mark {
        Mark { told: self.told, at: now.mono }
    }

    /// True while what this write needs is still so, as far as the world has been seen. Asked
    /// right before a write is sent; one that is not good any more is not sent, and ends as
    /// [`Fault::Withdrawn`].
    pub fn still_good(&self, write: &M::Write) -> bool {
        self.latest.as_ref().is_none_or(|seen| M::still_good(&self.spec, write, seen))
    }

    /// Watched time of the run so far.
    pub fn watched(&self) -> Span {
        self.watched
    }

    /// The monotonic time at which the world should be looked at again at the latest.
    pub fn wake(&self, now: Now) -> Span {
        let mut wake = now.mono + self.pace.heartbeat;
        for deadline in self.wait.deadlines() {
            let left = self.left(&deadline, now);
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
            Event::Claimed(claim) => self.claimed(claim, now),
            Event::Seen { seen, began } => self.seen(seen, began, now),
            Event::Wrote(id, end) => self.wrote(id, end, now),
            Event::Answered(id, answer) => self.answered(id, answer, now),
            Event::Signal(signal) => self.signalled(signal, now),
            Event::Tick => self.ticked(now),
        }
    }

    pub(super) fn moment(&self, now: Now) -> Moment {
        let steady = self.steady.unwrap_or(now.wall);
        Moment { wall: now.wall, watched: self.watched, steady }
    }

    fn claimed(&mut self, claim: Claim, now: Now) -> Effects<M> {
        self.epoch = claim.epoch;
        self.claimed = true;
        self.told += 1;
        if self.outcome.is_some() {
            self.stopped = Some(Stop::Ended);
            return Ok(vec![Effect::Stop(Stop::Ended)]);
        }
        let mut effects = Vec::new();
        if let Some(away) = self.away.take() {
            effects.push(Effect::Emit(What::Resumed { epoch: claim.epoch, away }));
        }
        let step =
            M::decide(&self.spec, &self.state, Cause::Claimed(claim), &self.open, self.moment(now));
        let step = self.always_recorded(step);
        effects.extend(self.apply(step, Why::Claimed(claim), now)?);
        Ok(self.then_look(effects))
    }

    fn seen(&mut self, seen: M::Seen, began: Mark, now: Now) -> Effects<M> {
        if !self.claimed {
            return Ok(Vec::new());
        }
        let old = now.mono.less(began.at) > self.pace.gap;
        if old || began.told < self.told {
            return Ok(vec![Effect::Observe]);
        }
        let stamp = seen.stamp();
        if stamp.lease.as_ref().is_none_or(|(run, epoch)| (run, *epoch) != (&self.id, self.epoch)) {
            return Ok(self.fenced());
        }
        self.watch(began.at, now);
        self.open.writes.retain(|w| w.state == WriteState::Sent || !M::settled(&w.write, &seen));
        let mut effects = Vec::new();
        let glance = M::glance(&self.spec, &self.state, &seen);
        if self.glance.as_ref() != Some(&glance) {
            effects.push(Effect::Emit(glance.clone()));
            self.glance = Some(glance);
        }
        let moment = self.moment(now);
        match M::look(&self.spec, &self.state, &seen, &self.open, moment) {
            Look::Wait(wait) => effects.extend(self.set_wait(wait, now)),
            Look::Fact(fact) => {
                let step =
                    M::decide(&self.spec, &self.state, Cause::Fact(&fact), &self.open, moment);
                effects.extend(self.apply(step, Why::Fact(fact), now)?);
            }
        }
        self.latest = Some(seen);
        Ok(effects)
    }

    /// Only the time between two looks that began close together was watched.
    fn watch(&mut self, began: Span, now: Now) {
        match self.last_fresh.map(|last| began.less(last)).filter(|gap| *gap <= self.pace.gap) {
            Some(gap) => self.watched += gap,
            None => self.steady = Some(now.wall - now.mono.less(began)),
        }
        self.last_fresh = self.last_fresh.max(Some(began));
    }

    fn wrote(&mut self, id: u64, end: Result<Receipt, Fault>, now: Now) -> Effects<M> {
        let Some(at) = self.open.writes.iter().position(|w| w.id == id) else {
            return Ok(Vec::new());
        };
        let write = self.open.writes[at].write.clone();
        match &end {
            Err(Fault::Unknown { .. }) => self.open.writes[at].state = WriteState::Unknown,
            Ok(_) | Err(Fault::Withdrawn | Fault::Refused(_) | Fault::Fenced) => {
                self.open.writes.remove(at);
            }
        }
        if end != Err(Fault::Withdrawn) {
            self.told += 1;
        }
        let (object, change) = M::describe(&write);
        let fault = end.as_ref().err().map(ToString::to_string);
        let mut effects = vec![Effect::Emit(What::Answered { object, change, fault })];
        if end == Err(Fault::Fenced) {
            effects.extend(self.fenced());
            return Ok(effects);
        }
        let cause = Cause::Wrote(id, &write, &end);
        let step = M::decide(&self.spec, &self.state, cause, &self.open, self.moment(now));
        effects.extend(self.apply(step, Why::Wrote(id, write, end), now)?);
        Ok(self.then_look(effects))
    }

    fn answered(&mut self, id: u64, answer: M::Answer, now: Now) -> Effects<M> {
        let Some(at) = self.open.asks.iter().position(|a| a.id == id) else {
            return Ok(Vec::new());
        };
        let ask = self.open.asks.remove(at).ask;
        let cause = Cause::Answer(id, &ask, &answer);
        let step = M::decide(&self.spec, &self.state, cause, &self.open, self.moment(now));
        let effects = self.apply(step, Why::Answer(id, ask, answer), now)?;
        Ok(self.then_look(effects))
    }

    fn signalled(&mut self, signal: Signal, now: Now) -> Effects<M> {
        let step = if self.heard.contains(&signal.id) {
            Step::Refuse(format!("signal {} was taken already", signal.id))
        } else {
            let cause = Cause::Signal(&signal);
            M::decide(&self.spec, &self.state, cause, &self.open, self.moment(now))
        };
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
        if matches!(step, Step::Move(_) | Step::Done { .. }) {
            self.remember(&signal);
        }
        let mut effects = self.apply(step, Why::Signal(signal), now)?;
        // A signal counts as taken only when that is recorded: a crash must not lose it after.
        let recorded = matches!(effects.first(), Some(Effect::Record { .. }));
        effects.insert(usize::from(recorded), told);
        Ok(self.then_look(effects))
    }

    /// In the record of the step that takes it: what was not taken may be sent again.
    fn remember(&mut self, signal: &Signal) {
        if self.heard.len() == REMEMBERED {
            self.heard.remove(0);
        }
        self.heard.push(signal.id.clone());
    }

    fn ticked(&mut self, now: Now) -> Effects<M> {
        let passed = |d: Deadline| matches!(d, Deadline::Wall(at) if now.wall >= at);
        let mut effects = Vec::new();
        if self.wait.deadlines().any(passed) {
            let step = M::decide(&self.spec, &self.state, Cause::Due, &self.open, self.moment(now));
            effects = self.apply(step, Why::Due, now)?;
        }
        Ok(self.then_look(effects))
    }

    /// What was told may have changed what there is to see; a run that has ended needs no look.
    fn then_look(&self, mut effects: Vec<Effect<M>>) -> Vec<Effect<M>> {
        if self.stopped.is_none() && effects.last() != Some(&Effect::Observe) {
            effects.push(Effect::Observe);
        }
        effects
    }

    fn fenced(&mut self) -> Vec<Effect<M>> {
        self.stopped = Some(Stop::Fenced);
        vec![Effect::Stop(Stop::Fenced)]
    }
}
