//! How many requests come at what time.

use windlass_core::time::Span;

/// Requests per second over time. Arrivals are open-loop: they come whether or not the ones before
/// were answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Profile {
    /// Always the same.
    Constant(f64),
    /// From each time on, counted from the beginning of the load, that many; none before the
    /// first. Times must rise.
    Steps(Vec<(Span, f64)>),
    /// A wave around a mean, beginning at the mean and rising.
    Wave {
        /// The mean.
        mean: f64,
        /// Height of the wave above the mean; above the mean it is cut off at no requests.
        swing: f64,
        /// From one crest to the next; a day for a diurnal load.
        period: Span,
    },
}

impl Profile {
    /// Requests per second at a time, never negative.
    pub(super) fn rate(&self, at: Span) -> f64 {
        let rate = match self {
            Profile::Constant(rate) => *rate,
            Profile::Steps(steps) => {
                steps.iter().rev().find(|(from, _)| *from <= at).map_or(0.0, |(_, rate)| *rate)
            }
            Profile::Wave { mean, swing, period } => {
                let period = period.as_millis().max(1);
                mean + swing * wave((at.as_millis() % period) as f64 / period as f64)
            }
        };
        rate.max(0.0)
    }
}

/// A sine over one turn, by two parabolas refined once (off by at most 0.0011): a sine from the
/// platform's library would not be the same everywhere.
fn wave(turn: f64) -> f64 {
    let (sign, half) = if turn < 0.5 { (1.0, turn * 2.0) } else { (-1.0, turn * 2.0 - 1.0) };
    let rough = 4.0 * half * (1.0 - half);
    sign * (0.775 * rough + 0.225 * rough * rough)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_hold_from_their_time_on() {
        let profile = Profile::Steps(vec![(Span::seconds(10), 5.0), (Span::seconds(20), 50.0)]);
        let rates = [0, 10, 19, 20, 900].map(|s| profile.rate(Span::seconds(s)));
        assert_eq!(rates, [0.0, 5.0, 5.0, 50.0, 50.0]);
    }

    #[test]
    fn a_wave_is_a_sine_and_comes_again() {
        let day = Profile::Wave { mean: 100.0, swing: 50.0, period: Span::hours(24) };
        for hour in 0..48_u32 {
            let exact = 100.0 + 50.0 * (f64::from(hour) / 24.0 * std::f64::consts::TAU).sin();
            let found = day.rate(Span::hours(u64::from(hour)));
            assert!((found - exact).abs() < 0.1, "{hour}: {found} for {exact}");
        }
    }

    #[test]
    fn a_rate_is_never_negative() {
        let deep = Profile::Wave { mean: 1.0, swing: 9.0, period: Span::hours(4) };
        assert_eq!(deep.rate(Span::hours(3)), 0.0);
        assert_eq!(Profile::Constant(-3.0).rate(Span::ZERO), 0.0);
    }
}
