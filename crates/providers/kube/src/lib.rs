//! Kubernetes: what GKE, EKS and kind share.
//!
//! What is written is decided by pure functions, from the objects as they were read to requests:
//! [`fence`] guards a patch so that the server applies it only to the object it was made for.

pub mod fence;
pub mod patch;
pub mod routers;
