//! Amounts of a resource (`500m` cores, `4Gi` of memory, `1` GPU) in the Kubernetes notation.

mod amount;
mod parse;

#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::fmt::{self, Display};
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::malformed::{Malformed, Rule};
use amount::Amount;

/// An exact amount of a resource, in steps of one billionth.
///
/// Reads and prints as the Kubernetes API machinery does (`apimachinery/pkg/api/resource`): `0.5Gi`
/// prints as `512Mi`, `1000m` as `1`, and what is smaller than a billionth is rounded away from zero.
/// `Display` and serde give the form the API server stores, which is [`canonical`](Self::canonical)
/// except for a few short numbers that Kubernetes prints as they were written (`+5`, `1.001k`).
///
/// Equality, order and hash are those of the amount: `1Gi == 1073741824`.
///
/// Two differences from the API machinery: numbers of more than 127 bits are refused, and amounts of
/// 1000 E and more are printed with an exponent, where releases up to 1.35 drop the suffix.
///
/// ```
/// use windlass_core::model::Quantity;
/// let request: Quantity = "1.5".parse()?;
/// assert_eq!(request.to_string(), "1500m");
/// assert_eq!(request.checked_mul(3).map(|q| q.to_string()).as_deref(), Some("4500m"));
/// assert!(request < "2k".parse()?);
/// # Ok::<(), windlass_core::model::QuantityError>(())
/// ```
#[derive(Clone)]
pub struct Quantity {
    amount: Amount,
    format: QuantityFormat,
    /// The text Kubernetes prints in place of the canonical form.
    written: Option<Box<str>>,
}

/// The family of suffixes in which a quantity prints itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuantityFormat {
    /// Powers of 1000 with a letter: `n u m k M G T P E`.
    DecimalSi,
    /// Powers of 1024: `Ki Mi Gi Ti Pi Ei`. Fractions and amounts under 1024 print as decimal.
    BinarySi,
    /// Powers of 1000 as an exponent: `12e6`.
    DecimalExponent,
}

/// Why a text is no quantity.
pub type QuantityError = Malformed<QuantityRule>;

/// The rules of the quantity grammar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuantityRule {
    /// There is no text.
    #[error("is empty; write a number such as 500m, 2 or 4Gi")]
    Empty,
    /// What follows the number is no suffix.
    #[error(
        "{found:?} is no suffix; write one of n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent such as e3"
    )]
    Suffix {
        /// The first characters of what stands in place of a suffix.
        found: String,
    },
    /// The number needs more than 127 bits.
    #[error("is out of range; no resource has 1e38 units or more")]
    TooLarge,
}

impl Rule for QuantityRule {
    const WHAT: &'static str = "quantity";
}

impl Quantity {
    /// Nothing at all.
    pub const ZERO: Quantity =
        Quantity { amount: Amount::ZERO, format: QuantityFormat::DecimalSi, written: None };

    /// So many whole units: cores, bytes, devices, pods.
    #[must_use]
    pub const fn from_units(units: i64) -> Self {
        Quantity {
            amount: Amount::from_units(units as i128),
            format: QuantityFormat::DecimalSi,
            written: None,
        }
    }

