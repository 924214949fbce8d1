//! A number that a toy raises, with the faults of a cluster, in virtual time.

use std::collections::{BTreeMap, VecDeque};
use std::future::{pending, poll_fn};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use async_trait::async_trait;

use super::toy::{Answer, Ask, Seen, Version, Write};
use crate::clock::Clock;
use crate::engine::World;
use crate::fence::{Claim, Epoch, Fence, Token};
use crate::id::{Holder, RunId};
use crate::platform::{ClaimFault, Fault, Receipt, Refusal};
use crate::time::{Span, Timestamp};

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A clock that is moved by hand.
#[derive(Debug, Default)]
pub(super) struct HandClock(Mutex<Hands>);

#[derive(Debug, Default)]
struct Hands {
    mono: Span,
    /// What the wall clock is ahead of the monotonic one, in milliseconds.
    ahead: i64,
    sleepers: BTreeMap<(Span, u64), Waker>,
    slept: u64,
}

impl HandClock {
    /// The next time at which somebody wants to be woken.
    pub(super) fn next(&self) -> Option<Span> {
        lock(&self.0).sleepers.keys().next().map(|(at, _)| *at)
    }

    pub(super) fn advance_to(&self, at: Span) {
        let mut hands = lock(&self.0);
        hands.mono = hands.mono.max(at);
        let later = hands.sleepers.split_off(&(at, u64::MAX));
        let due = std::mem::replace(&mut hands.sleepers, later);
        drop(hands);
        due.into_values().for_each(Waker::wake);
    }

    pub(super) fn jump_wall(&self, millis: i64) {
        lock(&self.0).ahead += millis;
    }
}

