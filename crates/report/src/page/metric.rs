//! A panel per metric: every measurement of the candidate as a point, a line per version, and the
//! limits.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use windlass_core::event::Judgement;
use windlass_core::evidence::Reading;

use super::axis::{TimeAxis, ValueAxis};
use super::chart::{Dot, Key, KeyKind, LimitLine, Panel, Path};
use super::steps::PLANE;
use super::text;
use crate::story::{Metric, MetricLimit, Point, Story};
use crate::words;

/// Height of the value axis, in pixels.
const HEIGHT: f64 = 110.0;

/// Height of the lane for measurements without a value.
const LANE: f64 = 26.0;

/// Most points drawn one by one.
const POINTS: usize = 1_000;

/// Stretches of time that more points than that are thinned to.
const BUCKETS: f64 = 160.0;

/// Most limits drawn; the table of verdicts holds the rest.
const LIMITS: usize = 4;

pub(super) fn panel(story: &Story<'_>, metric: &Metric<'_>, time: TimeAxis) -> Panel {
    let Metric { name, limits, points } = metric;
    let readings = points.iter().flat_map(|p| p.value.ok().into_iter().chain(p.stable));
    let bounds = limits.iter().take(LIMITS).filter_map(|l| l.value);
    let axis = ValueAxis::over(readings.chain(bounds).map(number), HEIGHT);
    let drawn = thin(points, time);
    let note = if drawn.len() == points.len() {
        words::counted(points.len(), "measurement", "measurements")
    } else {
        let (drawn, all) = (drawn.len(), points.len());
        format!("{drawn} of {all} measurements drawn: the extremes of each judgement")
    };
    let empty = drawn.iter().any(|p| p.value.is_err());
    Panel {
        title: text(name),
        note,
        keys: keys(story, metric),
        height: HEIGHT,
        lane: if empty { LANE } else { 0.0 },
        y_ticks: axis.ticks(),
        areas: Vec::new(),
        lines: [("stable", stable as Pick), ("candidate", candidate)]
            .map(|(class, pick)| Path { class, d: line(&drawn, pick, axis, time) })
            .into_iter()
            .filter(|path| !path.d.is_empty())
            .collect(),
        limits: limit_lines(limits, axis),
        dots: stable_dots(&drawn, axis, time)
            .chain(drawn.iter().map(|p| dot(p, axis, time)))
            .collect(),
        alt: alt(metric),
    }
}

/// A reading of one version.
type Pick = fn(&Point<'_>) -> Option<Reading>;

/// What was read of the candidate; what was discarded belongs to another exposure.
fn candidate(point: &Point<'_>) -> Option<Reading> {
    point.value.ok().filter(|_| point.judgement != Judgement::Discarded)
}

fn stable(point: &Point<'_>) -> Option<Reading> {
    point.stable
}

/// A line through the readings of one version, one piece per analysis; empty without any.
fn line(points: &[&Point<'_>], pick: Pick, axis: ValueAxis, time: TimeAxis) -> String {
    let mut by_analysis: BTreeMap<&str, String> = BTreeMap::new();
    for point in points {
        let Some(reading) = pick(point) else { continue };
        let path = by_analysis.entry(point.analysis).or_default();
        let to = if path.is_empty() { 'M' } else { 'L' };
        let x = (time.x(point.since).share() * PLANE).round();
        let _ = write!(path, "{to}{x} {}", axis.y(number(reading)));
    }
    by_analysis.into_values().collect()
}

fn stable_dots<'p>(
    points: &'p [&Point<'_>],
    axis: ValueAxis,
    time: TimeAxis,
) -> impl Iterator<Item = Dot> + 'p {
    points.iter().filter_map(move |point| {
        let reading = point.stable?;
        let title = format!("{} {reading}: stable", words::clock(point.since));
        let (x, y) = (time.x(point.since), axis.y(number(reading)));
        Some(Dot { shape: "stable", x, y, title: text(&title) })
    })
}

fn number(reading: Reading) -> f64 {
    reading.millionths() as f64 / 1e6
}

