//! The words of windlass: models, the kernel that runs every long-lived operation, the parts of a
//! platform, and the journal's format. Nothing here does I/O, reads a clock or needs a runtime.
//!
//! Reading order: [`time`], [`id`], [`fence`] (who may write), [`kernel`] (what a machine is),
//! [`engine`] (what runs it), [`platform`] (what it meets), [`event`] (what it tells).

pub mod clock;
pub mod engine;
pub mod event;
pub mod evidence;
pub mod fence;
pub mod finding;
pub mod id;
pub mod journal;
pub mod kernel;
pub mod manifest;
pub mod model;
pub mod platform;
pub mod time;
pub mod weight;
