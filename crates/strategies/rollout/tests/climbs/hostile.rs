//! Climbs in a hostile world, by seed. What is drawn is counted, so that no kind of fault sleeps
//! unnoticed.

use std::collections::BTreeMap;

use windlass_core::time::Span;
use windlass_sim::invariants::Oracles;

use crate::lab::{state_of, subject, tale, target};
use crate::weather::{Hostile, KINDS, fired};

/// Seeds that once broke a rule: a look that was old when it was believed (4569, 28202), evidence of
/// a time when nobody watched or of another clock (take-overs 29887, 9713, 66301), a source that
/// stood still and was asked in a hot loop (61391, take-over 27011), a signal that was taken and
/// never told (47878), sides that grew together (72530), an app that grew while the climb went back
/// or out of the way (28922, 74568, take-over 23443), a candidate that was the app already (take-overs
/// 22294, 30396), pods that were lost while they ended (30946, 78884, 86249, take-over 34613), a hold
/// that was broken while objects were sealed (take-over 7193) or between two looks (32846), a scale that
/// its controller had not seen yet (96250).
const ONCE: [u64; 13] = [
    4_569, 28_202, 28_922, 30_946, 32_846, 47_878, 61_391, 66_937, 72_530, 74_568, 78_884, 86_249,
    96_250,
];
const ONCE_TAKEN_OVER: [u64; 10] =
    [7_193, 9_713, 22_294, 23_443, 27_011, 27_634, 29_887, 30_396, 34_613, 66_301];

#[test]
fn what_once_broke_a_rule_keeps_all_of_them() {
    let seeds = ONCE.into_iter().map(|seed| (seed, Hostile::new(seed)));
    let taken_over = ONCE_TAKEN_OVER.into_iter().map(|seed| (seed, Hostile::taken_over(seed)));
    for (seed, Hostile { mut trial, drawn, .. }) in seeds.chain(taken_over) {
        let mut oracles = Oracles::new(subject(&trial.cast.spec, None), &trial);
        oracles.watch(&mut trial, Span::hours(30), target);
        let found = oracles.breaches.first();
        assert!(found.is_none(), "{seed} {drawn:?} {found:?}\n{}", tale(&trial));
    }
}

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
