//! Canary: the candidate's share of traffic rises in steps.

use serde::{Deserialize, Serialize};
use windlass_analysis::Analysis;
use windlass_core::platform::HookPhase;
use windlass_core::time::Span;
use windlass_core::weight::Weight;

use crate::release::{Facts, Release};
use crate::strategy::{Kept, Misfit, Strategy, checks, placed};
use crate::track::{
    After, Means, Notch, Notches, OnDoubt, OnFail, Place, Placed, Size, Track, Via,
};

/// A canary rollout. With a route it moves weights; without one, pods: the share is then what the
/// pods make it, and beside a full stable side at most half of the traffic before the promotion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canary {
    /// The steps, with rising weights. A last step to 100 % is added where it is missing.
    pub steps: Vec<CanaryStep>,
    /// Measured at every step, from the first on.
    pub background: Vec<Analysis>,
    /// Hooks before anything is touched.
    pub before: Vec<String>,
    /// Hooks before the candidate gets all the traffic: asked at the last step below 100 %, once its
    /// evidence is good.
    pub before_promotion: Vec<String>,
    /// Hooks after the promotion.
    pub after: Vec<String>,
    /// Measured after the promotion, while the old side is kept warm.
    pub post_promotion: Vec<Analysis>,
    /// How long the old side is kept up after the promotion. Needs a route: without one both sides
    /// would serve.
    pub keep_warm: Span,
    /// Fewest pods of a side with any traffic.
    pub min_pods: u32,
    /// What an inconclusive verdict leads to.
    pub doubt: OnDoubt,
}

/// One step of a canary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanaryStep {
    /// The candidate's share of traffic.
    pub weight: Weight,
    /// Pods, where they should differ from what the share needs.
    pub size: Size,
    /// Least watched time.
    pub bake: Span,
    /// Whether a person must approve.
    pub approval: bool,
    /// Hooks to pass.
    pub hooks: Vec<String>,
    /// Measured at this step only.
    pub analyses: Vec<Analysis>,
    /// What a failing verdict leads to.
    pub failing: OnFail,
    /// Watched time to reach it.
    pub deadline: Span,
}

impl CanaryStep {
    /// A step that holds this share for this long, and aborts when something fails.
    pub fn new(weight: Weight, bake: Span) -> Self {
        Self {
            weight,
            size: Size::FollowExposure,
            bake,
            approval: false,
            hooks: Vec::new(),
            analyses: Vec::new(),
            failing: OnFail::Abort,
            deadline: Span::minutes(10),
        }
    }

    fn notch(&self) -> Notch {
        Notch {
            weight: self.weight,
            size: self.size,
            bake: self.bake,
            approval: self.approval,
            checks: checks(&self.hooks, HookPhase::Notch),
            failing: self.failing,
            deadline: self.deadline,
        }
    }
}

impl Canary {
    /// A canary of these steps, with these analyses measured at every step. Nothing is kept warm, no
    /// hook is asked, and a verdict that is inconclusive pauses.
    pub fn new(steps: Vec<CanaryStep>, background: Vec<Analysis>) -> Self {
        Self {
            steps,
            background,
            before: Vec::new(),
            before_promotion: Vec::new(),
            after: Vec::new(),
            post_promotion: Vec::new(),
            keep_warm: Span::ZERO,
            min_pods: 1,
            doubt: OnDoubt::Pause,
        }
    }

    fn misfits(&self, facts: &Facts) -> Vec<Misfit> {
        let mut misfits = Vec::new();
        if self.steps.is_empty() {
            misfits.push(Misfit::NoSteps { strategy: "canary" });
        }
        if facts.replicas == 0 {
            misfits.push(Misfit::NoReplicas);
        }
        let pairs = (2u32..).zip(self.steps.windows(2));
        misfits.extend(
            pairs
                .filter(|(_, pair)| pair[0].weight >= pair[1].weight)
                .map(|(step, _)| Misfit::NotRising { step }),
        );
        misfits
    }
}

impl Strategy for Canary {
    fn kept(&self) -> Option<Kept> {
        Some(Kept::Canary(self.clone()))
    }

    fn track(&self, _release: &Release, facts: &Facts) -> Result<Track, Vec<Misfit>> {
        let misfits = self.misfits(facts);
        if !misfits.is_empty() {
            return Err(misfits);
        }
        let mut notches: Vec<Notch> = self.steps.iter().map(CanaryStep::notch).collect();
        if notches.last().is_some_and(|n| !n.weight.is_full()) {
            notches.push(Notch::at(Weight::FULL));
        }
        // What must be true before all the traffic is asked for at the last notch that has less.
        let gate = notches.iter().rposition(|n| !n.weight.is_full()).unwrap_or(0);
        if let Some(gate) = notches.get_mut(gate) {
            gate.checks.extend(checks(&self.before_promotion, HookPhase::BeforePromotion));
        }
        let at_steps = (1u32..).zip(&self.steps).flat_map(|(notch, step)| {
            placed(&step.analyses, Place::At(notch)).collect::<Vec<Placed>>()
        });
        let analyses = placed(&self.background, Place::From(1))
            .chain(at_steps)
            .chain(placed(&self.post_promotion, Place::After));
        Track {
            strategy: "canary".to_owned(),
            means: Means::Beside(match &facts.route {
                Some(route) => Via::Route(route.clone()),
                None => Via::Replicas,
            }),
            analyses: analyses.collect(),
            notches: Notches::new(notches)?,
            before: checks(&self.before, HookPhase::Before),
            after: After {
                keep_warm: self.keep_warm,
                checks: checks(&self.after, HookPhase::After),
            },
            doubt: self.doubt,
            min_pods: self.min_pods,
        }
        .checked()
    }
}
