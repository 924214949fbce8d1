//! Rollouts: strategies compile a release to a track of notches, and the climb raises any track.
//!
//! Reading order: [`release`] (what is released), [`track`] (what a strategy compiles to),
//! [`strategy`] (the compilers), [`climb`] (the machine). Around it: [`application`] (what manifests
//! say of an app), [`gather`] (what its platform says), [`plan`] (what a climb is going to do), and
//! [`windlass`](mod@windlass), which users hold.

pub mod application;
pub mod climb;
pub mod gather;
pub mod plan;
pub mod preflight;
pub mod release;
pub mod strategy;
pub mod track;
pub mod windlass;
pub mod world;
