//! Which writes raise the candidate, and how far.

use windlass_core::platform::{Change, Write};
use windlass_core::weight::Weight;

use super::Sight;
use super::subject::{Shift, Subject};
use super::truth::Truth;
use crate::harness::Landing;

/// True when a write gives the candidate more than it had.
pub(crate) fn raises(subject: &Subject, before: &Truth, write: &Write) -> bool {
    match (&write.change, subject.shift) {
        (Change::Split { weight, .. }, Shift::Weights) => {
            before.written.is_none_or(|written| *weight > written) && !weight.is_zero()
        }
        (Change::Pin(hash), Shift::Selector) => {
            *hash == subject.candidate.hash && subject.services.contains(&write.object.name)
        }
        (Change::SetReplicas(pods), Shift::Pods) => {
            let wish = before.side(&subject.candidate).map_or(0, |set| set.wish);
            write.object.name == subject.candidate.set && *pods > wish
        }
        (Change::Template { template, .. }, _) => {
            *template == subject.candidate.template
                && before.app.as_ref().is_some_and(|app| app.template != *template)
        }
        _ => false,
    }
}

/// The stages that must have passed before a write that took effect, from the first.
pub(crate) fn stages_below(sight: &Sight<'_>, landing: &Landing<Write>) -> usize {
    let Sight { subject, before, account, .. } = sight;
    if landing.end.is_err() || !landing.changed || !raises(subject, before, &landing.write) {
        return 0;
    }
    let stages = &subject.stages;
    let at = |reached: &dyn Fn(&super::Stage) -> bool| {
        stages.iter().position(reached).unwrap_or(stages.len())
    };
    match (&landing.write.change, subject.shift) {
        (_, Shift::InPlace) => 0,
        (Change::Split { weight, .. }, _) => at(&|stage| stage.weight >= *weight),
        (Change::Pin(_), _) => at(&|stage| stage.weight.is_full()),
        (Change::SetReplicas(pods), _) => at(&|stage| (stage.pods)(account.most_replicas) >= *pods),
        (Change::Template { .. }, _) => stages.len(),
        _ => 0,
    }
}

/// True while the world stands at a stage. `held` is the share that it has stood at so far: where pods
/// carry the requests, both sides may grow together and the stage goes on.
pub(crate) fn stands_at(
    subject: &Subject,
    truth: &Truth,
    stage: &super::Stage,
    held: Option<Weight>,
) -> bool {
    let candidate = truth.side(&subject.candidate);
    let serving = candidate.map_or(0, |set| set.pods.routed.ready);
    match subject.shift {
        Shift::Weights => super::near(truth.share, stage.weight),
        Shift::Selector => truth.pinned == stage.weight.is_full() && serving > 0,
        Shift::Pods => {
            let same = held.is_some_and(|held| held == truth.share && !held.is_zero());
            same || serving >= (stage.pods)(truth.replicas()).max(1)
        }
        Shift::InPlace => true,
    }
}
