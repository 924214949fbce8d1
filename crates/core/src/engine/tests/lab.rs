//! Lives of a process that drives the toy: an executor without a runtime, a journal and a host
//! that can fail.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use async_trait::async_trait;
use futures_util::FutureExt;

use super::toy::{Outcome, Spec, Toy, Version};
use super::world::{Fate, HandClock, ToyWorld};
use crate::clock::Clock;
use crate::engine::{Doors, DriveError, Inbox, Now, Outbox, Pace, Run, Stop, drive, mailbox};
use crate::event::{RunEvent, What};
use crate::id::{Holder, RunId};
use crate::journal::{Journal, JournalError, MemoryJournal, Record};
use crate::kernel::{Signal, SignalKind};
use crate::platform::{Approval, Host, Question};
use crate::time::Span;

pub(super) fn spec() -> Spec {
    Spec { goal: 3, bake: Span::seconds(30), total: Span::hours(1) }
}

pub(super) fn signal(kind: SignalKind) -> Signal {
    let (id, by, reason) = (kind.to_string(), "ann".to_owned(), "to see".to_owned());
    Signal { id, by, reason, expect: None, kind }
}

/// A journal whose appends can fail, or be the last thing that a process does.
#[derive(Debug)]
pub(super) struct FrailJournal {
    pub inner: MemoryJournal,
    fate: Arc<Fate>,
    /// The index at which it fails, and whether the record is found there later.
    pub fails_at: Mutex<Option<(u64, bool)>>,
}

#[async_trait]
impl Journal for FrailJournal {
    async fn append(&self, run: &RunId, index: u64, record: Vec<u8>) -> Result<(), JournalError> {
        self.fate.point().await;
        let fails_at = *self.fails_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, found_later)) = fails_at
            && at == index
        {
            if found_later {
                self.inner.append(run, index, record).await?;
            }
            let (place, reason) = ("memory".to_owned(), "disk full".to_owned());
            return Err(JournalError::Storage { place, reason });
        }
        self.inner.append(run, index, record).await?;
        self.fate.point().await;
        Ok(())
    }

    async fn read(&self, run: &RunId) -> Result<Vec<Vec<u8>>, JournalError> {
        self.inner.read(run).await
    }

    async fn ends(&self, run: &RunId) -> Result<Option<(Vec<u8>, u64, Vec<u8>)>, JournalError> {
        self.inner.ends(run).await
    }

    async fn runs(&self) -> Result<Vec<RunId>, JournalError> {
        self.inner.runs().await
    }

    async fn remove(&self, run: &RunId) -> Result<(), JournalError> {
        self.inner.remove(run).await
    }
}

/// A host that remembers what it hears.
#[derive(Debug, Default)]
pub(super) struct Ears(Mutex<Vec<RunEvent>>);

impl Ears {
    pub(super) fn heard(&self) -> Vec<RunEvent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Host for Ears {
    fn notify(&self, event: &RunEvent) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
    }

    async fn ask(&self, _: &Question) -> Approval {
        Approval::Later
    }
}

#[derive(Debug, Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

type Act = Box<dyn FnOnce(&ToyWorld, &Outbox)>;

pub(super) struct Lab {
    pub clock: Arc<HandClock>,
    pub fate: Arc<Fate>,
    pub world: ToyWorld,
    pub journal: FrailJournal,
    pub ears: Ears,
    pub outbox: Outbox,
    inbox: Inbox,
    pub run: RunId,
    pub spec: Spec,
    agenda: BTreeMap<(Span, usize), Act>,
}

impl Lab {
    pub(super) fn new() -> Self {
        let (clock, fate) = (Arc::<HandClock>::default(), Arc::<Fate>::default());
        let (outbox, inbox) = mailbox();
        let (inner, fails_at) = (MemoryJournal::default(), Mutex::default());
        Self {
            world: ToyWorld::new(Arc::clone(&clock), Arc::clone(&fate)),
            journal: FrailJournal { inner, fate: Arc::clone(&fate), fails_at },
            ears: Ears::default(),
            run: RunId::from("toy-1"),
            spec: spec(),
            agenda: BTreeMap::new(),
            clock,
            fate,
            outbox,
            inbox,
        }
    }

