//! What oracles know of a release: from its spec, never from its run.

use std::fmt;
use std::sync::Arc;

use windlass_core::evidence::Reading;
use windlass_core::id::{AppRef, ObjectName, PodHash, RunId, TemplateDigest};
use windlass_core::platform::{Measure, RouteRef};
use windlass_core::time::Span;
use windlass_core::weight::Weight;

/// One side by its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Its ReplicaSet.
    pub set: ObjectName,
    /// The hash of its pods.
    pub hash: PodHash,
    /// Its template.
    pub template: TemplateDigest,
}

/// What moves requests from one side to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shift {
    /// Weights of a route.
    Weights,
    /// Selectors of Services: all or nothing.
    Selector,
    /// Pods of both sides beside each other.
    Pods,
    /// The Deployment's own controller.
    InPlace,
}

/// A limit that a measurement must keep.
pub type Limit = Arc<dyn Fn(Reading) -> bool + Send + Sync>;

/// A measurement that a stage asks for.
#[derive(Clone)]
pub struct Asked {
    /// What is measured.
    pub measure: Measure,
    /// How far back it reaches.
    pub window: Span,
    /// Whether a reading is good.
    pub good: Limit,
}

/// A notch as oracles see it.
#[derive(Clone)]
pub struct Stage {
    /// The candidate's share.
    pub weight: Weight,
    /// Pods of the candidate where the Deployment asks for so many.
    pub pods: Arc<dyn Fn(u32) -> u32 + Send + Sync>,
    /// Least watched time to hold it.
    pub bake: Span,
    /// What is measured before it counts as passed.
    pub asked: Vec<Asked>,
}

/// What oracles know of a release.
#[derive(Clone)]
pub struct Subject {
    /// The app.
    pub app: AppRef,
    /// The run.
    pub run: RunId,
    /// The side that ran before.
    pub stable: Pair,
    /// The side that is released.
    pub candidate: Pair,
    /// Services that select the app's pods.
    pub services: Vec<ObjectName>,
    /// The route, where weights move the requests.
    pub route: Option<RouteRef>,
    /// What moves the requests.
    pub shift: Shift,
    /// The notches in order.
    pub stages: Vec<Stage>,
    /// `spec.paused` before the release.
    pub paused: bool,
    /// `spec.revisionHistoryLimit` before the release.
    pub history_limit: u32,
    /// How far clocks may be apart before evidence is refused.
    pub skew: Span,
    /// Most time from an abort to no traffic; `None` where the network is not well enough to say.
    pub prompt: Option<Span>,
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").field("app", &self.app).finish_non_exhaustive()
    }
}
