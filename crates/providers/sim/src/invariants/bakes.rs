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

/// How long one stage has been in effect.
#[derive(Clone, Debug)]
struct Held {
    /// Since when it is, or since the last look.
    since: Option<Timestamp>,
    /// At which share of requests.
    share: Weight,
    /// When it was broken after the last look. What is mended again before the next look, nobody who
    /// looks often enough can have seen.
    broken: Option<Timestamp>,
    /// What looks have seen of it.
    watched: Span,
}

impl Bakes {
    pub(crate) fn new(subject: &Subject, truth: &Truth) -> Self {
        let held = Held { since: None, share: Weight::ZERO, broken: None, watched: Span::ZERO };
        Self { held: vec![held; subject.stages.len()], last_look: truth.at }
    }
}

impl Held {
    /// What would be watched by now if somebody looked.
    fn open(&self, now: Timestamp) -> Span {
        self.since.map_or(Span::ZERO, |since| self.broken.unwrap_or(now).since(since))
    }

    fn step(&mut self, stands: bool, share: Weight, now: Timestamp) {
        if stands {
            self.since = self.since.or(Some(now));
            self.share = share;
        } else if self.since.is_some() {
            self.broken = self.broken.or(Some(now));
        }
    }

    /// Takes in what a look has `seen`: nothing where it came too late.
    fn look(&mut self, stands: bool, seen: bool, now: Timestamp) {
        let whole = self.since.map_or(Span::ZERO, |since| now.since(since));
        let watched = if stands { whole } else { self.open(now) };
        self.watched += if seen { watched } else { Span::ZERO };
        self.since = stands.then_some(now);
        self.broken = None;
    }
}

impl Invariant for Bakes {
    fn rule(&self) -> Rule {
        Rule::S16
    }

    fn check(&mut self, sight: &Sight<'_>) -> Option<String> {
        let (subject, now) = (sight.subject, sight.now.at);
        let seen = now.since(self.last_look) <= WATCHED;
        let below = sight.landed.iter().map(|landing| stages_below(sight, landing)).max();
        let below = below.unwrap_or(0);
        let mut short = None;
        let stages = subject.stages.iter().zip(&mut self.held).enumerate();
        for (index, (stage, held)) in stages {
            let open = if seen { held.open(now) } else { Span::ZERO };
            let watched = held.watched + open + LAG;
            if index < below && index >= sight.account.freed && watched < stage.bake {
                short = short.or(Some((index, watched, stage.bake)));
            }
            let stood = held.since.map(|_| held.share);
            let stands = stands_at(subject, sight.now, stage, stood);
            held.step(stands, sight.now.share, now);
            if sight.looked {
                held.look(stands, seen, now);
            }
        }
        if sight.looked {
            self.last_look = now;
        }
        let (index, watched, bake) = short?;
        Some(format!("a rise after {watched} of watched time at notch {}: {bake} asked", index + 1))
    }
}
