use serde_json::{Value, json};
use windlass_core::fence::{Epoch, Token};
use windlass_core::id::AppRef;

use super::*;
use crate::cache::{Kept, Told};
use crate::fence::RUN_LABEL;
use crate::objects::{BudgetObject, EPOCH, LeaseObject, PodObject, ServiceObject, SliceObject};

/// A namespace with an app of two pods, told ten seconds ago.
struct Shop(Space);

const TOLD: u64 = 50;

fn told(seconds: u64) -> Told {
    let wall = Timestamp::from_millis(0) + Span::seconds(seconds);
    Told { now: Span::seconds(seconds), wall, first: false }
}

fn view(seconds: u64) -> View {
    let Told { now, wall, .. } = told(seconds);
    View { at: wall, now, settle: Span::seconds(2) }
}

fn scope() -> AppScope {
    AppScope { app: AppRef::new("shop", "web"), services: vec!["web".into()] }
}

fn owner(controller: bool) -> Value {
    json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "d",
        "controller": controller}])
}

fn meta(name: &str, more: Value) -> Value {
    let mut meta = json!({"name": name, "uid": format!("uid-{name}"), "resourceVersion": "9"});
    for (key, field) in more.as_object().into_iter().flatten() {
        meta[key] = field.clone();
    }
    meta
}

impl Shop {
    fn open() -> Self {
        let mut shop = Self(Space::default());
        let template = json!({"metadata": {"labels": {"app": "web"}}});
        shop.put::<DeploymentObject>(json!({
            "metadata": meta("web", json!({"uid": "d", "generation": 4})),
            "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template},
            "status": {"observedGeneration": 4},
        }));
        shop.set("web-old", &json!({"app": "web"}), owner(true));
        shop.put::<ServiceObject>(json!({
            "metadata": meta("web", json!({})),
            "spec": {"selector": {"app": "web"}},
        }));
        shop.pod("web-old-1", "web-old", true);
        shop.pod("web-old-2", "web-old", true);
        shop.slice(&["web-old-1", "web-old-2"], TOLD);
        shop
    }

    fn put<T: Kept>(&mut self, object: Value) {
        self.at::<T>(object, TOLD);
    }

    fn at<T: Kept>(&mut self, object: Value, seconds: u64) {
        serde_json::from_value::<T>(object).expect("valid").take(&mut self.0, told(seconds));
    }

    fn set(&mut self, name: &str, labels: &Value, owners: Value) {
        let pods = json!({"app": "web", "pod-template-hash": name});
        self.put::<ReplicaSetObject>(json!({
            "metadata": meta(name, json!({
                "labels": labels, "ownerReferences": owners, "generation": 1,
                "annotations": {"deployment.kubernetes.io/revision": "3"},
            })),
            "spec": {"replicas": 2, "template": {"metadata": {"labels": pods}}},
            "status": {"observedGeneration": 1, "availableReplicas": 2},
        }));
    }

