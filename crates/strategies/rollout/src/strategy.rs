//! Strategies: pure compilers from a release, and what is known of the app, to a track.

mod blue_green;
mod canary;
mod kept;
mod recreate;
mod rolling;
mod window;

use std::fmt::Debug;

pub use blue_green::BlueGreen;
pub use canary::{Canary, CanaryStep};
pub use kept::Kept;
pub use recreate::Recreate;
pub use rolling::{Gate, RollingUpdate};
pub use window::RollbackWindow;

use windlass_analysis::Analysis;
use windlass_core::platform::HookPhase;

use crate::release::{Facts, Release};
use crate::track::{Check, Place, Placed, Track};

/// A strategy. Write your own by giving a [`Track`]; everything else (approach, holds, abort,
/// crash recovery, plan, report) works on the track alone.
pub trait Strategy: Debug + Send + Sync {
    /// Compiles to a track.
    ///
    /// # Errors
    /// When the strategy does not fit the app: each reason says which field, and what to do.
    fn track(&self, release: &Release, facts: &Facts) -> Result<Track, Vec<Misfit>>;

    /// The strategy as data, so that a release can wait in a queue and outlive its process; `None`,
    /// as here, where it has no such form: it can be released, but not be queued.
    fn kept(&self) -> Option<Kept> {
        None
    }
}

/// Why a strategy does not fit an app.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// A step list that is empty.
    #[error("{strategy}: it has no steps: give at least one")]
    NoSteps {
        /// The strategy.
        strategy: &'static str,
    },
    /// Weights that do not rise.
    #[error("canary: step {step} does not raise the weight above the step before")]
    NotRising {
        /// The step, from 1.
        step: u32,
    },
    /// Traffic cannot be told apart as the strategy needs.
    #[error("{strategy}: {lack}")]
    NoTraffic {
        /// The strategy.
        strategy: &'static str,
        /// What is missing, and what to do.
        lack: &'static str,
    },
    /// An analysis stands where there is nothing to measure.
    #[error("analysis {analysis}: it stands at notch {notch}, the track has {notches}")]
    NoSuchNotch {
        /// The analysis.
        analysis: String,
        /// Where it stands.
        notch: u32,
        /// How many notches there are.
        notches: u32,
    },
    /// The old side cannot be kept warm.
    #[error(
        "{strategy}: without a route or a Service to switch, both sides would serve: keep_warm must be 0"
    )]
    NoKeepWarm {
        /// The strategy.
        strategy: &'static str,
    },
    /// An app without pods cannot be tested.
    #[error(
        "the app has 0 replicas: there is nothing to compare with; scale it up, or use recreate"
    )]
    NoReplicas,
    /// A track without notches, or whose last notch leaves traffic behind.
    #[error("the track must end at a notch with all the traffic")]
    NoTop,
}

impl From<Misfit> for Vec<Misfit> {
    fn from(misfit: Misfit) -> Self {
        vec![misfit]
    }
}

impl Track {
    /// Checks what every track must keep, whoever made it.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn checked(self) -> Result<Track, Vec<Misfit>> {
        let notches = self.notches.count();
        let misfits: Vec<Misfit> = self
            .analyses
            .iter()
            .filter_map(|placed| {
                let notch = match placed.at {
                    Place::From(notch) | Place::At(notch) => notch,
                    Place::After => return None,
                };
                let analysis = placed.analysis.name().to_owned();
                let misfit = Misfit::NoSuchNotch { analysis, notch, notches };
                (notch == 0 || notch > notches).then_some(misfit)
            })
            .collect();
        if misfits.is_empty() { Ok(self) } else { Err(misfits) }
    }
}

pub(crate) fn checks(hooks: &[String], phase: HookPhase) -> Vec<Check> {
    hooks.iter().map(|hook| Check { hook: hook.clone(), phase }).collect()
}

pub(crate) fn placed(analyses: &[Analysis], at: Place) -> impl Iterator<Item = Placed> {
    analyses.iter().map(move |analysis| Placed { analysis: analysis.clone(), at })
}
