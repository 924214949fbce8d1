//! One decision and what it rests on.

use windlass_core::event::What;
use windlass_core::kernel::{Open, Step};
use windlass_core::time::Moment;

use crate::climb::Climb;
use crate::climb::scene::Scene;
use crate::climb::spec::ClimbSpec;
use crate::climb::state::State;
use crate::climb::step::{Act, carry_out};

/// Everything that a decision may look at.
#[derive(Clone, Copy)]
pub(crate) struct Here<'a> {
    pub(crate) spec: &'a ClimbSpec,
    pub(crate) state: &'a State,
    pub(crate) scene: &'a Scene,
    pub(crate) open: &'a Open<Climb>,
    pub(crate) now: Moment,
}

impl Here<'_> {
    /// Carries an act out; `None` when there is nothing to do.
    pub(crate) fn carry(self, act: Act, says: Vec<What>) -> Option<Step<Climb>> {
        carry_out(self.state, act, self.open, self.now, says)
    }
}
