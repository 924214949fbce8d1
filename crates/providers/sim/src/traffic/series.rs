//! What one side answered, slice by slice, as a scraped source keeps it.

use std::collections::VecDeque;

use windlass_core::time::{Span, Timestamp};

use crate::rng::Rng;

use super::histogram::{Histogram, Shape};
use super::model::{Answering, VersionModel};

/// Requests of one piece of time under one way of answering. Their response times are drawn when
/// somebody asks, from a stream of the piece's own, so that asking changes nothing.
#[derive(Clone, Debug)]
struct Lot {
    requests: u64,
    median: f64,
    sigma: f64,
    stream: Rng,
}

/// One slice of time.
#[derive(Clone, Debug)]
struct Slice {
    end: Timestamp,
    counts: Counts,
    lots: Vec<Lot>,
    /// Response times of the lots, once they have been asked for.
    times: Option<Histogram>,
}

/// Requests and failures of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests answered, failures included.
    pub requests: u64,
    /// Requests that failed.
    pub errors: u64,
}

impl Counts {
    fn plus(self, other: Counts) -> Counts {
        Counts { requests: self.requests + other.requests, errors: self.errors + other.errors }
    }
}

/// One side's answers. Slices without a request are not kept.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) model: VersionModel,
    /// Its first request.
    pub(super) first: Option<Timestamp>,
    slices: VecDeque<Slice>,
    total: Counts,
    /// Since when it has had which share of all requests, in parts per billion.
    shares: VecDeque<(Timestamp, u32)>,
    shape: Option<Shape>,
}

impl Series {
    pub(super) fn new(model: VersionModel) -> Self {
        Self {
            model,
            first: None,
            slices: VecDeque::new(),
            total: Counts::default(),
            shares: VecDeque::new(),
            shape: None,
        }
    }

    /// Time since its first request.
    pub(super) fn age(&self, now: Timestamp) -> Span {
        self.first.map_or(Span::ZERO, |first| now.since(first))
    }

    /// All requests and failures so far.
    pub(super) fn total(&self) -> Counts {
        self.total
    }

    /// Adds what was answered in a piece of the slice that ends at `end`.
    pub(super) fn add(
        &mut self,
        end: Timestamp,
        counts: Counts,
        answering: Answering,
        stream: Rng,
    ) {
        self.total = self.total.plus(counts);
        let Answering { median, sigma, .. } = answering;
        let lot = Lot { requests: counts.requests, median, sigma, stream };
        match self.slices.back_mut().filter(|slice| slice.end == end) {
            Some(slice) => {
                slice.counts = slice.counts.plus(counts);
                slice.lots.push(lot);
            }
            None => self.slices.push_back(Slice { end, counts, lots: vec![lot], times: None }),
        }
    }

    /// Notes the share that is in effect from `at` on.
    pub(super) fn share_from(&mut self, at: Timestamp, share: u32) {
        if self.shares.back().map_or(share != 0, |(_, last)| *last != share) {
            self.shares.push_back((at, share));
        }
    }

    /// The least and the greatest share in effect within a window.
    pub(super) fn shares(&self, from: Timestamp, to: Timestamp) -> (u32, u32) {
        let begun = self.shares.partition_point(|(since, _)| *since <= from);
        let before = begun.checked_sub(1).map_or(0, |i| self.shares[i].1);
        let within = self.shares.range(begun..).take_while(|(since, _)| *since < to);
        within.fold((before, before), |(least, most), (_, s)| (least.min(*s), most.max(*s)))
    }

    /// Slices that end after `from` and no later than `to`, as a range of positions.
    fn within(&self, from: Timestamp, to: Timestamp) -> std::ops::Range<usize> {
        let upto = |at| self.slices.partition_point(|slice: &Slice| slice.end <= at);
        upto(from)..upto(to).max(upto(from))
    }

    /// Requests and failures of the slices within a window.
    pub(super) fn counts(&self, from: Timestamp, to: Timestamp) -> Counts {
        let slices = self.slices.range(self.within(from, to));
        slices.fold(Counts::default(), |sum, slice| sum.plus(slice.counts))
    }

    /// A quantile of the response times within a window, in milliseconds.
    pub(super) fn quantile(
        &mut self,
        from: Timestamp,
        to: Timestamp,
        hundredths: u16,
    ) -> Option<f64> {
        let range = self.within(from, to);
        let mut all = Histogram::default();
        for slice in self.slices.range_mut(range) {
            let shape = &mut self.shape;
            all.merge(slice.times.get_or_insert_with(|| times(&slice.lots, shape)));
        }
        all.quantile(hundredths)
    }

    /// Forgets what ended before `keep_from`.
    pub(super) fn forget(&mut self, keep_from: Timestamp) {
        while self.slices.front().is_some_and(|slice| slice.end < keep_from) {
            self.slices.pop_front();
        }
        while self.shares.get(1).is_some_and(|(since, _)| *since <= keep_from) {
            self.shares.pop_front();
        }
    }
}

/// Draws the response times of a slice; `shape` keeps the last distribution for the next slice.
fn times(lots: &[Lot], shape: &mut Option<Shape>) -> Histogram {
    let mut histogram = Histogram::default();
    for lot in lots {
        let known = shape.take().filter(|shape| shape.is_of(lot.median, lot.sigma));
        let known = known.unwrap_or_else(|| Shape::new(lot.median, lot.sigma));
        histogram.draw(&mut lot.stream.clone(), &known, lot.requests);
        *shape = Some(known);
    }
    histogram
}
