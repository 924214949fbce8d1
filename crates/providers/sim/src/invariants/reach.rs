//! S2: no requests go where nobody answers, by our act.

use super::subject::Shift;
use super::{Invariant, Rule, Sight};

/// Requests that get lost while the world took no pod were lost by us.
#[derive(Clone, Debug)]
pub(crate) struct Reach;

impl Invariant for Reach {
    fn rule(&self) -> Rule {
        Rule::S2
    }

    fn check(&mut self, sight: &Sight<'_>) -> Option<String> {
        let native = sight.subject.shift == Shift::InPlace || sight.account.third;
        let excused = sight.account.mourning(sight.now.at) || (native && sight.account.recreate);
        // In place the Deployment lets a pod go as soon as its successor is ready, and the data plane
        // learns of both in its own time.
        let late = native && sight.now.ready() > 0;
        let excused = excused || late || sight.account.meddled;
        let hole = sight.now.lost.first().filter(|_| !excused)?;
        Some(match &hole.side {
            Some(side) => format!("{} sends to a pod of {side} that does not answer", hole.at),
            None => format!("{} sends, and selects nobody", hole.at),
        })
    }
}
