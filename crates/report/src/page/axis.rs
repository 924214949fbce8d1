//! Scales: from time and values to places on the page.

use std::fmt;

use windlass_core::time::Span;

use crate::words;

/// A place along the time axis, as a share of its width: charts keep their text size at any width.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) struct X(f64);

impl X {
    /// The share, 0 to 1.
    pub(super) fn share(self) -> f64 {
        self.0
    }

    /// From here to `end`, never negative.
    pub(super) fn to(self, end: X) -> X {
        X((end.0 - self.0).max(0.0))
    }
}

impl fmt::Display for X {
    /// In percent, as SVG takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.3}", self.0 * 100.0);
        write!(f, "{}%", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// The time axis that all panels share.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeAxis {
    total: Span,
}

/// A tick of the time axis.
#[derive(Clone, Debug)]
pub(super) struct Tick {
    pub(super) x: X,
    pub(super) label: String,
}

/// Most ticks: so many labels fit side by side on the narrowest page.
const TICKS: u64 = 8;

impl TimeAxis {
    /// From the first event on; at least a second, so that one event has a place too.
    pub(super) fn new(lasted: Span) -> Self {
        Self { total: lasted.max(Span::seconds(1)) }
    }

    pub(super) fn x(self, since: Span) -> X {
        X((since.as_millis() as f64 / self.total.as_millis() as f64).clamp(0.0, 1.0))
    }

    /// Ticks at round times.
    pub(super) fn ticks(self) -> Vec<Tick> {
        let step = self.step();
        let count = self.total.as_millis() / step.as_millis();
        let tick = |n| Tick { x: self.x(step * n), label: tick_label(step * n) };
        (0..=count).map(tick).collect()
    }

    fn step(self) -> Span {
        const ROUND: [u64; 19] = [
            200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
            600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000,
        ];
        let total = self.total.as_millis();
        let days = || {
            let mut step = 86_400_000_u64;
            while total / step > TICKS {
                step = step.saturating_mul(2);
            }
            step
        };
        let round = ROUND.into_iter().find(|step| total / step <= TICKS);
        Span::millis(round.unwrap_or_else(days))
    }
}

fn tick_label(at: Span) -> String {
    let days = at.as_seconds() / 86_400;
    match (days, at.less(Span::hours(24) * days)) {
        (0, rest) if rest.is_zero() => "0".to_owned(),
        (0, rest) => words::span(rest),
        (days, rest) if rest.is_zero() => format!("{days}d"),
        (days, rest) => format!("{days}d{}", words::span(rest)),
    }
}

/// A value axis, from `low` at the bottom to `high` at the top of a panel.
#[derive(Clone, Copy, Debug)]
pub(super) struct ValueAxis {
    low: f64,
    high: f64,
    height: f64,
}

/// A tick of a value axis.
#[derive(Clone, Debug)]
pub(super) struct ValueTick {
    pub(super) y: f64,
    pub(super) label: String,
}

impl ValueAxis {
    /// Over all of `values` and zero, with a little air above; values that are not finite are left
    /// out.
    pub(super) fn over(values: impl Iterator<Item = f64>, height: f64) -> Self {
        let (mut low, mut high) = (0.0_f64, 0.0_f64);
        for value in values.filter(|v| v.is_finite()) {
            (low, high) = (low.min(value), high.max(value));
        }
        let air = (high - low) * 0.17;
        let high = if high > low { high + air } else { low + 1.0 };
        let low = if low < 0.0 { low - air } else { low };
        Self { low, high, height }
    }

    /// From zero to exactly `high`.
    pub(super) fn up_to(high: f64, height: f64) -> Self {
        Self { low: 0.0, high: high.max(1.0), height }
    }

    /// Pixels from the top, to a tenth.
    pub(super) fn y(self, value: f64) -> f64 {
        let share = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        ((1.0 - share) * self.height * 10.0).round() / 10.0
    }

    /// Two to six ticks at round values.
    pub(super) fn ticks(self) -> Vec<ValueTick> {
        let step = round_step((self.high - self.low) / 2.2);
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        (first..=last)
            .map(|n| {
                let value = n as f64 * step;
                ValueTick { y: self.y(value), label: short(value, step) }
            })
            .collect()
    }

    /// As [`ticks`](Self::ticks), at whole numbers only.
    pub(super) fn whole_ticks(self) -> Vec<ValueTick> {
        let step = round_step((self.high / 2.2).max(1.0));
        let last = (self.high / step + 1e-9).floor() as u64;
        (0..=last)
            .map(|n| {
                let value = n as f64 * step;
                ValueTick { y: self.y(value), label: short(value, step) }
            })
            .collect()
    }
}

/// The largest 1, 2 or 5 times a power of ten that is not above `most`.
fn round_step(most: f64) -> f64 {
    let power = 10_f64.powf(most.log10().floor());
    let lead = [5.0, 2.0, 1.0].into_iter().find(|lead| lead * power <= most * 1.001);
    lead.unwrap_or(1.0) * power
}

/// A number in few characters, with as many decimals as `step` needs.
fn short(value: f64, step: f64) -> String {
    for (unit, letter) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")] {
        if value.abs() >= unit {
            let unit = if letter == "k" { 1e3 } else { unit };
            return format!("{}{letter}", trimmed(value / unit, 2));
        }
    }
    let decimals = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
    trimmed(value, decimals)
}

fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let text = if decimals > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(ticks: Vec<ValueTick>) -> Vec<String> {
        ticks.into_iter().map(|t| t.label).collect()
    }

    #[test]
    fn time_ticks_stand_at_round_times() {
        let ticks = TimeAxis::new(Span::seconds(2_833)).ticks();
        let labels: Vec<String> = ticks.into_iter().map(|t| t.label).collect();
        assert_eq!(labels, ["0", "10m", "20m", "30m", "40m"]);
        let days = TimeAxis::new(Span::hours(75)).ticks();
        assert_eq!(days.last().map(|t| t.label.clone()), Some("3d".to_owned()));
    }

    #[test]
    fn value_ticks_stand_at_round_values() {
        let axis = ValueAxis::over([0.0181, 0.01].into_iter(), 100.0);
        assert_eq!(labels(axis.ticks()), ["0", "0.005", "0.01", "0.015", "0.02"]);
        assert_eq!(labels(ValueAxis::up_to(6.6, 90.0).whole_ticks()), ["0", "2", "4", "6"]);
        assert_eq!(labels(ValueAxis::up_to(1.0, 90.0).whole_ticks()), ["0", "1"]);
    }

    #[test]
    fn what_is_negative_has_room_below_zero() {
        let axis = ValueAxis::over([-3.0, 2.0].into_iter(), 100.0);
        assert!(axis.y(-3.0) < 100.0 && axis.y(0.0) < axis.y(-3.0));
    }

    proptest! {
        #[test]
        fn ticks_are_few_and_differ(millis in 0_u64.., low in -9e12_f64..9e12, high in -9e12_f64..9e12) {
            let ticks = TimeAxis::new(Span::millis(millis)).ticks();
            prop_assert!((2..=9).contains(&ticks.len()), "{}", ticks.len());
            let axis = ValueAxis::over([low, high].into_iter(), 110.0);
            let labels = labels(axis.ticks());
            prop_assert!((2..=6).contains(&labels.len()), "{labels:?}");
            prop_assert!(labels.windows(2).all(|l| l[0] != l[1]), "{labels:?}");
            prop_assert!(labels.iter().all(|l| l.chars().count() <= 8), "{labels:?}");
        }
    }
}
