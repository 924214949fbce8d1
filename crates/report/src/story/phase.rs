//! What a run is doing when.

use windlass_core::event::{Direction, Stage};
use windlass_core::time::Span;

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It moves the world to this notch.
    Raising(u32),
    /// It is at this notch and gathers evidence.
    Holding(u32),
    /// It stands still until somebody says what to do.
    Paused,
    /// The candidate becomes the app.
    Promoting,
    /// All goes back to the ground.
    Returning,
}

/// A phase and the time it took, since the first event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhaseSpan {
    /// The phase.
    pub phase: Phase,
    /// When it began.
    pub from: Span,
    /// When it ended, or the last event.
    pub to: Span,
}

/// Follows the phases of a run event by event.
#[derive(Debug, Default)]
pub(super) struct Phases {
    done: Vec<PhaseSpan>,
    open: Option<(Phase, Span)>,
    /// What a pause interrupted.
    before_pause: Option<Phase>,
}

impl Phases {
    pub(super) fn notch(&mut self, notch: u32, stage: Stage, now: Span) {
        let phase = match stage {
            Stage::Raising => Phase::Raising(notch),
            Stage::Holding => Phase::Holding(notch),
        };
        self.enter(phase, now);
    }

    pub(super) fn turn(&mut self, to: Direction, now: Span) {
        match to {
            // The notch that follows says where to.
            Direction::Up | Direction::StepBack => {}
            Direction::Pause => {
                let interrupted = self.open.map(|(phase, _)| phase);
                if interrupted != Some(Phase::Paused) {
                    self.before_pause = interrupted;
                }
                self.enter(Phase::Paused, now);
            }
            Direction::Resume => {
                if let Some(phase) = self.before_pause.take() {
                    self.enter(phase, now);
                }
            }
            Direction::Promote => self.enter(Phase::Promoting, now),
            Direction::Abort | Direction::Yield => self.enter(Phase::Returning, now),
        }
    }

    /// A handover belongs to a promotion, or to the way back from one.
    pub(super) fn handover(&mut self, now: Span) {
        if self.open.is_none_or(|(phase, _)| phase != Phase::Returning) {
            self.enter(Phase::Promoting, now);
        }
    }

    pub(super) fn close(&mut self, now: Span) {
        if let Some((phase, from)) = self.open.take() {
            self.done.push(PhaseSpan { phase, from, to: now });
        }
    }

    pub(super) fn finish(mut self, now: Span) -> Vec<PhaseSpan> {
        self.close(now);
        self.done
    }

    fn enter(&mut self, phase: Phase, now: Span) {
        if self.open.is_none_or(|(open, _)| open != phase) {
            self.close(now);
            self.open = Some((phase, now));
        }
    }
}
