//! Deadlines: none passes unnoticed, and each says what it leads to.

use windlass_core::event::EndResult;
use windlass_core::kernel::{Deadline, Step, Waiting};
use windlass_core::time::{Moment, Span};

use crate::climb::Climb;
use crate::climb::here::Here;
use crate::climb::spec::{ClimbSpec, Limits};
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

/// Watched time for what the climb is at, and what happens then; `None` while it holds or is paused.
fn time_limit(spec: &ClimbSpec, state: &State) -> Option<(Span, &'static str)> {
    let Limits { phase, .. } = spec.limits;
    match &state.phase {
        Phase::Climb if state.hold.is_none() && state.paused.is_none() => {
            let notch = spec.track.notch(state.notch);
            let again = if state.held { notch.bake + notch.deadline } else { Span::ZERO };
            Some((notch.deadline + again, "abort"))
        }
        Phase::Promote => Some((phase, "abort")),
        Phase::Warm => Some((spec.track.after.keep_warm + phase * 2, "abort")),
        Phase::Settle | Phase::Lower { .. } | Phase::Yield { .. } => {
            Some((phase * 4, "a sweep has to finish it"))
        }
        Phase::Before | Phase::Climb => None,
    }
}

pub(super) fn with_deadlines(spec: &ClimbSpec, state: &State, step: Step<Climb>) -> Step<Climb> {
    let add = |mut wait: Waiting| {
        if wait == Waiting::same() {
            return wait;
        }
        if let Some((limit, then)) = time_limit(spec, state) {
            wait = wait.until(Deadline::Watched(state.since + limit), then);
        }
        if can_abort(&state.phase) {
            wait = wait.until(Deadline::Wall(state.began + spec.limits.total), "abort");
            let pause = state.paused.as_ref().map(|p| Deadline::Wall(p.since + spec.limits.pause));
            wait.until.extend(pause.map(|pause| (pause, "abort".to_owned())));
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
        let (limit, _) = time_limit(spec, state)?;
        if now.watched.less(state.since) < limit {
            return None;
        }
        let reason = match &state.phase {
            Phase::Before | Phase::Climb => {
                format!("notch {} not reached within {limit}", state.notch + 1)
            }
            Phase::Promote => format!("not promoted within {limit}"),
            Phase::Warm => format!("not decided within {limit} after the promotion"),
            Phase::Settle | Phase::Lower { .. } | Phase::Yield { .. } => {
                return Some(self.give_up());
            }
        };
        Some(abort(state, &reason, open, now))
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
