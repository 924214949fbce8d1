//! The open-loop load of one app, drawn lazily: nothing is computed per request or per pod.
//!
//! Time is cut into slices of the metrics' resolution. Within a slice, a piece ends only where the
//! flows change; each piece draws its counts from a stream named by the seed, the side and the
//! piece's beginning. So who looks when, and how often, changes nothing.

use std::collections::BTreeMap;

use windlass_core::id::{ObjectName, PodHash};
use windlass_core::time::{Span, Timestamp};

use crate::rng::{Rng, mix};

use super::draw::{binomial, poisson};
use super::flow::{Flows, Hole, WHOLE};
use super::model::VersionModel;
use super::profile::Profile;
use super::series::{Counts, Series};

/// Requests that nobody answered: the truth, whatever the metrics say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// How many.
    pub requests: u64,
    /// The piece of time in which the first of them came began here.
    pub first: Timestamp,
    /// The piece of time in which the last of them came ended here.
    pub last: Timestamp,
}

/// What comes to an app, and where it has gone so far.
#[derive(Clone, Debug)]
pub struct Load {
    entry: ObjectName,
    profile: Profile,
    slice: Span,
    keep: Span,
    start: Timestamp,
    /// Everything before this is drawn.
    drawn: Timestamp,
    rng: Rng,
    flows: Flows,
    sides: BTreeMap<PodHash, Series>,
    lost: BTreeMap<Hole, Loss>,
}

/// How a load begins.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadConfig {
    /// The route or Service that requests come to; the route where both have the name.
    pub entry: ObjectName,
    /// How many come.
    pub profile: Profile,
    /// Length of a slice: the resolution of the metrics over it; 0 counts as 1 ms.
    pub slice: Span,
    /// How long slices are kept.
    pub keep: Span,
}

impl LoadConfig {
    /// A constant rate of requests per second to `entry`, in slices of 5 s, kept for 2 h.
    pub fn constant(entry: impl Into<ObjectName>, rate: f64) -> Self {
        Self {
            entry: entry.into(),
            profile: Profile::Constant(rate),
            slice: Span::seconds(5),
            keep: Span::hours(2),
        }
    }
}

impl Load {
    /// A load that begins at `start` and finds nobody to answer until it is [told](Load::redirect)
    /// where to go. `rng` names its draws.
    pub fn new(config: LoadConfig, start: Timestamp, rng: Rng) -> Self {
        let LoadConfig { entry, profile, slice, keep } = config;
        let flows = Flows::follow(&entry, &[], &BTreeMap::new());
        Self {
            entry,
            profile,
            slice: slice.max(Span::millis(1)),
            keep,
            start,
            drawn: start,
            rng,
            flows,
            sides: BTreeMap::new(),
            lost: BTreeMap::new(),
        }
    }

    /// True when a side has been given a model or sent a request.
    pub(super) fn knows(&self, side: &PodHash) -> bool {
        self.sides.contains_key(side)
    }

    /// The route or Service that requests come to.
    pub fn entry(&self) -> &ObjectName {
        &self.entry
    }

    /// Where requests go at this moment.
    pub fn flows(&self) -> &Flows {
        &self.flows
    }

    /// Gives a side its way of answering from `now` on; its age and its account stay.
    pub fn model(&mut self, now: Timestamp, side: &PodHash, model: VersionModel) {
        self.advance(now);
        match self.sides.get_mut(side) {
            Some(series) => series.model = model,
            None => {
                self.sides.insert(side.clone(), Series::new(model));
            }
        }
    }

    /// Sends requests elsewhere from `now` on.
    pub fn redirect(&mut self, now: Timestamp, flows: Flows) {
        self.advance(now);
        if flows == self.flows {
            return;
        }
        self.draw(now);
        self.flows = flows;
        for flow in &self.flows.served {
            let new = || Series::new(VersionModel::default());
            self.sides.entry(flow.side.clone()).or_insert_with(new);
        }
        for (side, series) in &mut self.sides {
            series.share_from(now, self.flows.share(side));
        }
    }

