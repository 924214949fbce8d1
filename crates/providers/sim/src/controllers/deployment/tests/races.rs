//! A promotion races resizes: the sequence that seems obvious drops pods, the handover never does.

use windlass_core::platform::{Change, Refusal};
use windlass_core::time::Span;

use super::handover::tested;
use crate::lab::{Lab, template};
use crate::rng::{Delay, Rng};

/// How a race went.
struct Outcome {
    /// Least available candidate pods at any instant.
    least: u32,
    /// The smallest size that was ever asked for.
    floor: u32,
    /// The size asked for in the end.
    last: u32,
}

impl Outcome {
    fn dropped(&self) -> bool {
        self.least < self.floor
    }
}

/// A promotion during which people resize the Deployment.
struct Race {
    lab: Lab,
    rng: Rng,
    /// Resizes to come: in how many milliseconds, and to which size.
    resizes: Vec<(Span, u32)>,
    outcome: Outcome,
}

impl Race {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed).fork(1);
        let size = 2 + u32::try_from(rng.below(9)).expect("small");
        let lab = tested(seed, Lab::manifest(size));
        let count = 1 + rng.below(3);
        let mut resizes: Vec<(Span, u32)> = (0..count)
            .map(|_| {
                let at = rng.draw(Delay::millis(0, 250));
                (at, 1 + u32::try_from(rng.below(15)).expect("small"))
            })
            .collect();
        resizes.sort_by_key(|(at, _)| *at);
        let outcome = Outcome { least: size, floor: size, last: size };
        Self { lab, rng, resizes, outcome }
    }

    /// Lets the world go on for a while and people resize; looks after every event.
    fn wait(&mut self, span: Span) {
        let end = self.lab.world.now() + span;
        loop {
            let now = self.lab.world.now();
            let resize = self.resizes.first().map(|(at, _)| now + *at);
            let event = self.lab.world.next_event();
            let next = [resize, event].into_iter().flatten().min().filter(|at| *at <= end);
            let Some(next) = next else { break };
            if resize == Some(next) {
                let (_, size) = self.resizes.remove(0);
                self.pass(next.since(now));
                self.lab.world.scale(&self.lab.app, size).expect("it exists");
                self.outcome.floor = self.outcome.floor.min(size);
                self.outcome.last = size;
            } else {
                self.pass(next.since(now));
            }
            self.outcome.least = self.outcome.least.min(self.lab.set("v2").available);
        }
        let rest = end.since(self.lab.world.now());
        self.pass(rest);
    }

    /// Moves time, and the resizes to come nearer with it.
    fn pass(&mut self, span: Span) {
        self.lab.world.advance(span);
        for (at, _) in &mut self.resizes {
            *at = at.less(span);
        }
    }

    fn pause_between_writes(&mut self) {
        let span = self.rng.draw(Delay::millis(0, 40));
        self.wait(span);
    }

    /// Reads and writes the Deployment until the write is not stale.
    fn deploy(&mut self, change: &Change) -> u64 {
        loop {
            match self.lab.deploy(change.clone()) {
                Ok(_) => return self.lab.deployment().meta.generation,
                Err(Refusal::Stale) => self.pause_between_writes(),
                Err(other) => panic!("{other}"),
            }
        }
    }

    fn write_set(&mut self, version: &str, change: &Change) {
        while let Err(refusal) = self.lab.write_set(version, change.clone()) {
            assert_eq!(refusal, Refusal::Stale);
            self.pause_between_writes();
        }
    }

    /// Steps 1 and 2.
    fn pause_with_template(&mut self) {
        let template = template("v2").digest;
        let change = Change::Template { template, paused: true, strategy: None };
        let generation = self.deploy(&change);
        while self.lab.deployment().status.observed_generation < generation {
            self.wait(Span::millis(1));
        }
    }
}

/// Pauses with the template, waits, and labels the candidate in beside the stable set.
fn two_active(seed: u64) -> Outcome {
    let mut race = Race::new(seed);
    race.pause_between_writes();
    race.pause_with_template();
    race.pause_between_writes();
    race.write_set("v2", &Change::Adopt { revision: 2 });
    race.wait(Span::seconds(60));
    race.outcome
}

/// The handover, steps 1 to 6.
fn handover(seed: u64) -> Outcome {
    let mut race = Race::new(seed);
    race.pause_between_writes();
    race.pause_with_template();
    race.pause_between_writes();
    race.write_set("v1", &Change::Release);
    race.pause_between_writes();
    race.write_set("v2", &Change::Adopt { revision: 2 });
    while !race.lab.is_taken_over() {
        race.wait(Span::millis(10));
    }
    race.deploy(&Change::Paused(false));
    race.wait(Span::seconds(60));
    assert!(race.lab.is_taken_over(), "seed {seed}");
    assert_eq!(race.lab.set("v2").available, race.outcome.last, "seed {seed}");
    assert_eq!(race.lab.seen().sets.len(), 2, "seed {seed}");
    race.outcome
}

#[test]
fn two_active_sets_drop_the_candidate_in_some_races() {
    let dropped = (0..300).filter(|seed| two_active(*seed).dropped()).count();
    assert!((5..250).contains(&dropped), "{dropped} of 300");
}

#[test]
fn a_handover_never_drops_the_candidate_whatever_it_races() {
    let dropped: Vec<u64> = (0..2_000).filter(|seed| handover(*seed).dropped()).collect();
    assert_eq!(dropped, [0_u64; 0]);
}
