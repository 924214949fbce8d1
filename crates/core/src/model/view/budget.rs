//! Disruption budgets.

use super::place::{Place, Placed};
use super::read::{int_or_percent, selector};
use crate::manifest::Cursor;
use crate::model::{IntOrPercent, Replicas, Selector};

/// A `policy/v1` PodDisruptionBudget: how many pods an eviction must leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetView {
    /// The pods it protects: none where nothing is said, all of the namespace where it is empty.
    pub selector: Option<Selector>,
    /// The floor.
    pub floor: Placed<Floor>,
}

/// How a disruption budget is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floor {
    /// So many pods stay (`minAvailable`).
    Available(IntOrPercent),
    /// So many pods may be missing (`maxUnavailable`).
    Missing(IntOrPercent),
}

impl Floor {
    /// How many of `pods` healthy pods may be evicted at the same time; shares round up, as the
    /// disruption controller does.
    #[must_use]
    pub fn evictable(self, pods: Replicas) -> Replicas {
        match self {
            Floor::Available(kept) => pods.saturating_sub(kept.rounded_up(pods)),
            Floor::Missing(missing) => missing.rounded_up(pods).min(pods),
        }
    }
}

impl BudgetView {
    pub(super) fn read(root: &Cursor<'_>) -> Option<Self> {
        let spec = root.required("spec");
        let selector = selector(&spec.field("selector"));
        let (kept, missing) = (spec.field("minAvailable"), spec.field("maxUnavailable"));
        let floor = match (kept.is_present(), missing.is_present()) {
            (true, true) => {
                missing.invalid(TwoFloors);
                None
            }
            (false, true) => Placed::read(&missing, int_or_percent)
                .map(|it| Placed { value: Floor::Missing(it.value), place: it.place }),
            (true, false) => Placed::read(&kept, int_or_percent)
                .map(|it| Placed { value: Floor::Available(it.value), place: it.place }),
            // The API server takes minAvailable 1 where nothing is said.
            (false, false) => Some(Placed {
                value: Floor::Available(IntOrPercent::Count(Replicas::ONE)),
                place: Place::of(&spec),
            }),
        };
        Some(BudgetView { selector, floor: floor? })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("minAvailable and maxUnavailable are both given; keep one of them")]
struct TwoFloors;
