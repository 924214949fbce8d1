//! What can be asked of the cluster and done to it: the calls of a run, and those of everybody else.

mod lease;
mod observe;
mod person;
mod survey;
mod write;

pub use observe::PodView;