fn keys(story: &Story<'_>, metric: &Metric<'_>) -> Vec<Key> {
    let version = |class: &'static str, version: Option<&str>| {
        let name = version.map(|name| format!(" {}", text(name))).unwrap_or_default();
        Key { kind: KeyKind::Line, class, label: format!("{class}{name}") }
    };
    let mut keys = Vec::new();
    if metric.points.iter().any(|p| candidate(p).is_some()) {
        keys.push(version("candidate", story.outline.map(|o| o.to.as_str())));
    }
    if metric.points.iter().any(|p| p.stable.is_some()) {
        keys.push(version("stable", story.outline.map(|o| o.from.as_str())));
    }
    keys.extend(judged(metric));
    keys
}

fn judged(metric: &Metric<'_>) -> impl Iterator<Item = Key> {
    metric.judgements().into_iter().map(|(judgement, count)| {
        let label = format!("{count} {}", words::judgement_word(judgement));
        Key { kind: KeyKind::Point, class: shape(judgement), label }
    })
}

/// Name of the shape and class of a judgement: both differ, for those who do not see the colour.
fn shape(judgement: Judgement) -> &'static str {
    match judgement {
        Judgement::Good => "good",
        Judgement::Bad => "bad",
        Judgement::Undecided => "undecided",
        Judgement::NoEvidence => "no-evidence",
        Judgement::Discarded => "discarded",
    }
}

/// Labels stand above their line where there is room, and never on one another.
fn limit_lines(limits: &[MetricLimit<'_>], axis: ValueAxis) -> Vec<LimitLine> {
    const LETTER: f64 = 14.0;
    let mut lines: Vec<LimitLine> = Vec::new();
    for limit in limits.iter().take(LIMITS) {
        let Some(value) = limit.value else { continue };
        let y = axis.y(number(value));
        let mut label_y = if y < LETTER { y + LETTER - 2.0 } else { y - 4.0 };
        while lines.iter().any(|l| (l.label_y - label_y).abs() < LETTER) {
            label_y += LETTER;
        }
        lines.push(LimitLine { y, label_y, label: text(&format!("limit {}", limit.condition)) });
    }
    lines
}

fn dot(point: &Point<'_>, axis: ValueAxis, time: TimeAxis) -> Dot {
    let Point { since, value, judgement, exposure, analysis, .. } = point;
    let (y, read) = match value {
        Ok(reading) => (axis.y(number(*reading)), reading.to_string()),
        Err(why) => (HEIGHT + LANE - 9.0, format!("nothing, {why}")),
    };
    let at = words::share(*exposure);
    let judged = words::judgement_word(*judgement);
    let title = format!("{} {read}: candidate, {judged} {at} ({analysis})", words::clock(*since));
    Dot { shape: shape(*judgement), x: time.x(*since), y, title: text(&title) }
}

fn alt(metric: &Metric<'_>) -> String {
    let Metric { name, limits, points } = metric;
    let readings = || points.iter().filter_map(|p| p.value.ok());
    let range = match (readings().min(), readings().max()) {
        (Some(low), Some(high)) => format!("values from {low} to {high}"),
        (None, _) | (_, None) => "no values".to_owned(),
    };
    let limits: Vec<&str> = limits.iter().map(|l| l.condition).collect();
    let keys: Vec<String> = judged(metric).map(|k| k.label).collect();
    let stable = || points.iter().filter_map(|p| p.stable);
    let beside = match (stable().min(), stable().max()) {
        (Some(low), Some(high)) => format!("; stable from {low} to {high}"),
        (None, _) | (_, None) => String::new(),
    };
    let limits = limits.join(" and ");
    text(&format!("{name}: candidate {range}, limit {limits}; {}{beside}", keys.join(", ")))
}

/// Of very many points, the lowest and the highest of each judgement in each stretch of time.
fn thin<'a, 'e>(points: &'a [Point<'e>], time: TimeAxis) -> Vec<&'a Point<'e>> {
    if points.len() <= POINTS {
        return points.iter().collect();
    }
    let bucket = |p: &Point<'_>| (time.x(p.since).share() * BUCKETS) as u32;
    let mut sorted: Vec<&Point<'_>> = points.iter().collect();
    sorted.sort_by_key(|p| (bucket(p), shape(p.judgement), p.value.ok()));
    let group = |p: &Point<'_>| (bucket(p), shape(p.judgement));
    let mut kept: Vec<&Point<'_>> = Vec::new();
    for same in sorted.chunk_by(|a, b| group(a) == group(b)) {
        kept.extend(same.first());
        kept.extend(same.last().filter(|_| same.len() > 1));
    }
    kept.sort_by_key(|p| p.since);
    kept
}
