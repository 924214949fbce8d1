//! The hold of a notch: what is still to be asked, and what the evidence says.

mod asking;
mod judging;
mod waiting;

use windlass_core::event::What;
use windlass_core::evidence::Verdict;
use windlass_core::kernel::{Open, Step};
use windlass_core::time::{Moment, Span};
use windlass_core::weight::Weight;

use crate::climb::Climb;
use crate::climb::spec::ClimbSpec;
use crate::climb::state::{Hold, State};
use crate::climb::step::Turn;
use crate::track::{Check, Place, Placed};
use judging::Judged;

/// What a stage asks for before it is over.
pub(crate) struct Asks<'a> {
    /// Least watched time.
    pub(crate) bake: Span,
    /// Hooks, in order.
    pub(crate) checks: &'a [Check],
    /// Whether a person must approve.
    pub(crate) approval: bool,
    /// Time beyond the bake after which an open verdict is inconclusive.
    pub(crate) patience: Span,
    /// True when analyses are measured here.
    pub(crate) covers: fn(Place, u32) -> bool,
}

/// How a hold stands.
pub(crate) enum Held {
    /// More is to be asked or waited for: this step does it.
    More(Box<Step<Climb>>),
    /// All of it is there and good.
    Passed(Vec<What>),
    /// Some of it is bad.
    Failed(String, Vec<What>),
    /// It cannot be decided.
    Open(String, Vec<What>),
}

/// Begins a hold under the share that is in effect now.
pub(crate) fn begin(
    spec: &ClimbSpec,
    state: &mut State,
    hooks: usize,
    under: Option<Weight>,
    covers: fn(Place, u32) -> bool,
    now: Moment,
) {
    for (placed, progress) in spec.track.analyses.iter().zip(&mut state.progress) {
        if !covers(placed.at, state.notch) {
            continue;
        }
        let kept = match placed.at {
            Place::From(_) => progress.take(),
            Place::At(_) | Place::After => None,
        };
        *progress = Some(match kept {
            Some(kept) => kept.reopen(&placed.analysis, now.watched),
            None => windlass_analysis::Progress::start(&placed.analysis, now.watched),
        });
    }
    state.hold = Some(Hold {
        since: now.watched,
        wall: now.wall,
        under,
        skipped: false,
        approved: false,
        passed: vec![false; hooks],
        failed: None,
        ask_again: now.watched,
    });
}

/// A hold as it is looked at.
#[derive(Clone, Copy)]
pub(crate) struct Holding<'a> {
    pub(crate) spec: &'a ClimbSpec,
    pub(crate) state: &'a State,
    pub(crate) hold: &'a Hold,
    pub(crate) asks: &'a Asks<'a>,
    pub(crate) now: Moment,
}

impl Holding<'_> {
    /// Looks at the hold: asks what is due, and judges what is there.
    pub(crate) fn look(self, open: &Open<Climb>) -> Held {
        let Self { hold, state, asks, .. } = self;
        let Judged { verdict, why, says } = self.judge();
        if let Some(reason) = &hold.failed {
            return Held::Failed(reason.clone(), says);
        }
        if verdict == Some(Verdict::Fail) {
            return Held::Failed(why, says);
        }
        if hold.skipped || state.jump {
            return Held::Passed(says);
        }
        if let Some(Verdict::Inconclusive(_)) = verdict {
            return Held::Open(why, says);
        }
        if let Some(limit) = self.unapproved() {
            return Held::Failed(format!("nobody approved it within {limit}"), says);
        }
        let proven = self.baked() && verdict == Some(Verdict::Pass);
        let due = self.due(proven, open);
        if !due.is_empty() {
            let mut turn = Turn::from(state);
            turn.asks = due;
            return Held::More(Box::new(turn.go(self.waiting())));
        }
        if proven && self.hooked() && (!asks.approval || hold.approved) {
            return Held::Passed(says);
        }
        Held::More(Box::new(Step::Stay(self.waiting())))
    }

    fn baked(self) -> bool {
        self.now.watched >= self.hold.since + self.asks.bake
    }

    fn hooked(self) -> bool {
        self.hold.passed.iter().all(|passed| *passed)
    }

    /// True while a person's yes is still missing.
    fn wants_approval(self) -> bool {
        self.asks.approval && !self.hold.approved
    }

    /// How long a person had for an approval, once that time is over.
    fn unapproved(self) -> Option<Span> {
        let limit = self.spec.limits.approval;
        let over = self.now.wall >= self.hold.wall + self.asks.bake + limit;
        (self.wants_approval() && over).then_some(limit)
    }

    fn covers(self, placed: &Placed) -> bool {
        (self.asks.covers)(placed.at, self.state.notch)
    }

    /// True where some analysis is measured here.
    fn measured(self) -> bool {
        self.spec.track.analyses.iter().any(|placed| self.covers(placed))
    }
}
