//! Kubernetes: what GKE, EKS and kind share.
//!
//! What is written is decided by pure functions, from the objects as they were read to requests:
//! [`fence`] guards a patch so that the server applies it only to the object it was made for.

mod cache;
mod cluster;
mod connection;
mod fault;
pub mod fence;
mod lease;
mod objects;
mod observe;
pub mod patch;
mod place;
mod resource;
pub mod routers;
mod selector;
mod survey;
mod traffic;
mod watch;
mod workloads;
mod write;

pub use cluster::{Cluster, Patience};
pub use kube::Client;
