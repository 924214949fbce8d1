//! Numbers of pods, and shares of them.

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::malformed::{Malformed, Rule};
use super::text::text_traits;

/// A number of pods, 0 to 2147483647 as the API server takes it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "i64", into = "u32")]
pub struct Replicas(u32);

/// A number that is no number of pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{found} is no number of pods; write one from 0 to 2147483647")]
pub struct ReplicasError {
    found: i64,
}

impl Replicas {
    /// No pod.
    pub const ZERO: Replicas = Replicas(0);
    /// One pod: what Kubernetes takes where a manifest says nothing.
    pub const ONE: Replicas = Replicas(1);
    /// The most that the API server takes.
    pub const MAX: Replicas = Replicas(i32::MAX.unsigned_abs());

    /// The number of pods.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The sum, at most [`MAX`](Self::MAX).
    #[must_use]
    pub fn saturating_add(self, other: Self) -> Self {
        Replicas(self.0 + other.0).min(Self::MAX)
    }

    /// The difference, at least 0.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Replicas(self.0.saturating_sub(other.0))
    }
}

impl TryFrom<i64> for Replicas {
    type Error = ReplicasError;
    fn try_from(found: i64) -> Result<Self, Self::Error> {
        match u32::try_from(found) {
            Ok(count) if count <= Self::MAX.0 => Ok(Replicas(count)),
            Ok(_) | Err(_) => Err(ReplicasError { found }),
        }
    }
}

impl TryFrom<u32> for Replicas {
    type Error = ReplicasError;
    fn try_from(found: u32) -> Result<Self, Self::Error> {
        i64::from(found).try_into()
    }
}

impl From<u16> for Replicas {
    fn from(count: u16) -> Self {
        Replicas(count.into())
    }
}

impl From<Replicas> for u32 {
    fn from(replicas: Replicas) -> u32 {
        replicas.0
    }
}

impl Display for Replicas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whole hundredths, written `25%`. May exceed 100, as a surge and a utilization may.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(u32);

/// Why a text is no percentage.
pub type PercentError = Malformed<PercentRule>;

/// The rules of percentages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PercentRule {
    /// Something other than digits and a percent sign.
    #[error("is no percentage; write whole digits and a percent sign, such as 25%")]
    NotDigits,
    /// Too many percent.
    #[error("is out of range; write at most 2147483647%")]
    TooLarge,
}

impl Rule for PercentRule {
    const WHAT: &'static str = "percentage";
}

impl Percent {
    /// Everything.
    pub const ALL: Percent = Percent(100);

    /// So many hundredths.
    #[must_use]
    pub const fn new(percent: u16) -> Self {
        Percent(percent as u32)
    }

    /// The number before the percent sign.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The share of `whole`, rounded up: 25% of 3 is 1.
    #[must_use]
    pub fn of_rounded_up(self, whole: Replicas) -> Replicas {
        capped((u64::from(self.0) * u64::from(whole.0)).div_ceil(100))
    }

    /// The share of `whole`, rounded down: 25% of 3 is 0.
    #[must_use]
    pub fn of_rounded_down(self, whole: Replicas) -> Replicas {
        capped(u64::from(self.0) * u64::from(whole.0) / 100)
    }
}

impl TryFrom<i64> for Percent {
    type Error = PercentRangeError;
    fn try_from(found: i64) -> Result<Self, Self::Error> {
        match i32::try_from(found) {
            Ok(percent) if percent >= 0 => Ok(Percent(percent.unsigned_abs())),
            Ok(_) | Err(_) => Err(PercentRangeError { found }),
        }
    }
}

/// A number that is no number of hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{found} is no percentage; write a number from 0 to 2147483647")]
pub struct PercentRangeError {
    found: i64,
}

fn capped(count: u64) -> Replicas {
    u32::try_from(count).map_or(Replicas::MAX, |count| Replicas(count).min(Replicas::MAX))
}

impl FromStr for Percent {
    type Err = PercentError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_suffix('%').unwrap_or("");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Malformed::whole(text, PercentRule::NotDigits));
        }
        match digits.parse::<i32>() {
            Ok(percent) => Ok(Percent(percent.unsigned_abs())),
            Err(_) => Err(Malformed::whole(text, PercentRule::TooLarge)),
        }
    }
}

impl Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

text_traits!(Percent);

/// A number of pods or a share of them: what Kubernetes calls `IntOrString` in `maxSurge`,
/// `maxUnavailable` and `minAvailable`. Written `1` or `"25%"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntOrPercent {
    /// So many pods.
    Count(Replicas),
    /// A share of the pods wanted.
    Share(Percent),
}

