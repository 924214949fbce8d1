//! From text to a quantity, with the grammar and the rounding of the Kubernetes API machinery.

use super::amount::Amount;
use super::{Quantity, QuantityError, QuantityFormat, QuantityRule};
use crate::model::Malformed;

/// The text cut into its parts: `[+-] integer [. fraction] [suffix]`.
struct Parts<'a> {
    negative: bool,
    /// Without leading zeros; may be empty.
    integer: &'a str,
    fraction: &'a str,
    suffix: Suffix,
}

/// A suffix as a power of ten or of two.
#[derive(Clone, Copy)]
enum Suffix {
    Decimal(i64),
    Exponent(i64),
    Binary(u32),
}

const DECIMAL: [(&str, i64); 10] = [
    ("", 0),
    ("n", -9),
    ("u", -6),
    ("m", -3),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("P", 15),
    ("E", 18),
];
/// Position in the list + 1 is the power of 1024.
const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
/// What a binary quantity is capped at.
const BINARY_CAP: Amount = Amount::from_units(i64::MAX as i128);

pub(super) fn parse(text: &str) -> Result<Quantity, QuantityError> {
    if text.is_empty() {
        return Err(Malformed::whole(text, QuantityRule::Empty));
    }
    let parts = split(text)?;
    let magnitude = magnitude(&parts).ok_or(Malformed::whole(text, QuantityRule::TooLarge))?;
    let format = match parts.suffix {
        Suffix::Exponent(_) => QuantityFormat::DecimalExponent,
        Suffix::Decimal(_) => QuantityFormat::DecimalSi,
        Suffix::Binary(_) if magnitude < Amount::from_units(1) && magnitude != Amount::ZERO => {
            QuantityFormat::DecimalSi
        }
        Suffix::Binary(_) => QuantityFormat::BinarySi,
    };
    let amount = if parts.negative { magnitude.checked_neg() } else { Some(magnitude) }
        .ok_or(Malformed::whole(text, QuantityRule::TooLarge))?;
    let mut quantity = Quantity { amount, format, written: None };
    if is_kept(&parts) && quantity.canonical() != text {
        quantity.written = Some(text.into());
    }
    Ok(quantity)
}

fn split(text: &str) -> Result<Parts<'_>, QuantityError> {
    let (negative, unsigned) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        Some(_) | None => (false, text),
    };
    let (integer, rest) = digits(unsigned);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => digits(rest),
        None => ("", rest),
    };
    let suffix = suffix(rest).ok_or_else(|| {
        let rule = QuantityRule::Suffix { found: rest.chars().take(12).collect() };
        Malformed::at(text, text.len() - rest.len(), rule)
    })?;
    Ok(Parts { negative, integer: integer.trim_start_matches('0'), fraction, suffix })
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

fn suffix(text: &str) -> Option<Suffix> {
    if let Some((_, exponent)) = DECIMAL.iter().find(|(name, _)| *name == text) {
        return Some(Suffix::Decimal(*exponent));
    }
    if let Some(power) = (1..).zip(BINARY).find_map(|(power, name)| (name == text).then_some(power))
    {
        return Some(Suffix::Binary(power));
    }
    text.strip_prefix(['e', 'E'])?.parse().ok().map(Suffix::Exponent)
}

fn magnitude(parts: &Parts<'_>) -> Option<Amount> {
    let mut digits: Vec<u8> =
        parts.integer.bytes().chain(parts.fraction.bytes()).map(|byte| byte - b'0').collect();
    let places = i64::try_from(parts.fraction.len()).ok()?;
    match parts.suffix {
        Suffix::Decimal(exponent) | Suffix::Exponent(exponent) => {
            Amount::from_digits(&digits, exponent.saturating_sub(places))
        }
        Suffix::Binary(power) => {
            for _ in 0..power {
                times_1024(&mut digits);
            }
            let amount = Amount::from_digits(&digits, -places);
            Some(amount.map_or(BINARY_CAP, |amount| amount.min(BINARY_CAP)))
        }
    }
}

/// Multiplies a decimal number, most significant digit first, without a limit of its length.
fn times_1024(digits: &mut Vec<u8>) {
    let mut carry: u32 = 0;
    for digit in digits.iter_mut().rev() {
        let product = u32::from(*digit) * 1024 + carry;
        *digit = (product % 10) as u8;
        carry = product / 10;
    }
    let mut front = Vec::new();
    while carry > 0 {
        front.insert(0, (carry % 10) as u8);
        carry /= 10;
    }
    digits.splice(0..0, front);
}

/// Whether the API machinery prints the number as it was written and not in canonical form: it does
/// so for short numbers that look canonical at a glance (`+5`, `5.`, `1.001k`, `02Mi`).
fn is_kept(parts: &Parts<'_>) -> bool {
    let (integer, fraction) = (parts.integer, parts.fraction);
    let length = integer.len().max(1) + fraction.len();
    match parts.suffix {
        Suffix::Decimal(exponent) | Suffix::Exponent(exponent) => {
            let scale = exponent.saturating_sub(fraction.len() as i64);
            let thousands = match fraction.len() {
                0 => integer.ends_with("000"),
                1 => fraction == "0" && integer.ends_with("00"),
                2 => fraction == "00" && integer.ends_with('0'),
                _ => fraction.ends_with("000"),
            };
            length <= 18 && scale >= -9 && scale % 3 == 0 && !thousands && !integer.is_empty()
        }
        Suffix::Binary(power) => {
            let room = 14usize.saturating_sub(3 * power as usize);
            // The last three digits decide whether a number divides by eight.
            let tail = &integer[integer.len().saturating_sub(3)..];
            fraction.is_empty()
                && length <= room
                && tail.parse::<u16>().is_ok_and(|tail| tail % 8 != 0)
        }
    }
}
