//! S5: after an abort was recorded nothing rises any more.

use std::collections::BTreeMap;

use windlass_core::id::ObjectRef;
use windlass_core::kernel::Machine;
use windlass_core::time::Timestamp;

use super::ascent::raises;
use super::{Invariant, Rule, Sight};
use crate::harness::{OperatorId, Trial};

/// When each process recorded an abort, and what it wrote since.
#[derive(Clone, Debug, Default)]
pub(crate) struct Retreat {
    lowered: Vec<Option<Timestamp>>,
    wrote: BTreeMap<OperatorId, Vec<ObjectRef>>,
}

impl Retreat {
    pub(crate) fn hear<M: Machine, C>(&mut self, trial: &Trial<M, C>) {
        self.lowered.clear();
        self.lowered.extend(trial.operators.iter().map(|operator| operator.lowered));
    }
}

impl Invariant for Retreat {
    fn rule(&self) -> Rule {
        Rule::S5
    }

    fn check(&mut self, sight: &Sight<'_>) -> Option<String> {
        for landing in sight.landed {
            let lowered = self.lowered.get(landing.operator).copied().flatten();
            let Some(lowered) = lowered else { continue };
            let object = &landing.write.object;
            let wrote = self.wrote.entry(landing.operator).or_default();
            let after = landing.sent > lowered;
            if raises(sight.subject, sight.before, &landing.write) {
                if after {
                    return Some(format!("{object}: a rise was sent after the abort"));
                }
                if landing.end.is_ok() && wrote.contains(object) {
                    return Some(format!("{object}: a rise landed after the abort's own write"));
                }
            } else if after && landing.end.is_ok() && !wrote.contains(object) {
                wrote.push(object.clone());
            }
        }
        None
    }
}
