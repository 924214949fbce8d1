//! windlass: the simulated cluster. Objects and controllers of Kubernetes in virtual time, driven by
//! a seed: one seed is one run, byte for byte.
//!
//! Reading order: [`world`] (time, events, the watch log), [`objects`] (what there is), [`api`] (what
//! can be asked of it and done to it), then `controllers` (what moves by itself), [`traffic`] (what
//! comes to it, and what the metrics make of that).

pub mod api;
mod controllers;
pub mod objects;
pub mod rng;
pub mod traffic;
pub mod world;

pub use controllers::{Backend, PodCounts, Routed};
pub use world::{World, WorldConfig};

#[cfg(test)]
mod lab;
