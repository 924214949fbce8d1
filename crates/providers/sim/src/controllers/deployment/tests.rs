//! The controller at work.

mod handover;
mod native;
