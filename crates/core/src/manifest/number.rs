//! Numbers as written.

use std::fmt;
use std::sync::Arc;

use super::node::Value;

/// A finite number that is no 64-bit integer, kept digit for digit.
///
/// The text is always a JSON number. Two are equal when they stand for the same `f64`.
#[derive(Clone)]
pub struct Float {
    text: Arc<str>,
}

/// Why a text is no number that a manifest may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberFault {
    /// Not of the form `-12.5e3`.
    #[error("not a number")]
    Form,
    /// Larger than the format can carry from one reader to the next.
    #[error("number is out of range: readers round it or make text of it")]
    Range,
}

impl Float {
    /// The number as text, in the grammar of JSON.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The nearest `f64`; always finite.
    pub fn to_f64(&self) -> f64 {
        // The constructor has parsed this very text.
        self.text.parse().unwrap_or(0.0)
    }
}

impl PartialEq for Float {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text || self.to_f64() == other.to_f64()
    }
}

impl Eq for Float {}

impl fmt::Debug for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Float({})", self.text)
    }
}

impl fmt::Display for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Value {
    /// The number that `text` stands for, decimal, as in `3`, `-0.5`, `1e3`, `+.5` or `2.`.
    ///
    /// A number without a fraction becomes [`Value::Int`] however it is written, as it does
    /// between `kubectl` and the API server: `1e3` is 1000 and `2.0` is 2.
    ///
    /// # Errors
    /// [`NumberFault::Range`] for whole numbers beyond 64 bits with sign that are written
    /// without point and exponent, and for numbers beyond the range of `f64`.
    pub fn number(text: &str) -> Result<Self, NumberFault> {
        let parts = Parts::of(text).ok_or(NumberFault::Form)?;
        if parts.is_whole() {
            // `-` and digits: only its size can be wrong.
            return parts.canonical().parse().map(Self::Int).map_err(|_| NumberFault::Range);
        }
        let text = parts.canonical();
        let number: f64 = text.parse().map_err(|_| NumberFault::Form)?;
        if !number.is_finite() {
            return Err(NumberFault::Range);
        }
        match whole(number) {
            Some(number) => Ok(Self::Int(number)),
            None => Ok(Self::Float(Float { text: text.into() })),
        }
    }
}

/// The integer that a float stands for exactly.
fn whole(number: f64) -> Option<i64> {
    // 2^63 is the first float beyond the range; every whole float below converts exactly.
    let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&number);
    #[expect(clippy::cast_possible_truncation, reason = "whole and in range, checked here")]
    (fits && number.fract() == 0.0).then_some(number as i64)
}

/// A decimal number, taken apart: digits only, the exponent with an optional sign.
struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    fraction: Option<&'a str>,
    exponent: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let negative = text.starts_with('-');
        let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (rest, None),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (mantissa, None),
        };
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let has_digits = !whole.is_empty() || fraction.is_some_and(|f| !f.is_empty());
        let exponent_ok = exponent.is_none_or(|exponent| {
            let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            !exponent.is_empty() && digits(exponent)
        });
        (has_digits && digits(whole) && fraction.is_none_or(digits) && exponent_ok)
            .then_some(Self { negative, whole, fraction, exponent })
    }

    fn is_whole(&self) -> bool {
        self.fraction.is_none() && self.exponent.is_none()
    }

    /// The same digits in the grammar of JSON.
    fn canonical(&self) -> String {
        let mut text = String::with_capacity(self.whole.len() + 8);
        if self.negative {
            text.push('-');
        }
        let whole = self.whole.trim_start_matches('0');
        text.push_str(if whole.is_empty() { "0" } else { whole });
        if let Some(fraction) = self.fraction.filter(|fraction| !fraction.is_empty()) {
            text.push('.');
            text.push_str(fraction);
        }
        if let Some(exponent) = self.exponent {
            text.push('e');
            text.push_str(exponent);
        }
        text
    }
}
