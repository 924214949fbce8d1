//! The engine: one pure part that turns events into effects, and one short driver that carries
//! the effects out.
//!
//! [`Run`] knows no I/O and no clock: [`Run::handle`] takes an [`Event`] and the time, and gives
//! [`Effect`]s in the order they must happen; a record comes before everything that rests on it.
//! [`drive`] is the same for a live world. After a crash the engine re-decides, it never re-sends.

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
