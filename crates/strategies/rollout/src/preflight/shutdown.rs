//! How pods end.

use windlass_core::finding::{Code, Finding};
use windlass_core::model::view::Handler;
use windlass_core::time::Span;

use super::scene::Scene;

/// Pods that are killed at once: requests under way are lost.
pub(super) fn no_grace_period(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for pods in scene.pods() {
        let grace = &pods.spec.termination_grace;
        if grace.is_zero() {
            found.push(Finding::new(
                Code::NoGracePeriod,
                &grace.place,
                format!("pods of {} are killed without time to end", pods.object.title()),
                "give terminationGracePeriodSeconds a little more than the longest request",
            ));
        }
    }
}

/// A wait before the end that leaves the process no time.
pub(super) fn hook_outlasts_grace(scene: &Scene<'_>, found: &mut Vec<Finding>) {
    for pods in scene.pods() {
        let grace = pods.spec.termination_grace.value;
        for container in pods.spec.serving() {
            let Some(Handler::Sleep(wait)) = container.lifecycle.pre_stop else { continue };
            if wait >= grace && grace > Span::ZERO {
                found.push(Finding::new(
                    Code::HookOutlastsGrace,
                    &container.place,
                    format!("container {}: preStop waits {wait} of {grace} to end", container.name),
                    "shorten the wait, or lengthen terminationGracePeriodSeconds",
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, codes, edited, found};
    use super::*;

    fn with_grace(seconds: u8) -> String {
        let volumes = format!("      terminationGracePeriodSeconds: {seconds}\n");
        edited(GOOD, "      volumes: []\n", &volumes)
    }

    #[test]
    fn no_time_to_end_is_told() {
        assert_eq!(codes(&with_grace(0)), [Code::NoGracePeriod]);
        assert_eq!(codes(&with_grace(1)), []);
    }

    #[test]
    fn a_hook_that_takes_all_the_time_is_told() {
        let hook = "        lifecycle: {preStop: {sleep: {seconds: 10}}}\n";
        let hooked = |grace| edited(&with_grace(grace), "        env: []\n", hook);
        assert_eq!(found(&hooked(10))[0].message, "container web: preStop waits 10s of 10s to end");
        assert_eq!(codes(&hooked(20)), []);
    }
}
