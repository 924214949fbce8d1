//! Traffic: the route that splits it, the requests that come, and the metrics that tell of them.
//!
//! Nothing is computed per request: counts are drawn for whole slices of time, from streams that
//! the seed, the side and the time name. All arithmetic is that of IEEE 754's basic operations, so
//! that a seed gives the same bytes on every machine.

mod draw;
mod flow;
mod histogram;
mod load;
mod math;
mod metrics;
mod model;
mod plane;
mod profile;
mod route;
mod series;
mod world;

pub use flow::{Endpoints, Flow, Flows, Hole, WHOLE};
pub use load::{Load, LoadConfig, Loss};
pub use metrics::{Outage, Regime, Served, Source};
pub use model::{Latency, Rate, VersionModel};
pub use plane::{PlaneConfig, Rounding};
pub use profile::Profile;
pub use route::{OWN_WEIGHTS_ANNOTATION, Route, Rule, RuleBackend};
pub use series::Counts;
pub(crate) use world::{AppTraffic, Version};
