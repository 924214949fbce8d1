//! S4: no rise and no promotion without the full evidence of every notch before it.

use windlass_core::time::{Span, Timestamp};
use windlass_core::weight::Weight;

use super::ascent::{stages_below, stands_at};
use super::subject::{Shift, Stage, Subject};
use super::{Invariant, Rule, Sight};
use crate::traffic::Served;

/// The oracle's own account of the evidence: what the source truly served, and what was in effect.
#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    served: usize,
    stages: Vec<Proof>,
}

/// What is proven of one stage.
#[derive(Clone, Debug)]
struct Proof {
    /// Since when it has been in effect without a break.
    since: Option<Timestamp>,
    /// At which share of requests.
    share: Weight,
    /// One for each measurement that is asked for.
    good: Vec<bool>,
}

impl Evidence {
    pub(crate) fn new(subject: &Subject) -> Self {
        let proof = |stage: &Stage| Proof {
            since: None,
            share: Weight::ZERO,
            good: vec![false; stage.asked.len()],
        };
        Self { served: 0, stages: subject.stages.iter().map(proof).collect() }
    }

    /// Counts what was served since: good, and its whole window under the stage's exposure.
    ///
    /// A process whose clock is off by less than is refused cannot tell a window from one so much
    /// later: `off` is how far it is at most.
    pub(crate) fn hear(&mut self, subject: &Subject, served: &[Served], off: Span) {
        let new = served.get(self.served..).unwrap_or_default();
        self.served = served.len();
        for answer in new.iter().filter(|answer| answer.query.side == subject.candidate.hash) {
            let Ok(reading) = answer.answer else { continue };
            for (stage, proof) in subject.stages.iter().zip(&mut self.stages) {
                let steady = answer.least == answer.most && !answer.most.is_zero();
                let since = proof.since.is_some_and(|since| since <= answer.from + off);
                if !since || (subject.shift == Shift::Pods && !steady) {
                    continue;
                }
                for (asked, good) in stage.asked.iter().zip(&mut proof.good) {
                    let same = asked.measure == answer.query.measure
                        && asked.window == answer.query.window;
                    *good |= same && (asked.good)(reading);
                }
            }
        }
    }
}

impl Invariant for Evidence {
    fn rule(&self) -> Rule {
        Rule::S4
    }

    fn check(&mut self, sight: &Sight<'_>) -> Option<String> {
        let subject = sight.subject;
        let below = sight.landed.iter().map(|landing| stages_below(sight, landing)).max();
        let below = below.unwrap_or(0);
        let unproven = self.stages[..below].iter().position(|p| p.good.contains(&false));
        for (stage, proof) in subject.stages.iter().zip(&mut self.stages) {
            let stood = proof.since.map(|_| proof.share);
            proof.since = match stands_at(subject, sight.now, stage, stood) {
                true => proof.since.or(Some(sight.now.at)),
                false => None,
            };
            proof.share = sight.now.share;
        }
        let unproven = unproven.filter(|stage| *stage >= sight.account.freed)?;
        Some(format!("a rise, and notch {} has no good measurement of its own", unproven + 1))
    }
}
