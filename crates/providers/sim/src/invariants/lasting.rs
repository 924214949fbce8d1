//! S8: the last good ReplicaSet stays until the next one is the app.

use super::subject::Shift;
use super::{Invariant, Rule, Sight};

/// Until the Deployment asks for the candidate, the stable side exists and has its pods.
#[derive(Clone, Debug)]
pub(crate) struct Lasting;

impl Invariant for Lasting {
    fn rule(&self) -> Rule {
        Rule::S8
    }

    fn check(&mut self, sight: &Sight<'_>) -> Option<String> {
        let (subject, now) = (sight.subject, sight.now);
        if sight.account.third || sight.account.meddled {
            return None;
        }
        let app = now.app.as_ref()?;
        let Some(stable) = now.side(&subject.stable) else {
            let confirmed = app.template == subject.candidate.template
                && now.side(&subject.candidate).is_some_and(|c| c.pods.ready >= app.replicas);
            return (!confirmed).then(|| format!("ReplicaSet {} is gone", subject.stable.set));
        };
        let ours = app.template == subject.stable.template;
        let native = subject.shift == Shift::InPlace;
        // On the way back the Deployment raises it again by itself.
        let empty = stable.wish == 0 && app.replicas > 0 && ours && !native;
        let shrunk = sight.before.side(&subject.stable).is_some_and(|was| was.wish > 0);
        (empty && shrunk).then(|| format!("{} has no pods, and is the app", subject.stable.set))
    }
}
