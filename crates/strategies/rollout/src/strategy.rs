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
use crate::track::{Check, Means, Place, Placed, Track, Via};

/// A strategy. Write your own by giving a [`Track`]; everything else (approach, holds, abort,
/// crash recovery, plan, report) works on the track alone.
///
/// ```
/// use windlass_core::time::Span;
/// use windlass_core::weight::Weight;
/// use windlass_rollout::release::{Facts, Release};
/// use windlass_rollout::strategy::{Misfit, Strategy};
/// use windlass_rollout::track::{After, Means, Notch, Notches, OnDoubt, Track, Via};
///
/// /// A tenth of the traffic for an hour, then all of it.
/// #[derive(Debug)]
/// struct Tenth;
///
/// impl Strategy for Tenth {
///     fn track(&self, _release: &Release, facts: &Facts) -> Result<Track, Vec<Misfit>> {
///         let Some(route) = facts.route.clone() else {
///             return Err(Misfit::of("tenth", "the app has no route: give it one").into());
///         };
///         let tenth = Weight::from_basis_points(1_000).unwrap_or(Weight::ZERO);
///         let first = Notch { bake: Span::hours(1), ..Notch::at(tenth) };
///         Ok(Track {
///             strategy: "tenth".to_owned(),
///             means: Means::Beside(Via::Route(route)),
///             notches: Notches::new(vec![first, Notch::at(Weight::FULL)])?,
///             analyses: Vec::new(),
///             before: Vec::new(),
///             after: After::default(),
///             doubt: OnDoubt::Pause,
///             min_pods: 1,
///         })
///     }
/// }
/// ```
///
/// It is asked anew for each plan, and must depend on its arguments alone. Planning
/// [checks](Track::checked) what it gives.
pub trait Strategy: Debug + Send + Sync {
    /// Compiles to a track.
    ///
    /// # Errors
    /// When the strategy does not fit the app: each reason says which field, and what to do.
    fn track(&self, release: &Release, facts: &Facts) -> Result<Track, Vec<Misfit>>;

    /// The strategy as data, so that a release can wait in a queue and outlive its process; `None`,
    /// as here, where it has no such form: it can be released, but not be queued. One of your own
    /// whose track does not depend on the app gives a [`Kept::Track`].
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
    /// An analysis stands at a notch that the track does not have.
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
        strategy: String,
    },
    /// In place there is no time after the promotion.
    #[error(
        "{strategy}: in place no old side stays: nothing can be asked after the promotion; ask it at the last notch"
    )]
    NothingAfter {
        /// The strategy.
        strategy: String,
    },
    /// A reason of its own.
    #[error("{strategy}: {reason}")]
    Own {
        /// The strategy.
        strategy: String,
        /// What does not fit, and what to do.
        reason: String,
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

impl Misfit {
    /// A strategy's own reason: what does not fit, and what to do.
    pub fn of(strategy: impl Into<String>, reason: impl Into<String>) -> Self {
        Misfit::Own { strategy: strategy.into(), reason: reason.into() }
    }
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
        let mut misfits: Vec<Misfit> = self
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
        let watched = self.analyses.iter().any(|placed| placed.at == Place::After);
        let warm = watched || !self.after.keep_warm.is_zero();
        match &self.means {
            Means::Beside(Via::Replicas) if warm => {
                misfits.push(Misfit::NoKeepWarm { strategy: self.strategy.clone() });
            }
            Means::InPlace { .. } if warm || !self.after.checks.is_empty() => {
                misfits.push(Misfit::NothingAfter { strategy: self.strategy.clone() });
            }
            Means::Beside(_) | Means::InPlace { .. } => {}
        }
        if misfits.is_empty() { Ok(self) } else { Err(misfits) }
    }
}

pub(crate) fn checks(hooks: &[String], phase: HookPhase) -> Vec<Check> {
    hooks.iter().map(|hook| Check { hook: hook.clone(), phase }).collect()
}

pub(crate) fn placed(analyses: &[Analysis], at: Place) -> impl Iterator<Item = Placed> {
    analyses.iter().map(move |analysis| Placed { analysis: analysis.clone(), at })
}

#[cfg(test)]
mod tests {
    use windlass_core::time::Span;
    use windlass_core::weight::Weight;

    use super::*;
    use crate::track::{After, Notch, Notches, OnDoubt};

    /// A track of one notch by these means, with this after the promotion.
    fn track(means: Means, after: After) -> Track {
        Track {
            strategy: "own".to_owned(),
            means,
            notches: Notches::new(vec![Notch::at(Weight::FULL)]).unwrap(),
            analyses: Vec::new(),
            before: Vec::new(),
            after,
            doubt: OnDoubt::Pause,
            min_pods: 0,
        }
    }

    #[test]
    fn an_old_side_that_would_go_on_serving_is_not_kept_warm() {
        let warm = After { keep_warm: Span::minutes(1), checks: Vec::new() };
        let misfits = track(Means::Beside(Via::Replicas), warm).checked().unwrap_err();
        assert_eq!(misfits, [Misfit::NoKeepWarm { strategy: "own".to_owned() }]);
        assert!(track(Means::Beside(Via::Replicas), After::default()).checked().is_ok());
    }

    #[test]
    fn what_would_never_be_asked_is_refused() {
        let hooked =
            After { checks: checks(&["smoke".to_owned()], HookPhase::After), ..After::default() };
        let misfits =
            track(Means::InPlace { strategy: None }, hooked.clone()).checked().unwrap_err();
        assert_eq!(misfits, [Misfit::NothingAfter { strategy: "own".to_owned() }]);
        assert!(track(Means::Beside(Via::Replicas), hooked).checked().is_ok());
    }
}
