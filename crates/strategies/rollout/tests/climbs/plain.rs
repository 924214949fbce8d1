//! Climbs against the simulated cluster, without faults.

use crate::lab::{ClimbCast, Lab, canary, state_of, tale};
use windlass_core::event::EndResult;
use windlass_core::time::Span;
use windlass_rollout::climb::Climb;
use windlass_rollout::strategy::{BlueGreen, Recreate, RollingUpdate, Strategy};
use windlass_sim::harness::Trial;
use windlass_sim::traffic::Rate;

fn ends(lab: &Lab, strategy: &dyn Strategy) -> (EndResult, Trial<Climb, ClimbCast>) {
    let mut trial = lab.release(strategy);
    trial.run(Span::hours(3), |_| Ok::<(), ()>(())).expect("no check");
    let result = trial.outcome().map(|o| o.result);
    assert!(result.is_some(), "it does not end:\n{}\n{}", tale(&trial), state_of(&trial));
    (result.expect("checked above"), trial)
}

#[test]
fn a_good_canary_is_promoted() {
    let (result, trial) = ends(&Lab::default(), &canary());
    assert!(!trial.landed.is_empty());
    assert_eq!(result, EndResult::Promoted);
}

#[test]
fn a_bad_canary_is_rolled_back() {
    let lab = Lab { errors: Rate::percent(20), ..Lab::default() };
    let (result, _) = ends(&lab, &canary());
    assert_eq!(result, EndResult::RolledBack);
}

#[test]
fn a_canary_without_a_route_moves_pods() {
    let lab = Lab { route: false, ..Lab::default() };
    let canary = windlass_rollout::strategy::Canary { keep_warm: Span::ZERO, ..canary() };
    let (result, _) = ends(&lab, &canary);
    assert_eq!(result, EndResult::Promoted);
}

#[test]
fn blue_green_switches_the_service() {
    let lab = Lab { route: false, ..Lab::default() };
    let (result, _) = ends(&lab, &BlueGreen::default());
    assert_eq!(result, EndResult::Promoted);
}

#[test]
fn a_rolling_update_is_done_by_the_deployment() {
    let (result, _) = ends(&Lab::default(), &RollingUpdate::default());
    assert_eq!(result, EndResult::Promoted);
}

#[test]
fn recreate_is_done_by_the_deployment_and_gives_its_strategy_back() {
    let (result, trial) = ends(&Lab::default(), &Recreate::default());
    assert_eq!(result, EndResult::Promoted);
    let deployment = trial.world.deployment(&trial.cast.spec.app).expect("nobody deletes it");
    assert_eq!(deployment.spec.strategy, trial.cast.spec.ground.strategy);
    assert!(deployment.spec.strategy.to_string().contains('%'), "as it was written");
}
