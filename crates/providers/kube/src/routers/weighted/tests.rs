use serde_json::json;

use super::*;

const DIALECT: Dialect = Dialect { alone: 1, beside: 1, max: 999 };

fn side(backend: &Value) -> Side {
    match backend["name"].as_str() {
        Some("s") => Side::Stable,
        Some("c") => Side::Candidate,
        _ => Side::Foreign,
    }
}

fn rename(backend: &mut Value) {
    backend["name"] = json!("c");
}

const BACKENDS: Backends<'_> =
    Backends { dialect: &DIALECT, weight: "weight", side: &side, rename: &rename };

fn list(backends: Value) -> Vec<Value> {
    backends.as_array().unwrap().clone()
}

fn points(n: u64) -> Weight {
    Weight::from_basis_points(n).unwrap()
}

fn split(before: Value, own: Option<u64>, weight: Weight) -> Result<Value, Snag> {
    let before = list(before);
    let pair = BACKENDS.pair(&before)?.unwrap();
    BACKENDS.split(&before, &pair, own, weight).map(Value::from)
}

#[test]
fn alone_the_two_weights_sum_to_a_hundred_or_to_what_says_the_share() {
    let alone = || json!([{"name": "s", "port": 80}]);
    assert_eq!(
        split(alone(), None, points(500)).unwrap(),
        json!([{"name": "s", "port": 80, "weight": 95}, {"name": "c", "port": 80, "weight": 5}])
    );
    let fine = split(alone(), None, points(50)).unwrap();
    assert_eq!((&fine[0]["weight"], &fine[1]["weight"]), (&json!(199), &json!(1)));
    // 0.01 % has no exact pair up to 999, and nothing is nearer than all.
    assert_eq!(split(alone(), None, points(1)), Err(Snag::Coarse { own: 1 }));
}

#[test]
fn beside_others_only_the_stable_part_is_split() {
    let shared = json!([{"name": "x", "weight": 40}, {"name": "s", "weight": 60}]);
    let after = split(shared.clone(), Some(60), points(2_500)).unwrap();
    assert_eq!(
        after,
        json!([{"name": "x", "weight": 40}, {"name": "s", "weight": 45}, {"name": "c", "weight": 15}])
    );
    let all = split(shared, Some(60), Weight::FULL).unwrap();
    assert_eq!((&all[1]["weight"], &all[2]["weight"]), (&json!(0), &json!(60)));
}

#[test]
fn a_weight_that_rounds_to_nothing_or_too_far_off_is_refused() {
    let shared = |own| json!([{"name": "x", "weight": 1}, {"name": "s", "weight": own}]);
    assert_eq!(split(shared(1), Some(1), points(500)), Err(Snag::Coarse { own: 1 }));
    assert_eq!(split(shared(10), Some(10), points(500)), Err(Snag::Coarse { own: 10 }));
    assert!(split(shared(10), Some(10), points(1_000)).is_ok());
    // 5 % of 60 is 3; 1 % of 60 would be 1.67 %, which is near enough.
    let one = split(shared(60), Some(60), points(100)).unwrap();
    assert_eq!(one[2]["weight"], json!(1));
}

#[test]
fn a_stable_side_without_traffic_stays_without() {
    let off = json!([{"name": "s", "weight": 0}]);
    let after = split(off, Some(0), points(5_000)).unwrap();
    assert_eq!((&after[0]["weight"], &after[1]["weight"]), (&json!(0), &json!(0)));
}

#[test]
fn a_side_that_is_twice_in_a_list_and_a_weight_that_is_no_number_are_refused() {
    let twice = list(json!([{"name": "s"}, {"name": "s"}]));
    assert_eq!(BACKENDS.pair(&twice), Err(Snag::Twice(Side::Stable)));
    for weight in [json!("5"), json!(-1), json!(1.5), json!(5_000_000_000u64)] {
        let bad = list(json!([{"name": "s", "weight": weight}]));
        assert_eq!(BACKENDS.pair(&bad), Err(Snag::Number));
    }
}

#[test]
fn all_and_nothing_are_never_rounded_to() {
    assert_eq!(share(0, 7), Some(Weight::FULL));
    assert_eq!(share(7, 0), Some(Weight::ZERO));
    assert_eq!(share(1_000_000, 1), Some(points(1)));
    assert_eq!(share(1, 1_000_000), Some(points(9_999)));
    assert_eq!(share(0, 0), None);
}
