//! Plans: a track printed, before anything is touched.

use crate::climb::ClimbSpec;

/// What a notch holds until, in words: `ready, 5m, error rate`.
pub(crate) fn until(spec: &ClimbSpec, index: u32) -> String {
    let notch = spec.track.notch(index);
    let mut parts = vec!["ready".to_owned()];
    if !notch.bake.is_zero() {
        parts.push(notch.bake.to_string());
    }
    let analyses = spec.track.analyses.iter().filter(|a| a.at.covers(index));
    for placed in analyses {
        parts.extend(placed.analysis.metrics().map(|(_, metric)| metric.name.clone()));
    }
    parts.extend(notch.checks.iter().map(|check| check.hook.clone()));
    if notch.approval {
        parts.push("approval".to_owned());
    }
    parts.join(", ")
}
