//! Climbs in a hostile world, by seed. What is drawn is counted, so that no kind of fault sleeps
//! unnoticed.

use std::collections::BTreeMap;

use windlass_core::time::Span;
use windlass_sim::invariants::Oracles;

use crate::lab::{state_of, subject, tale, target};
use crate::weather::{Hostile, KINDS, fired};

/// Seeds of the hostile world.
const SEEDS: u64 = 2_000;

#[test]
fn nothing_that_must_not_happen_happens_in_a_hostile_world() {
    let mut seen = BTreeMap::<&str, u64>::new();
    let mut found = Vec::new();
    for seed in 0..SEEDS {
        let Hostile { mut trial, drawn, .. } = Hostile::new(seed);
        let mut oracles = Oracles::new(subject(&trial.cast.spec, None), &trial);
        oracles.watch(&mut trial, Span::hours(30), target);
        for kind in fired(&trial, &drawn) {
            *seen.entry(kind).or_default() += 1;
        }
        if let Some(breach) = oracles.breaches.first() {
            let story = format!("{}\n{}", tale(&trial), state_of(&trial));
            found.push(format!("seed {seed} {drawn:?} {breach}"));
            if found.len() == 1 {
                found.push(story);
            }
        }
    }
    assert!(found.is_empty(), "{} found\n{}", found.len() - 1, found.join("\n"));
    for kind in KINDS {
        let seeds = seen.get(kind).copied().unwrap_or(0);
        assert!(seeds * 100 >= SEEDS, "{kind}: in {seeds} of {SEEDS} seeds");
    }
}