    /// So many thousandths, as CPU is counted.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        Quantity {
            amount: Amount::from_millis(millis),
            format: QuantityFormat::DecimalSi,
            written: None,
        }
    }

    /// Whole units, rounded up.
    #[must_use]
    pub fn units_rounded_up(&self) -> i128 {
        self.amount.units_rounded_up()
    }

    /// Thousandths, rounded up; `None` beyond 127 bits.
    #[must_use]
    pub fn millis_rounded_up(&self) -> Option<i128> {
        self.amount.millis_rounded_up()
    }

    /// Whether the amount is 0.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.amount == Amount::ZERO
    }

    /// Whether the amount is under 0; Kubernetes refuses that in requests and limits.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.amount < Amount::ZERO
    }

    /// The family of suffixes of the canonical form.
    #[must_use]
    pub fn format(&self) -> QuantityFormat {
        self.format
    }

    /// The sum, in the format of `self`, or of `other` where `self` is 0. `None` beyond 127 bits.
    #[must_use]
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        self.combine(other, self.amount.checked_add(other.amount))
    }

    /// The difference, which may be negative; formats as for [`checked_add`](Self::checked_add).
    #[must_use]
    pub fn checked_sub(&self, other: &Self) -> Option<Self> {
        let amount = other.amount.checked_neg().and_then(|minus| self.amount.checked_add(minus));
        self.combine(other, amount)
    }

    /// So many times the amount, as for the pods of a Deployment. `None` beyond 127 bits.
    #[must_use]
    pub fn checked_mul(&self, count: u32) -> Option<Self> {
        let amount = self.amount.checked_mul(count)?;
        Some(Quantity { amount, format: self.format, written: None })
    }

    fn combine(&self, other: &Self, amount: Option<Amount>) -> Option<Self> {
        let format = if self.is_zero() { other.format } else { self.format };
        Some(Quantity { amount: amount?, format, written: None })
    }

    /// The one text for this amount and format: a number without a fraction and the largest suffix
    /// that needs none.
    #[must_use]
    pub fn canonical(&self) -> String {
        let (negative, units, nanos) = self.amount.magnitude();
        let sign = if negative { "-" } else { "" };
        if self.is_zero() {
            return "0".to_owned();
        }
        match self.format {
            QuantityFormat::BinarySi if units >= 1024 && self.amount.is_whole() => {
                let (units, suffix) = in_powers_of_1024(units);
                format!("{sign}{units}{suffix}")
            }
            QuantityFormat::BinarySi | QuantityFormat::DecimalSi => {
                let (digits, exponent) = in_powers_of_1000(units, nanos);
                match DECIMAL_SUFFIXES.iter().find(|(power, _)| *power == exponent) {
                    Some((_, suffix)) => format!("{sign}{digits}{suffix}"),
                    None => format!("{sign}{digits}e{exponent}"),
                }
            }
            QuantityFormat::DecimalExponent => match in_powers_of_1000(units, nanos) {
                (digits, 0) => format!("{sign}{digits}"),
                (digits, exponent) => format!("{sign}{digits}e{exponent}"),
            },
        }
    }
}

const DECIMAL_SUFFIXES: [(i32, &str); 10] = [
    (-9, "n"),
    (-6, "u"),
    (-3, "m"),
    (0, ""),
    (3, "k"),
    (6, "M"),
    (9, "G"),
    (12, "T"),
    (15, "P"),
    (18, "E"),
];

fn in_powers_of_1024(mut units: u128) -> (u128, &'static str) {
    let mut suffix = "";
    for name in ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] {
        if !units.is_multiple_of(1024) {
            break;
        }
        units /= 1024;
        suffix = name;
    }
    (units, suffix)
}

/// Digits without a fraction, and the largest exponent divisible by three.
fn in_powers_of_1000(units: u128, nanos: u32) -> (String, i32) {
    let mut digits = format!("{units}{nanos:09}");
    let mut exponent = -9;
    while digits.len() > 3 && digits.ends_with("000") {
        digits.truncate(digits.len() - 3);
        exponent += 3;
    }
    (digits.trim_start_matches('0').to_owned(), exponent)
}

impl FromStr for Quantity {
    type Err = QuantityError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse::parse(text)
    }
}

impl Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.written {
            Some(written) => f.pad(written),
            None => f.pad(&self.canonical()),
        }
    }
}

impl fmt::Debug for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Quantity({self})")
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.amount == other.amount
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.amount.cmp(&other.amount)
    }
}

impl Hash for Quantity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.amount.hash(state);
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrNumber)
    }
}

/// YAML writers leave the quotes away: `cpu: 2`, `cpu: 0.5`.
struct TextOrNumber;

impl de::Visitor<'_> for TextOrNumber {
    type Value = Quantity;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a quantity such as \"500m\", 2 or \"4Gi\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Quantity, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Quantity, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Quantity, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Quantity, E> {
        self.visit_str(&number.to_string())
    }
}