impl IntOrPercent {
    /// Pods out of `whole`; a share is rounded up, as for a surge or a disruption budget.
    #[must_use]
    pub fn rounded_up(self, whole: Replicas) -> Replicas {
        match self {
            IntOrPercent::Count(count) => count,
            IntOrPercent::Share(share) => share.of_rounded_up(whole),
        }
    }

    /// Pods out of `whole`; a share is rounded down, as for pods that may be missing in a rollout.
    #[must_use]
    pub fn rounded_down(self, whole: Replicas) -> Replicas {
        match self {
            IntOrPercent::Count(count) => count,
            IntOrPercent::Share(share) => share.of_rounded_down(whole),
        }
    }

    /// Whether it is 0 or 0%.
    #[must_use]
    pub fn is_zero(self) -> bool {
        match self {
            IntOrPercent::Count(count) => count == Replicas::ZERO,
            IntOrPercent::Share(share) => share.0 == 0,
        }
    }
}

impl Display for IntOrPercent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IntOrPercent::Count(count) => count.fmt(f),
            IntOrPercent::Share(share) => share.fmt(f),
        }
    }
}

impl Serialize for IntOrPercent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            IntOrPercent::Count(count) => count.serialize(serializer),
            IntOrPercent::Share(share) => share.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for IntOrPercent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountOrShare)
    }
}

struct CountOrShare;

impl de::Visitor<'_> for CountOrShare {
    type Value = IntOrPercent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of pods such as 1, or a share such as \"25%\"")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<IntOrPercent, E> {
        number.try_into().map(IntOrPercent::Count).map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<IntOrPercent, E> {
        self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<IntOrPercent, E> {
        text.parse().map(IntOrPercent::Share).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_of_the_api_server_is_the_range_of_replicas() {
        assert_eq!(Replicas::try_from(2_147_483_647_i64), Ok(Replicas::MAX));
        assert!(Replicas::try_from(2_147_483_648_i64).is_err());
        assert_eq!(
            Replicas::try_from(-1_i64).unwrap_err().to_string(),
            "-1 is no number of pods; write one from 0 to 2147483647"
        );
        assert_eq!(Replicas::MAX.saturating_add(Replicas::MAX), Replicas::MAX);
        assert_eq!(Replicas::ONE.saturating_sub(Replicas::MAX), Replicas::ZERO);
    }

    #[test]
    fn replicas_are_a_number_on_the_wire() {
        assert_eq!(serde_json::from_str::<Replicas>("3").unwrap(), Replicas::from(3_u16));
        assert_eq!(serde_json::to_string(&Replicas::from(3_u16)).unwrap(), "3");
        assert!(serde_json::from_str::<Replicas>("-3").is_err());
        assert!(serde_json::from_str::<Replicas>("1.5").is_err());
    }

    #[test]
    fn a_share_rounds_up_or_down_as_asked() {
        let quarter = Percent::new(25);
        let of = |pods: u16| {
            let pods = Replicas::from(pods);
            (quarter.of_rounded_up(pods).get(), quarter.of_rounded_down(pods).get())
        };
        assert_eq!([0, 1, 3, 4, 5].map(of), [(0, 0), (1, 0), (1, 0), (1, 1), (2, 1)]);
        assert_eq!(Percent(u32::MAX).of_rounded_up(Replicas::MAX), Replicas::MAX);
    }

    #[test]
    fn only_digits_and_a_sign_are_a_percentage() {
        assert_eq!("150%".parse(), Ok(Percent(150)));
        assert_eq!(Percent::try_from(70), Ok(Percent::new(70)));
        assert!(Percent::try_from(-1).is_err());
        for text in ["", "%", "25", "-1%", "+1%", "1.5%", " 1%", "1 %", "25%%", "99999999999%"] {
            assert!(text.parse::<Percent>().is_err(), "{text:?}");
        }
        assert_eq!(
            "ten%".parse::<Percent>().unwrap_err().to_string(),
            "percentage \"ten%\": is no percentage; write whole digits and a percent sign, such as 25%"
        );
    }

    #[test]
    fn the_wire_tells_a_count_from_a_share() {
        let read = |json| serde_json::from_str::<IntOrPercent>(json).map_err(|e| e.to_string());
        assert_eq!(read("2"), Ok(IntOrPercent::Count(Replicas::from(2_u16))));
        assert_eq!(read("\"25%\""), Ok(IntOrPercent::Share(Percent::new(25))));
        assert_eq!(serde_json::to_string(&read("\"25%\"").unwrap()).unwrap(), "\"25%\"");
        assert_eq!(serde_json::to_string(&read("2").unwrap()).unwrap(), "2");
        assert!(read("\"2\"").is_err());
        assert!(read("-1").is_err());
        assert!(read("18446744073709551615").is_err());
        assert!(read("true").unwrap_err().contains("a share such as"));
    }
}
