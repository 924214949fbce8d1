//! windlass: the simulated cluster. Objects and controllers of Kubernetes in virtual time, driven by
//! a seed: one seed is one run, byte for byte.
//!
//! Reading order: [`world`] (time, events, the watch log), [`objects`] (what there is), [`api`] (what
//! can be asked of it and done to it), then `controllers` (what moves by itself), [`traffic`] (what
//! comes to it, and what the metrics make of that). [`Simulation`] gives it to code that knows
//! nothing of it: [`parts`] of a platform, a [`clock`], and an [`executor`] in virtual time.

pub mod api;
pub mod clock;
mod controllers;
pub mod executor;
pub mod harness;
pub mod invariants;
mod manifests;
pub mod objects;
pub mod parts;
pub mod rng;
mod shared;
mod simulation;
pub mod traffic;
pub mod world;

pub use clock::SimClock;
pub use controllers::{Backend, PodCounts, Routed};
pub use executor::{Cancelled, Stalled, Task};
pub use manifests::{Applied, ApplyError};
pub use simulation::{SimConfig, Simulation};
pub use world::{World, WorldConfig};

#[cfg(test)]
mod lab;
