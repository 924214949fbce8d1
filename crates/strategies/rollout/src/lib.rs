//! Rollouts: strategies compile a release to a track of notches, and the climb raises any track.
//!
//! Reading order: [`release`] (what is released), [`track`] (what a strategy compiles to),
//! [`strategy`] (the compilers), [`climb`] (the machine), [`plan`] (a track printed).

pub mod climb;
pub mod plan;
pub mod preflight;
pub mod release;
pub mod strategy;
pub mod track;
pub mod world;
