//! How much traffic the candidate has, and the most that it may have.

use windlass_core::weight::Weight;

use super::{Pin, Scene, SideScene};
use crate::climb::spec::ClimbSpec;
use crate::track::{Means, Via};

impl Scene {
    /// The candidate's share of traffic that is in effect; `None` while it moves or is not known.
    pub fn exposure(&self, spec: &ClimbSpec) -> Option<Weight> {
        match &spec.track.means {
            Means::Beside(Via::Route(_)) => {
                let route = self.route.as_ref()?;
                route.effective.filter(|_| route.accepted)
            }
            Means::Beside(Via::Selector { .. }) => self.pinned_exposure(),
            Means::Beside(Via::Replicas) | Means::InPlace { .. } => self.pod_exposure(),
        }
    }

    /// All Services must agree, and the data plane must follow them.
    fn pinned_exposure(&self) -> Option<Weight> {
        let present = || self.services.iter().flatten();
        if !present().all(|s| s.settled) {
            return None;
        }
        let candidate_up = self.candidate.as_ref().is_some_and(|c| c.pods > 0);
        if present().all(|s| s.pin == Pin::Candidate) {
            Some(Weight::FULL)
        } else if present().all(|s| s.pin == Pin::Stable || (s.pin == Pin::None && !candidate_up)) {
            Some(Weight::ZERO)
        } else {
            None
        }
    }

    fn pod_exposure(&self) -> Option<Weight> {
        let serving = |side: &Option<SideScene>| side.as_ref().map_or(0, |s| u64::from(s.serving));
        let (old, new) = (serving(&self.stable), serving(&self.candidate));
        match old + new {
            0 => None,
            all => Weight::from_basis_points(new * 10_000 / all).ok(),
        }
    }

    /// The highest share the candidate may have: what is written counts as soon as it is written,
    /// and what is in effect until it is known to have gone.
    pub fn highest_exposure(&self, spec: &ClimbSpec) -> Weight {
        match &spec.track.means {
            Means::Beside(Via::Route(_)) => match &self.route {
                None => Weight::ZERO,
                Some(route) => {
                    let written = route.written.unwrap_or(Weight::ZERO);
                    let effective = route.effective.filter(|_| route.accepted);
                    written.max(effective.unwrap_or(Weight::FULL))
                }
            },
            Means::Beside(_) | Means::InPlace { .. } => self.exposure(spec).unwrap_or(Weight::FULL),
        }
    }
}
