//! Shares of traffic, exact to a hundredth of a percent.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// A share of traffic from 0 to 100 %, in basis points (1/100 of a percent).
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Weight(#[cfg_attr(feature = "schema", schemars(range(max = 10_000)))] u16);

/// A share that is more than everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a weight of {0} basis points is more than 100 %: give 0 to 10000")]
pub struct WeightError(u64);

impl Weight {
    /// No traffic.
    pub const ZERO: Weight = Weight(0);
    /// All traffic.
    pub const FULL: Weight = Weight(10_000);

    /// A weight in basis points.
    ///
    /// # Errors
    /// When `points` is above 10,000.
    pub fn from_basis_points(points: u64) -> Result<Self, WeightError> {
        match u16::try_from(points) {
            Ok(p) if p <= 10_000 => Ok(Self(p)),
            _ => Err(WeightError(points)),
        }
    }

    /// A weight in whole percent.
    ///
    /// # Errors
    /// When `percent` is above 100.
    pub fn percent(percent: u64) -> Result<Self, WeightError> {
        Self::from_basis_points(percent.saturating_mul(100))
    }

    /// Basis points, 0 to 10,000.
    pub const fn basis_points(self) -> u16 {
        self.0
    }

    /// The share that the other side gets, so that both sum to exactly 100 %.
    pub const fn rest(self) -> Weight {
        Weight(10_000 - self.0)
    }

    /// True when there is no traffic.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// True when it is all traffic.
    pub const fn is_full(self) -> bool {
        self.0 == 10_000
    }

    /// Pods that carry this share of what `pods` carry, rounded up.
    pub fn of_pods(self, pods: u32) -> u32 {
        let exact = u64::from(pods) * u64::from(self.0);
        u32::try_from(exact.div_ceil(10_000)).unwrap_or(u32::MAX)
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 % 100 {
            0 => write!(f, "{} %", self.0 / 100),
            part if part % 10 == 0 => write!(f, "{}.{} %", self.0 / 100, part / 10),
            part => write!(f, "{}.{part:02} %", self.0 / 100),
        }
    }
}

impl<'de> Deserialize<'de> for Weight {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Weight::from_basis_points(u64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Splits `total` in proportion to `shares` so that the parts sum to exactly `total`, by the
/// largest-remainder method (Hamilton); a tie goes to the earlier share. All shares zero: all parts
/// are zero.
pub fn apportion(total: u32, shares: &[u64]) -> Vec<u32> {
    let sum: u128 = shares.iter().map(|s| u128::from(*s)).sum();
    if sum == 0 {
        return vec![0; shares.len()];
    }
    let exact = |share: &u64| u128::from(total) * u128::from(*share);
    let mut parts: Vec<u32> =
        shares.iter().map(|s| u32::try_from(exact(s) / sum).unwrap_or(u32::MAX)).collect();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by_key(|i| std::cmp::Reverse(exact(&shares[*i]) % sum));
    let given: u32 = parts.iter().sum();
    for i in order.into_iter().take((total - given) as usize) {
        parts[i] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_weight_above_everything_cannot_be_built() {
        assert!(Weight::percent(101).is_err());
        assert!(serde_json::from_str::<Weight>("10001").is_err());
    }

    #[test]
    fn a_weight_prints_as_percent() {
        let print = |p| Weight::from_basis_points(p).map(|w| w.to_string());
        assert_eq!(print(500), Ok("5 %".to_owned()));
        assert_eq!(print(50), Ok("0.5 %".to_owned()));
        assert_eq!(print(1_205), Ok("12.05 %".to_owned()));
    }

    #[test]
    fn pods_for_a_share_round_up() {
        assert_eq!(Weight::percent(5).map(|w| w.of_pods(3)), Ok(1));
        assert_eq!(Weight::percent(34).map(|w| w.of_pods(3)), Ok(2));
        assert_eq!(Weight::FULL.of_pods(3), 3);
        assert_eq!(Weight::ZERO.of_pods(3), 0);
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_whole(total in 0u32..10_000, shares in prop::collection::vec(0u64..1_000_000, 1..8)) {
            let parts = apportion(total, &shares);
            let sum: u32 = parts.iter().sum();
            prop_assert_eq!(sum, if shares.iter().all(|s| *s == 0) { 0 } else { total });
        }

        #[test]
        fn no_part_is_off_by_one_or_more(total in 0u32..10_000, shares in prop::collection::vec(1u64..1_000, 1..8)) {
            let sum: u64 = shares.iter().sum();
            for (part, share) in apportion(total, &shares).iter().zip(&shares) {
                let (scaled, exact) = (u64::from(*part) * sum, u64::from(total) * share);
                prop_assert!(scaled.abs_diff(exact) < sum);
            }
        }
    }
}