    /// Does something at this time of the monotonic clock.
    pub(super) fn at(&mut self, at: Span, act: impl FnOnce(&ToyWorld, &Outbox) + 'static) {
        let nth = self.agenda.len();
        self.agenda.insert((at, nth), Box::new(act));
    }

    pub(super) fn signal_at(&mut self, at: Span, kind: SignalKind) {
        self.at(at, move |_, outbox| outbox.unbounded_send(signal(kind)).expect("it listens"));
    }

    pub(super) fn now(&self) -> Now {
        Now { wall: self.clock.now(), mono: self.clock.monotonic() }
    }

    pub(super) fn records(&self) -> Vec<Vec<u8>> {
        let read = self.journal.inner.read(&self.run).now_or_never();
        read.expect("memory never waits").expect("memory reads")
    }

    /// Puts records in place of what the journal holds.
    pub(super) fn with_records(self, records: &[Vec<u8>]) -> Self {
        for (index, record) in (0..).zip(records) {
            let append = self.journal.inner.append(&self.run, index, record.clone());
            append.now_or_never().expect("memory never waits").expect("memory takes it");
        }
        self
    }

    pub(super) fn told(&self) -> Vec<What> {
        self.ears.heard().into_iter().map(|event| event.what).collect()
    }

    /// One life of a process: begins or resumes, and drives until the end or its death, which is
    /// `None`.
    pub(super) fn live<const N: u32>(&mut self) -> Option<Result<Stop, DriveError>> {
        let ends = self.journal.inner.ends(&self.run).now_or_never();
        let ends = ends.expect("memory never waits").expect("memory reads");
        let (pace, now) = (Pace::default(), self.now());
        let (mut run, first) = match ends {
            Some((first, index, last)) => {
                let run = Run::<Version<N>>::resume(&first, index, &last, pace, now);
                (run.expect("the journal is whole"), Vec::new())
            }
            None => Run::begin(self.run.clone(), Arc::new(self.spec.clone()), pace, now)
                .expect("the spec has a form"),
        };
        let holder = Holder::from("here");
        let doors = Doors {
            world: &self.world,
            clock: &*self.clock,
            journal: &self.journal,
            host: &self.ears,
            holder: &holder,
        };
        let mut driving = pin!(drive(&mut run, first, doors, &mut self.inbox));
        let woken = Arc::<Woken>::default();
        let waker = Waker::from(Arc::clone(&woken));
        let mut context = Context::from_waker(&waker);
        for _ in 0..1_000_000 {
            woken.0.store(false, Ordering::Relaxed);
            let polled = driving.as_mut().poll(&mut context);
            if self.fate.is_dead() {
                return None;
            }
            if let Poll::Ready(end) = polled {
                return Some(end);
            }
            if !woken.0.load(Ordering::Relaxed) {
                advance(&self.clock, &self.world, &self.outbox, &mut self.agenda);
            }
        }
        panic!("the run does not come to rest: {:?}", self.ears.heard().iter().rev().take(10));
    }

    /// Lives, each after a downtime, until the run is not driven any more.
    pub(super) fn live_on(&mut self, down: Span) -> Result<Stop, DriveError> {
        loop {
            if let Some(end) = self.live::<1>() {
                return end;
            }
            self.fate.revive();
            self.clock.advance_to(self.clock.monotonic() + down);
        }
    }

    pub(super) fn last_record(&self) -> Record<Toy> {
        let records = self.records();
        let last = records.last().expect("there is one");
        Record::decode(records.len() as u64 - 1, last).expect("it is whole")
    }

    pub(super) fn outcome(&self) -> Option<Outcome> {
        self.last_record().outcome
    }
}

/// Moves time on to whatever comes next.
fn advance(
    clock: &HandClock,
    world: &ToyWorld,
    outbox: &Outbox,
    agenda: &mut BTreeMap<(Span, usize), Act>,
) {
    let planned = agenda.keys().next().map(|(at, _)| *at);
    let next = [planned, clock.next()].into_iter().flatten().min();
    let next = next.expect("something is to come");
    while let Some(entry) = agenda.first_entry()
        && entry.key().0 <= next
    {
        let act = entry.remove();
        clock.advance_to(next);
        act(world, outbox);
    }
    clock.advance_to(next);
}
