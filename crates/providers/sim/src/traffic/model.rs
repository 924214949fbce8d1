//! How a version answers: how often it fails, how long it takes, how much a pod can carry.

use std::collections::BTreeMap;
use std::sync::Arc;

use windlass_core::evidence::Reading;
use windlass_core::time::Span;

/// Failed requests in a million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u32);

impl Rate {
    /// No request fails.
    pub const NONE: Rate = Rate(0);

    /// So many failures in a million requests; more than a million counts as a million.
    pub const fn per_million(failures: u32) -> Self {
        Self(if failures > 1_000_000 { 1_000_000 } else { failures })
    }

    /// So many percent of the requests fail; more than 100 counts as 100.
    pub const fn percent(percent: u32) -> Self {
        Self::per_million(percent.saturating_mul(10_000))
    }

    /// The chance of one request to fail, 0 to 1.
    pub(super) fn chance(self) -> f64 {
        f64::from(self.0) / 1e6
    }
}

/// Log-normal response times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latency {
    /// Half of the requests are answered within this time.
    pub median: Span,
    /// Standard deviation of the logarithm of the response time: 0 is always the median, 0.5 puts
    /// p99 at 3.2 times the median, 1.0 at 10.2 times.
    pub sigma: f64,
}

impl Latency {
    /// Response times with this median and deviation of the logarithm.
    pub const fn new(median: Span, sigma: f64) -> Self {
        Self { median, sigma }
    }
}

impl Default for Latency {
    /// 50 ms in the median, p99 at 128 ms.
    fn default() -> Self {
        Self::new(Span::millis(50), 0.4)
    }
}

/// How a version answers requests.
///
/// ```
/// use windlass_core::time::Span;
/// use windlass_sim::traffic::{Latency, Rate, VersionModel};
///
/// let leaky = VersionModel::default()
///     .failing(Rate::per_million(500))
///     .taking(Latency::new(Span::millis(80), 0.5))
///     .carrying(50)
///     .turning_bad(Span::minutes(12), Rate::percent(4));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VersionModel {
    errors: Rate,
    latency: Latency,
    capacity: Option<u32>,
    later: Vec<(Span, Rate, Option<Latency>)>,
    pressed: Option<(u32, Rate)>,
    gauges: BTreeMap<Arc<str>, Vec<(Span, Reading)>>,
}

impl VersionModel {
    /// So many of its requests fail.
    #[must_use]
    pub fn failing(mut self, errors: Rate) -> Self {
        self.errors = errors;
        self
    }

    /// Its response times.
    #[must_use]
    pub fn taking(mut self, latency: Latency) -> Self {
        self.latency = latency;
        self
    }

    /// A pod carries so many requests per second. Response times grow by `1 + 4u⁴` at the
    /// utilization `u` (5 times at the limit, at most 10 times beyond it), and what is above the
    /// limit fails. Without this, a pod carries whatever comes.
    #[must_use]
    pub fn carrying(mut self, per_pod: u32) -> Self {
        self.capacity = Some(per_pod);
        self
    }

    /// This long after its first request, and from then on, so many of its requests fail.
    #[must_use]
    pub fn turning_bad(self, after: Span, errors: Rate) -> Self {
        self.turn(after, errors, None)
    }

    /// This long after its first request both failures and response times become these. Later
    /// turns replace earlier ones, so that a version can turn bad and good again.
    #[must_use]
    pub fn turning(self, after: Span, errors: Rate, latency: Latency) -> Self {
        self.turn(after, errors, Some(latency))
    }

    fn turn(mut self, after: Span, errors: Rate, latency: Option<Latency>) -> Self {
        let at = self.later.partition_point(|(then, ..)| *then <= after);
        self.later.insert(at, (after, errors, latency));
        self
    }

    /// While a pod gets more than so many requests per second, so many of them fail.
    #[must_use]
    pub fn failing_above(mut self, per_pod: u32, errors: Rate) -> Self {
        self.pressed = Some((per_pod, errors));
        self
    }

    /// Answers the query `text` with `value` once the version has had its first request; see
    /// [`Measure::Query`](windlass_core::platform::Measure::Query).
    #[must_use]
    pub fn gauge(self, text: &str, value: Reading) -> Self {
        self.gauge_from(Span::ZERO, text, value)
    }

