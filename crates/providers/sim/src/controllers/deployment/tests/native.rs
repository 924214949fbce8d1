//! Native rollouts: how many writes, and within which bounds.

use proptest::prelude::*;
use windlass_core::id::{AppRef, ObjectName};
use windlass_core::model::{DeploymentStrategy, IntOrPercent, Replicas, RollingLimits};
use windlass_core::platform::Change;
use windlass_core::time::Span;

use super::super::newest::native_hash;
use crate::WorldConfig;
use crate::lab::{Lab, template};
use crate::objects::{DeploymentSpec, Health, PodBehaviour, Progress};
use crate::rng::Delay;

fn within(surge: u32, unavailable: u32) -> DeploymentStrategy {
    let count = |pods| IntOrPercent::Count(Replicas::try_from(pods).expect("a few"));
    let limits = RollingLimits::new(count(surge), count(unavailable)).expect("a rollout can move");
    DeploymentStrategy::RollingUpdate(limits)
}

/// Rolls `replicas` pods over to `v2`, looking after every step of the world.
fn roll(lab: &mut Lab, mut look: impl FnMut(&Lab)) {
    lab.world.edit(&lab.app, |spec| spec.template = template("v2")).expect("it exists");
    let end = lab.world.now() + Span::minutes(30);
    while lab.world.next_event().is_some_and(|due| due < end) {
        lab.world.step();
        look(lab);
    }
}

/// Sizes given to sets in a rollout whose pods become ready in step, as controllers without any
/// delay make them.
fn scale_writes(replicas: u32, surge: u32, unavailable: u32) -> usize {
    let at_once = Delay::default();
    let mut lab = Lab::with(
        1,
        WorldConfig {
            deployment_informer: at_once,
            set_informer: at_once,
            deployment_work: at_once,
            set_work: at_once,
            ..WorldConfig::default()
        },
    );
    lab.world.behave_usually(PodBehaviour {
        start: Delay::fixed(Span::seconds(1)),
        ready: Delay::fixed(Span::seconds(1)),
        terminate: Delay::fixed(Span::seconds(1)),
        ..PodBehaviour::default()
    });
    let spec = Lab::manifest(replicas);
    let strategy = within(surge, unavailable);
    lab.world.apply(&lab.app, DeploymentSpec { strategy, ..spec }).expect("valid");
    lab.rest();
    let (mut writes, mut sizes) = (0, vec![replicas, 0]);
    roll(&mut lab, |lab| {
        let mut now: Vec<u32> = lab.seen().sets.iter().map(|set| set.replicas).collect();
        now.resize(2, 0);
        writes += now.iter().zip(&sizes).filter(|(now, then)| now != then).count();
        sizes = now;
    });
    writes
}