#[async_trait]
impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        let hands = lock(&self.0);
        let mono = i64::try_from(hands.mono.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(1_000_000_000 + mono + hands.ahead)
    }

    fn monotonic(&self) -> Span {
        lock(&self.0).mono
    }

    async fn sleep_until(&self, at: Span) {
        poll_fn(|context| {
            let mut hands = lock(&self.0);
            if hands.mono >= at {
                return Poll::Ready(());
            }
            hands.slept += 1;
            let nth = hands.slept;
            hands.sleepers.insert((at, nth), context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// Kills the process at one of the points that it passes.
#[derive(Debug, Default)]
pub(super) struct Fate(Mutex<Points>);

#[derive(Debug, Default)]
struct Points {
    passed: u64,
    deadly: VecDeque<u64>,
    dead: bool,
}

impl Fate {
    pub(super) fn kill_at(&self, points: impl IntoIterator<Item = u64>) {
        lock(&self.0).deadly = points.into_iter().collect();
    }

    pub(super) fn passed(&self) -> u64 {
        lock(&self.0).passed
    }

    pub(super) fn is_dead(&self) -> bool {
        lock(&self.0).dead
    }

    pub(super) fn revive(&self) {
        lock(&self.0).dead = false;
    }

    /// Passes a point; never returns in a process that is dead.
    pub(super) async fn point(&self) {
        let dead = {
            let mut points = lock(&self.0);
            if !points.dead {
                points.passed += 1;
                if points.deadly.front() == Some(&points.passed) {
                    points.deadly.pop_front();
                    points.dead = true;
                }
            }
            points.dead
        };
        if dead {
            pending::<()>().await;
        }
    }
}

/// What becomes of one write.
#[derive(Clone, Debug)]
pub(super) enum Mishap {
    /// It takes effect, but the answer is lost.
    AppliedUnknown,
    /// It never takes effect, and the answer is lost.
    LostUnknown,
    /// The answer is lost, and it arrives this much later.
    LateUnknown(Span),
    /// The server refuses it.
    Refused(Refusal),
    /// The server knows of a higher epoch.
    Fenced,
}

/// How long the calls take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Latency {
    pub read: Span,
    pub write: Span,
    pub ask: Span,
}

impl Default for Latency {
    fn default() -> Self {
        Self { read: Span::millis(3), write: Span::millis(5), ask: Span::millis(4) }
    }
}

#[derive(Debug, Default)]
pub(super) struct Number {
    pub value: u32,
    pub token: u64,
    pub lease: Option<(RunId, Epoch)>,
    pub epoch: u64,
    pub latency: Latency,
    /// Requests that arrived, in order.
    pub arrived: Vec<Fence>,
    /// Values that took effect, in order.
    pub landed: Vec<u32>,
    /// By the number of the request, from 0.
    pub mishaps: BTreeMap<usize, Mishap>,
    late: Vec<(Span, Fence, Write)>,
    pub claim_faults: VecDeque<ClaimFault>,
    pub release_faults: VecDeque<Fault>,
    pub claims: usize,
    pub releases: usize,
    pub reads: usize,
    /// No read succeeds between these times.
    pub dark: Option<(Span, Span)>,
    pub answer: Option<Answer>,
    pub asked: Vec<Span>,
    changed: bool,
    watchers: Vec<Waker>,
}

impl Number {
    fn receipt(&self) -> Receipt {
        Receipt { uid: crate::id::Uid::new("number"), token: Token::Version(self.token) }
    }

    fn apply(&mut self, fence: &Fence, write: Write) -> Result<Receipt, Fault> {
        if self.lease.as_ref() != Some(&(fence.run.clone(), fence.epoch)) {
            return Err(Fault::Fenced);
        }
        if write.expect != self.token {
            return Err(Refusal::Stale.into());
        }
        self.value = write.to;
        self.landed.push(write.to);
        self.touch();
        Ok(self.receipt())
    }

    /// Moves the token, as any change does.
    pub(super) fn touch(&mut self) {
        self.token += 1;
        self.stir();
    }

    /// Wakes whoever waits for a change.
    pub(super) fn stir(&mut self) {
        self.changed = true;
        self.watchers.drain(..).for_each(Waker::wake);
    }

    fn settle(&mut self, now: Span) {
        let (due, later) = std::mem::take(&mut self.late).into_iter().partition(|l| l.0 <= now);
        self.late = later;
        let due: Vec<(Span, Fence, Write)> = due;
        for (_, fence, write) in due {
            // Nobody hears of it.
            let _end = self.apply(&fence, write);
        }
    }
}

/// The world of the toy.
pub(super) struct ToyWorld {
    pub clock: Arc<HandClock>,
    pub fate: Arc<Fate>,
    number: Mutex<Number>,
    /// Called when a question has been answered, before the run hears of it.
    pub at_answer: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl ToyWorld {
    pub(super) fn new(clock: Arc<HandClock>, fate: Arc<Fate>) -> Self {
        Self { clock, fate, number: Mutex::default(), at_answer: Mutex::default() }
    }

    pub(super) fn number(&self) -> MutexGuard<'_, Number> {
        let mut number = lock(&self.number);
        number.settle(self.clock.monotonic());
        number
    }

    async fn pass(&self, span: Span) {
        self.clock.sleep_until(self.clock.monotonic() + span).await;
    }

    fn arrive(&self, fence: &Fence, write: Write) -> Result<Receipt, Fault> {
        let now = self.clock.monotonic();
        let mut number = self.number();
        let nth = number.arrived.len();
        number.arrived.push(fence.clone());
        let unknown = Err(Fault::Unknown { reason: "no answer".to_owned() });
        match number.mishaps.get(&nth).cloned() {
            None => number.apply(fence, write),
            Some(Mishap::AppliedUnknown) => number.apply(fence, write).and(unknown),
            Some(Mishap::LostUnknown) => unknown,
            Some(Mishap::LateUnknown(by)) => {
                number.late.push((now + by, fence.clone(), write));
                unknown
            }
            Some(Mishap::Refused(refusal)) => Err(refusal.into()),
            Some(Mishap::Fenced) => Err(Fault::Fenced),
        }
    }
}

#[async_trait]
impl<const N: u32> World<Version<N>> for ToyWorld {
    async fn claim(&self, run: &RunId, _: &Holder) -> Result<Claim, ClaimFault> {
        self.fate.point().await;
        let end = {
            let mut number = self.number();
            number.claims += 1;
            let alone = number.lease.is_none();
            let fault = number.claim_faults.pop_front();
            if let None | Some(ClaimFault::Unknown { .. }) = fault {
                number.epoch += 1;
                number.lease = Some((run.clone(), Epoch(number.epoch)));
            }
            fault.map_or(Ok(Claim { epoch: Epoch(number.epoch), alone }), Err)
        };
        self.fate.point().await;
        end
    }

    async fn release(&self, run: &RunId, epoch: Epoch) -> Result<(), Fault> {
        self.fate.point().await;
        let end = {
            let mut number = self.number();
            number.releases += 1;
            match number.release_faults.pop_front() {
                Some(fault) => Err(fault),
                None => {
                    if number.lease == Some((run.clone(), epoch)) {
                        number.lease = None;
                    }
                    Ok(())
                }
            }
        };
        self.fate.point().await;
        end
    }

    async fn observe(&self) -> Result<Seen, Fault> {
        self.fate.point().await;
        let read_at = self.clock.now();
        let (seen, latency) = {
            let mut number = self.number();
            number.reads += 1;
            number.changed = false;
            let Number { value, token, lease, .. } = &*number;
            let seen = Seen { read_at, lease: lease.clone(), value: *value, token: *token };
            (seen, number.latency.read)
        };
        self.pass(latency).await;
        let now = self.clock.monotonic();
        if self.number().dark.is_some_and(|(from, to)| (from..to).contains(&now)) {
            return Err(Refusal::Unavailable { reason: "dark".to_owned() }.into());
        }
        Ok(seen)
    }

    async fn changed(&self) {
        poll_fn(|context| {
            let mut number = self.number();
            if std::mem::take(&mut number.changed) {
                return Poll::Ready(());
            }
            number.watchers.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    async fn write(&self, fence: &Fence, write: &Write) -> Result<Receipt, Fault> {
        self.fate.point().await;
        let latency = self.number().latency.write;
        self.pass(latency).await;
        let end = self.arrive(fence, *write);
        self.fate.point().await;
        end
    }

    async fn ask(&self, _: &Ask) -> Answer {
        self.fate.point().await;
        let latency = {
            let mut number = self.number();
            let now = self.clock.monotonic();
            number.asked.push(now);
            number.latency.ask
        };
        self.pass(latency).await;
        if let Some(act) = lock(&self.at_answer).take() {
            act();
        }
        self.fate.point().await;
        self.number().answer.unwrap_or(Answer::Yes)
    }
}
