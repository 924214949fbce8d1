//! The one place where the world is shared between the parts, the clock and the executor.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use windlass_core::time::{Span, Timestamp};

use crate::rng::Rng;
use crate::world::World;

/// A world with those who wait for its time and its changes.
#[derive(Debug)]
pub(crate) struct Shared(Mutex<State>);

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) world: World,
    /// What draws how long requests take.
    pub(crate) delays: Rng,
    /// What the wall clock of the process is ahead of the world's, in milliseconds.
    pub(crate) wall_ahead: i64,
    start: Timestamp,
    timers: BTreeMap<(Timestamp, u64), Waker>,
    timers_set: u64,
    watchers: BTreeMap<u32, Vec<Waker>>,
    /// The last version of the world in which each app changed.
    changed: BTreeMap<u32, u64>,
    noticed: u64,
}

impl Shared {
    pub(crate) fn new(world: World, delays: Rng) -> Self {
        Self(Mutex::new(State {
            start: world.now(),
            noticed: world.revision(),
            world,
            delays,
            wall_ahead: 0,
            timers: BTreeMap::new(),
            timers_set: 0,
            watchers: BTreeMap::new(),
            changed: BTreeMap::new(),
        }))
    }

    /// The state, for as long as nothing is awaited.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in a user's closure leaves the world as far as it had come: still a world.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Time since the world began.
    pub(crate) fn monotonic(&self) -> Span {
        self.world.now().since(self.start)
    }

    /// The time in the world at `monotonic`.
    pub(crate) fn moment(&self, monotonic: Span) -> Timestamp {
        self.start + monotonic
    }

    /// Wakes `waker` at a time; gives the key to call it off with.
    pub(crate) fn set_timer(&mut self, at: Timestamp, waker: Waker) -> (Timestamp, u64) {
        self.timers_set += 1;
        let key = (at, self.timers_set);
        self.timers.insert(key, waker);
        key
    }

    /// Replaces who is woken.
    pub(crate) fn move_timer(&mut self, key: (Timestamp, u64), waker: &Waker) {
        if let Some(set) = self.timers.get_mut(&key) {
            set.clone_from(waker);
        }
    }

    pub(crate) fn drop_timer(&mut self, key: (Timestamp, u64)) {
        self.timers.remove(&key);
    }

    /// The version in which an app changed last; 0 for one that never did.
    pub(crate) fn changed(&self, app: u32) -> u64 {
        self.changed.get(&app).copied().unwrap_or(0)
    }

    /// Wakes `waker` at the next change of an app.
    pub(crate) fn watch(&mut self, app: u32, waker: Waker) {
        let watchers = self.watchers.entry(app).or_default();
        if !watchers.iter().any(|known| known.will_wake(&waker)) {
            watchers.push(waker);
        }
    }

    /// When something happens next without anybody's doing.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        let timer = self.timers.first_key_value().map(|((at, _), _)| *at);
        timer.into_iter().chain(self.world.next_event()).min()
    }

    /// Lets the next thing happen: one event of the world or, when none is due as early, all timers
    /// of one time.
    pub(crate) fn step(&mut self) {
        let timer = self.timers.first_key_value().map(|((at, _), _)| *at);
        match (self.world.next_event(), timer) {
            (Some(event), Some(timer)) if timer < event => self.fire(timer),
            (None, Some(timer)) => self.fire(timer),
            (Some(_), _) => {
                self.world.step();
                self.notice();
            }
            (None, None) => {}
        }
    }

    fn fire(&mut self, at: Timestamp) {
        self.world.advance_to(at);
        while let Some(timer) = self.timers.first_entry().filter(|timer| timer.key().0 <= at) {
            timer.remove().wake();
        }
    }

    /// Wakes those who watch an app that has changed. Costs as much as there are new changes.
    pub(crate) fn notice(&mut self) {
        let version = self.world.revision();
        if version == self.noticed {
            return;
        }
        let before = std::mem::replace(&mut self.noticed, version);
        let mut touched = BTreeMap::new();
        match self.world.changes_since(before) {
            Ok(entries) => touched.extend(entries.map(|entry| (entry.app, entry.version))),
            Err(_) => {
                let apps = u32::try_from(self.world.apps().count()).unwrap_or(u32::MAX);
                touched.extend((0..apps).map(|app| (app, version)));
            }
        }
        for (app, version) in touched {
            self.changed.insert(app, version);
            self.watchers.remove(&app).unwrap_or_default().into_iter().for_each(Waker::wake);
        }
    }
}
