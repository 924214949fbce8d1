//! When something was told, and what that says of when it happened.

use windlass_core::time::{Span, Timestamp};

/// The moment in which something is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// The monotonic clock.
    pub(crate) now: Span,
    /// The wall clock.
    pub(crate) wall: Timestamp,
    /// True when it is the first list: nothing on it has happened just now for having been told now.
    pub(crate) first: bool,
}

impl Told {
    /// Since when an object is as it is, on the monotonic clock, where the server last noted a change
    /// of it at `touched`.
    pub(crate) fn since(self, touched: Option<Timestamp>) -> Span {
        match touched {
            Some(touched) if self.first => self.now.less(self.wall.since(touched)),
            Some(_) | None => self.now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(first: bool) -> Told {
        Told { now: Span::seconds(90), wall: Timestamp::from_millis(500_000), first }
    }

    #[test]
    fn what_is_on_the_first_list_is_as_old_as_the_server_says() {
        let touched = Some(Timestamp::from_millis(470_000));
        assert_eq!(told(true).since(touched), Span::seconds(60));
        assert_eq!(told(false).since(touched), Span::seconds(90));
        assert_eq!(told(true).since(None), Span::seconds(90));
    }

    #[test]
    fn what_is_older_than_this_process_was_so_from_its_start() {
        assert_eq!(told(true).since(Some(Timestamp::from_millis(0))), Span::ZERO);
    }
}
