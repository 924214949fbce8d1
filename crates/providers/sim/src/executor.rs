//! A single-threaded executor in virtual time. Tasks are polled in the order in which they were
//! woken; when all of them wait, the world goes on to whatever is due next. Nothing really sleeps.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures_channel::oneshot;
use windlass_core::time::{Span, Timestamp};

use crate::shared::Shared;

/// Polls at one moment of virtual time after which something is taken to spin.
const SPINNING: u32 = 1_000_000;
/// The number of the future that is blocked on; spawned tasks count from 1.
const MAIN: u64 = 0;

/// Why a simulation could not go on to the end of a future.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stalled {
    /// Every task waits, and neither the world nor a timer will ever wake one. So it is also where
    /// one waits for a real thread: a journal on disk, say.
    #[error("at {at} every task waits for something that never happens inside the simulation")]
    Idle {
        /// The time in the world.
        at: Timestamp,
    },
    /// The future was not done when the simulation's time was up.
    #[error(
        "not done after {limit} of virtual time: raise the limit, or look at what it waits for"
    )]
    TimeUp {
        /// The limit.
        limit: Span,
    },
    /// Tasks wake each other without time moving.
    #[error("{polls} polls at {at} without time moving: a task wakes itself and never waits")]
    Spinning {
        /// The time in the world.
        at: Timestamp,
        /// How often tasks were polled there.
        polls: u32,
    },
    /// A task of the simulation tried to run the simulation.
    #[error("block_on was called within a task of the same simulation: await instead")]
    Nested,
}

type BoxedTask = Pin<Box<dyn Future<Output = ()> + Send>>;
type Pace = Box<dyn FnMut(Timestamp, Timestamp) + Send>;

/// Numbers of woken tasks, in the order in which they were woken.
#[derive(Debug, Default)]
struct Ready(Mutex<(VecDeque<u64>, BTreeSet<u64>)>);

impl Ready {
    fn push(&self, task: u64) {
        let (queue, queued) = &mut *lock(&self.0);
        if queued.insert(task) {
            queue.push_back(task);
        }
    }

    fn pop(&self) -> Option<u64> {
        let (queue, queued) = &mut *lock(&self.0);
        let task = queue.pop_front()?;
        queued.remove(&task);
        Some(task)
    }
}

struct Wakeup {
    task: u64,
    ready: Arc<Ready>,
}

impl Wake for Wakeup {
    fn wake(self: Arc<Self>) {
        self.ready.push(self.task);
    }
}

#[derive(Default)]
struct Tasks {
    /// `None` while a task is being polled.
    slots: BTreeMap<u64, Option<BoxedTask>>,
    spawned: u64,
    running: bool,
    pace: Option<Pace>,
}

/// The tasks of one simulation.
#[derive(Default)]
pub(crate) struct Executor {
    tasks: Mutex<Tasks>,
    ready: Arc<Ready>,
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").field("tasks", &lock(&self.tasks).slots.len()).finish()
    }
}

impl Executor {
    /// Starts a task; it is polled for the first time when the simulation runs next.
    pub(crate) fn spawn<T: Send + 'static>(
        self: &Arc<Self>,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Task<T> {
        let (done, result) = oneshot::channel();
        let mut tasks = lock(&self.tasks);
        tasks.spawned += 1;
        let id = tasks.spawned;
        // Nobody may be listening: a task goes on when its handle is dropped.
        let task = async move { drop(done.send(future.await)) };
        tasks.slots.insert(id, Some(Box::pin(task)));
        self.ready.push(id);
        Task { id, result, executor: Arc::clone(self) }
    }

    /// Calls `pace` before each jump with the time before and after it.
    pub(crate) fn pace(&self, pace: Pace) {
        lock(&self.tasks).pace = Some(pace);
    }

    /// Drops all tasks where they wait.
    pub(crate) fn clear(&self) {
        let tasks = std::mem::take(&mut lock(&self.tasks).slots);
        drop(tasks);
    }

    /// Runs the world and all tasks until `future` is done.
    pub(crate) fn block_on<F: Future>(
        &self,
        shared: &Shared,
        limit: Span,
        future: F,
    ) -> Result<F::Output, Stalled> {
        if std::mem::replace(&mut lock(&self.tasks).running, true) {
            return Err(Stalled::Nested);
        }
        let result = self.run(shared, limit, pin!(future));
        lock(&self.tasks).running = false;
        result
    }

    fn run<F: Future>(
        &self,
        shared: &Shared,
        limit: Span,
        mut future: Pin<&mut F>,
    ) -> Result<F::Output, Stalled> {
        let waker = self.waker(MAIN);
        self.ready.push(MAIN);
        let mut polls = 0;
        loop {
            while let Some(task) = self.ready.pop() {
                polls += 1;
                if polls > SPINNING {
                    return Err(Stalled::Spinning { at: shared.lock().world.now(), polls });
                }
                if task != MAIN {
                    self.poll(task);
                } else if let Poll::Ready(output) =
                    future.as_mut().poll(&mut Context::from_waker(&waker))
                {
                    return Ok(output);
                }
            }
            if self.go_on(shared, limit)? {
                polls = 0;
            }
        }
    }

    /// Lets the next thing happen; true when time moved.
    fn go_on(&self, shared: &Shared, limit: Span) -> Result<bool, Stalled> {
        let (now, due, end) = {
            let state = shared.lock();
            (state.world.now(), state.due(), state.moment(limit))
        };
        let due = due.ok_or(Stalled::Idle { at: now })?;
        if due > end {
            return Err(Stalled::TimeUp { limit });
        }
        if due > now {
            let pace = lock(&self.tasks).pace.take();
            if let Some(mut pace) = pace {
                pace(now, due);
                lock(&self.tasks).pace.get_or_insert(pace);
            }
        }
        shared.lock().step();
        Ok(due > now)
    }

    fn poll(&self, id: u64) {
        let Some(mut task) = lock(&self.tasks).slots.get_mut(&id).and_then(Option::take) else {
            return;
        };
        let poll = task.as_mut().poll(&mut Context::from_waker(&self.waker(id)));
        let mut tasks = lock(&self.tasks);
        match (poll, tasks.slots.get_mut(&id)) {
            (Poll::Pending, Some(slot)) => *slot = Some(task),
            (Poll::Ready(()) | Poll::Pending, _) => {
                tasks.slots.remove(&id);
                // Outside of the lock: dropping a task may spawn or cancel others.
                drop(tasks);
                drop(task);
            }
        }
    }

    fn waker(&self, task: u64) -> Waker {
        Arc::new(Wakeup { task, ready: Arc::clone(&self.ready) }).into()
    }
}

/// A task of a simulation. Awaiting it gives its result; dropping it lets it go on.
#[derive(Debug)]
pub struct Task<T> {
    id: u64,
    result: oneshot::Receiver<T>,
    executor: Arc<Executor>,
}

/// The task was cancelled before it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the task was cancelled")]
pub struct Cancelled;

impl<T> Task<T> {
    /// Drops the task where it waits, as the death of a process does: nothing of it runs again. A
    /// task that cancels itself ends at its next await.
    pub fn cancel(&self) {
        let task = lock(&self.executor.tasks).slots.remove(&self.id);
        drop(task);
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, Cancelled>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.result).poll(context).map_err(|_| Cancelled)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
