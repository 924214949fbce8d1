//! The clock of this machine, and timers without a runtime.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{fmt, io};

use async_trait::async_trait;
use windlass_core::clock::Clock;
use windlass_core::time::{Span, Timestamp};

/// What the wall clock of this machine says.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the door: the real wall clock comes in here"
)]
pub(crate) fn wall() -> Timestamp {
    let millis = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
    };
    Timestamp::from_millis(millis)
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the door: real monotonic time comes in here"
)]
fn instant() -> Instant {
    Instant::now()
}

/// Real time.
///
/// Monotonic time counts from the making of the clock. On Linux it stands still while the machine
/// is suspended. One thread wakes whoever's time has come; it ends with the clock.
pub struct SystemClock {
    timers: Arc<Timers>,
    thread: Option<JoinHandle<()>>,
}

impl SystemClock {
    /// Starts a clock at zero.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start() -> io::Result<Self> {
        let timers =
            Arc::new(Timers { zero: instant(), state: Mutex::default(), changed: Condvar::new() });
        let theirs = Arc::clone(&timers);
        let thread = thread::Builder::new().name("windlass-clock".to_owned());
        Ok(Self { timers, thread: Some(thread.spawn(move || theirs.run())?) })
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        wall()
    }

    fn monotonic(&self) -> Span {
        self.timers.elapsed()
    }

    async fn sleep_until(&self, at: Span) {
        let mut sleeper = Sleeper { timers: &self.timers, at, id: None };
        poll_fn(|context| sleeper.poll(context.waker())).await;
    }
}

impl Drop for SystemClock {
    fn drop(&mut self) {
        self.timers.lock().closed = true;
        self.timers.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // A waker that panicked has ended the thread already.
            let _panicked = thread.join();
        }
    }
}

impl fmt::Debug for SystemClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemClock").field("monotonic", &self.timers.elapsed()).finish()
    }
}

struct Timers {
    zero: Instant,
    state: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    /// Who waits, by the time and the order of asking.
    sleepers: BTreeMap<(Span, u64), Waker>,
    next_id: u64,
    closed: bool,
}

impl Timers {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn elapsed(&self) -> Span {
        let millis = instant().saturating_duration_since(self.zero).as_millis();
        Span::millis(u64::try_from(millis).unwrap_or(u64::MAX))
    }

    fn run(&self) {
        let mut state = self.lock();
        while !state.closed {
            let now = instant().saturating_duration_since(self.zero);
            let first = state.sleepers.keys().next().copied();
            state = match first {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(key) => match Duration::from_millis(key.0.as_millis()).checked_sub(now) {
                    Some(left) if !left.is_zero() => {
                        let waited = self.changed.wait_timeout(state, left);
                        waited.unwrap_or_else(PoisonError::into_inner).0
                    }
                    _ => {
                        let due = state.sleepers.remove(&key);
                        drop(state);
                        due.into_iter().for_each(Waker::wake);
                        self.lock()
                    }
                },
            };
        }
    }
}

/// One wait. Leaves the list when it is dropped.
struct Sleeper<'a> {
    timers: &'a Timers,
    at: Span,
    id: Option<u64>,
}

impl Sleeper<'_> {
    fn poll(&mut self, waker: &Waker) -> Poll<()> {
        if self.timers.elapsed() >= self.at {
            return Poll::Ready(());
        }
        let mut state = self.timers.lock();
        let id = *self.id.get_or_insert(state.next_id);
        state.next_id = state.next_id.max(id + 1);
        state.sleepers.insert((self.at, id), waker.clone());
        let is_first = state.sleepers.keys().next() == Some(&(self.at, id));
        drop(state);
        if is_first {
            self.timers.changed.notify_one();
        }
        Poll::Pending
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.timers.lock().sleepers.remove(&(self.at, id));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_executor::block_on;
    use futures_util::FutureExt;
    use futures_util::future::{join_all, select};

    use super::*;

    fn clock() -> SystemClock {
        SystemClock::start().expect("a thread")
    }

    #[test]
    fn a_time_that_has_come_does_not_wait() {
        let clock = clock();
        assert_eq!(clock.sleep_until(Span::ZERO).now_or_never(), Some(()));
    }

    #[test]
    fn sleepers_wake_when_their_time_has_come_and_in_its_order() {
        let clock = clock();
        let woken = Mutex::new(Vec::new());
        let sleep = |millis| {
            let (clock, woken) = (&clock, &woken);
            async move {
                clock.sleep_until(Span::millis(millis)).await;
                assert!(clock.monotonic() >= Span::millis(millis));
                woken.lock().expect("no panic").push(millis);
            }
        };
        block_on(join_all([30, 10, 20].map(sleep)));
        assert_eq!(woken.into_inner().expect("no panic"), [10, 20, 30]);
    }

    #[test]
    fn a_sleeper_that_is_dropped_leaves_nothing_behind() {
        let clock = clock();
        let (long, short) = (Span::hours(1), Span::millis(5));
        block_on(async { select(clock.sleep_until(long), clock.sleep_until(short)).await });
        assert!(clock.timers.lock().sleepers.is_empty());
    }

    #[test]
    fn the_wall_clock_shows_a_year_of_our_time() {
        let now = clock().now().to_string();
        assert!(now.starts_with("20"), "{now}");
    }
}
