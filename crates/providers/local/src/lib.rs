//! windlass on this machine: a durable journal on disk and the system's clock.
//!
//! Nothing here needs an async runtime: the journal has one writer thread and the clock one timer
//! thread, and both wake whoever waits.
//!
//! Give [`LocalJournal`] to a `Windlass` with `with_journal`, and a run outlives its process:
//! `resume_all` of the next one goes on. [`SystemClock`] is for real platforms; a simulated cluster
//! brings its own clock.

mod clock;
mod journal;

pub use clock::SystemClock;
pub use journal::LocalJournal;
