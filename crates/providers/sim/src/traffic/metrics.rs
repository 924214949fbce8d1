//! The metrics source over the load, and an account of every answer it gave.

use windlass_core::evidence::{NoEvidence, Reading};
use windlass_core::platform::{Measure, MetricQuery};
use windlass_core::time::{Span, Timestamp};
use windlass_core::weight::Weight;

use super::load::Load;
use super::series::{Counts, Series};

/// A way for a metrics source to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    /// It does not answer.
    Down,
    /// What it knows is older than usual by this much. Up to one slice of the load nobody notices;
    /// beyond that its newest point is stale.
    Late(Span),
    /// It finds no series.
    Empty,
    /// It answers NaN.
    NotANumber,
    /// It answers two series.
    TwoSeries,
    /// It answers what it would have answered when this began, with the window of that time.
    Cached,
}

/// A regime and when it lasts: from `from` up to, but not including, `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// When it begins.
    pub from: Timestamp,
    /// When it is over.
    pub until: Timestamp,
    /// What is wrong.
    pub regime: Regime,
}

/// One answer, with the truth beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// When it was asked for.
    pub at: Timestamp,
    /// What was asked.
    pub query: MetricQuery,
    /// Beginning of the window that the answer speaks of.
    pub from: Timestamp,
    /// End of that window.
    pub to: Timestamp,
    /// The answer.
    pub answer: Result<Reading, NoEvidence>,
    /// The least share of all requests that the side had in effect within the window.
    pub least: Weight,
    /// The greatest; equal to `least` when the answer speaks of one exposure only.
    pub most: Weight,
    /// What the side truly answered in the window.
    pub truth: Counts,
}

/// A metrics source. It sees whole slices of the load, some time after they are over, and nothing
/// that got lost before a pod answered.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// From the end of a slice until the source has it.
    pub delay: Span,
    /// When it fails, and how. Where several overlap the last one counts.
    pub outages: Vec<Outage>,
    served: Vec<Served>,
}

impl Source {
    /// A source that has a slice this long after its end.
    pub fn new(delay: Span) -> Self {
        Self { delay, ..Self::default() }
    }

    /// Every answer so far, in order.
    pub fn served(&self) -> &[Served] {
        &self.served
    }

    /// Answers a query, with the end of the window that the answer speaks of.
    pub fn answer(
        &mut self,
        now: Timestamp,
        load: &mut Load,
        query: &MetricQuery,
    ) -> (Timestamp, Result<Reading, NoEvidence>) {
        load.advance(now);
        let current = self.outages.iter().rev().find(|o| o.from <= now && now < o.until).copied();
        let asked = match current {
            Some(Outage { regime: Regime::Cached, from, .. }) => from,
            Some(Outage { regime: Regime::Late(by), .. }) => now - by,
            Some(_) | None => now,
        };
        let to = load.floor(asked - self.delay);
        let from = load.ceil(to - query.window);
        let answer = match current.map(|outage| outage.regime) {
            None | Some(Regime::Cached) => read(load, query, (from, to), now),
            Some(Regime::Late(by)) if by <= load.slice() => read(load, query, (from, to), now),
            Some(Regime::Late(_)) => Err(NoEvidence::Stale),
            Some(Regime::Down) => {
                Err(NoEvidence::SourceFailed { reason: "connection refused".to_owned() })
            }
            Some(Regime::Empty) => Err(NoEvidence::Empty),
            Some(Regime::NotANumber) => Err(NoEvidence::NotANumber { got: "NaN".to_owned() }),
            Some(Regime::TwoSeries) => Err(NoEvidence::Ambiguous { series: 2 }),
        };
        self.note(now, load, query, (from, to), &answer);
        (to, answer)
    }

    fn note(
        &mut self,
        at: Timestamp,
        load: &mut Load,
        query: &MetricQuery,
        (from, to): (Timestamp, Timestamp),
        answer: &Result<Reading, NoEvidence>,
    ) {
        let side = load.side(&query.side);
        let (least, most) = side.as_ref().map_or((0, 0), |series| series.shares(from, to));
        self.served.push(Served {
            at,
            query: query.clone(),
            from,
            to,
            answer: answer.clone(),
            least: weight(least),
            most: weight(most),
            truth: side.map(|series| series.counts(from, to)).unwrap_or_default(),
        });
    }
}

/// A share in parts per billion, to the nearest hundredth of a percent.
fn weight(share: u32) -> Weight {
    Weight::from_basis_points((u64::from(share) + 50_000) / 100_000).unwrap_or(Weight::FULL)
}

/// What a working source knows.
fn read(
    load: &mut Load,
    query: &MetricQuery,
    (from, to): (Timestamp, Timestamp),
    now: Timestamp,
) -> Result<Reading, NoEvidence> {
    if now.since(from) > load.keep() {
        let reason = format!("the window begins before what is kept ({})", load.keep());
        return Err(NoEvidence::SourceFailed { reason });
    }
    let series = load.side(&query.side).ok_or(NoEvidence::Empty)?;
    measure(series, &query.measure, from, to)
}

fn measure(
    series: &mut Series,
    measure: &Measure,
    from: Timestamp,
    to: Timestamp,
) -> Result<Reading, NoEvidence> {
    let counts = series.counts(from, to);
    if counts.requests == 0 {
        return Err(NoEvidence::Empty);
    }
    match measure {
        Measure::ErrorRate => {
            let scaled = u128::from(counts.errors) * 1_000_000 + u128::from(counts.requests) / 2;
            Ok(millionths(scaled / u128::from(counts.requests)))
        }
        Measure::Requests => Ok(millionths(u128::from(counts.requests) * 1_000_000)),
        Measure::Latency { quantile } => {
            let millis = series.quantile(from, to, *quantile).ok_or(NoEvidence::Empty)?;
            Reading::from_number(millis / 1_000.0)
        }
        Measure::Query(text) => {
            series.model.gauge_at(text, series.age(to)).ok_or(NoEvidence::Empty)
        }
    }
}

fn millionths(n: u128) -> Reading {
    Reading::from_millionths(i64::try_from(n).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
