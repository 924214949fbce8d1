//! Climbs through a bad network, beside a second operator, and under signals, by seed.

use crate::lab::{ClimbCast, Lab, canary, state_of, subject, tale, target};
use windlass_core::event::EndResult;
use windlass_core::kernel::{Signal, SignalKind};
use windlass_core::time::Span;
use windlass_rollout::climb::Climb;
use windlass_rollout::strategy::{BlueGreen, Canary, RollingUpdate, Strategy};
use windlass_sim::harness::{Fate, Faults, Life, Trial};
use windlass_sim::invariants::Oracles;
use windlass_sim::rng::{Delay, Rng};
use windlass_sim::traffic::Rate;

type Climbing = Trial<Climb, ClimbCast>;

fn strategy(rng: &mut Rng) -> (Lab, Box<dyn Strategy>) {
    let route = rng.below(2) == 0;
    let errors = if rng.below(3) == 0 { Rate::percent(20) } else { Rate::NONE };
    let replicas = 1 + u32::try_from(rng.below(5)).expect("small");
    let lab = Lab { route, errors, replicas, seed: rng.next_u64() };
    let warm = if route { Span::seconds(30) } else { Span::ZERO };
    match rng.below(3) {
        0 => (lab, Box::new(BlueGreen::default())),
        1 => (lab, Box::new(RollingUpdate::default())),
        _ => (lab, Box::new(Canary { keep_warm: warm, ..canary() })),
    }
}

fn network(rng: &mut Rng) -> Faults {
    let mut rate = |most: u64| {
        let on = rng.below(3) == 0;
        u32::try_from(if on { rng.below(most) } else { 0 }).expect("small")
    };
    let mut faults = Faults {
        answer_lost: rate(300_000),
        request_lost: rate(200_000),
        late: rate(200_000),
        duplicated: rate(300_000),
        unavailable: rate(200_000),
        ..Faults::default()
    };
    if rng.below(3) == 0 {
        faults.queued = Delay::millis(0, 5_000);
    }
    faults
}

fn signal(kind: SignalKind, n: u64) -> Signal {
    let (id, by, reason) = (format!("s{n}"), "ann".to_owned(), "a test".to_owned());
    Signal { id, by, reason, expect: None, kind }
}

/// Draws everything that goes wrong in a trial.
fn trial(seed: u64) -> Climbing {
    let mut rng = Rng::new(seed);
    let (lab, strategy) = strategy(&mut rng);
    let mut trial = lab.release(strategy.as_ref());
    trial.faults = network(&mut rng);
    for n in 0..rng.below(4) {
        let operator = usize::from(rng.below(3) == 0);
        let point = 1 + rng.below(500);
        let fate = match rng.below(2) {
            0 => Fate::Crash { down: Span::seconds(1 + rng.below(120)) },
            _ => Fate::Pause { still: Span::millis(1 + rng.below(600_000)) },
        };
        trial.faults.fates.insert((operator, point), fate);
        if rng.below(3) == 0 {
            let kinds = [
                SignalKind::Abort,
                SignalKind::Pause,
                SignalKind::Resume,
                SignalKind::Skip,
                SignalKind::Promote,
            ];
            let kind = kinds[usize::try_from(rng.below(5)).expect("small")];
            trial.signal(Span::seconds(rng.below(240)), 0, signal(kind, n));
        }
    }
    if rng.below(3) == 0 {
        trial.take_over(Span::seconds(rng.below(300)), 0);
    }
    trial
}

fn at_rest(trial: &mut Climbing, what: &str) {
    trial.world.advance(Span::minutes(20));
    let spec = trial.cast.spec.clone();
    let seen = trial.world.observe(&spec.scope());
    let story = |trial: &Climbing| format!("{what}\n{}\n{}", tale(trial), state_of(trial));
    let deployment = seen.deployment.expect("nobody deletes it");
    // Of several operators the last one to hold the app has the last word.
    let runs = trial.operators.iter().filter_map(|o| o.run.as_ref());
    let ended = runs.filter(|run| run.outcome().is_some()).max_by_key(|run| run.epoch());
    let result = ended.and_then(|run| run.outcome().map(|o| o.result));
    let template = match result {
        Some(EndResult::Promoted) => &spec.candidate.template,
        _ => &spec.stable.template,
    };
    assert_eq!(&deployment.template, template, "{}", story(trial));
    assert_eq!(deployment.paused, spec.ground.paused, "{}", story(trial));
    assert_eq!(deployment.history_limit, spec.ground.history_limit, "{}", story(trial));
    assert_eq!(deployment.status.available, deployment.replicas, "{}", story(trial));
    for service in &seen.services {
        assert!(service.pin.is_none() || service.made_by.is_some(), "{}", story(trial));
    }
    for set in &seen.sets {
        // A create that came late leaves a ReplicaSet without pods, and nothing else.
        let late = set.made_by.is_some() && set.replicas == 0;
        let serves = set.template == *template && set.replicas == deployment.replicas;
        assert!(late || serves || set.replicas == 0, "{set:?} {}", story(trial));
    }
}

#[test]
fn a_climb_through_faults_ends_at_rest() {
    for seed in 0..2_000 {
        let mut trial = trial(seed);
        let what = format!("seed {seed}");
        let mut oracles = Oracles::new(subject(&trial.cast.spec, None), &trial);
        oracles.watch(&mut trial, Span::hours(30), target);
        let found = oracles.breaches.first();
        assert!(
            found.is_none(),
            "{what}: {}\n{:?}\n{}",
            found.expect("just seen"),
            trial.faults,
            tale(&trial)
        );
        let paused = trial.operators.iter().any(|o| matches!(o.life, Life::Still(_)));
        assert!(!paused, "{what}");
        assert!(
            trial.outcome().is_some(),
            "{what} does not end\n{:?}\n{}\n{}",
            trial.faults,
            tale(&trial),
            state_of(&trial)
        );
        at_rest(&mut trial, &what);
    }
}
