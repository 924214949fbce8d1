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
        let app = now.app.as_ref()?;
        let replicas = app.replicas;
        self.reached = self.reached.min(replicas);
        let native = sight.subject.shift == Shift::InPlace || account.third;
        // Ready pods that their set no longer asks for are on their way out.
        let lasting = now.sets.iter().map(|set| set.pods.ready.min(set.wish));
        let whole: u32 = if native { lasting.sum() } else { lasting.max().unwrap_or(0) };
        // A controller that has not seen a scale yet works towards the number before.
        if whole >= replicas && (!native || app.observed) {
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