    /// Draws all slices that are over by `now`. The one that `now` falls into stays open.
    pub fn advance(&mut self, now: Timestamp) {
        let mut end = self.slice_end();
        while end <= now {
            self.draw(end);
            end = self.slice_end();
        }
        if now.since(self.start) > self.keep {
            let keep_from = now - self.keep;
            self.sides.values_mut().for_each(|series| series.forget(keep_from));
        }
    }

    /// End of the slice that is open.
    fn slice_end(&self) -> Timestamp {
        self.floor(self.drawn) + self.slice
    }

    /// The beginning of the slice that `at` falls into.
    pub(super) fn floor(&self, at: Timestamp) -> Timestamp {
        let past = at.since(self.start).as_millis();
        self.start + Span::millis(past - past % self.slice.as_millis())
    }

    /// The end of the slice that `at` falls into, or `at` where a slice ends there.
    pub(super) fn ceil(&self, at: Timestamp) -> Timestamp {
        let floor = self.floor(at);
        if floor < at { floor + self.slice } else { floor }
    }

    /// The length of a slice.
    pub(super) fn slice(&self) -> Span {
        self.slice
    }

    /// How long slices are kept.
    pub(super) fn keep(&self) -> Span {
        self.keep
    }

    /// One side's account, as far as it was ever sent a request or given a model.
    pub(super) fn side(&mut self, side: &PodHash) -> Option<&mut Series> {
        self.sides.get_mut(side)
    }

    /// Draws what comes from the last draw up to `end`, within one slice.
    fn draw(&mut self, end: Timestamp) {
        let (begin, slice_end) = (self.drawn, self.slice_end());
        let length = end.since(begin).as_millis();
        if length == 0 {
            return;
        }
        let middle = begin.since(self.start) + Span::millis(length / 2);
        let rate = self.profile.rate(middle);
        let come = rate * length as f64 / 1_000.0 / f64::from(WHOLE);
        let moment = u64::from_ne_bytes(begin.millis().to_ne_bytes());
        for flow in &self.flows.served {
            let Some(series) = self.sides.get_mut(&flow.side) else { continue };
            let mut rng = self.rng.fork(digest(flow.side.as_str())).fork(moment);
            let requests = poisson(&mut rng, come * f64::from(flow.share));
            if requests == 0 {
                continue;
            }
            series.first.get_or_insert(begin);
            let per_second = rate * f64::from(flow.share) / f64::from(WHOLE);
            let per_pod = per_second / f64::from(flow.pods.max(1));
            let answering = series.model.at(series.age(begin), per_pod);
            let errors = binomial(&mut rng, requests, answering.errors);
            series.add(slice_end, Counts { requests, errors }, answering, rng);
        }
        for (hole, share) in &self.flows.lost {
            let mut rng = self.rng.fork(!hole_digest(hole)).fork(moment);
            let requests = poisson(&mut rng, come * f64::from(*share));
            if requests > 0 {
                let new = Loss { requests: 0, first: begin, last: end };
                let loss = self.lost.entry(hole.clone()).or_insert(new);
                loss.requests += requests;
                loss.last = end;
            }
        }
        self.drawn = end;
    }

    /// Requests that nobody answered, by where they got lost, up to the last change of the flows
    /// or the last full slice, whichever is later.
    pub fn lost(&self) -> &BTreeMap<Hole, Loss> {
        &self.lost
    }

    /// All requests that a side answered, up to the same time as [`lost`](Load::lost).
    pub fn answered(&self, side: &PodHash) -> Counts {
        self.sides.get(side).map(Series::total).unwrap_or_default()
    }
}

/// A number that stands for a text.
pub(super) fn digest(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |sum, byte| mix(sum ^ u64::from(byte)))
}

fn hole_digest(hole: &Hole) -> u64 {
    mix(digest(hole.at.as_str()) ^ hole.side.as_ref().map_or(0, |side| digest(side.as_str())))
}

#[cfg(test)]
mod tests;
