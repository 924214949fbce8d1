//! Logarithm, exponential and normal distribution with the same bits on every machine.
//!
//! `f64::ln` and `f64::exp` call the platform's library and differ in the last place from one
//! machine to the next. Addition, multiplication, division and square root do not (IEEE 754), so
//! these functions use nothing else. Errors are below 1e-14 relative for [`ln`] and [`exp`], below
//! 1e-7 absolute for [`normal_below`].

use std::f64::consts::{LN_2, PI, SQRT_2};

/// 1/(2k + 1): the series of the inverse hyperbolic tangent.
const ARTANH: [f64; 10] = {
    let mut terms = [1.0; 10];
    let mut k = 1;
    while k < terms.len() {
        terms[k] = 1.0 / (2 * k + 1) as f64;
        k += 1;
    }
    terms
};

/// 1/k!: the series of the exponential.
const EXP: [f64; 15] = {
    let mut terms = [1.0; 15];
    let mut k = 1;
    while k < terms.len() {
        terms[k] = terms[k - 1] / k as f64;
        k += 1;
    }
    terms
};

/// The natural logarithm of a positive normal number.
pub(super) fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = i32::try_from((bits >> 52) & 0x7FF).unwrap_or(0) - 1023;
    let mantissa = f64::from_bits((bits & 0x000F_FFFF_FFFF_FFFF) | (1023 << 52));
    let (mantissa, exponent) =
        if mantissa > SQRT_2 { (mantissa / 2.0, exponent + 1) } else { (mantissa, exponent) };
    // ln m = 2 artanh((m - 1) / (m + 1)), a series in the square of a number below 0.172.
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let square = t * t;
    let series = ARTANH.iter().rev().fold(0.0, |sum, term| sum * square + term);
    2.0 * t * series + f64::from(exponent) * LN_2
}

/// e to the power of `x`; 0 below -708, the largest number above 709.
pub(super) fn exp(x: f64) -> f64 {
    if x < -708.0 {
        return 0.0;
    }
    if x > 709.0 {
        return f64::MAX;
    }
    let doublings = (x / LN_2).round();
    let rest = x - doublings * LN_2;
    let series = EXP.iter().rev().fold(0.0, |sum, term| sum * rest + term);
    series * f64::from_bits(((doublings as i64 + 1023) as u64) << 52)
}

/// The probability that a standard normal number is below `z` (Abramowitz and Stegun 26.2.17).
pub(super) fn normal_below(z: f64) -> f64 {
    const POLYNOMIAL: [f64; 5] =
        [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let density = exp(-z * z / 2.0) / (2.0 * PI).sqrt();
    let tail = density * t * POLYNOMIAL.iter().rev().fold(0.0, |sum, c| sum * t + c);
    if z > 0.0 { 1.0 - tail } else { tail }
}

/// The logarithm of the factorial of `n`: exact product below 16, Stirling's series from there.
pub(super) fn ln_factorial(n: u64) -> f64 {
    if n < 16 {
        return ln((1..=n).product::<u64>() as f64);
    }
    let x = n as f64;
    (x + 0.5) * ln(x) - x + 0.5 * ln(2.0 * PI) + 1.0 / (12.0 * x) - 1.0 / (360.0 * x * x * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithm_and_exponential_agree_with_the_library() {
        for x in [1e-300, 0.001, 0.5, 0.99, 1.0, 1.41, 1.42, 2.0, 10.0, 12345.678, 1e300] {
            assert!((ln(x) - x.ln()).abs() <= 1e-14 * x.ln().abs().max(1.0), "ln {x}");
        }
        for x in [-700.0, -20.5, -1.0, -1e-9, 0.0, 0.3, 1.0, 42.0, 700.0] {
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-13, "exp {x}");
        }
        assert_eq!((exp(-1e6), exp(1e6)), (0.0, f64::MAX));
    }

    #[test]
    fn the_normal_distribution_agrees_with_published_values() {
        for (z, below) in
            [(0.0, 0.5), (1.0, 0.841_344_75), (-1.96, 0.024_997_9), (3.0, 0.998_650_1)]
        {
            assert!((normal_below(z) - below).abs() < 1e-7, "{z}");
        }
    }

    #[test]
    fn the_factorial_has_no_step_between_product_and_series() {
        for n in 1..40_u64 {
            let step = ln_factorial(n) - ln_factorial(n - 1);
            assert!((step - (n as f64).ln()).abs() < 1e-8, "{n}");
        }
    }
}
