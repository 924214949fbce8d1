//! windlass on this machine: a durable journal on disk and the system's clock.
//!
//! Nothing here needs an async runtime: the journal has one writer thread and the clock one timer
//! thread, and both wake whoever waits.

mod clock;
mod journal;

pub use clock::SystemClock;
pub use journal::LocalJournal;