    /// Answers the query `text` with `value` from this long after its first request on.
    #[must_use]
    pub fn gauge_from(mut self, after: Span, text: &str, value: Reading) -> Self {
        let steps = self.gauges.entry(text.into()).or_default();
        let at = steps.partition_point(|(then, _)| *then <= after);
        steps.insert(at, (after, value));
        self
    }

    /// The value of a gauge at an age of the version; `None` for a gauge that it does not have.
    pub(super) fn gauge_at(&self, text: &str, age: Span) -> Option<Reading> {
        let steps = self.gauges.get(text)?;
        steps.iter().rev().find(|(after, _)| *after <= age).map(|(_, value)| *value)
    }

    /// How it answers at an age, when each pod gets so many requests per second.
    pub(super) fn at(&self, age: Span, per_pod: f64) -> Answering {
        let turned = || self.later.iter().rev().filter(|(after, ..)| *after <= age);
        let errors = turned().next().map_or(self.errors, |(_, errors, _)| *errors);
        let latency = turned().find_map(|(.., latency)| *latency).unwrap_or(self.latency);
        let pressed = self.pressed.filter(|(limit, _)| per_pod > f64::from(*limit));
        let errors = pressed.map_or(errors, |(_, under_pressure)| errors.max(under_pressure));
        let load = self.capacity.map_or(0.0, |limit| per_pod / f64::from(limit.max(1)));
        let shed = if load > 1.0 { 1.0 - 1.0 / load } else { 0.0 };
        let slower = (1.0 + 4.0 * load * load * load * load).min(10.0);
        Answering {
            errors: shed + (1.0 - shed) * errors.chance(),
            median: latency.median.as_millis().max(1) as f64 * slower,
            sigma: latency.sigma,
        }
    }
}

/// How a version answers at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Answering {
    /// Chance of a request to fail, 0 to 1.
    pub(super) errors: f64,
    /// Median of the response time in milliseconds.
    pub(super) median: f64,
    /// Deviation of its logarithm.
    pub(super) sigma: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_turns_at_its_age_and_can_turn_back() {
        let model = VersionModel::default()
            .turning(Span::minutes(9), Rate::NONE, Latency::default())
            .turning_bad(Span::minutes(5), Rate::percent(3));
        let errors = |minutes| model.at(Span::minutes(minutes), 1.0).errors;
        assert_eq!((errors(4), errors(5), errors(8), errors(9)), (0.0, 0.03, 0.03, 0.0));
    }

    #[test]
    fn a_turn_of_the_errors_leaves_the_latency() {
        let slow = Latency::new(Span::millis(900), 0.1);
        let model = VersionModel::default()
            .turning(Span::minutes(1), Rate::NONE, slow)
            .turning_bad(Span::minutes(2), Rate::percent(1));
        assert_eq!(model.at(Span::minutes(3), 0.0).median, 900.0);
    }

    #[test]
    fn a_pod_above_its_capacity_sheds_the_rest_and_slows_down() {
        let model = VersionModel::default().carrying(100);
        assert_eq!(model.at(Span::ZERO, 100.0).errors, 0.0);
        assert_eq!(model.at(Span::ZERO, 200.0).errors, 0.5);
        assert_eq!(model.at(Span::ZERO, 100.0).median, 250.0);
        assert_eq!(model.at(Span::ZERO, 1_000.0).median, 500.0);
    }

    #[test]
    fn a_version_may_fail_only_under_load() {
        let model = VersionModel::default().failing_above(50, Rate::percent(10));
        assert_eq!(model.at(Span::ZERO, 50.0).errors, 0.0);
        assert_eq!(model.at(Span::ZERO, 51.0).errors, 0.1);
    }

    #[test]
    fn a_gauge_has_no_value_before_its_time_and_none_under_another_name() {
        let seven = Reading::from_millionths(7);
        let model = VersionModel::default().gauge_from(Span::minutes(2), "queue", seven);
        assert_eq!(model.gauge_at("queue", Span::minutes(1)), None);
        assert_eq!(model.gauge_at("queue", Span::minutes(2)), Some(seven));
        assert_eq!(model.gauge_at("other", Span::minutes(2)), None);
    }
}
