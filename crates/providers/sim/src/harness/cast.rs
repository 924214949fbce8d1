//! How a machine meets the simulated world.

use windlass_core::fence::Fence;
use windlass_core::id::AppRef;
use windlass_core::kernel::Machine;
use windlass_core::platform::{Receipt, Refusal};

use crate::World;

/// A machine's view of the simulated world, synchronous: the counterpart of
/// [`windlass_core::engine::World`] for trials.
pub trait Cast<M: Machine> {
    /// The app that a run is about.
    fn app(&self) -> &AppRef;

    /// Reads the world as it is now.
    fn seen(&self, world: &mut World) -> M::Seen;

    /// Applies a write now.
    ///
    /// # Errors
    /// When the world refuses it.
    fn write(&self, world: &mut World, fence: &Fence, write: &M::Write)
    -> Result<Receipt, Refusal>;

    /// Answers a question as of now.
    fn ask(&self, world: &mut World, ask: &M::Ask) -> M::Answer;

    /// True when a state that was recorded says that the run goes back for good.
    fn lowers(&self, _state: &M::State) -> bool {
        false
    }
}
