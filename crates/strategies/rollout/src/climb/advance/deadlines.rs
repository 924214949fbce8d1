//! Deadlines: none passes unnoticed, and each says what it leads to.

use windlass_core::event::EndResult;
use windlass_core::kernel::{Deadline, Step, Waiting};
use windlass_core::time::{Moment, Span};

use super::Here;
use crate::climb::Climb;
use crate::climb::spec::ClimbSpec;
use crate::climb::state::{Outcome, Paused, Phase, State};
use crate::climb::step::abort;

/// True while an abort leads back to the ground.
fn can_abort(phase: &Phase) -> bool {
    match phase {
        Phase::Before | Phase::Climb | Phase::Promote | Phase::Warm => true,
        Phase::Settle | Phase::Lower { .. } | Phase::Yield { .. } => false,
    }
}

pub(super) fn past_total(spec: &ClimbSpec, state: &State, now: Moment) -> Option<String> {
    if !can_abort(&state.phase) {
        return None;
    }
    let since = |paused: &Paused| now.wall.since(paused.since);
    if let Some(paused) = state.paused.as_ref().filter(|p| since(p) >= spec.limits.pause) {
        return Some(format!("paused for {}: {}", since(paused), paused.reason));
    }
    let total = spec.limits.total;
    (now.wall.since(state.began) >= total).then(|| format!("not done within {total}"))
}

pub(super) fn with_total(spec: &ClimbSpec, state: &State, step: Step<Climb>) -> Step<Climb> {
    let add = |mut wait: Waiting| {
        if can_abort(&state.phase) && wait != Waiting::same() {
            let total = Deadline::Wall(state.began + spec.limits.total);
            let pause = state.paused.as_ref().map(|p| Deadline::Wall(p.since + spec.limits.pause));
            let notch = spec.track.notch(state.notch);
            let raising = state.phase == Phase::Climb && state.hold.is_none();
            let reach = raising.then(|| Deadline::Watched(state.since + notch.deadline));
            wait.until.extend([Some(total), pause, reach].into_iter().flatten());
            if wait.then.is_empty() {
                "abort".clone_into(&mut wait.then);
            }
        }
        wait
    };
    match step {
        Step::Stay(wait) => Step::Stay(add(wait)),
        Step::Move(mut next) => {
            next.wait = add(next.wait);
            Step::Move(next)
        }
        Step::Refuse(_) | Step::Done { .. } => step,
    }
}

impl Here<'_> {
    pub(super) fn overdue(self) -> Option<Step<Climb>> {
        let Self { spec, state, open, now, .. } = self;
        if let Some(reason) = past_total(spec, state, now) {
            return Some(abort(state, &reason, open, now));
        }
        let in_phase = now.watched.less(state.since);
        match &state.phase {
            Phase::Climb if state.hold.is_none() && state.paused.is_none() => {
                let notch = spec.track.notch(state.notch);
                let again = if state.held { notch.bake + notch.deadline } else { Span::ZERO };
                let limit = notch.deadline + again;
                let reason = format!("notch {} not reached within {limit}", state.notch + 1);
                (in_phase >= limit).then(|| abort(state, &reason, open, now))
            }
            Phase::Promote => {
                let reason = format!("not promoted within {}", spec.limits.phase);
                (in_phase >= spec.limits.phase).then(|| abort(state, &reason, open, now))
            }
            Phase::Settle | Phase::Lower { .. } | Phase::Yield { .. } => {
                (in_phase >= spec.limits.phase * 4).then(|| self.give_up())
            }
            Phase::Warm => {
                let limit = spec.track.after.keep_warm + spec.limits.phase * 2;
                let reason = format!("not decided within {limit} after the promotion");
                (in_phase >= limit).then(|| abort(state, &reason, open, now))
            }
            Phase::Before | Phase::Climb => None,
        }
    }

    pub(super) fn give_up(self) -> Step<Climb> {
        let (was, why) = match &self.state.phase {
            Phase::Lower { reason } => ("going back", reason.as_str()),
            Phase::Yield { reason } => ("getting out of the way", reason.as_str()),
            Phase::Settle => ("cleaning up after the promotion", "every notch passed"),
            Phase::Before | Phase::Climb | Phase::Promote | Phase::Warm => ("climbing", ""),
        };
        let limit = self.spec.limits.phase * 4;
        let reason = format!("{was} took longer than {limit} ({why}): a sweep goes on from here");
        let outcome = Outcome { result: EndResult::Failed, reason };
        Step::Done { state: self.state.clone(), outcome }
    }
}
