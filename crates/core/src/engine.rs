//! The engine: one pure part that turns events into effects, and one short driver that carries
//! the effects out.
//!
//! ```text
//!              Event                    Effect, in this order
//!   Claimed ───────┐             ┌───────> Record      durable before all that follows
//!   Seen ──────────┤  ┌───────┐  ├───────> Emit        told to the host
//!   Wrote ─────────┼─>│  Run  │──┼───────> Withdraw    unless it has started
//!   Answered ──────┤  └───────┘  ├───────> Send, Ask   all at once; their ends are events
//!   Signal ────────┤             ├───────> Observe     their end is an event
//!   Tick ──────────┘             └───────> Stop
//! ```
//!
//! [`Run`] knows no I/O and no clock: [`Run::handle`] takes an [`Event`] and the time, and gives
//! [`Effect`]s. [`drive`] does so for a live [`World`], a journal, a clock and a host, on any
//! executor; a simulator may as well call [`Run::handle`] itself. (For an example see
//! [`kernel`](crate::kernel).)
//!
//! # What holds
//!
//! - **Recorded first.** A step that moves, writes, asks or ends is in the journal before its
//!   first effect. Where the journal does not take it, the run stops there, and nothing that rests
//!   on the step was done. A step that stays is not recorded.
//! - **Never sent twice.** Each write has a number of its own, also after a crash. A resumed run
//!   holds what was in flight as [unknown](crate::kernel::WriteState::Unknown), looks, and decides.
//! - **Fresh looks.** A look counts only when it began after every end of a write that the run was
//!   told of ([`Mark`]), and under the run's own lease: any other lease stops the run at once.
//! - **Checked when sent.** A write whose needs the last look does not bear out
//!   ([`Run::still_good`]), or that was withdrawn before its request started, is never sent.
//! - **Watched time** passes between the beginnings of two looks that lie no further apart than
//!   [`Pace::gap`], by the monotonic clock. Downtime, a process that stood still with a look in its
//!   hands, failed reads and jumps of the wall clock are no watching.
//! - **Told in order.** Events are numbered from 1 without gaps within one drive of a run. A signal
//!   is told as taken when its record is durable.
//!
//! # After a crash
//!
//! [`Run::resume`] needs the first record and the last. Claim, look, go on; a run that had ended
//! only gives the app back. [`audit()`] recomputes a whole journal: it finds a step that the
//! machine would not take ([`Divergence`]), and a byte that is not as it was written.

mod audit;
mod drive;
mod effect;
mod lease;
mod resume;
mod run;
mod step;
mod world;

pub use audit::{AuditError, Difference, Divergence, audit};
pub use drive::{Doors, DriveError, Inbox, Outbox, drive, mailbox};
pub use effect::{Effect, Event, Mark, Now, Pace, Stop};
pub use resume::ResumeError;
pub use run::Run;
pub use world::World;

#[cfg(test)]
mod tests;
