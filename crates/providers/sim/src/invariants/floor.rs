//! S1: ready pods never fall below the floor by our act.

use super::subject::Shift;
use super::truth::Truth;
use super::{Invariant, Rule, Sight};

/// The floor is the number of replicas, once it was reached; pods that the world took, and those
/// that the Deployment's own strategy lets go of, are subtracted.
#[derive(Clone, Debug)]
pub(crate) struct Floor {
    reached: u32,
}

impl Floor {
    pub(crate) fn new(truth: &Truth) -> Self {
        Self { reached: truth.replicas().min(truth.ready()) }
    }
}

impl Invariant for Floor {
    fn rule(&self) -> Rule {
        Rule::S1
    }

    fn check(&mut self, sight: &Sight<'_>) -> Option<String> {
        let (now, account) = (sight.now, sight.account);
        let replicas = now.app.as_ref()?.replicas;
        self.reached = self.reached.min(replicas);
        let native = sight.subject.shift == Shift::InPlace || account.third;
        let whole = match native {
            true => now.ready(),
            false => now.sets.iter().map(|set| set.pods.ready).max().unwrap_or(0),
        };
        if whole >= replicas {
            self.reached = replicas;
        }
        if account.meddled || (native && account.recreate) {
            return None;
        }
        let may_miss = if native { account.unavailable } else { 0 };
        let floor = self.reached.saturating_sub(may_miss + account.debt());
        let ready = now.ready();
        (ready < floor).then(|| format!("{ready} pods ready, the floor is {floor}"))
    }
}
