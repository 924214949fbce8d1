//! A climb whose process dies at every point, alone and with a second operator.

use std::collections::BTreeMap;

use crate::lab::{ClimbCast, Lab, canary, state_of, subject, tale, target};
use windlass_core::event::EndResult;
use windlass_core::time::Span;
use windlass_rollout::climb::Climb;
use windlass_rollout::strategy::{BlueGreen, Canary, Recreate, RollingUpdate, Strategy};
use windlass_sim::harness::{Fate, Trial};
use windlass_sim::invariants::Oracles;
use windlass_sim::traffic::{Hole, Loss, Rate};

type Climbing = Trial<Climb, ClimbCast>;

fn strategies() -> Vec<(&'static str, Lab, Box<dyn Strategy>)> {
    let plain = Lab { route: false, ..Lab::default() };
    let bad = Lab { errors: Rate::percent(20), ..Lab::default() };
    let warm = Canary { keep_warm: Span::ZERO, ..canary() };
    vec![
        ("canary", Lab::default(), Box::new(canary())),
        ("bad canary", bad, Box::new(canary())),
        ("pods", plain.clone(), Box::new(warm)),
        ("blue-green", plain.clone(), Box::new(BlueGreen::default())),
        ("rolling", plain.clone(), Box::new(RollingUpdate::default())),
        ("recreate", plain, Box::new(Recreate::default())),
    ]
}

/// Everything that must be at rest, in words.
fn rest(trial: &mut Climbing) -> String {
    let spec = trial.cast.spec.clone();
    let seen = trial.world.observe(&spec.scope());
    let mut lines = Vec::new();
    let d = seen.deployment.expect("it is still there");
    lines.push(format!(
        "deployment {} {} paused {} history {} strategy {:?} {:?}",
        d.template, d.replicas, d.paused, d.history_limit, d.strategy, d.status
    ));
    for s in &seen.sets {
        lines.push(format!(
            "set {} {:?} {}/{} ready {} by {:?}",
            s.name, s.membership, s.replicas, s.pods, s.ready, s.made_by
        ));
    }
    for s in &seen.services {
        lines.push(format!("service {} pin {:?} endpoints {}", s.name, s.pin, s.endpoints));
    }
    lines.push(format!("lease {:?}", seen.lease));
    if let Some(route) = trial.world.route(&spec.app, &"web".into()) {
        lines.push(format!("route {:?}", route.rules()));
    }
    lines.sort();
    lines.join("\n")
}

fn lost(trial: &mut Climbing) -> BTreeMap<Hole, Loss> {
    let app = trial.cast.spec.app.clone();
    trial.world.account(&app).expect("it has load").lost().clone()
}

/// From an abort to no traffic, where the network is well.
const PROMPT: Span = Span::seconds(6);

fn finish(name: &str, trial: &mut Climbing) -> EndResult {
    let mut oracles = Oracles::new(subject(&trial.cast.spec, Some(PROMPT)), trial);
    oracles.watch(trial, Span::hours(8), target);
    let found = oracles.breaches.first();
    assert!(found.is_none(), "{name}: {}\n{}", found.expect("just seen"), tale(trial));
    let result = trial.outcome().map(|o| o.result);
    assert!(result.is_some(), "{name} does not end:\n{}\n{}", tale(trial), state_of(trial));
    result.expect("checked above")
}

#[test]
fn a_crash_at_any_point_leads_to_the_same_rest() {
    for (name, lab, strategy) in strategies() {
        let calm = lab.release(strategy.as_ref());
        let mut whole = calm.clone();
        let result = finish(name, &mut whole);
        let (points, writes) = (whole.operators[0].points, whole.landed.len());
        let at_rest = rest(&mut whole);
        let loses = name == "recreate";
        assert!(loses || lost(&mut whole).is_empty(), "{name}: {:?}", lost(&mut whole));
        assert!(points < 1_500, "{name}: {points} points, {} reads", whole.reads);
        for point in 1..=points {
            for down in [Span::seconds(3), Span::minutes(60)] {
                let mut trial = calm.clone();
                trial.faults.fates.insert((0, point), Fate::Crash { down });
                let what = format!("{name}, down {down} at point {point} of {points}");
                let got = finish(&what, &mut trial);
                let told = tale(&trial);
                let left = rest(&mut trial);
                assert!(loses || lost(&mut trial).is_empty(), "{what}: {:?}", lost(&mut trial));
                assert!(got == result && left == at_rest, "{what}: {got}\n{left}\n{told}");
                assert!(
                    trial.landed.len() <= 2 * writes + 10,
                    "{what}: {} writes",
                    trial.landed.len()
                );
            }
        }
    }
}
