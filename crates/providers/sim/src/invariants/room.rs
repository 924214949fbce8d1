//! S6: pods stay within the replicas and the room asked for.

use super::subject::Shift;
use super::{Invariant, Rule, Sight};

/// Beside each other both sides may be whole; in place the Deployment's own surge counts.
#[derive(Clone, Debug)]
pub(crate) struct Room;

impl Invariant for Room {
    fn rule(&self) -> Rule {
        Rule::S6
    }

    fn check(&mut self, sight: &Sight<'_>) -> Option<String> {
        let account = sight.account;
        let beside = match sight.subject.shift {
            Shift::InPlace => 0,
            Shift::Weights | Shift::Selector | Shift::Pods => account.most_replicas,
        };
        let native = match sight.subject.shift {
            Shift::InPlace => account.surge,
            // Somebody else's version comes up while both sides are still there.
            Shift::Weights | Shift::Selector | Shift::Pods if account.third => {
                account.most_replicas + account.surge
            }
            Shift::Weights | Shift::Selector | Shift::Pods => 0,
        };
        let room = account.most_replicas + beside + native;
        // The Deployment's controller goes by what it has asked for, not by what is still there.
        let native = sight.subject.shift == Shift::InPlace || account.third || account.meddled;
        let count = |set: &super::SetTruth| if native { set.wish } else { set.pods.active };
        let pods: u32 = sight.now.sets.iter().map(count).sum();
        let theirs = account.meddled || (account.third && sight.subject.shift == Shift::InPlace);
        if pods > room && !theirs {
            return Some(format!("{pods} pods, there is room for {room}"));
        }
        let starved = sight.now.sets.iter().find(|set| set.starved)?;
        Some(format!("the quota refuses pods of {}", starved.name))
    }
}
