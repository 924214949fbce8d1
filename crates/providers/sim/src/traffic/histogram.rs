//! Response times as counts in buckets that grow by an eighth of an octave each.

use crate::rng::Rng;

use super::draw::binomial;
use super::math::{ln, normal_below};

/// Buckets per doubling of the response time.
const PER_OCTAVE: usize = 8;
/// Upper bounds: from 0.25 ms to 2^17 ms (131 s). What takes longer counts into the last bucket.
const BUCKETS: usize = 19 * PER_OCTAVE + 1;
/// The lowest upper bound in milliseconds.
const LOWEST: f64 = 0.25;
/// 2^(i/8), correctly rounded.
const STEPS: [f64; PER_OCTAVE] = [
    1.0,
    1.090_507_732_665_257_7,
    1.189_207_115_002_721,
    1.296_839_554_651_009_6,
    std::f64::consts::SQRT_2,
    1.542_210_825_407_940_7,
    1.681_792_830_507_429,
    1.834_008_086_409_342_4,
];

/// Upper bound of a bucket in milliseconds.
fn bound(bucket: usize) -> f64 {
    LOWEST * STEPS[bucket % PER_OCTAVE] * (1_u64 << (bucket / PER_OCTAVE)) as f64
}

/// A log-normal distribution of response times, cut into buckets.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shape {
    median: f64,
    sigma: f64,
    /// First bucket with a noticeable chance.
    first: usize,
    /// Per bucket from `first`: the chance of a request that got this far to fall into it.
    chances: Vec<f64>,
}

impl Shape {
    /// The distribution with this median in milliseconds and this deviation of its logarithm.
    pub(super) fn new(median: f64, sigma: f64) -> Self {
        const NOTICEABLE: f64 = 1e-9;
        let below = |bucket: usize| {
            let distance = ln(bound(bucket)) - ln(median);
            if bucket + 1 == BUCKETS || (sigma <= 0.0 && distance >= 0.0) {
                1.0
            } else if sigma > 0.0 {
                normal_below(distance / sigma)
            } else {
                0.0
            }
        };
        let first = (0..BUCKETS).find(|b| below(*b) > NOTICEABLE).unwrap_or(0);
        let (mut chances, mut passed) = (Vec::new(), 0.0);
        for bucket in first..BUCKETS {
            let upto = below(bucket);
            let left = 1.0 - passed;
            if left <= NOTICEABLE {
                break;
            }
            chances.push(((upto - passed) / left).clamp(0.0, 1.0));
            passed = upto;
        }
        if let Some(last) = chances.last_mut() {
            *last = 1.0;
        }
        Self { median, sigma, first, chances }
    }

    /// True when this is the shape of these parameters.
    pub(super) fn is_of(&self, median: f64, sigma: f64) -> bool {
        self.median.to_bits() == median.to_bits() && self.sigma.to_bits() == sigma.to_bits()
    }
}

/// Counts of response times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Histogram {
    first: usize,
    counts: Vec<u64>,
}

impl Histogram {
    /// Adds `requests` response times drawn from a shape.
    pub(super) fn draw(&mut self, rng: &mut Rng, shape: &Shape, requests: u64) {
        let mut left = requests;
        for (offset, chance) in shape.chances.iter().enumerate() {
            if left == 0 {
                break;
            }
            let here = binomial(rng, left, *chance);
            self.add(shape.first + offset, here);
            left -= here;
        }
    }

    /// Adds another histogram's counts.
    pub(super) fn merge(&mut self, other: &Histogram) {
        for (offset, count) in other.counts.iter().enumerate() {
            self.add(other.first + offset, *count);
        }
    }

    fn add(&mut self, bucket: usize, count: u64) {
        if count == 0 {
            return;
        }
        if self.counts.is_empty() {
            self.first = bucket;
        }
        if bucket < self.first {
            let gap = self.first - bucket;
            self.counts.splice(0..0, std::iter::repeat_n(0, gap));
            self.first = bucket;
        }
        let offset = bucket - self.first;
        if offset >= self.counts.len() {
            self.counts.resize(offset + 1, 0);
        }
        self.counts[offset] += count;
    }

    /// The response time in milliseconds that `hundredths` of a percent of the requests stay
    /// below, interpolated evenly within its bucket; `None` without a request.
    pub(super) fn quantile(&self, hundredths: u16) -> Option<f64> {
        let total: u64 = self.counts.iter().sum();
        let rank = total as f64 * f64::from(hundredths.min(10_000)) / 10_000.0;
        let mut below = 0.0;
        for (offset, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let here = *count as f64;
            if below + here >= rank {
                let bucket = self.first + offset;
                let floor = if bucket == 0 { 0.0 } else { bound(bucket - 1) };
                return Some(floor + (bound(bucket) - floor) * (rank - below) / here);
            }
            below += here;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(median: f64, sigma: f64, requests: u64) -> Histogram {
        let mut histogram = Histogram::default();
        histogram.draw(&mut Rng::new(2), &Shape::new(median, sigma), requests);
        histogram
    }

    #[test]
    fn quantiles_are_those_of_the_log_normal_distribution() {
        let histogram = drawn(80.0, 0.5, 200_000);
        // 80 ms * e^(0.5 z) with z = 0, 1.2816, 2.3263.
        for (hundredths, exact) in [(5_000, 80.0), (9_000, 151.8), (9_900, 256.0)] {
            let found = histogram.quantile(hundredths).unwrap();
            assert!((found / exact - 1.0).abs() < 0.02, "{hundredths}: {found} for {exact}");
        }
    }

    #[test]
    fn every_request_falls_into_some_bucket() {
        for (median, sigma) in [(0.01, 0.1), (80.0, 0.0), (80.0, 2.0), (1.0e6, 0.3)] {
            let histogram = drawn(median, sigma, 1_234);
            assert_eq!(histogram.counts.iter().sum::<u64>(), 1_234, "{median} {sigma}");
        }
    }

    #[test]
    fn merged_counts_are_the_sum() {
        let (fast, slow) = (drawn(10.0, 0.2, 300), drawn(900.0, 0.2, 100));
        let mut both = slow.clone();
        both.merge(&fast);
        assert_eq!(both.counts.iter().sum::<u64>(), 400);
        assert!(both.quantile(5_000).unwrap() < 15.0);
        assert!(both.quantile(9_000).unwrap() > 500.0);
    }

    #[test]
    fn without_requests_there_is_no_quantile() {
        assert_eq!(Histogram::default().quantile(9_900), None);
    }
}
