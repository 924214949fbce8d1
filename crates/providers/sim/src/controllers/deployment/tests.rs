//! The controller at work.

mod facts;
mod handover;
mod history;
mod native;
mod paused;
mod races;
