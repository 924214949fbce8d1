//! The harness: any machine against the simulated cluster, with every way of going wrong that a
//! process, a network and a second operator have.
//!
//! A [`Trial`] drives the pure [`Run`](windlass_core::engine::Run) itself: no futures, one agenda in
//! virtual time. Every request, answer, record and look is a *point* at which the process may die
//! or stop to think. A trial is a value: clone it, and the same run goes on with another fate.

mod cast;
mod faults;
mod network;
mod operator;
mod trial;

pub use cast::Cast;
pub use faults::{Fate, Faults};
pub use operator::{Life, Operator, OperatorId};
pub use trial::{Ended, Landing, Trial};
