//! Tracks: what a strategy compiles to. A plan is a track printed, a rollout is a track climbed.
//!
//! In order: [`before`](Track::before); then each [`Notch`] is raised and held (bake, [`Check`]s,
//! [`analyses`](Track::analyses), at last an approval); then the promotion; then
//! [`after`](Track::after), while the old side is kept warm. Where a hook or a metric cannot be
//! reached, the notch is not passed.

use serde::{Deserialize, Serialize};
use windlass_analysis::Analysis;
use windlass_core::id::ObjectName;
use windlass_core::model::DeploymentStrategy;
use windlass_core::platform::{HookPhase, RouteRef};
use windlass_core::time::Span;
use windlass_core::weight::Weight;

use crate::strategy::Misfit;

/// The notches of a release, from the ground (how it is now, not listed) to the top.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// Name of the strategy, for people.
    pub strategy: String,
    /// How the sides stand beside each other.
    pub means: Means,
    /// The notches.
    pub notches: Notches,
    /// Evidence that is gathered on the way.
    pub analyses: Vec<Placed>,
    /// Checks to pass before anything is touched.
    pub before: Vec<Check>,
    /// What happens after the promotion.
    pub after: After,
    /// What an inconclusive verdict leads to.
    pub doubt: OnDoubt,
    /// Fewest pods of a side that has any traffic; at most the app's replicas.
    pub min_pods: u32,
}

/// How the candidate stands beside the stable side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Means {
    /// Its own ReplicaSet, which the Deployment takes over in the end.
    Beside(Via),
    /// The Deployment's controller replaces pods in place.
    InPlace {
        /// The strategy to set for the time of the rollout; `None` keeps the Deployment's own.
        strategy: Option<DeploymentStrategy>,
    },
}

/// What tells the sides' traffic apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Via {
    /// A route with weights.
    Route(RouteRef),
    /// The selector of the Services: all or nothing. The candidate is previewed through a Service
    /// of its own.
    Selector {
        /// Name of the Service to make for the preview.
        preview: ObjectName,
    },
    /// Nothing: both sides serve, in proportion to their ready pods. The weights decide the numbers
    /// of pods, and a [`Size`] is not looked at.
    Replicas,
}

/// One notch: a target, and what must hold there before the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notch {
    /// The candidate's share of traffic.
    pub weight: Weight,
    /// Pods of the candidate.
    pub size: Size,
    /// Least watched time to hold it.
    pub bake: Span,
    /// Whether a person must approve.
    pub approval: bool,
    /// Checks to pass.
    pub checks: Vec<Check>,
    /// What a failing verdict leads to.
    pub failing: OnFail,
    /// Watched time to reach it; and, once the bake is over, as long again for its evidence.
    pub deadline: Span,
}

/// Notches from the first to the top: there is one at least, and the last has all the traffic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Notch>", into = "Vec<Notch>")]
pub struct Notches {
    below: Vec<Notch>,
    top: Notch,
}

impl Notches {
    /// Notches in this order.
    ///
    /// # Errors
    /// [`Misfit::NoTop`] where there is none, or the last leaves traffic to the stable side.
    pub fn new(mut notches: Vec<Notch>) -> Result<Self, Misfit> {
        let top = notches.pop().filter(|last| last.weight.is_full()).ok_or(Misfit::NoTop)?;
        Ok(Self { below: notches, top })
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        self.top_index() + 1
    }

    /// All of them, the top last.
    pub fn iter(&self) -> impl Iterator<Item = &Notch> {
        self.below.iter().chain([&self.top])
    }

    fn top_index(&self) -> u32 {
        u32::try_from(self.below.len()).unwrap_or(u32::MAX - 1)
    }
}

impl TryFrom<Vec<Notch>> for Notches {
    type Error = Misfit;
    fn try_from(notches: Vec<Notch>) -> Result<Self, Misfit> {
        Self::new(notches)
    }
}

impl From<Notches> for Vec<Notch> {
    fn from(Notches { mut below, top }: Notches) -> Self {
        below.push(top);
        below
    }
}

impl Notch {
    /// A notch at this weight, sized by it, that holds for nothing and aborts after ten minutes.
    pub fn at(weight: Weight) -> Self {
        Self {
            weight,
            size: Size::FollowExposure,
            bake: Span::ZERO,
            approval: false,
            checks: Vec::new(),
            failing: OnFail::Abort,
            deadline: Span::minutes(10),
        }
    }
}

/// How many pods the candidate gets, where its traffic is told apart from the stable side's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Size {
    /// As many as carry its share of traffic: the share of the app's replicas, rounded up.
    FollowExposure,
    /// This share of the app's replicas, rounded up, but never fewer than its traffic needs.
    Percent(Weight),
    /// This many, but never fewer than its traffic needs.
    Pods(u32),
}

