//! S3: weights of a split route sum exactly.

use windlass_core::id::Kind;
use windlass_core::platform::Change;

use super::{Invariant, Rule, Sight};
use crate::traffic::WHOLE;

/// The whole that a split is written in.
const TOTAL: u32 = 10_000;

/// What is written sums to the whole in every rule with both sides, and so does what is sent.
#[derive(Clone, Debug)]
pub(crate) struct Weights;

impl Invariant for Weights {
    fn rule(&self) -> Rule {
        Rule::S3
    }

    fn check(&mut self, sight: &Sight<'_>) -> Option<String> {
        let split = sight.landed.iter().any(|landing| {
            let ours = landing.end.is_ok() && landing.write.object.kind == Kind::Route;
            ours && matches!(landing.write.change, Change::Split { .. })
        });
        if split
            && let Some((stable, candidate)) =
                sight.now.rules.iter().find(|(stable, candidate)| stable + candidate != TOTAL)
        {
            return Some(format!("weights {stable} and {candidate} do not sum to {TOTAL}"));
        }
        let sum = sight.now.sum.filter(|sum| *sum != u64::from(WHOLE))?;
        Some(format!("routers send {sum} parts of {WHOLE}"))
    }
}
