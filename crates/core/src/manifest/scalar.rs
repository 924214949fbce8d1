//! What a scalar of YAML stands for: as `kubectl` reads it, or an error where readers differ.
//!
//! `kubectl` reads YAML 1.1 with some of 1.2: `yes` and `on` are booleans, `0777` and `0o777` are
//! octal, `1_000` is a number, dates and `12:30:00` are text. The tables of the tests were
//! recorded from `kubectl label --local` 1.32.

use std::borrow::Cow;
use std::sync::Arc;

use super::build::Name;
use super::error::{ParseCause, excerpt};
use super::node::Value;
use super::number::NumberFault;

/// The tags that a manifest may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// None, on a plain scalar: the text decides.
    Plain,
    /// `!!str`, `!`, or quotes.
    Str,
    Binary,
    Int,
    Float,
    Bool,
    Null,
    Merge,
    Map,
    Seq,
}

impl Tag {
    /// The tag of the YAML core, by what follows `!!`.
    pub(super) fn core(suffix: &str) -> Option<Self> {
        Some(match suffix {
            "str" => Self::Str,
            "binary" => Self::Binary,
            "int" => Self::Int,
            "float" => Self::Float,
            "bool" => Self::Bool,
            "null" => Self::Null,
            "merge" => Self::Merge,
            "map" => Self::Map,
            "seq" => Self::Seq,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Plain => "none",
            Self::Str => "!!str",
            Self::Binary => "!!binary",
            Self::Int => "!!int",
            Self::Float => "!!float",
            Self::Bool => "!!bool",
            Self::Null => "!!null",
            Self::Merge => "!!merge",
            Self::Map => "!!map",
            Self::Seq => "!!seq",
        }
    }

    pub(super) fn mismatch(self) -> ParseCause {
        ParseCause::TagMismatch(self.name())
    }
}

/// The value of a scalar under its tag.
pub(super) fn resolve(text: &str, tag: Tag) -> Result<Value, ParseCause> {
    match tag {
        Tag::Plain => plain(text),
        Tag::Str => Ok(text.into()),
        Tag::Binary => binary(text),
        Tag::Int | Tag::Float | Tag::Bool | Tag::Null => {
            let value = plain(text)?;
            let fits = match &value {
                Value::Int(_) => matches!(tag, Tag::Int | Tag::Float),
                Value::Float(_) => tag == Tag::Float,
                Value::Bool(_) => tag == Tag::Bool,
                Value::Null => tag == Tag::Null,
                Value::String(_) | Value::List(_) | Value::Map(_) => false,
            };
            if fits { Ok(value) } else { Err(tag.mismatch()) }
        }
        Tag::Merge | Tag::Map | Tag::Seq => Err(tag.mismatch()),
    }
}

/// The name of a field, from a scalar in its place.
pub(super) fn name(text: &str, tag: Tag) -> Name {
    if text == "<<" && matches!(tag, Tag::Plain | Tag::Merge) {
        return Name::Merge;
    }
    let value = match resolve(text, tag) {
        Ok(value) => value,
        Err(cause) => return Name::Bad(cause),
    };
    let read = match value {
        Value::String(text) => return Name::Text(text),
        Value::Null => return Name::Bad(ParseCause::KeyNotText { found: "null" }),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_f64().to_string(),
        Value::List(_) | Value::Map(_) => return Name::Bad(tag.mismatch()),
    };
    if read == text {
        Name::Text(text.into())
    } else {
        Name::Bad(ParseCause::AmbiguousKey { written: excerpt(text).into(), read })
    }
}

/// A scalar without quotes and tag.
fn plain(text: &str) -> Result<Value, ParseCause> {
    match word(text) {
        Some(Word::Null) => Ok(Value::Null),
        Some(Word::Bool(truth)) => Ok(Value::Bool(truth)),
        Some(Word::NotFinite) => Err(ParseCause::NotFinite(text.into())),
        None => number(text).unwrap_or_else(|| Ok(text.into())),
    }
}

enum Word {
    Null,
    Bool(bool),
    NotFinite,
}

fn word(text: &str) -> Option<Word> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Word::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Word::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Word::Bool(false)
        }
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF"
        | "-.inf" | "-.Inf" | "-.INF" => Word::NotFinite,
        _ => return None,
    })
}

