//! Conditions on a reading, and their text form.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use windlass_core::evidence::Reading;

/// A condition on a reading. Text form: `<= 0.01`, `< 0.01`, `>= 0.99`, `> 0.99`, or
/// `in [0.9, 1.1]` with both ends inside.
///
/// Numbers are decimal with up to six digits after the point, and compare exactly.
///
/// ```
/// # use windlass_analysis::Condition;
/// # use windlass_core::evidence::Reading;
/// let condition: Condition = "<= 0.01".parse()?;
/// assert!(condition.holds(Reading::from_millionths(10_000)));
/// assert!(!condition.holds(Reading::from_millionths(10_001)));
/// # Ok::<(), windlass_analysis::ConditionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// At most this.
    AtMost(Reading),
    /// Less than this.
    Below(Reading),
    /// At least this.
    AtLeast(Reading),
    /// More than this.
    Above(Reading),
    /// From the first to the second, both included.
    Within(Reading, Reading),
}

impl Condition {
    /// True when the reading meets the condition.
    pub fn holds(self, reading: Reading) -> bool {
        match self {
            Condition::AtMost(bound) => reading <= bound,
            Condition::Below(bound) => reading < bound,
            Condition::AtLeast(bound) => reading >= bound,
            Condition::Above(bound) => reading > bound,
            Condition::Within(low, high) => low <= reading && reading <= high,
        }
    }

    /// The numbers in it, for a chart: one, or the two ends of a range.
    pub fn bounds(self) -> Vec<Reading> {
        match self {
            Condition::AtMost(bound)
            | Condition::Below(bound)
            | Condition::AtLeast(bound)
            | Condition::Above(bound) => vec![bound],
            Condition::Within(low, high) => vec![low, high],
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::AtMost(bound) => write!(f, "<= {bound}"),
            Condition::Below(bound) => write!(f, "< {bound}"),
            Condition::AtLeast(bound) => write!(f, ">= {bound}"),
            Condition::Above(bound) => write!(f, "> {bound}"),
            Condition::Within(low, high) => write!(f, "in [{low}, {high}]"),
        }
    }
}

/// A text that is no condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// It begins with no comparison that is known.
    #[error("{text:?} is no condition: write it like \"<= 0.01\", \"> 5\" or \"in [0.9, 1.1]\"")]
    NoComparison {
        /// The text.
        text: String,
    },
    /// What is compared with is no number.
    #[error(
        "{text:?} compares with {number:?}: write a decimal number with at most six digits after \
         the point, up to 9000000000000"
    )]
    NoNumber {
        /// The text.
        text: String,
        /// The part that should be a number.
        number: String,
    },
    /// The range holds nothing.
    #[error("{text:?} holds for no number: write the lower end first")]
    EmptyRange {
        /// The text.
        text: String,
    },
}

impl FromStr for Condition {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Self, ConditionError> {
        let number = |part: &str| {
            decimal(part.trim()).ok_or_else(|| ConditionError::NoNumber {
                text: text.to_owned(),
                number: part.trim().to_owned(),
            })
        };
        let trimmed = text.trim();
        if let Some(bound) = trimmed.strip_prefix("<=") {
            return number(bound).map(Condition::AtMost);
        }
        if let Some(bound) = trimmed.strip_prefix('<') {
            return number(bound).map(Condition::Below);
        }
        if let Some(bound) = trimmed.strip_prefix(">=") {
            return number(bound).map(Condition::AtLeast);
        }
        if let Some(bound) = trimmed.strip_prefix('>') {
            return number(bound).map(Condition::Above);
        }
        let Some((low, high)) = range(trimmed) else {
            return Err(ConditionError::NoComparison { text: text.to_owned() });
        };
        let (low, high) = (number(low)?, number(high)?);
        if low > high {
            return Err(ConditionError::EmptyRange { text: text.to_owned() });
        }
        Ok(Condition::Within(low, high))
    }
}

/// The two texts in `in [a, b]`.
fn range(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix("in")?.trim_start().strip_prefix('[')?.strip_suffix(']')?;
    inner.split_once(',')
}

/// A decimal number as exact millionths. An exponent is refused, as is what a reading cannot hold.
fn decimal(text: &str) -> Option<Reading> {
    const LIMIT: u64 = 9_000_000_000_000_000_000;
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || part.len() > 6 {
        return None;
    }
    let millionths = whole
        .parse::<u64>()
        .ok()?
        .checked_mul(1_000_000)?
        .checked_add(format!("{part:0<6}").parse::<u64>().ok()?)
        .filter(|n| *n <= LIMIT)?;
    let millionths = i64::try_from(millionths).ok()?;
    Some(Reading::from_millionths(if negative { -millionths } else { millionths }))
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Condition {
        text.parse().unwrap()
    }

    #[test]
    fn each_comparison_holds_up_to_its_bound_and_not_one_millionth_further() {
        // condition, reading just inside, reading just outside
        let table = [
            ("<= 0.01", 10_000, 10_001),
            ("< 0.01", 9_999, 10_000),
            (">= 0.99", 990_000, 989_999),
            ("> 0.99", 990_001, 990_000),
            ("in [0.9, 1.1]", 900_000, 899_999),
            ("in [0.9, 1.1]", 1_100_000, 1_100_001),
            ("in [-1, -0.5]", -500_000, -499_999),
        ];
        for (text, inside, outside) in table {
            assert!(parse(text).holds(Reading::from_millionths(inside)), "{text} {inside}");
            assert!(!parse(text).holds(Reading::from_millionths(outside)), "{text} {outside}");
        }
    }

    #[test]
    fn spaces_do_not_matter() {
        assert_eq!(parse(" <=0.01 "), parse("<= 0.01"));
        assert_eq!(parse("in[1,2]"), parse("in [ 1 , 2 ]"));
    }

    #[test]
    fn what_is_no_condition_is_refused_with_the_way_to_write_it() {
        let table = [
            ("0.01", "write it like"),
            ("", "write it like"),
            ("== 1", "write it like"),
            ("in (1, 2)", "write it like"),
            ("<= ", "decimal number"),
            ("<= 1e-3", "decimal number"),
            ("<= NaN", "decimal number"),
            ("<= .5", "decimal number"),
            ("<= 1.", "decimal number"),
            ("<= 0.0000001", "at most six digits"),
            ("<= 1,5", "decimal number"),
            ("< -", "decimal number"),
            ("> 9000000000000.000001", "up to 9000000000000"),
            ("> 99999999999999999999999", "up to 9000000000000"),
            ("in [1, 2, 3]", "decimal number"),
            ("in [2, 1]", "lower end first"),
        ];
        for (text, hint) in table {
            let error = text.parse::<Condition>().unwrap_err().to_string();
            assert!(error.contains(hint) && error.contains(&format!("{text:?}")), "{error}");
        }
    }

    proptest! {
        #[test]
        fn a_printed_condition_reads_back(a in any::<i32>(), b in any::<i32>(), kind in 0..5) {
            let (low, high) = (i64::from(a.min(b)), i64::from(a.max(b)));
            let (low, high) = (Reading::from_millionths(low), Reading::from_millionths(high));
            let condition = match kind {
                0 => Condition::AtMost(low),
                1 => Condition::Below(low),
                2 => Condition::AtLeast(low),
                3 => Condition::Above(low),
                _ => Condition::Within(low, high),
            };
            prop_assert_eq!(condition.to_string().parse::<Condition>(), Ok(condition));
        }
    }
}
