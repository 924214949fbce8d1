//! The data plane behind a route: routers that learn of its weights late, each in its own time.

use windlass_core::id::ObjectName;
use windlass_core::time::Timestamp;
use windlass_core::weight::apportion;

use crate::rng::{Delay, Rng};

use super::flow::WHOLE;

/// How exactly a router can split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rounding {
    /// As the weights say.
    #[default]
    Exact,
    /// In so many equal parts: 100 for whole percent, 256 for a hash ring of that size. Parts are
    /// given out by largest remainder; a weight of 0 gets none, a small one may get none.
    Parts(u32),
}

/// How quick and how exact the data plane is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaneConfig {
    /// From a write until the router's controller says that it has accepted it.
    pub accept: Delay,
    /// From there until each router sends accordingly, drawn for each by itself.
    pub program: Delay,
    /// Routers, each with an equal part of the requests; 0 counts as 1.
    pub routers: u32,
    /// How exactly they split.
    pub rounding: Rounding,
}

impl Default for PlaneConfig {
    /// One exact router: accepts within 100 to 300 ms, sends accordingly 0.5 to 1.5 s later.
    fn default() -> Self {
        Self {
            accept: Delay::millis(100, 300),
            program: Delay::millis(500, 1_500),
            routers: 1,
            rounding: Rounding::Exact,
        }
    }
}

/// Services with their parts of the requests.
pub(super) type Table = Vec<(ObjectName, u32)>;

/// The routers of a route.
#[derive(Clone, Debug)]
pub(super) struct Plane {
    config: PlaneConfig,
    rng: Rng,
    /// What each router does now.
    tables: Vec<Table>,
    /// Generations that are not accepted yet, with the time when they will be, in order.
    accepting: Vec<(Timestamp, u64)>,
    accepted: u64,
    /// What a router will do from a time on; in order of time for each router.
    programming: Vec<(Timestamp, usize, Table)>,
}

impl Plane {
    /// Routers that have long learned of the first weights.
    pub(super) fn new(config: PlaneConfig, rng: Rng, weights: &Table) -> Self {
        let table = round(config.rounding, weights);
        let routers = config.routers.max(1) as usize;
        let tables = vec![table; routers];
        Self { config, rng, tables, accepting: Vec::new(), accepted: 1, programming: Vec::new() }
    }

    /// Learns of new weights; an older generation never overtakes a newer one.
    pub(super) fn learn(&mut self, now: Timestamp, generation: u64, weights: &Table) {
        let last = self.accepting.last().map_or(now, |(at, _)| *at);
        let accept = (now + self.rng.draw(self.config.accept)).max(last);
        self.accepting.push((accept, generation));
        let table = round(self.config.rounding, weights);
        for router in 0..self.tables.len() {
            let last = self.programming.iter().filter(|(_, of, _)| *of == router);
            let last = last.map(|(at, ..)| *at).max().unwrap_or(accept);
            let at = (accept + self.rng.draw(self.config.program)).max(last);
            self.programming.push((at, router, table.clone()));
        }
    }

    /// When something is due next.
    pub(super) fn due(&self) -> Option<Timestamp> {
        let accepting = self.accepting.iter().map(|(at, _)| *at);
        accepting.chain(self.programming.iter().map(|(at, ..)| *at)).min()
    }

    /// Does what is due by `now`; true when anything was.
    pub(super) fn advance(&mut self, now: Timestamp) -> bool {
        let before = self.accepting.len() + self.programming.len();
        while let Some((_, generation)) = self.accepting.first().copied().filter(|a| a.0 <= now) {
            self.accepted = generation;
            self.accepting.remove(0);
        }
        let (due, later) =
            std::mem::take(&mut self.programming).into_iter().partition(|(at, ..)| *at <= now);
        self.programming = later;
        let due: Vec<(Timestamp, usize, Table)> = due;
        for (_, router, table) in due {
            self.tables[router] = table;
        }
        before != self.accepting.len() + self.programming.len()
    }

    /// The newest generation that was accepted.
    pub(super) fn accepted(&self) -> u64 {
        self.accepted
    }

    /// True when every router does what was written last.
    pub(super) fn settled(&self) -> bool {
        self.accepting.is_empty() && self.programming.is_empty()
    }

