//! Recreate: all old pods go before the first new one comes.

use serde::{Deserialize, Serialize};
use windlass_analysis::Analysis;
use windlass_core::model::DeploymentStrategy;
use windlass_core::platform::HookPhase;
use windlass_core::time::Span;
use windlass_core::weight::Weight;

use crate::release::{Facts, Release};
use crate::strategy::{Kept, Misfit, Strategy, checks, placed};
use crate::track::{After, Means, Notch, Notches, OnDoubt, Place, Track};

/// A rollout that never runs two versions at once, at the price of downtime.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recreate {
    /// Measured once it is up.
    pub background: Vec<Analysis>,
    /// Hooks before anything is touched.
    pub before: Vec<String>,
    /// How long it is watched before it counts as done.
    pub bake: Span,
    /// Watched time to be up; ten minutes when zero.
    pub deadline: Span,
}

impl Strategy for Recreate {
    fn kept(&self) -> Option<Kept> {
        Some(Kept::Recreate(self.clone()))
    }

    fn track(&self, _release: &Release, facts: &Facts) -> Result<Track, Vec<Misfit>> {
        let strategy = match facts.strategy {
            DeploymentStrategy::Recreate => None,
            DeploymentStrategy::RollingUpdate(_) => Some(DeploymentStrategy::Recreate),
        };
        let deadline = if self.deadline.is_zero() { Span::minutes(10) } else { self.deadline };
        let top = Notch { bake: self.bake, deadline, ..Notch::at(Weight::FULL) };
        Track {
            strategy: "recreate".to_owned(),
            means: Means::InPlace { strategy },
            notches: Notches::new(vec![top])?,
            analyses: placed(&self.background, Place::From(1)).collect(),
            before: checks(&self.before, HookPhase::Before),
            after: After::default(),
            doubt: OnDoubt::Pause,
            min_pods: 0,
        }
        .checked()
    }
}
