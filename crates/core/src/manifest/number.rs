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
        // The shortest digits that give this float, as `kubectl` writes them: 2^63 and more, and
        // whatever has a fraction, do not parse.
        match number.to_string().parse() {
            Ok(number) => Ok(Self::Int(number)),
            Err(_) => Ok(Self::Float(Float { text: text.into() })),
        }
    }
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
        if let Some(fraction) = self.fraction {
            text.push('.');
            text.push_str(if fraction.is_empty() { "0" } else { fraction });
        }
        if let Some(exponent) = self.exponent {
            text.push('e');
            text.push_str(exponent);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn float(text: &str) -> Float {
        match Value::number(text) {
            Ok(Value::Float(float)) => float,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn digits_are_kept_in_the_grammar_of_json() {
        for (text, kept) in [
            ("1.10", "1.10"),
            (".5", "0.5"),
            ("-.5", "-0.5"),
            ("+00.50", "0.50"),
            ("1e30", "1e30"),
            ("9223372036854775807.", "9223372036854775807.0"),
        ] {
            assert_eq!(float(text).as_str(), kept);
        }
    }

    #[test]
    fn a_number_without_fraction_is_an_integer_however_it_is_written() {
        for (text, number) in [("2.", 2), ("1e3", 1000), ("-0.0", 0), ("1e-400", 0), ("007", 7)] {
            assert_eq!(Value::number(text), Ok(Value::Int(number)), "{text}");
        }
        assert_eq!(Value::number("1e18"), Ok(Value::Int(1_000_000_000_000_000_000)));
    }

    #[test]
    fn what_would_be_rounded_or_infinite_is_out_of_range() {
        for text in ["9223372036854775808", "-9223372036854775809", "1e309", "-1e999999999999"] {
            assert_eq!(Value::number(text), Err(NumberFault::Range), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in
            ["", ".", "-", "e1", "1e", "1e+", "--1", "1.2.3", "0x1", "inf", "NaN", "1_0", " 1"]
        {
            assert_eq!(Value::number(text), Err(NumberFault::Form), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_text_of_a_float_is_a_json_number_of_the_same_value(number in any::<f64>()) {
            if let Ok(Value::Float(float)) = Value::number(&format!("{number:e}")) {
                prop_assert_eq!(float.to_f64(), number);
                prop_assert!(serde_json::from_str::<serde_json::Number>(float.as_str()).is_ok());
                prop_assert_eq!(Value::number(float.as_str()), Ok(Value::Float(float)));
            }
        }
    }
}