/// What a failing verdict leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnFail {
    /// Back to the ground.
    Abort,
    /// Stop where it is and wait for a person.
    Pause,
    /// Back to an earlier notch, so many times at most; then abort.
    StepBack {
        /// The notch to go back to, from 1.
        to: u32,
        /// How often.
        at_most: u32,
    },
}

/// What an inconclusive verdict leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnDoubt {
    /// Stop where it is and wait for a person.
    Pause,
    /// Back to the ground.
    Abort,
}

/// A hook, and where in the rollout it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Name of the hook.
    pub hook: String,
    /// Where.
    pub phase: HookPhase,
}

/// An analysis and where on the track it is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// What is asked.
    pub analysis: Analysis,
    /// Where.
    pub at: Place,
}

/// Where on a track evidence is gathered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// At every notch from this one on (from 1); its counts go on from notch to notch.
    From(u32),
    /// At one notch (from 1).
    At(u32),
    /// After the promotion, while the old side is kept warm.
    After,
}

impl Place {
    /// True when evidence is gathered at this notch, counted from 0.
    pub fn covers(self, notch: u32) -> bool {
        match self {
            Place::From(first) => notch + 1 >= first,
            Place::At(only) => notch + 1 == only,
            Place::After => false,
        }
    }
}

/// What happens after the promotion of a candidate beside the stable side; in place, nothing does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct After {
    /// How long the old side is kept up: until then, going back is one traffic write and a
    /// handover. Watched time.
    pub keep_warm: Span,
    /// Checks to pass.
    pub checks: Vec<Check>,
}

impl Track {
    /// Index of the last notch.
    pub fn top(&self) -> u32 {
        self.notches.top_index()
    }

    /// The notch of this index; the last one for an index beyond it.
    pub fn notch(&self, index: u32) -> &Notch {
        self.notches.below.get(index as usize).unwrap_or(&self.notches.top)
    }

    /// Pods of the candidate at a notch, for an app of `replicas` pods.
    pub fn pods(&self, notch: &Notch, replicas: u32) -> u32 {
        let weight = match &self.means {
            Means::Beside(Via::Replicas) => {
                return beside_pods(notch.weight, replicas, self.min_pods);
            }
            Means::Beside(_) | Means::InPlace { .. } => notch.weight,
        };
        let asked = match notch.size {
            Size::FollowExposure => 0,
            Size::Percent(share) => share.of_pods(replicas),
            Size::Pods(pods) => pods,
        };
        let floor = if weight.is_zero() { 0 } else { self.min_pods.min(replicas) };
        asked.max(weight.of_pods(replicas)).max(floor)
    }
}

/// Pods whose share beside `stable` pods comes nearest to `weight`, from above; at most as many as
/// the stable side has, which is what the handover needs.
fn beside_pods(weight: Weight, stable: u32, min_pods: u32) -> u32 {
    if weight.is_zero() {
        return 0;
    }
    if weight.is_full() {
        return stable;
    }
    let points = u64::from(weight.basis_points());
    let pods = (u64::from(stable) * points).div_ceil(10_000 - points);
    u32::try_from(pods).unwrap_or(stable).max(min_pods).min(stable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(n: u64) -> Weight {
        Weight::percent(n).unwrap()
    }

    #[test]
    fn notches_that_do_not_end_with_all_the_traffic_are_refused_also_when_they_are_read() {
        assert_eq!(Notches::new(Vec::new()), Err(Misfit::NoTop));
        assert_eq!(Notches::new(vec![Notch::at(percent(50))]), Err(Misfit::NoTop));
        let read: Result<Notches, _> = serde_json::from_str("[]");
        assert!(read.unwrap_err().to_string().contains("must end at a notch with all"));
    }

    #[test]
    fn notches_read_back_as_they_were_written() {
        let notches = Notches::new(vec![Notch::at(percent(5)), Notch::at(Weight::FULL)]).unwrap();
        let text = serde_json::to_string(&notches).unwrap();
        assert_eq!(serde_json::from_str::<Notches>(&text).unwrap(), notches);
        assert_eq!(notches.count(), 2);
    }

    #[test]
    fn beside_a_stable_side_pods_follow_the_share() {
        assert_eq!(beside_pods(percent(25), 3, 0), 1);
        assert_eq!(beside_pods(percent(50), 3, 0), 3);
        assert_eq!(beside_pods(percent(10), 10, 0), 2);
        assert_eq!(beside_pods(percent(100), 10, 0), 10);
        assert_eq!(beside_pods(percent(90), 10, 0), 10);
    }
}
