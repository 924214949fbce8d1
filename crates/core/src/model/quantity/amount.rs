//! Exact numbers in steps of one billionth.

/// The billionths in one unit.
const NANOS: u32 = 1_000_000_000;
/// Digits of a fraction that are kept.
const FRACTION: usize = 9;

/// `units + nanos / 10^9`, with `0 <= nanos < 10^9` also for negative numbers, so that the derived
/// order is the order of the numbers. Holds every whole number of 127 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Amount {
    units: i128,
    nanos: u32,
}

impl Amount {
    pub(super) const ZERO: Amount = Amount { units: 0, nanos: 0 };

    pub(super) const fn from_units(units: i128) -> Self {
        Amount { units, nanos: 0 }
    }

    pub(super) fn from_millis(millis: i64) -> Self {
        let thousandths = u32::try_from(millis.rem_euclid(1000)).unwrap_or_default();
        Amount { units: i128::from(millis.div_euclid(1000)), nanos: thousandths * 1_000_000 }
    }

    /// `digits * 10^exponent`, rounded up to the next billionth. `digits` holds values 0 to 9, most
    /// significant first. `None` beyond 127 bits.
    pub(super) fn from_digits(digits: &[u8], exponent: i64) -> Option<Self> {
        let start = digits.iter().position(|digit| *digit != 0).unwrap_or(digits.len());
        let digits = &digits[start..];
        if digits.is_empty() {
            return Some(Amount::ZERO);
        }
        let whole = i64::try_from(digits.len()).ok()?.saturating_add(exponent);
        if whole > 39 {
            return None;
        }
        let mut units: i128 = 0;
        for place in 0..whole {
            units = units.checked_mul(10)?.checked_add(i128::from(digit_at(digits, place)))?;
        }
        let mut nanos: u32 = 0;
        for place in whole..whole.saturating_add(FRACTION as i64) {
            nanos = nanos * 10 + u32::from(digit_at(digits, place));
        }
        let rest = usize::try_from(whole.saturating_add(FRACTION as i64)).unwrap_or(0);
        let lost = digits.get(rest..).is_some_and(|tail| tail.iter().any(|digit| *digit != 0));
        let amount = Amount { units, nanos };
        if lost { amount.checked_add(Amount { units: 0, nanos: 1 }) } else { Some(amount) }
    }

    pub(super) fn units_rounded_up(self) -> i128 {
        self.units.saturating_add(i128::from(self.nanos > 0))
    }

    /// Thousandths, rounded up.
    pub(super) fn millis_rounded_up(self) -> Option<i128> {
        self.units.checked_mul(1000)?.checked_add(i128::from(self.nanos.div_ceil(1_000_000)))
    }

    pub(super) fn is_whole(self) -> bool {
        self.nanos == 0
    }

    pub(super) fn checked_neg(self) -> Option<Self> {
        if self.nanos == 0 {
            return Some(Amount::from_units(self.units.checked_neg()?));
        }
        Some(Amount { units: !self.units, nanos: NANOS - self.nanos })
    }

    pub(super) fn checked_add(self, other: Self) -> Option<Self> {
        let nanos = self.nanos + other.nanos;
        let units = self.units.checked_add(other.units)?;
        Some(Amount { units: units.checked_add(i128::from(nanos / NANOS))?, nanos: nanos % NANOS })
    }

    pub(super) fn checked_mul(self, count: u32) -> Option<Self> {
        let nanos = u64::from(self.nanos) * u64::from(count);
        let units = self.units.checked_mul(i128::from(count))?;
        Some(Amount {
            units: units.checked_add(i128::from(nanos / u64::from(NANOS)))?,
            nanos: u32::try_from(nanos % u64::from(NANOS)).ok()?,
        })
    }

    /// Sign, whole units and the nine digits of the fraction.
    pub(super) fn magnitude(self) -> (bool, u128, u32) {
        let negative = self.units < 0;
        match (negative, self.nanos) {
            (true, 0) | (false, _) => (negative, self.units.unsigned_abs(), self.nanos),
            (true, nanos) => (negative, (!self.units).unsigned_abs(), NANOS - nanos),
        }
    }
}

/// The digit `place` places after the first; 0 outside of the digits.
fn digit_at(digits: &[u8], place: i64) -> u8 {
    usize::try_from(place).ok().and_then(|place| digits.get(place)).copied().unwrap_or(0)
}