    fn pod(&mut self, name: &str, set: &str, ready: bool) {
        let status = if ready { "True" } else { "False" };
        self.put::<PodObject>(json!({
            "metadata": {"name": name, "resourceVersion": "9", "ownerReferences": [
                {"kind": "ReplicaSet", "name": set, "uid": format!("uid-{set}"), "controller": true},
            ]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": status}]},
        }));
    }

    fn slice(&mut self, pods: &[&str], seconds: u64) {
        let endpoint =
            |pod: &&str| json!({"conditions": {"ready": true}, "targetRef": {"name": pod}});
        let endpoints: Vec<Value> = pods.iter().map(endpoint).collect();
        let labels = json!({"labels": {"kubernetes.io/service-name": "web"}});
        let slice = json!({"metadata": meta("web-abc", labels), "endpoints": endpoints});
        self.at::<SliceObject>(slice, seconds);
    }

    fn seen(&self, seconds: u64) -> AppSeen {
        view(seconds).app(&self.0, &scope())
    }
}

#[test]
fn an_app_at_rest_is_seen_with_everything_settled() {
    let seen = Shop::open().seen(TOLD + 10);
    let [set] = &seen.sets[..] else { panic!("{:?}", seen.sets) };
    assert_eq!((set.pods, set.ready, set.serving, set.available), (2, 2, 2, 2));
    assert_eq!((set.membership, set.revision, set.settled), (Membership::Owned, 3, true));
    assert_eq!(set.token, Token::Version(9));
    let [service] = &seen.services[..] else { panic!("{:?}", seen.services) };
    assert_eq!((service.endpoints, service.settled, service.pin.clone()), (2, true, None));
    assert_eq!((seen.lease, seen.min_available), (None, 0));
}

#[test]
fn a_pod_serves_once_the_data_plane_has_had_its_time() {
    let mut shop = Shop::open();
    shop.pod("web-old-3", "web-old", true);
    shop.slice(&["web-old-1", "web-old-2", "web-old-3"], TOLD + 20);
    let soon = shop.seen(TOLD + 21);
    assert_eq!((soon.sets[0].serving, soon.services[0].settled), (2, false));
    let wakes = view(TOLD + 21).next(&shop.0, &scope());
    assert_eq!(wakes, Some(Span::seconds(TOLD + 22)));
    let later = shop.seen(TOLD + 22);
    assert_eq!((later.sets[0].serving, later.services[0].settled), (3, true));
    assert_eq!(view(TOLD + 22).next(&shop.0, &scope()), None);
}

#[test]
fn a_pod_that_is_not_ready_serves_nothing_although_a_slice_still_names_it() {
    let mut shop = Shop::open();
    shop.pod("web-old-2", "web-old", false);
    assert_eq!(shop.seen(TOLD + 10).sets[0].serving, 1);
}

#[test]
fn a_service_that_was_pinned_is_settled_once_its_endpoints_are_all_of_that_side() {
    let mut shop = Shop::open();
    shop.set("web-new", &json!({"pod-template-hash": "web-new"}), owner(false));
    shop.pod("web-new-1", "web-new", true);
    let pinned = json!({"app": "web", "pod-template-hash": "web-new"});
    let service = json!({"metadata": meta("web", json!({})), "spec": {"selector": pinned}});
    shop.at::<ServiceObject>(service, TOLD + 20);
    let before = shop.seen(TOLD + 30).services.remove(0);
    assert_eq!((before.settled, before.endpoints), (false, 0), "the slice names the old side");
    shop.slice(&["web-new-1"], TOLD + 31);
    let after = shop.seen(TOLD + 33).services.remove(0);
    assert_eq!((after.settled, after.endpoints, after.pin), (true, 1, Some("web-new".into())));
    let serving: Vec<u32> = shop.seen(TOLD + 33).sets.iter().map(|set| set.serving).collect();
    assert_eq!(serving, [1, 2], "no Service asks for the old side: its pods serve whom they serve");
}

#[test]
fn a_set_belongs_by_its_owner_and_its_labels() {
    let mut shop = Shop::open();
    shop.set("web-new", &json!({"pod-template-hash": "web-new"}), owner(false));
    shop.set("web-soon", &json!({"app": "web"}), owner(false));
    shop.set("other", &json!({"app": "web"}), json!([]));
    let seen = shop.seen(TOLD + 10);
    let told: Vec<_> = seen.sets.iter().map(|set| (set.name.as_str(), set.membership)).collect();
    assert_eq!(
        told,
        [
            ("web-new", Membership::Apart),
            ("web-old", Membership::Owned),
            ("web-soon", Membership::Matching),
        ]
    );
}

#[test]
fn a_lease_tells_run_holder_and_epoch() {
    let mut shop = Shop::open();
    let notes = json!({"annotations": {EPOCH: "77", RUN_LABEL: "r1"}});
    shop.put::<LeaseObject>(json!({
        "metadata": meta("windlass.web", notes),
        "spec": {"holderIdentity": "host-1"},
    }));
    let lease = shop.seen(TOLD).lease.expect("it is held");
    assert_eq!((lease.run, lease.epoch), ("r1".into(), Epoch(77)));
    assert_eq!(lease.holder, "host-1".into());
}

#[test]
fn a_budget_counts_where_it_is_over_the_apps_pods() {
    let mut shop = Shop::open();
    for (name, app, healthy) in [("ours", "web", 2), ("theirs", "db", 5)] {
        shop.put::<BudgetObject>(json!({
            "metadata": meta(name, json!({})),
            "spec": {"selector": {"matchLabels": {"app": app}}},
            "status": {"desiredHealthy": healthy},
        }));
    }
    assert_eq!(shop.seen(TOLD).min_available, 2);
}
