//! A panel per metric: every measurement as a point, the limits as lines.

use windlass_core::event::Judgement;
use windlass_core::evidence::Reading;

use super::axis::{TimeAxis, ValueAxis};
use super::chart::{Dot, Key, KeyKind, LimitLine, Panel};
use super::text;
use crate::story::{Metric, MetricLimit, Point};
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

pub(super) fn panel(metric: &Metric<'_>, time: TimeAxis) -> Panel {
    let Metric { name, limits, points } = metric;
    let readings = points.iter().filter_map(|p| p.value.ok());
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
        keys: keys(metric),
        height: HEIGHT,
        lane: if empty { LANE } else { 0.0 },
        y_ticks: axis.ticks(),
        areas: Vec::new(),
        lines: Vec::new(),
        limits: limit_lines(limits, axis),
        dots: drawn.into_iter().map(|p| dot(p, axis, time)).collect(),
        alt: alt(metric),
    }
}

fn number(reading: Reading) -> f64 {
    reading.millionths() as f64 / 1e6
}

fn keys(metric: &Metric<'_>) -> Vec<Key> {
    let key = |(judgement, count)| {
        let label = format!("{count} {}", words::judgement_word(judgement));
        Key { kind: KeyKind::Point, class: shape(judgement), label }
    };
    metric.judgements().into_iter().map(key).collect()
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
    let Point { since, value, judgement, exposure, analysis } = point;
    let (y, read) = match value {
        Ok(reading) => (axis.y(number(*reading)), reading.to_string()),
        Err(why) => (HEIGHT + LANE - 9.0, format!("nothing, {why}")),
    };
    let at = words::share(*exposure);
    let judged = words::judgement_word(*judgement);
    let title = format!("{} {read}: {judged} {at} ({analysis})", words::clock(*since));
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
    let keys: Vec<String> = keys(metric).into_iter().map(|k| k.label).collect();
    text(&format!("{name}: {range}, limit {}; {}", limits.join(" and "), keys.join(", ")))
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
