//! Runs every example and compares what it prints, and its exit code, with what was agreed.

mod run;
mod story;

pub(crate) use run::run;
pub(crate) use story::stories;
