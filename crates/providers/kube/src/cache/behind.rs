//! What stands behind a Service, and since when.

use std::collections::BTreeMap;

use windlass_core::time::Span;

use super::told::Told;
use crate::objects::SliceObject;

/// The ready endpoints of a Service. The API tells what the data plane is asked to do; that it does so
/// is known a while later.
#[derive(Clone, Debug, Default)]
pub(crate) struct Behind {
    slices: BTreeMap<Box<str>, SliceObject>,
    /// Pods that new connections are sent to, and since when.
    ready: BTreeMap<Box<str>, Span>,
    /// When one of them came or went.
    moved: Span,
}

impl Behind {
    pub(crate) fn put(&mut self, slice: SliceObject, told: Told) {
        let since = told.since(slice.meta.touched);
        self.slices.insert(slice.meta.name.as_str().into(), slice);
        self.recount(since);
    }

    pub(crate) fn remove(&mut self, slice: &str, now: Span) {
        self.slices.remove(slice);
        self.recount(now);
    }

    pub(crate) fn has(&self, slice: &str) -> bool {
        self.slices.contains_key(slice)
    }

    pub(crate) fn slices(&self) -> impl Iterator<Item = &str> {
        self.slices.keys().map(|name| &**name)
    }

    /// The names of the pods that new connections are sent to since before `at`, as far as is known.
    pub(crate) fn known(&self, at: Span) -> impl Iterator<Item = &str> {
        self.ready.iter().filter(move |(_, since)| **since <= at).map(|(pod, _)| &**pod)
    }

    /// All pods that new connections are to be sent to.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = &str> {
        self.ready.keys().map(|pod| &**pod)
    }

    pub(crate) fn moved(&self) -> Span {
        self.moved
    }

    /// Whatever is new is so since then.
    fn recount(&mut self, then: Span) {
        let endpoints = self.slices.values().flat_map(|slice| &slice.endpoints);
        let ready = endpoints.filter(|endpoint| endpoint.ready);
        let since = |pod: &str| self.ready.get(pod).copied().unwrap_or(then);
        let ready: BTreeMap<Box<str>, Span> =
            ready.map(|it| (it.pod.clone(), since(&it.pod))).collect();
        if !ready.keys().eq(self.ready.keys()) {
            self.moved = self.moved.max(then);
        }
        self.ready = ready;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use windlass_core::time::Timestamp;

    use super::*;

    fn slice(name: &str, pods: &[(&str, bool)]) -> SliceObject {
        let endpoints: Vec<_> = pods
            .iter()
            .map(|(pod, ready)| {
                json!({"conditions": {"ready": ready}, "targetRef": {"kind": "Pod", "name": pod}})
            })
            .collect();
        let metadata = json!({"name": name, "uid": name, "resourceVersion": "1"});
        let slice = json!({"metadata": metadata, "endpoints": endpoints});
        serde_json::from_value(slice).expect("valid")
    }

    fn told(seconds: u64) -> Told {
        let wall = Timestamp::from_millis(0);
        Told { now: Span::seconds(seconds), wall, first: false }
    }

    fn names<'a>(pods: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
        pods.collect()
    }

    #[test]
    fn a_pod_is_known_since_it_came_although_its_slice_is_written_again() {
        let mut behind = Behind::default();
        behind.put(slice("s", &[("a", true)]), told(1));
        behind.put(slice("s", &[("a", true), ("b", true), ("c", false)]), told(5));
        assert_eq!(names(behind.wanted()), ["a", "b"]);
        assert_eq!(names(behind.known(Span::seconds(4))), ["a"]);
        assert_eq!(behind.moved(), Span::seconds(5));
    }

    #[test]
    fn a_pod_that_was_away_starts_anew() {
        let mut behind = Behind::default();
        behind.put(slice("s", &[("a", true)]), told(1));
        behind.put(slice("s", &[("a", false)]), told(2));
        behind.put(slice("s", &[("a", true)]), told(3));
        assert_eq!(names(behind.known(Span::seconds(2))), Vec::<&str>::new());
    }

    #[test]
    fn a_pod_that_moves_from_one_slice_to_another_has_never_been_away() {
        let mut behind = Behind::default();
        behind.put(slice("s", &[("a", true)]), told(1));
        behind.put(slice("t", &[("a", true)]), told(2));
        behind.remove("s", Span::seconds(3));
        assert_eq!(names(behind.known(Span::seconds(1))), ["a"]);
        assert_eq!(behind.moved(), Span::seconds(1));
    }
}
