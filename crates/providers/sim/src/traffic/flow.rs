//! Where requests go at one moment: from the route's backends over Services to pods.

use std::collections::BTreeMap;

use windlass_core::id::{ObjectName, PodHash};
use windlass_core::weight::apportion;

/// All requests, in the unit of [`Flow::share`]: parts per billion.
pub const WHOLE: u32 = 1_000_000_000;

/// Endpoints of one side behind a Service, as the data plane has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// The side.
    pub side: PodHash,
    /// Endpoints whose pod answers.
    pub serving: u32,
    /// Endpoints that requests are still sent to although their pod does not answer.
    pub dead: u32,
}

/// Requests that one side's pods answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// The side.
    pub side: PodHash,
    /// Its share of all requests in parts per billion.
    pub share: u32,
    /// Pods that share them evenly, at least 1.
    pub pods: u32,
}

/// Where requests get lost.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hole {
    /// The Service, or the route when it sends nowhere.
    pub at: ObjectName,
    /// The side whose pod did not answer; `None` when there was no endpoint at all.
    pub side: Option<PodHash>,
}

/// Where requests go: shares of flows and leaks sum to exactly [`WHOLE`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flows {
    /// What is answered, by side, in the order of their names.
    pub served: Vec<Flow>,
    /// What is lost, with its share in parts per billion.
    pub lost: BTreeMap<Hole, u32>,
}

impl Flows {
    /// Follows all requests that come to `entry` (a route or a Service) through its `backends`,
    /// Services with the share of requests that each is sent, to the pods behind them. A Service
    /// spreads evenly over its endpoints.
    pub fn follow(
        entry: &ObjectName,
        backends: &[(ObjectName, u32)],
        endpoints: &BTreeMap<ObjectName, Vec<Endpoints>>,
    ) -> Self {
        let mut flows = Flows::default();
        let mut served = BTreeMap::<PodHash, (u32, u32)>::new();
        let weights: Vec<u64> = backends.iter().map(|(_, weight)| u64::from(*weight)).collect();
        if weights.iter().all(|weight| *weight == 0) {
            flows.lost.insert(Hole { at: entry.clone(), side: None }, WHOLE);
        }
        for ((service, _), share) in backends.iter().zip(apportion(WHOLE, &weights)) {
            let groups = endpoints.get(service).map(Vec::as_slice).unwrap_or_default();
            flows.spread(&mut served, service, share, groups);
        }
        let flow = |(side, (share, pods))| Flow { side, share, pods };
        flows.served = served.into_iter().map(flow).collect();
        flows
    }

    /// Spreads one Service's share over its endpoints, counting side by side: (share, pods).
    fn spread(
        &mut self,
        served: &mut BTreeMap<PodHash, (u32, u32)>,
        service: &ObjectName,
        share: u32,
        groups: &[Endpoints],
    ) {
        if share == 0 {
            return;
        }
        let counts: Vec<u64> =
            groups.iter().flat_map(|g| [u64::from(g.serving), u64::from(g.dead)]).collect();
        let parts = apportion(share, &counts);
        if parts.iter().sum::<u32>() == 0 {
            *self.lost.entry(Hole { at: service.clone(), side: None }).or_default() += share;
        }
        for (group, parts) in groups.iter().zip(parts.chunks(2)) {
            if parts[0] > 0 {
                let (share, pods) = served.entry(group.side.clone()).or_default();
                *share += parts[0];
                *pods = (*pods).max(group.serving);
            }
            if parts[1] > 0 {
                let hole = Hole { at: service.clone(), side: Some(group.side.clone()) };
                *self.lost.entry(hole).or_default() += parts[1];
            }
        }
    }

    /// The share of a side in parts per billion, lost requests of that side included.
    pub fn share(&self, side: &PodHash) -> u32 {
        let served = self.served.iter().filter(|flow| flow.side == *side).map(|flow| flow.share);
        let lost = self.lost.iter().filter(|(hole, _)| hole.side.as_ref() == Some(side));
        served.chain(lost.map(|(_, share)| *share)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(side: &str, serving: u32, dead: u32) -> Endpoints {
        Endpoints { side: side.into(), serving, dead }
    }

    fn follow(backends: &[(&str, u32)], services: &[(&str, Vec<Endpoints>)]) -> Flows {
        let backends: Vec<_> = backends.iter().map(|(name, w)| ((*name).into(), *w)).collect();
        let services =
            services.iter().map(|(name, groups)| ((*name).into(), groups.clone())).collect();
        Flows::follow(&"route".into(), &backends, &services)
    }

    fn sum(flows: &Flows) -> u64 {
        let served = flows.served.iter().map(|flow| u64::from(flow.share));
        served.chain(flows.lost.values().map(|share| u64::from(*share))).sum()
    }

    #[test]
    fn a_service_over_both_sides_spreads_by_serving_pods() {
        let flows = follow(&[("web", 1)], &[("web", vec![group("new", 1, 0), group("old", 3, 0)])]);
        assert_eq!(flows.share(&"new".into()), WHOLE / 4);
        assert_eq!(flows.share(&"old".into()), WHOLE / 4 * 3);
        assert!(flows.lost.is_empty());
    }

    #[test]
    fn pinned_services_split_by_weight_whatever_their_size() {
        let services = [("web", vec![group("old", 9, 0)]), ("web-c", vec![group("new", 1, 0)])];
        let flows = follow(&[("web", 9_500), ("web-c", 500)], &services);
        assert_eq!(flows.share(&"new".into()), WHOLE / 20);
        assert_eq!(flows.served[0].pods, 1);
    }

    #[test]
    fn a_service_that_selects_nothing_loses_its_whole_share() {
        let flows = follow(&[("web", 9), ("web-c", 1)], &[("web", vec![group("old", 3, 0)])]);
        let hole = Hole { at: "web-c".into(), side: None };
        assert_eq!(flows.lost, BTreeMap::from([(hole, WHOLE / 10)]));
    }

    #[test]
    fn a_route_without_weight_loses_everything() {
        let flows = follow(&[("web", 0)], &[("web", vec![group("old", 3, 0)])]);
        assert_eq!(flows.lost, BTreeMap::from([(Hole { at: "route".into(), side: None }, WHOLE)]));
    }

    #[test]
    fn an_endpoint_whose_pod_is_gone_loses_its_part() {
        let flows = follow(&[("web", 1)], &[("web", vec![group("old", 3, 1)])]);
        let hole = Hole { at: "web".into(), side: Some("old".into()) };
        assert_eq!(flows.lost, BTreeMap::from([(hole, WHOLE / 4)]));
        assert_eq!(flows.share(&"old".into()), WHOLE);
    }

    #[test]
    fn shares_sum_exactly_however_uneven() {
        for (a, b, pods) in [(1, 2, 7), (3_333, 6_667, 3), (1, 1_000_000, 11), (7, 0, 13)] {
            let groups = vec![group("a", pods, 1), group("b", pods + 2, 0), group("c", 1, 2)];
            let flows = follow(&[("x", a), ("y", b)], &[("x", groups.clone()), ("y", groups)]);
            assert_eq!(sum(&flows), u64::from(WHOLE), "{a} {b} {pods}");
        }
    }
}
