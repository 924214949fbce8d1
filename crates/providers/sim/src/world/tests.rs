//! The world as a whole: one seed is one run, a clone goes its own way, a watch can be resumed.

use std::collections::BTreeMap;

use windlass_core::id::AppRef;
use windlass_core::time::Span;

use super::{WatchEvent, WatchKind};
use crate::lab::{Lab, template};
use crate::objects::DeploymentSpec;

/// A busy quarter of an hour: a candidate, a rollout, a resize, lost pods.
fn busy(seed: u64) -> Lab {
    let mut lab = Lab::running(seed, Lab::manifest(6));
    lab.candidate("v3", 3);
    lab.world.edit(&lab.app, |spec| spec.template = template("v2")).expect("it exists");
    lab.world.advance(Span::seconds(2));
    lab.world.scale(&lab.app, 9).expect("it exists");
    for pod in lab.pods("v3") {
        lab.world.kill_pod(pod).expect("it lives");
    }
    lab.world.advance(Span::minutes(15));
    lab
}

#[test]
fn one_seed_is_one_run_and_another_seed_another() {
    let (first, again, other) = (busy(5), busy(5), busy(6));
    assert_eq!(first.world.digest(), again.world.digest());
    assert_eq!(first.seen(), again.seen());
    assert_ne!(first.world.digest(), other.world.digest());
}

#[test]
fn steps_and_leaps_through_time_come_to_the_same() {
    let mut stepped = Lab::running(3, Lab::manifest(6));
    let mut leapt = stepped.clone();
    let end = stepped.world.now() + Span::minutes(5);
    for lab in [&mut stepped, &mut leapt] {
        lab.world.edit(&lab.app, |spec| spec.template = template("v2")).expect("it exists");
    }
    while stepped.world.next_event().is_some_and(|due| due <= end) {
        stepped.world.step();
    }
    leapt.world.advance_to(end);
    assert_eq!(stepped.world.digest(), leapt.world.digest());
}

#[test]
fn a_clone_goes_its_own_way() {
    let lab = busy(5);
    let mut fork = lab.clone();
    fork.world.delete_deployment(&fork.app).expect("it exists");
    fork.rest();
    assert_eq!(lab.world.digest(), busy(5).world.digest());
    assert_eq!(lab.set("v2").available, 9);
}

#[test]
fn what_happens_to_one_app_does_not_shift_another() {
    let mut lab = Lab::empty(1);
    let other = AppRef::new("shop", "api");
    lab.world.apply(&lab.app, Lab::manifest(4)).expect("valid");
    let mut alone = lab.clone();
    lab.world.apply(&other, DeploymentSpec::new("api", template("v1"), 7)).expect("valid");
    let ready = |lab: &mut Lab| {
        let mut moments = vec![];
        for _ in 0..3_000 {
            lab.world.advance(Span::millis(1));
            moments.push(lab.seen().sets.first().map_or(0, |set| set.ready));
        }
        moments
    };
    assert_eq!(ready(&mut lab), ready(&mut alone));
}

/// A watcher of one kind: the objects that exist, as it has heard of them.
#[derive(Default)]
struct Watcher {
    from: u64,
    known: BTreeMap<u64, WatchEvent>,
    relists: u32,
}

impl Watcher {
    fn follow(&mut self, lab: &Lab) {
        let Ok(changes) = lab.world.changes_since(self.from) else {
            self.relists += 1;
            let sets = &lab.world.store.sets;
            let alive = sets.iter().filter(|(_, cell)| !cell.deleted);
            self.known = alive.map(|(id, _)| (id.0, WatchEvent::Added)).collect();
            self.from = lab.world.revision();
            return;
        };
        for change in changes.filter(|change| change.kind == WatchKind::ReplicaSet) {
            match change.event {
                WatchEvent::Deleted => self.known.remove(&change.id),
                WatchEvent::Added | WatchEvent::Modified | WatchEvent::Status => {
                    self.known.insert(change.id, change.event)
                }
            };
        }
        self.from = lab.world.revision();
    }
}

#[test]
fn a_watcher_that_lists_afresh_when_expired_knows_what_exists() {
    let mut spec = Lab::manifest(3);
    spec.history_limit = 0;
    let mut lab = Lab::running(1, spec);
    let mut watcher = Watcher::default();
    for (n, version) in ["v2", "v3", "v1", "v2"].into_iter().enumerate() {
        lab.world.edit(&lab.app, |spec| spec.template = template(version)).expect("it exists");
        lab.rest();
        if n % 2 == 1 {
            lab.world.compact();
        }
        watcher.follow(&lab);
        let alive: Vec<u64> = lab.deployment_sets();
        assert_eq!(watcher.known.keys().copied().collect::<Vec<_>>(), alive);
    }
    assert_eq!(watcher.relists, 2);
}

#[test]
fn every_change_is_one_version_and_what_changes_nothing_is_none() {
    let mut lab = Lab::running(1, Lab::manifest(3));
    let before = lab.world.revision();
    lab.world.scale(&lab.app, 3).expect("it exists");
    lab.rest();
    assert_eq!(lab.world.revision(), before);
    lab.world.scale(&lab.app, 4).expect("it exists");
    assert_eq!(lab.world.revision(), before + 1);
}
