use windlass_core::fence::{Epoch, Expect, Token};
use windlass_core::id::{Kind, ObjectRef};
use windlass_core::time::Span;

use super::*;
use crate::objects::Labels;

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(0) + Span::millis(millis)
}

fn names() -> RouteRef {
    RouteRef { name: "web".into(), stable: "web".into(), candidate: "web-c".into() }
}

fn fence(seq: u64) -> Fence {
    Fence { run: "r".into(), epoch: Epoch(1), seq }
}

fn percent(percent: u64) -> Weight {
    Weight::percent(percent).unwrap()
}

fn split(weight: u64) -> Change {
    Change::Split { candidate: "web-c".into(), weight: percent(weight) }
}

fn route(rules: Vec<Rule>) -> Route {
    let meta = Meta {
        name: "web".into(),
        uid: "route-1".into(),
        version: 5,
        generation: 1,
        created: at(0),
        labels: Labels::default(),
        annotations: Labels::default(),
        owner: None,
    };
    Route::new(meta, rules, PlaneConfig::default(), Rng::new(3))
}

/// Writes under the token that the route carries.
fn write(route: &mut Route, now: Timestamp, seq: u64, change: Change) -> Result<(), Refusal> {
    let token = route.meta.token();
    write_at(route, now, seq, change, token)
}

fn write_at(
    route: &mut Route,
    now: Timestamp,
    seq: u64,
    change: Change,
    token: Token,
) -> Result<(), Refusal> {
    let expect = Expect::at(&"route-1".into(), &token);
    let write = Write { object: ObjectRef::new(Kind::Route, "web".into()), expect, change };
    route.write(now, &names(), &fence(seq), &write)
}

fn settle(route: &mut Route) {
    while let Some(due) = route.due() {
        route.advance(due);
    }
}

#[test]
fn written_accepted_and_effective_are_three_facts() {
    let mut route = route(vec![Rule::to("web")]);
    let facts = |route: &Route| {
        let seen = route.seen(at(0), &names());
        (seen.written, seen.accepted, seen.effective)
    };
    assert_eq!(facts(&route), (None, true, Some(Weight::ZERO)));
    write(&mut route, at(0), 1, split(25)).unwrap();
    assert_eq!(facts(&route), (Some(percent(25)), false, None));
    assert_eq!(route.effective(&names()), Weight::ZERO);
    route.advance(route.due().unwrap());
    assert_eq!(facts(&route), (Some(percent(25)), true, None));
    settle(&mut route);
    assert_eq!(facts(&route), (Some(percent(25)), true, Some(percent(25))));
}

#[test]
fn weights_of_a_split_rule_sum_to_everything() {
    let mut route = route(vec![Rule::to("web")]);
    for points in [0, 1, 3_333, 5_000, 9_999, 10_000] {
        let weight = Weight::from_basis_points(points).unwrap();
        let change = Change::Split { candidate: "web-c".into(), weight };
        write(&mut route, at(points), points, change).unwrap();
        let sum: u32 = route.rules()[0].backends.iter().map(|b| b.weight).sum();
        assert_eq!(sum, SPLIT_TOTAL);
        assert_eq!(route.seen(at(points), &names()).written, Some(weight));
    }
}

#[test]
fn unsplit_gives_the_users_own_rules_back_byte_for_byte() {
    let foreign = Rule {
        matches: "path: /admin".into(),
        filters: "requestRedirect".into(),
        backends: vec![RuleBackend { service: "admin".into(), weight: 7 }],
    };
    let beta = Rule { matches: "header: beta".into(), ..Rule::to("web") };
    let own = vec![Rule { filters: "cors".into(), ..Rule::to("web") }, foreign.clone(), beta];
    let mut route = route(own.clone());
    write(&mut route, at(0), 1, split(5)).unwrap();
    write(&mut route, at(1), 2, split(50)).unwrap();
    assert_eq!(route.rules()[1], foreign);
    assert_eq!(route.rules()[2].weight_of(&"web-c".into()), Some(5_000));
    write(&mut route, at(2), 3, Change::Unsplit).unwrap();
    assert_eq!(route.rules(), own);
    assert_eq!((route.meta.fence(), route.meta.annotations.iter().count()), (None, 0));
}

#[test]
fn a_foreign_backend_keeps_its_weight_and_its_part() {
    let mut shared = Rule::to("web");
    shared.backends[0].weight = 90;
    shared.backends.push(RuleBackend { service: "legacy".into(), weight: 10 });
    let mut route = route(vec![shared]);
    write(&mut route, at(0), 1, split(20)).unwrap();
    let weights: Vec<u32> = route.rules()[0].backends.iter().map(|b| b.weight).collect();
    assert_eq!(weights, [72, 10, 18]);
    let refused = write(&mut route, at(1), 2, split(25));
    assert!(matches!(refused, Err(Refusal::Invalid { .. })), "{refused:?}");
}

#[test]
fn of_two_writes_that_expect_the_same_token_one_lands() {
    let mut route = route(vec![Rule::to("web")]);
    let token = route.meta.token();
    write_at(&mut route, at(0), 1, split(10), token.clone()).unwrap();
    let late = write_at(&mut route, at(1), 2, split(90), token);
    assert_eq!(late, Err(Refusal::Stale));
    write(&mut route, at(2), 3, Change::Seal).unwrap();
    let late = write_at(&mut route, at(3), 2, split(90), Token::Fence(fence(1)));
    assert_eq!(late, Err(Refusal::Stale));
    assert_eq!(route.seen(at(3), &names()).written, Some(percent(10)));
}

#[test]
fn a_repeated_write_moves_the_fence_and_not_the_generation() {
    let mut route = route(vec![Rule::to("web")]);
    write(&mut route, at(0), 1, split(10)).unwrap();
    settle(&mut route);
    let generation = route.meta.generation;
    write(&mut route, at(9_000), 2, split(10)).unwrap();
    assert_eq!((route.meta.generation, route.meta.fence()), (generation, Some(fence(2))));
    assert_eq!(route.seen(at(9_000), &names()).effective, Some(percent(10)));
}

#[test]
fn a_route_that_does_not_name_the_stable_service_is_left_alone() {
    let mut route = route(vec![Rule::to("other")]);
    let refused = write(&mut route, at(0), 1, split(10));
    assert!(matches!(refused, Err(Refusal::Invalid { .. })), "{refused:?}");
    assert_eq!((route.rules(), route.meta.fence()), (&[Rule::to("other")][..], None));
}

#[test]
fn a_change_of_another_kind_is_refused() {
    let mut route = route(vec![Rule::to("web")]);
    let refused = write(&mut route, at(0), 1, Change::SetReplicas(3));
    assert!(matches!(refused, Err(Refusal::Invalid { .. })), "{refused:?}");
}

#[test]
fn a_person_who_applies_the_old_manifest_takes_the_candidate_out() {
    let mut route = route(vec![Rule::to("web")]);
    write(&mut route, at(0), 1, split(40)).unwrap();
    settle(&mut route);
    route.edit(at(9_000), vec![Rule::to("web")]);
    let seen = route.seen(at(9_000), &names());
    assert_eq!((seen.written, seen.effective), (None, None));
    settle(&mut route);
    assert_eq!(route.effective(&names()), Weight::ZERO);
}