    /// Parts per billion of all requests that each Service is sent now, over all routers.
    pub(super) fn shares(&self) -> Table {
        let mut shares = Table::new();
        let each = apportion(WHOLE, &vec![1; self.tables.len()]);
        for (table, part) in self.tables.iter().zip(each) {
            let weights: Vec<u64> = table.iter().map(|(_, weight)| u64::from(*weight)).collect();
            for ((service, _), share) in table.iter().zip(apportion(part, &weights)) {
                match shares.iter_mut().find(|(name, _)| name == service) {
                    Some((_, sum)) => *sum += share,
                    None => shares.push((service.clone(), share)),
                }
            }
        }
        shares
    }
}

fn round(rounding: Rounding, weights: &Table) -> Table {
    let Rounding::Parts(parts) = rounding else { return weights.clone() };
    let shares: Vec<u64> = weights.iter().map(|(_, weight)| u64::from(*weight)).collect();
    let services = weights.iter().map(|(service, _)| service.clone());
    services.zip(apportion(parts.max(1), &shares)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_core::time::Span;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(0) + Span::millis(millis)
    }

    fn table(old: u32, new: u32) -> Table {
        vec![("old".into(), old), ("new".into(), new)]
    }

    fn plane(routers: u32, rounding: Rounding) -> Plane {
        let config = PlaneConfig { routers, rounding, ..PlaneConfig::default() };
        Plane::new(config, Rng::new(8), &table(1, 0))
    }

    fn new_share(plane: &Plane) -> u32 {
        plane.shares().iter().filter(|(name, _)| name.as_str() == "new").map(|(_, s)| *s).sum()
    }

    #[test]
    fn the_old_share_is_in_effect_until_the_routers_have_learned() {
        let mut plane = plane(1, Rounding::Exact);
        plane.learn(at(0), 2, &table(75, 25));
        plane.advance(at(99));
        assert_eq!((plane.accepted(), new_share(&plane), plane.settled()), (1, 0, false));
        plane.advance(at(300));
        assert_eq!((plane.accepted(), new_share(&plane), plane.settled()), (2, 0, false));
        plane.advance(at(1_800));
        assert_eq!((new_share(&plane), plane.settled()), (WHOLE / 4, true));
        assert_eq!(plane.due(), None);
    }

    #[test]
    fn routers_learn_one_after_another() {
        let mut plane = plane(3, Rounding::Exact);
        plane.learn(at(0), 2, &table(0, 1));
        let mut seen = Vec::new();
        while let Some(due) = plane.due() {
            plane.advance(due);
            seen.push(new_share(&plane) / (WHOLE / 3));
        }
        assert_eq!(seen, [0, 1, 2, 3]);
    }

    #[test]
    fn an_older_write_never_lands_after_a_newer_one() {
        for seed in 0..200 {
            let mut plane = Plane::new(PlaneConfig::default(), Rng::new(seed), &table(1, 0));
            plane.learn(at(0), 2, &table(50, 50));
            plane.learn(at(10), 3, &table(90, 10));
            let mut generations = Vec::new();
            while let Some(due) = plane.due() {
                plane.advance(due);
                generations.push(plane.accepted());
            }
            assert!(generations.is_sorted(), "seed {seed}: {generations:?}");
            assert_eq!(new_share(&plane), WHOLE / 10, "seed {seed}");
        }
    }

    #[test]
    fn a_router_that_rounds_still_sends_everything_somewhere() {
        for new in 0..=1_000 {
            for parts in [1, 3, 100, 256] {
                let mut plane = plane(3, Rounding::Parts(parts));
                plane.learn(at(0), 2, &table(1_000 - new, new));
                plane.advance(at(1_000));
                let sum: u32 = plane.shares().iter().map(|(_, share)| share).sum();
                assert_eq!(sum, WHOLE, "{new} in {parts} parts");
                plane.advance(at(9_000));
                let exact = u64::from(new) * u64::from(WHOLE) / 1_000;
                let off = u64::from(new_share(&plane)).abs_diff(exact);
                assert!(off <= u64::from(WHOLE / parts), "{new} in {parts} parts");
            }
        }
    }
}
