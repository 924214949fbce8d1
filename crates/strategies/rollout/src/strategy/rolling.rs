//! Rolling update: the Deployment's own controller replaces the pods, and stops at gates.

use serde::{Deserialize, Serialize};
use windlass_analysis::Analysis;
use windlass_core::platform::HookPhase;
use windlass_core::time::Span;
use windlass_core::weight::Weight;

use crate::release::{Facts, Release};
use crate::strategy::{Kept, Misfit, Strategy, checks, placed};
use crate::track::{After, Means, Notch, Notches, OnDoubt, Place, Track};

/// A rolling update in place, within the surge and unavailability of the Deployment itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollingUpdate {
    /// Where it stops on the way; nowhere when empty.
    pub gates: Vec<Gate>,
    /// Measured at every gate and at the end.
    pub background: Vec<Analysis>,
    /// Hooks before anything is touched.
    pub before: Vec<String>,
    /// How long the complete rollout is watched before it counts as done.
    pub bake: Span,
    /// Watched time to complete; ten minutes when zero.
    pub deadline: Span,
}

/// A stop of a rolling update: the controller is paused once this share of pods is updated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// Share of the pods, rounded up. The controller may be a few pods further when it stops.
    pub updated: Weight,
    /// Least watched time.
    pub bake: Span,
    /// Whether a person must approve.
    pub approval: bool,
    /// Hooks to pass.
    pub hooks: Vec<String>,
}

impl Gate {
    /// A gate at this share that holds for this long.
    pub fn new(updated: Weight, bake: Span) -> Self {
        Self { updated, bake, approval: false, hooks: Vec::new() }
    }
}

impl Strategy for RollingUpdate {
    fn kept(&self) -> Option<Kept> {
        Some(Kept::RollingUpdate(self.clone()))
    }

    fn track(&self, _release: &Release, facts: &Facts) -> Result<Track, Vec<Misfit>> {
        let pairs = (2u32..).zip(self.gates.windows(2));
        let misfits: Vec<Misfit> = pairs
            .filter(|(_, pair)| pair[0].updated >= pair[1].updated)
            .map(|(step, _)| Misfit::NotRising { step })
            .collect();
        if !misfits.is_empty() {
            return Err(misfits);
        }
        let deadline = if self.deadline.is_zero() { Span::minutes(10) } else { self.deadline };
        let gates = self.gates.iter().filter(|g| !g.updated.is_full() && facts.replicas > 1);
        let mut notches: Vec<Notch> = gates
            .map(|gate| Notch {
                bake: gate.bake,
                approval: gate.approval,
                checks: checks(&gate.hooks, HookPhase::Notch),
                deadline,
                ..Notch::at(gate.updated)
            })
            .collect();
        notches.push(Notch { bake: self.bake, deadline, ..Notch::at(Weight::FULL) });
        Track {
            strategy: "rolling update".to_owned(),
            means: Means::InPlace { strategy: None },
            notches: Notches::new(notches)?,
            analyses: placed(&self.background, Place::From(1)).collect(),
            before: checks(&self.before, HookPhase::Before),
            after: After::default(),
            doubt: OnDoubt::Pause,
            min_pods: 0,
        }
        .checked()
    }
}
