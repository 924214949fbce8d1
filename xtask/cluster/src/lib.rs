//! A real Kubernetes for tests: etcd, kube-apiserver, kube-controller-manager and kube-scheduler as processes on
//! 127.0.0.1, with kwok's nodes and pods that run nothing. Everything is built from Go modules, once.
//!
//! ```no_run
//! use windlass_cluster::{ControlPlane, Options};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // `None` where the programs are not built: the test says so on stderr and passes.
//! let Some(cluster) = ControlPlane::for_test(&Options::default())? else { return Ok(()) };
//! cluster.add_nodes(3, &["a", "b", "c"])?;
//! cluster.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")?;
//! println!("{}", cluster.kubectl_read(&["get", "nodes"])?);
//! # Ok(())
//! # }
//! ```
//!
//! A start takes seconds, so the tests of one binary may share a cluster and take a namespace each: a
//! `static OnceLock<Option<ControlPlane>>` will do, although a static is never dropped.
//!
//! Each cluster has its own folder, ports and processes. They are kept by a supervisor that ends them and removes the
//! folder as soon as the [`ControlPlane`] is dropped or its process ends, however it ends.

mod absent;
mod audit;
mod building;
mod error;
mod files;
mod folders;
mod nodes;
mod options;
mod patience;
mod plane;
mod ports;
mod program;
mod recipe;
mod running;
mod supervisor;

pub use absent::{Absent, REQUIRED, is_required};
pub use audit::{Audited, AuditedObject, AuditedStatus, AuditedUser, count_writes, read_audit};
pub use building::build;
pub use error::{BuildError, ClusterError};
pub use folders::Folders;
pub use options::{AuditLevel, Options, Pods};
pub use plane::ControlPlane;
pub use ports::Ports;
pub use program::Program;
pub use running::{Kind, Listed, Running, end, list};
