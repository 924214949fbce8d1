//! A small seeded source of randomness, so that one seed is one run on every machine.
//!
//! SplitMix64 (Steele, Lea, Flood, 2014): 64 bits of state, every seed is a good one, and streams
//! split off with [`Rng::fork`] do not disturb each other.

use windlass_core::time::Span;

/// A stream of random numbers that depends on its seed alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng {
    state: u64,
}

/// One round of SplitMix64's finalizer: a bijection that scatters every bit.
pub fn mix(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

impl Rng {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Splits off a stream of its own, named by `label`; this stream does not move.
    ///
    /// Two parts of a world that draw from forks stay independent: one more draw in the first does
    /// not shift the second.
    #[must_use]
    pub fn fork(&self, label: u64) -> Rng {
        Rng { state: mix(self.state ^ mix(label.wrapping_add(0x9E37_79B9_7F4A_7C15))) }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.state)
    }

    /// A number below `bound`, each equally likely (to one part in 2⁶⁴/`bound`); 0 for a bound of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.next_u64()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// True in `per_million` of a million draws.
    pub fn chance(&mut self, per_million: u32) -> bool {
        self.below(1_000_000) < u64::from(per_million)
    }

    /// A number from 0 up to, but not including, 1, in steps of 2⁻⁵³.
    pub fn unit(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
        let numerator = (self.next_u64() >> 11) as f64;
        numerator / 9_007_199_254_740_992.0
    }

    /// A span out of a delay's range.
    pub fn draw(&mut self, delay: Delay) -> Span {
        delay.least + Span::millis(self.below(delay.spread.as_millis().saturating_add(1)))
    }
}

/// A range of time to draw from, evenly: `least` up to and including `least + spread`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delay {
    /// The shortest it takes.
    pub least: Span,
    /// How much longer it may take.
    pub spread: Span,
}

impl Delay {
    /// Always the same.
    pub const fn fixed(span: Span) -> Self {
        Self { least: span, spread: Span::ZERO }
    }

    /// From `least` to `most` milliseconds; `most` below `least` counts as `least`.
    pub const fn millis(least: u64, most: u64) -> Self {
        Self { least: Span::millis(least), spread: Span::millis(most.saturating_sub(least)) }
    }

    /// The longest it takes.
    pub fn most(self) -> Span {
        self.least + self.spread
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_published_splitmix_stream() {
        // Reference values of splitmix64.c (Vigna) for the seed 1234567.
        let mut rng = Rng::new(1_234_567);
        assert_eq!(rng.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(rng.next_u64(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn a_draw_stays_within_its_range_and_reaches_both_ends() {
        let mut rng = Rng::new(7);
        let drawn: Vec<u64> =
            (0..1_000).map(|_| rng.draw(Delay::millis(3, 6)).as_millis()).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&3), Some(&6)));
    }

    #[test]
    fn a_fork_is_unmoved_by_later_draws_of_its_parent() {
        let mut parent = Rng::new(1);
        let early = parent.fork(5);
        let other = parent.fork(6);
        parent.next_u64();
        assert_ne!(early, other);
        assert_eq!(early, Rng::new(1).fork(5));
    }

    #[test]
    fn a_chance_of_a_tenth_comes_in_about_a_tenth_of_draws() {
        let mut rng = Rng::new(3);
        let hits = (0..10_000).filter(|_| rng.chance(100_000)).count();
        assert!((900..1_100).contains(&hits), "{hits}");
    }
}
