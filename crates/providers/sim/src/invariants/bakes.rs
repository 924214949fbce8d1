//! S16: no bake is skipped, however clocks jump and whoever looks away.

use windlass_core::time::{Span, Timestamp};
use windlass_core::weight::Weight;

use super::ascent::{stages_below, stands_at};
use super::subject::Subject;
use super::truth::Truth;
use super::{Invariant, Rule, Sight, WATCHED};

/// What a look is behind the world at most.
const LAG: Span = Span::seconds(1);

/// Time in which a stage was in effect while somebody looked.
#[derive(Clone, Debug)]
pub(crate) struct Bakes {
    held: Vec<Held>,
    last_look: Timestamp,
}

#[derive(Clone, Debug)]
struct Held {
    since: Option<Timestamp>,
    /// At which share of requests.
    share: Weight,
    watched: Span,
}

impl Bakes {
    pub(crate) fn new(subject: &Subject, truth: &Truth) -> Self {
        let held = Held { since: None, share: Weight::ZERO, watched: Span::ZERO };
        Self { held: vec![held; subject.stages.len()], last_look: truth.at }
    }

    /// Counts up to `now` what has been watched since the last look.
    fn watch(&mut self, now: Timestamp) {
        let seen = now.since(self.last_look) <= WATCHED;
        for held in &mut self.held {
            let Some(since) = &mut held.since else { continue };
            if seen {
                held.watched += now.since((*since).max(self.last_look));
            }
            *since = now;
        }
        self.last_look = now;
    }
}

impl Invariant for Bakes {
    fn rule(&self) -> Rule {
        Rule::S16
    }

    fn check(&mut self, sight: &Sight<'_>) -> Option<String> {
        let (subject, now) = (sight.subject, sight.now.at);
        if sight.looked {
            self.watch(now);
        }
        let below = sight.landed.iter().map(|landing| stages_below(sight, landing)).max();
        let below = below.unwrap_or(0);
        let mut short = None;
        let stages = subject.stages.iter().zip(&mut self.held).enumerate();
        for (index, (stage, held)) in stages {
            let open = held.since.filter(|_| now.since(self.last_look) <= WATCHED);
            let open = open.map_or(Span::ZERO, |since| now.since(since));
            let watched = held.watched + open + LAG;
            if index < below && index >= sight.account.freed && watched < stage.bake {
                short = short.or(Some((index, watched, stage.bake)));
            }
            let stood = held.since.map(|_| held.share);
            if stands_at(subject, sight.now, stage, stood) {
                held.since = held.since.or(Some(now));
                held.share = sight.now.share;
            } else if held.since.take().is_some() {
                held.watched += open;
            }
        }
        let (index, watched, bake) = short?;
        Some(format!("a rise after {watched} of watched time at notch {}: {bake} asked", index + 1))
    }
}
