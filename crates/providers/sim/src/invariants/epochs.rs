//! S9: a write of a lower epoch never takes effect after one of a higher.

use std::collections::BTreeMap;

use windlass_core::fence::{Epoch, Token};
use windlass_core::id::ObjectRef;
use windlass_core::platform::Change;

use super::{Invariant, Rule, Sight};

/// The highest epoch that wrote, for each object and for the whole. An operator that takes over
/// seals the objects one after another: until it does anything else, those that it has not come to
/// may still change.
#[derive(Clone, Debug, Default)]
pub(crate) struct Epochs {
    objects: BTreeMap<ObjectRef, Epoch>,
    whole: Epoch,
}

impl Invariant for Epochs {
    fn rule(&self) -> Rule {
        Rule::S9
    }

    fn check(&mut self, sight: &Sight<'_>) -> Option<String> {
        for landing in sight.landed.iter().filter(|landing| landing.end.is_ok()) {
            let (write, epoch) = (&landing.write, landing.fence.epoch);
            let highest = self.objects.entry(write.object.clone()).or_default();
            let create = write.expect.token == Token::Absent;
            let late = epoch < (*highest).max(self.whole);
            if late && landing.changed && !create {
                let highest = (*highest).max(self.whole).0;
                let object = &write.object;
                return Some(format!("{object}: epoch {} wrote after {highest}", epoch.0));
            }
            *highest = (*highest).max(epoch);
            let seal = matches!(write.change, Change::Seal | Change::HistoryLimit(_));
            if !seal {
                self.whole = self.whole.max(epoch);
            }
        }
        None
    }
}