/// A number in any of its forms; `None` for text.
fn number(text: &str) -> Option<Result<Value, ParseCause>> {
    let first = text.bytes().next()?;
    if !matches!(first, b'0'..=b'9' | b'+' | b'-' | b'.') || text.starts_with("._") {
        return None;
    }
    let digits: Cow<'_, str> =
        if text.contains('_') { text.replace('_', "").into() } else { text.into() };
    match based(&digits).unwrap_or_else(|| Value::number(&digits)) {
        Ok(value) => Some(Ok(value)),
        Err(NumberFault::Form) => None,
        Err(NumberFault::Range) => Some(Err(ParseCause::NumberRange)),
    }
}

/// `0x1F`, `0o17`, `0b11`, and `017` for octal, with a sign or none.
///
/// What has the form but does not fit 64 bits, as an account number in hexadecimal, is text.
fn based(text: &str) -> Option<Result<Value, NumberFault>> {
    let negative = text.starts_with('-');
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let after_zero = digits.strip_prefix('0')?;
    let (radix, digits) = match after_zero.bytes().next()? {
        b'x' | b'X' => (16, &after_zero[1..]),
        b'o' | b'O' => (8, &after_zero[1..]),
        b'b' | b'B' => (2, &after_zero[1..]),
        _ => (8, after_zero),
    };
    // `from_str_radix` would take a second sign.
    if !digits.bytes().next()?.is_ascii_alphanumeric() {
        return None;
    }
    let size = i128::from(u64::from_str_radix(digits, radix).ok()?);
    let number = i64::try_from(if negative { -size } else { size });
    Some(number.map(Value::Int).map_err(|_| NumberFault::Range))
}

/// The text in base 64, which must be UTF-8: JSON holds no other bytes.
fn binary(text: &str) -> Result<Value, ParseCause> {
    let bytes = decode_base64(text.as_bytes()).ok_or(Tag::Binary.mismatch())?;
    let text = String::from_utf8(bytes).map_err(|_| Tag::Binary.mismatch())?;
    Ok(Value::String(Arc::from(text)))
}

/// Base 64 with padding; line breaks are skipped.
fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    let symbols: Vec<u8> = text.iter().copied().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    let body = symbols.strip_suffix(b"==").or(symbols.strip_suffix(b"=")).unwrap_or(&symbols);
    if !symbols.len().is_multiple_of(4) {
        return None;
    }
    let mut bytes = Vec::with_capacity(symbols.len() / 4 * 3);
    for group in body.chunks(4) {
        let mut bits = 0u32;
        for &symbol in group {
            bits = bits << 6 | u32::from(base64_digit(symbol)?);
        }
        bits <<= 6 * (4 - group.len());
        let [_, a, b, c] = bits.to_be_bytes();
        bytes.extend_from_slice(&[a, b, c][..group.len() - 1]);
    }
    Some(bytes)
}

fn base64_digit(symbol: u8) -> Option<u8> {
    Some(match symbol {
        b'A'..=b'Z' => symbol - b'A',
        b'a'..=b'z' => symbol - b'a' + 26,
        b'0'..=b'9' => symbol - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

/// Whether the bare word is read as text, the same text, whatever its case.
pub(super) fn is_text(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    !matches!(lower.as_str(), "<<" | "=") && word(&lower).is_none() && number(text).is_none()
}

/// Whether the bare word gives this value, which is no text.
pub(super) fn stands_for(word: &str, value: &Value) -> bool {
    plain(word).as_ref() == Ok(value)
}

#[cfg(test)]
mod tests;
