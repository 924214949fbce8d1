//! Waiting for real processes: the one place that reads the clock and sleeps.
#![expect(clippy::disallowed_methods, reason = "real processes take real time")]

use std::thread;
use std::time::{Duration, Instant};

/// Asks again and again, `pause` apart, until there is an answer; nothing once `limit` is over.
pub(crate) fn until<T, E>(
    limit: Duration,
    pause: Duration,
    mut ask: impl FnMut() -> Result<Option<T>, E>,
) -> Result<Option<T>, E> {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask()? {
            return Ok(Some(answer));
        }
        if begun.elapsed() >= limit {
            return Ok(None);
        }
        thread::sleep(pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_asks_until_there_is_an_answer() {
        let mut asked = 0;
        let answer = until(Duration::from_secs(60), Duration::ZERO, || {
            asked += 1;
            Ok::<_, ()>((asked == 3).then_some("here"))
        });
        assert_eq!((answer, asked), (Ok(Some("here")), 3));
    }

    #[test]
    fn it_asks_at_least_once_and_ends_with_the_limit() {
        let mut asked = 0;
        let never = until::<(), ()>(Duration::ZERO, Duration::ZERO, || {
            asked += 1;
            Ok(None)
        });
        assert_eq!((never, asked), (Ok(None), 1));
    }

    #[test]
    fn an_error_ends_the_waiting() {
        let limit = Duration::from_secs(60);
        assert_eq!(until::<(), _>(limit, Duration::ZERO, || Err("gone")), Err("gone"));
    }
}
