//! Taking the app and giving it back, where answers can be lost.

use crate::engine::drive::Doors;
use crate::engine::run::Run;
use crate::engine::world::World;
use crate::fence::Claim;
use crate::kernel::Machine;
use crate::platform::{ClaimFault, Fault};
use crate::time::Span;

/// How long to wait before a claim or a release whose answer was lost is repeated.
const PAUSES: [Span; 5] =
    [Span::millis(500), Span::seconds(1), Span::seconds(2), Span::seconds(4), Span::seconds(8)];

/// A lost answer to a claim is no answer: claim again, a few times, a little later each time.
pub(super) async fn claim<M: Machine, W: World<M>>(
    doors: &Doors<'_, W>,
    run: &Run<M>,
) -> Result<Claim, ClaimFault> {
    for pause in PAUSES {
        match doors.world.claim(run.id(), doors.holder).await {
            Err(ClaimFault::Unknown { .. }) => rest(doors, pause).await,
            end => return end,
        }
    }
    doors.world.claim(run.id(), doors.holder).await
}

/// What cannot be given back here is given back by the next process that resumes the run.
pub(super) async fn give_back<M: Machine, W: World<M>>(doors: &Doors<'_, W>, run: &Run<M>) {
    for pause in PAUSES {
        match doors.world.release(run.id(), run.epoch()).await {
            Err(Fault::Unknown { .. }) => {}
            Err(Fault::Refused(refusal)) if refusal.is_transient() => {}
            Ok(()) | Err(Fault::Refused(_) | Fault::Withdrawn | Fault::Fenced) => return,
        }
        rest(doors, pause).await;
    }
}

async fn rest<W>(doors: &Doors<'_, W>, span: Span) {
    doors.clock.sleep_until(doors.clock.monotonic() + span).await;
}
