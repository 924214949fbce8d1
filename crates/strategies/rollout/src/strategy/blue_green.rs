//! Blue-green: the candidate stands complete beside the stable side, is looked at through a
//! preview, and gets all the traffic at once.

use serde::{Deserialize, Serialize};
use windlass_analysis::Analysis;
use windlass_core::id::ObjectName;
use windlass_core::platform::HookPhase;
use windlass_core::time::Span;
use windlass_core::weight::Weight;

use crate::release::{Facts, Release};
use crate::strategy::{Kept, Misfit, Strategy, checks, placed};
use crate::track::{After, Means, Notch, Notches, OnDoubt, Place, Size, Track, Via};

/// A blue-green rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlueGreen {
    /// Name of the preview Service; the app's name and `-preview` when `None`.
    pub preview: Option<ObjectName>,
    /// Pods of the preview; all of them when `None`. It is complete before the switch.
    pub preview_pods: Option<u32>,
    /// Least watched time of the preview.
    pub bake: Span,
    /// Whether a person must approve the switch.
    pub approval: bool,
    /// Measured on the preview, before the switch.
    pub pre_promotion: Vec<Analysis>,
    /// Measured after the switch, while the old side is kept warm.
    pub post_promotion: Vec<Analysis>,
    /// Hooks before anything is touched.
    pub before: Vec<String>,
    /// Hooks before the switch.
    pub before_promotion: Vec<String>,
    /// Hooks after it.
    pub after: Vec<String>,
    /// How long the old side is kept up after the switch.
    pub keep_warm: Span,
    /// What an inconclusive verdict leads to.
    pub doubt: OnDoubt,
}

impl Default for BlueGreen {
    fn default() -> Self {
        Self {
            preview: None,
            preview_pods: None,
            bake: Span::ZERO,
            approval: false,
            pre_promotion: Vec::new(),
            post_promotion: Vec::new(),
            before: Vec::new(),
            before_promotion: Vec::new(),
            after: Vec::new(),
            keep_warm: Span::seconds(30),
            doubt: OnDoubt::Pause,
        }
    }
}

impl Strategy for BlueGreen {
    fn kept(&self) -> Option<Kept> {
        Some(Kept::BlueGreen(self.clone()))
    }

    fn track(&self, release: &Release, facts: &Facts) -> Result<Track, Vec<Misfit>> {
        let mut misfits = Vec::new();
        if facts.services.is_empty() {
            let lack = "no Service selects the app's pods: add one, or use a rolling update";
            misfits.push(Misfit::NoTraffic { strategy: "blue-green", lack });
        }
        if facts.replicas == 0 {
            misfits.push(Misfit::NoReplicas);
        }
        if !misfits.is_empty() {
            return Err(misfits);
        }
        let name = || ObjectName::new(format!("{}-preview", release.app.name));
        let preview = Notch {
            size: self.preview_pods.map_or(Size::Percent(Weight::FULL), Size::Pods),
            bake: self.bake,
            approval: self.approval,
            checks: checks(&self.before_promotion, HookPhase::BeforePromotion),
            ..Notch::at(Weight::ZERO)
        };
        let analyses = placed(&self.pre_promotion, Place::At(1))
            .chain(placed(&self.post_promotion, Place::After));
        Track {
            strategy: "blue-green".to_owned(),
            means: Means::Beside(match &facts.route {
                Some(route) => Via::Route(route.clone()),
                None => Via::Selector { preview: self.preview.clone().unwrap_or_else(name) },
            }),
            analyses: analyses.collect(),
            notches: Notches::new(vec![preview, Notch::at(Weight::FULL)])?,
            before: checks(&self.before, HookPhase::Before),
            after: After {
                keep_warm: self.keep_warm,
                checks: checks(&self.after, HookPhase::After),
            },
            doubt: self.doubt,
            min_pods: 0,
        }
        .checked()
    }
}
