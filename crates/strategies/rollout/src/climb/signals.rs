//! What people tell a climb, and when it is refused.

use windlass_core::event::Direction;
use windlass_core::kernel::{Open, Signal, SignalKind, Step};
use windlass_core::time::Moment;

use crate::climb::Climb;
use crate::climb::spec::ClimbSpec;
use crate::climb::state::{Paused, Phase, State};
use crate::climb::step::{Turn, abort};

/// Takes or refuses a signal.
pub(crate) fn take(
    spec: &ClimbSpec,
    state: &State,
    signal: &Signal,
    open: &Open<Climb>,
    now: Moment,
) -> Step<Climb> {
    let at = state.notch + 1;
    if let Some(expected) = signal.expect.filter(|n| *n != at) {
        return Step::Refuse(format!("it was meant for notch {expected}, the run is at {at}"));
    }
    match signal.kind {
        SignalKind::Abort => match &state.phase {
            Phase::Settle => Step::Refuse(format!(
                "{} is promoted and the old side is going: release {} instead",
                spec.to, spec.from
            )),
            Phase::Before | Phase::Climb | Phase::Promote | Phase::Warm => {
                let reason = format!("{} aborted it: {}", signal.by, signal.reason);
                abort(state, &reason, open, now)
            }
            Phase::Lower { .. } | Phase::Yield { .. } => {
                Step::Refuse("it is on its way back already".to_owned())
            }
        },
        SignalKind::Pause if state.phase == Phase::Climb && state.paused.is_none() => {
            let mut turn = Turn::from(state).withdrawing(open);
            turn.state.paused = Some(Paused {
                by: signal.by.clone(),
                reason: signal.reason.clone(),
                since: now.wall,
                failed: false,
            });
            turn.turned(Direction::Pause, &signal.reason).look_again()
        }
        SignalKind::Pause => Step::Refuse("only a climb that goes on can be paused".to_owned()),
        SignalKind::Resume if state.paused.is_some() => {
            let mut turn = Turn::from(state);
            turn.state.paused = None;
            // The evidence is gathered afresh: what was seen before the pause speaks of the past.
            turn.state.enter(Phase::Climb, now);
            turn.state.progress = vec![None; spec.track.analyses.len()];
            turn.turned(Direction::Resume, &signal.reason).look_again()
        }
        SignalKind::Resume => Step::Refuse("it is not paused".to_owned()),
        SignalKind::Approve => approve(spec, state),
        SignalKind::Skip => skip(state, signal),
        SignalKind::Promote => promote(state, signal, now),
    }
}

fn failed(state: &State) -> Option<String> {
    let paused = state.paused.as_ref().filter(|p| p.failed)?;
    Some(format!("a verdict has failed ({}): resume to test again, or abort", paused.reason))
}

fn approve(spec: &ClimbSpec, state: &State) -> Step<Climb> {
    let wanted = spec.track.notch(state.notch).approval;
    let mut turn = Turn::from(state);
    match &mut turn.state.hold {
        Some(hold) if state.phase == Phase::Climb && wanted && !hold.approved => {
            hold.approved = true;
            turn.look_again()
        }
        _ => Step::Refuse("nothing waits for an approval".to_owned()),
    }
}

/// Ends the holds of one notch; that it must be reached is not skipped.
fn skip(state: &State, signal: &Signal) -> Step<Climb> {
    if let Some(reason) = failed(state) {
        return Step::Refuse(reason);
    }
    let mut turn = Turn::from(state);
    turn.state.paused = None;
    match &mut turn.state.hold {
        Some(hold) if matches!(state.phase, Phase::Climb | Phase::Before | Phase::Warm) => {
            hold.skipped = true;
            turn.turned(Direction::Up, &format!("{} skipped the hold", signal.by)).look_again()
        }
        _ => Step::Refuse("no notch is being held".to_owned()),
    }
}

fn promote(state: &State, signal: &Signal, now: Moment) -> Step<Climb> {
    if let Some(reason) = failed(state) {
        return Step::Refuse(reason);
    }
    if !matches!(state.phase, Phase::Before | Phase::Climb) || state.jump {
        return Step::Refuse("it is being promoted already, or on its way back".to_owned());
    }
    let mut turn = Turn::from(state);
    turn.state.paused = None;
    turn.state.jump = true;
    if state.phase == Phase::Before {
        turn.state.enter(Phase::Climb, now);
    }
    turn.turned(Direction::Promote, &format!("{} says so: {}", signal.by, signal.reason))
        .look_again()
}
