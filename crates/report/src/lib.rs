//! The eyes of windlass: what a run tells, made readable for people and for programs.
//!
//! Everything here reads [`RunEvent`](windlass_core::event::RunEvent)s and nothing else, and
//! writes only to the writer it is given.
//!
//! | for | use |
//! |---|---|
//! | a person who watches | [`Terminal`]: bars and the event log on a terminal, lines on a pipe |
//! | a program | [`Ndjson`]: one event per line; [`ndjson::read`] reads them back |
//! | a person afterwards | [`page()`]: one HTML file with charts, evidence and the log |
//! | a program with its own display | [`Story`]: the events folded; [`words`]: each event in words |
//!
//! [`Terminal`], [`Ndjson`] and [`Recorder`] are hosts; [`Hosts`] makes one of several.

mod hosts;
pub mod ndjson;
mod page;
mod sink;
pub mod story;
pub mod terminal;
pub mod words;

pub use hosts::{Hosts, Recorder};
pub use ndjson::Ndjson;
pub use page::{PageError, page};
pub use story::Story;
pub use terminal::Terminal;