#[test]
fn a_rollout_takes_two_writes_a_round_and_one_round_more_when_pods_may_be_missing() {
    for (n, s, u) in [(10_u32, 3, 0), (10, 1, 0), (8, 8, 0), (100, 25, 0)] {
        let rounds = n.div_ceil(s + u) as usize;
        assert_eq!(scale_writes(n, s, u), 2 * rounds, "{n} pods, {s} more, {u} fewer");
    }
    for (n, s, u) in [(10_u32, 3, 2), (10, 1, 1), (100, 25, 25)] {
        let rounds = n.div_ceil(s + u) as usize;
        assert_eq!(scale_writes(n, s, u), 2 * (rounds + 1), "{n} pods, {s} more, {u} fewer");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn a_rollout_keeps_within_its_bounds_at_every_instant_and_ends(
        seed: u64, n in 1_u32..=20, s in 0_u32..=6, u in 0_u32..=6
    ) {
        let (s, u) = if s + u == 0 { (1, 0) } else { (s, u) };
        let mut spec = Lab::manifest(n);
        spec.strategy = within(s, u);
        let mut lab = Lab::running(seed, spec);
        let (mut most, mut least) = (0, u32::MAX);
        roll(&mut lab, |lab| {
            // Pods that an old set was told to give up may still run when new ones are asked for.
            most = most.max(lab.seen().sets.iter().map(|set| set.replicas).sum());
            least = least.min(lab.world.selected_pods(&lab.app).available);
        });
        prop_assert!(most <= n + s, "{most} pods asked for");
        prop_assert!(least + u >= n, "{least} available");
        prop_assert_eq!((lab.set("v2").available, lab.set("v1").pods), (n, 0));
    }

    #[test]
    fn a_rollout_to_pods_that_never_get_ready_stops_above_the_floor(
        seed: u64, n in 1_u32..=12, s in 0_u32..=4, u in 0_u32..=4
    ) {
        let (s, u) = if s + u == 0 { (1, 0) } else { (s, u) };
        let mut spec = Lab::manifest(n);
        spec.strategy = within(s, u);
        let mut lab = Lab::running(seed, spec);
        let never = PodBehaviour { health: Health::NeverReady, ..PodBehaviour::default() };
        lab.world.behave(&template("v2").digest, never);
        let mut least = u32::MAX;
        roll(&mut lab, |lab| least = least.min(lab.world.selected_pods(&lab.app).available));
        prop_assert!(least + u >= n, "{least} available");
        let reason = lab.deployment().status.progressing.map(|condition| condition.reason);
        prop_assert_eq!(reason, Some(Progress::DeadlineExceeded));
    }

    #[test]
    fn a_recreate_never_runs_two_versions_at_once(seed: u64, n in 1_u32..=12) {
        let mut spec = Lab::manifest(n);
        spec.strategy = DeploymentStrategy::Recreate;
        let mut lab = Lab::running(seed, spec);
        let mut both = false;
        roll(&mut lab, |lab| {
            let running = lab.seen().sets.iter().filter(|set| set.pods > 0).count();
            both |= running > 1;
        });
        prop_assert!(!both);
        prop_assert_eq!(lab.set("v2").available, n);
    }
}

#[test]
fn a_new_deployment_gets_its_pods_and_its_service_serves_them() {
    let lab = Lab::running(1, Lab::manifest(4));
    let (set, seen) = (lab.set("v1"), lab.seen());
    assert_eq!((set.pods, set.available, set.serving, set.revision), (4, 4, 4, 1));
    assert_eq!(seen.services[0].endpoints, 4);
    let status = seen.deployment.expect("it exists").status;
    assert_eq!((status.replicas, status.updated, status.available), (4, 4, 4));
    let progress = lab.deployment().status.progressing.map(|condition| condition.reason);
    assert_eq!(progress, Some(Progress::NewSetAvailable));
}

#[test]
fn pods_that_come_up_unhealthy_are_replaced_first_when_a_good_version_follows() {
    let mut spec = Lab::manifest(10);
    spec.strategy = within(3, 2);
    let mut lab = Lab::running(1, spec);
    let never = PodBehaviour { health: Health::NeverReady, ..PodBehaviour::default() };
    lab.world.behave(&template("v2").digest, never);
    roll(&mut lab, |_| {});
    assert_eq!((lab.set("v1").replicas, lab.set("v2").replicas), (8, 5));
    lab.world.edit(&lab.app, |spec| spec.template = template("v3")).expect("it exists");
    let mut least = u32::MAX;
    for _ in 0..600 {
        lab.world.advance(Span::millis(100));
        least = least.min(lab.world.selected_pods(&lab.app).available);
    }
    assert_eq!((least, lab.set("v3").available, lab.set("v2").pods), (8, 10, 0));
}

#[test]
fn a_resize_in_the_middle_of_a_rollout_is_shared_between_old_and_new() {
    let mut spec = Lab::manifest(10);
    spec.strategy = within(2, 0);
    let mut lab = Lab::running(1, spec);
    let never = PodBehaviour { health: Health::NeverReady, ..PodBehaviour::default() };
    lab.world.behave(&template("v2").digest, never);
    lab.world.edit(&lab.app, |spec| spec.template = template("v2")).expect("it exists");
    lab.rest();
    assert_eq!((lab.set("v1").replicas, lab.set("v2").replicas), (10, 2));
    lab.world.scale(&lab.app, 20).expect("it exists");
    lab.rest();
    // 12 pods grow to 22: 10 * 22 / 12 = 18.3, and what is left goes to the larger set.
    assert_eq!((lab.set("v1").replicas, lab.set("v2").replicas), (18, 4));
}

#[test]
fn a_set_of_a_hash_that_is_taken_gets_another_name() {
    let mut lab = Lab::running(1, Lab::manifest(2));
    let taken = lab.set("v1").name;
    lab.world.label_set(&lab.app, &taken, ("app", None)).expect("it exists");
    lab.rest();
    let sets: Vec<_> = lab.seen().sets.iter().map(|set| (set.name.clone(), set.pods)).collect();
    assert_eq!(sets.len(), 2);
    assert_eq!((&sets[0].0, sets[0].1, sets[1].1), (&taken, 2, 2));
}

#[test]
fn a_recreate_goes_on_as_soon_as_the_last_old_pod_is_gone() {
    let mut spec = Lab::manifest(3);
    spec.strategy = DeploymentStrategy::Recreate;
    let mut lab = Lab::running(1, spec);
    lab.world.edit(&lab.app, |spec| spec.template = template("v2")).expect("it exists");
    lab.world.advance(Span::seconds(5));
    assert_eq!(lab.set("v2").available, 3);
}

#[test]
fn of_two_sets_of_one_template_made_in_one_second_the_first_by_name_is_the_new_one() {
    let mut lab = Lab::empty(1);
    lab.world.apply(&lab.app, Lab::manifest(2)).expect("valid");
    while lab.seen().sets.is_empty() {
        lab.world.step().expect("the controller looks");
    }
    let native = lab.set("v1").name;
    let twin = lab.candidate_named("0", "v1");
    lab.rest();
    lab.write_set("v1", Change::Adopt { revision: 2 }).expect("nobody else writes");
    lab.rest();
    let wanted = |name| lab.world.pod_counts(&lab.app, name).map(|pods| pods.active);
    assert_eq!((wanted(&twin), wanted(&native)), (Some(2), Some(0)));
}

#[test]
fn lost_pods_of_a_complete_rollout_do_not_count_as_new_ones() {
    let mut lab = Lab::running(1, Lab::manifest(6));
    let before = lab.deployment().status;
    for pod in lab.pods("v1") {
        lab.world.kill_pod(pod).expect("it lives");
    }
    lab.rest();
    assert_eq!(lab.deployment().status, before);
}

#[test]
fn a_set_that_cannot_be_made_is_tried_less_and_less_and_then_left() {
    let mut lab = Lab::running(1, Lab::manifest(1));
    let other = AppRef::new("shop", "we");
    let taken = ObjectName::new(format!("we-{}", native_hash(&template("v2").digest, 0)));
    let name = lab.set("v1").name;
    // A set of another app has the name; the controller's cache of this app never shows it.
    let cell = lab.world.store.set_names[&("shop".into(), name)];
    lab.world.store.set_names.insert(("shop".into(), taken), cell);
    lab.world.apply(&other, DeploymentSpec::new("we", template("v2"), 1)).expect("valid");
    lab.world.advance(Span::minutes(1));
    assert!(lab.world.next_event().is_some(), "still trying");
    lab.world.advance(Span::minutes(9));
    assert_eq!(lab.world.next_event(), None);
}

#[test]
fn a_deployment_that_is_deleted_adopts_nothing_any_more() {
    let mut lab = Lab::running(1, Lab::manifest(1));
    let name = lab.candidate("v2", 1);
    lab.world.edit_set(&lab.app, &name, |set| set.meta.owner = None).expect("it exists");
    lab.rest();
    lab.world.label_set(&lab.app, &name, ("app", Some("web"))).expect("it exists");
    lab.world.delete_deployment(&lab.app).expect("it exists");
    lab.rest();
    let left: Vec<ObjectName> = lab.seen().sets.into_iter().map(|set| set.name).collect();
    assert_eq!(left, [name]);
}

#[test]
fn a_longer_min_ready_is_judged_anew_for_pods_that_are_ready() {
    let mut lab = Lab::running(1, Lab::manifest(2));
    lab.world.edit(&lab.app, |spec| spec.min_ready = Span::hours(1)).expect("it exists");
    lab.rest();
    assert_eq!((lab.set("v1").ready, lab.set("v1").available), (2, 0));
    lab.world.advance(Span::hours(1));
    assert_eq!(lab.set("v1").available, 2);
}

#[test]
fn a_deleted_deployment_takes_everything_along_that_it_owned_in_either_way() {
    let mut lab = Lab::running(1, Lab::manifest(3));
    lab.candidate("v2", 2);
    lab.rest();
    lab.world.delete_deployment(&lab.app).expect("it exists");
    lab.rest();
    assert_eq!(lab.seen().sets, []);
    assert_eq!(lab.world.pods(&lab.app), []);
}
