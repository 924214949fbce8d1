//! windlass: release services on Kubernetes from your own program, notch by notch.
//!
//! A release climbs in notches, each is proven before the next, and nothing lets it slip: not a
//! crash, not a lost answer, not a second operator. The same code drives any [`Platform`]; the one
//! that is there is a cluster simulated inside the process.
//!
//! ```
//! use windlass::manifest;
//! use windlass::sim::Simulation;
//! use windlass::{Application, BlueGreen, Windlass};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let web = |version: &str| format!("
//! # apiVersion: apps/v1
//! # kind: Deployment
//! # metadata: {{name: web}}
//! # spec:
//! #   replicas: 3
//! #   selector: {{matchLabels: {{app: web}}}}
//! #   template:
//! #     metadata: {{labels: {{app: web}}}}
//! #     spec: {{containers: [{{name: web, image: \"example/web:{version}\"}}]}}
//! # ---
//! # apiVersion: v1
//! # kind: Service
//! # metadata: {{name: web}}
//! # spec: {{selector: {{app: web}}, ports: [{{port: 80}}]}}
//! # ");
//! # let (old, new) = (web("1.0.0"), web("1.1.0"));
//! let sim = Simulation::new(7);
//! sim.apply(&manifest::parse("web.yaml", old.as_bytes())?).map_err(|mut it| it.remove(0))?;
//! # sim.run_for(windlass::Span::minutes(1))?;
//!
//! let windlass = Windlass::new(sim.platform(), sim.clock(), "me");
//! let wanted = Application::read(&manifest::parse("web.yaml", new.as_bytes())?)?;
//! let plan = sim.block_on(windlass.plan(&wanted, &BlueGreen::default()))??;
//! println!("{plan}");
//!
//! let run = sim.block_on(windlass.release(&plan))??;
//! let ending = sim.block_on(windlass.drive(&run))??;
//! assert_eq!(ending.running, "1.1.0");
//! # Ok(())
//! # }
//! ```
//!
//! # Where things are
//!
//! | for | see |
//! |---|---|
//! | planning, releasing, resuming, sweeping | [`Windlass`] |
//! | what manifests say of an app | [`Application`], [`manifest`], [`model`] |
//! | strategies, and how to write your own | [`Canary`], [`BlueGreen`], [`RollingUpdate`], [`Recreate`], [`Strategy`] |
//! | evidence | [`analysis`] |
//! | a platform of your own | [`core::platform`] |
//! | a cluster in the process | `sim` (feature, on by default) |
//! | a real cluster | `kube` (feature) |
//! | a journal on disk | `local` (feature, on by default) |
//! | what a run asks of people and is told by them | [`core::platform::Host`], [`SignalKind`] |
//! | what a run tells, for people and programs | `report` (feature, on by default) |
//! | mocks of every part of a platform | feature `mock` |

pub use windlass_analysis as analysis;
pub use windlass_analysis::{Analysis, Metric};
pub use windlass_core as core;
pub use windlass_core::event::{EndResult, Ending};
pub use windlass_core::id::RunId;
pub use windlass_core::kernel::SignalKind;
pub use windlass_core::platform::{Measure, Platform};
pub use windlass_core::time::Span;
pub use windlass_core::weight::Weight;
pub use windlass_core::{finding, manifest, model};
#[cfg(feature = "kube")]
pub use windlass_kube as kube;
#[cfg(feature = "local")]
pub use windlass_local as local;
#[cfg(feature = "report")]
pub use windlass_report as report;
pub use windlass_rollout as rollout;
pub use windlass_rollout::application::Application;
pub use windlass_rollout::plan::{Plan, PlanError};
pub use windlass_rollout::strategy::{
    BlueGreen, Canary, CanaryStep, Gate, Recreate, RollbackWindow, RollingUpdate, Strategy,
};
pub use windlass_rollout::windlass::{Busy, ReleaseError, RunError, Windlass};
#[cfg(feature = "sim")]
pub use windlass_sim as sim;

/// The README's code, compiled and run.
#[cfg(all(doctest, feature = "sim"))]
#[doc = include_str!("../README.md")]
mod readme {}
