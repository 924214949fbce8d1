//! Seeded counts: how many requests come, and how many of them fail.
//!
//! Small means by inversion; larger ones by the transformed rejection of Hörmann (1993: PTRS for
//! Poisson, BTRS for binomial), which is exact and costs the same for 10 and for 10⁹ requests.

use crate::rng::Rng;

use super::math::{exp, ln, ln_factorial};

/// Means below this are drawn by inversion.
const SMALL: f64 = 10.0;

/// A Poisson count with this mean; 0 for a mean that is not positive.
pub(super) fn poisson(rng: &mut Rng, mean: f64) -> u64 {
    if mean <= 0.0 {
        return 0;
    }
    if mean < SMALL {
        let term = |k: u64, last: f64| last * mean / k as f64;
        return invert(rng.unit(), exp(-mean), term, 1_000);
    }
    let b = 0.931 + 2.53 * mean.sqrt();
    let a = -0.059 + 0.024_83 * b;
    let (inverse_alpha, sure) = (1.123_9 + 1.132_8 / (b - 3.4), 0.927_7 - 3.622_4 / (b - 2.0));
    let ln_mean = ln(mean);
    loop {
        let (u, v) = (rng.unit() - 0.5, rng.unit());
        let us = 0.5 - u.abs();
        let k = ((2.0 * a / us + b) * u + mean + 0.43).floor();
        if k < 0.0 || (us < 0.013 && v > us) {
            continue;
        }
        let bound = k * ln_mean - mean - ln_factorial(k as u64);
        if (us >= 0.07 && v <= sure) || accept(v * inverse_alpha / (a / (us * us) + b), bound) {
            return k as u64;
        }
    }
}

/// How many of `n` come true when each does with probability `p`.
pub(super) fn binomial(rng: &mut Rng, n: u64, p: f64) -> u64 {
    if n == 0 || p <= 0.0 {
        0
    } else if p >= 1.0 {
        n
    } else if p > 0.5 {
        n - minority(rng, n, 1.0 - p)
    } else {
        minority(rng, n, p)
    }
}

/// [`binomial`] for a probability of at most a half.
fn minority(rng: &mut Rng, n: u64, p: f64) -> u64 {
    let count = n as f64;
    let odds = p / (1.0 - p);
    if count * p < SMALL {
        let term = |k: u64, last: f64| last * odds * (n + 1 - k) as f64 / k as f64;
        return invert(rng.unit(), exp(count * ln(1.0 - p)), term, n);
    }
    let deviation = (count * p * (1.0 - p)).sqrt();
    let b = 1.15 + 2.53 * deviation;
    let a = -0.087_3 + 0.024_8 * b + 0.01 * p;
    let (alpha, sure) = ((2.83 + 5.1 / b) * deviation, 0.92 - 4.2 / b);
    let mode = ((count + 1.0) * p).floor();
    let (ln_odds, at_mode) = (ln(odds), ln_factorial(mode as u64) + ln_factorial(n - mode as u64));
    loop {
        let (u, v) = (rng.unit() - 0.5, rng.unit());
        let us = 0.5 - u.abs();
        let k = ((2.0 * a / us + b) * u + count * p + 0.5).floor();
        if k < 0.0 || k > count {
            continue;
        }
        let apart = ln_factorial(k as u64) + ln_factorial(n - k as u64);
        let bound = at_mode - apart + (k - mode) * ln_odds;
        if (us >= 0.07 && v <= sure) || accept(v * alpha / (a / (us * us) + b), bound) {
            return k as u64;
        }
    }
}

/// True when `height`, a positive number or 0, lies under the curve whose logarithm is `bound`.
fn accept(height: f64, bound: f64) -> bool {
    height < f64::MIN_POSITIVE || ln(height) <= bound
}

/// The smallest count whose summed probability exceeds `u`, at most `most`; `first` is the
/// probability of 0, and `term` gives that of `k` from that of `k - 1`.
fn invert(u: f64, first: f64, term: impl Fn(u64, f64) -> f64, most: u64) -> u64 {
    let (mut count, mut probability, mut sum) = (0, first, first);
    while u >= sum && count < most && probability > 0.0 {
        count += 1;
        probability = term(count, probability);
        sum += probability;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and variance of `times` draws.
    fn moments(times: u32, mut draw: impl FnMut() -> u64) -> (f64, f64) {
        let drawn: Vec<f64> = (0..times).map(|_| draw() as f64).collect();
        let mean = drawn.iter().sum::<f64>() / f64::from(times);
        let variance = drawn.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>();
        (mean, variance / f64::from(times))
    }

    #[test]
    fn poisson_counts_have_the_mean_and_variance_of_their_rate() {
        for mean in [0.01, 0.7, 9.9, 10.1, 40.0, 1_000.0, 3.0e6] {
            for seed in 1..=3 {
                let mut rng = Rng::new(seed);
                let (found, variance) = moments(20_000, || poisson(&mut rng, mean));
                let error = (mean / 20_000.0).sqrt();
                assert!((found - mean).abs() < 4.5 * error, "mean {found} of {mean}");
                assert!((variance / mean - 1.0).abs() < 0.2, "variance {variance} of {mean}");
            }
        }
    }

    #[test]
    fn binomial_counts_have_the_mean_and_variance_of_their_odds() {
        for (n, p) in [(5, 0.3), (1_000, 0.001), (1_000, 0.5), (200, 0.9), (1_000_000, 0.02)] {
            let (mean, spread) = (n as f64 * p, n as f64 * p * (1.0 - p));
            let mut rng = Rng::new(11);
            let (found, variance) = moments(20_000, || binomial(&mut rng, n, p));
            assert!((found - mean).abs() < 4.5 * (spread / 20_000.0).sqrt(), "{found} of {mean}");
            assert!((variance / spread - 1.0).abs() < 0.1, "variance {variance} of {spread}");
        }
    }

    #[test]
    fn what_is_certain_is_not_drawn() {
        let mut rng = Rng::new(1);
        assert_eq!(poisson(&mut rng, 0.0), 0);
        assert_eq!(binomial(&mut rng, 0, 0.5), 0);
        assert_eq!(binomial(&mut rng, 9, 0.0), 0);
        assert_eq!(binomial(&mut rng, 9, 1.0), 9);
    }

    #[test]
    fn a_rare_failure_is_as_rare_as_the_formula_says() {
        // P(X >= 3) for n = 1000, p = 0.001 is 0.0802.
        let mut rng = Rng::new(5);
        let many = (0..50_000).filter(|_| binomial(&mut rng, 1_000, 0.001) >= 3).count();
        assert!((3_800..4_230).contains(&many), "{many}");
    }
}
