//! The one adapter through which a machine meets a platform.

use async_trait::async_trait;

use crate::fence::{Claim, Epoch, Fence};
use crate::id::{Holder, RunId};
use crate::kernel::Machine;
use crate::platform::{ClaimFault, Fault, Receipt};

/// A world that a machine can be run against.
///
/// # Contract
/// As for [`Workloads`](crate::platform::Workloads): writes are fenced and atomic, a read sees
/// every write acknowledged before it began.
#[async_trait]
pub trait World<M: Machine>: Send + Sync {
    /// Takes what the run is about for this process.
    ///
    /// # Errors
    /// When another run holds it, or the world does not answer.
    async fn claim(&self, run: &RunId, holder: &Holder) -> Result<Claim, ClaimFault>;

    /// Gives it back.
    ///
    /// # Errors
    /// When the world does not answer.
    async fn release(&self, run: &RunId, epoch: Epoch) -> Result<(), Fault>;

    /// Reads the world.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn observe(&self) -> Result<M::Seen, Fault>;

    /// Resolves when the world may have changed since the last look.
    async fn changed(&self);

    /// Sends one write.
    ///
    /// # Errors
    /// When it was not acknowledged.
    async fn write(&self, fence: &Fence, write: &M::Write) -> Result<Receipt, Fault>;

    /// Asks one question. What goes wrong is part of the answer.
    async fn ask(&self, ask: &M::Ask) -> M::Answer;
}
