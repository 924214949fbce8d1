//! The timeline: panels stacked over one time axis.

use windlass_core::event::Glance;
use windlass_core::time::Span;
use windlass_core::weight::Weight;

use super::axis::{Tick, TimeAxis, ValueAxis, ValueTick, X};
use super::marks::Marks;
use super::steps::Steps;
use super::{metric, text};
use crate::story::{Aside, At, Phase, Story};
use crate::words;

/// Height of the panels for traffic and for pods, in pixels.
const HEIGHT: f64 = 90.0;

/// Most panels for metrics; the tables and the log hold the rest.
const METRICS: usize = 16;

/// Width of a letter on the narrowest page, as a share of the time axis.
const LETTER: f64 = 0.0125;

/// The whole timeline.
pub(super) struct Chart {
    lasted: Span,
    pub(super) ticks: Vec<Tick>,
    pub(super) marks: Marks,
    pub(super) away: Vec<Stretch>,
    pub(super) bands: Vec<Band>,
    pub(super) band_keys: Vec<Key>,
    pub(super) edges: Vec<X>,
    pub(super) band_alt: String,
    pub(super) panels: Vec<Panel>,
    pub(super) metrics_left_out: usize,
}

/// A stretch of time.
pub(super) struct Stretch {
    pub(super) x: X,
    pub(super) width: X,
}

/// A phase of the run.
pub(super) struct Band {
    pub(super) at: Stretch,
    pub(super) class: &'static str,
    pub(super) label: String,
    pub(super) title: String,
}

/// An entry of a legend.
pub(super) struct Key {
    /// What is drawn: a shape of a point, or the class of a line, area or band.
    pub(super) kind: KeyKind,
    pub(super) class: &'static str,
    pub(super) label: String,
}

/// How a legend entry is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    Point,
    Line,
    Area,
}

/// One panel of the timeline.
pub(super) struct Panel {
    pub(super) title: String,
    pub(super) note: String,
    pub(super) keys: Vec<Key>,
    /// Height of the value axis, in pixels.
    pub(super) height: f64,
    /// Height of the lane below it for what has no value.
    pub(super) lane: f64,
    pub(super) y_ticks: Vec<ValueTick>,
    pub(super) areas: Vec<Path>,
    pub(super) lines: Vec<Path>,
    pub(super) limits: Vec<LimitLine>,
    pub(super) dots: Vec<Dot>,
    /// What the panel shows, in words.
    pub(super) alt: String,
}

/// A path on the stretched plane.
pub(super) struct Path {
    pub(super) class: &'static str,
    pub(super) d: String,
}

/// A labelled limit.
pub(super) struct LimitLine {
    pub(super) y: f64,
    pub(super) label_y: f64,
    pub(super) label: String,
}

/// One measurement.
pub(super) struct Dot {
    pub(super) shape: &'static str,
    pub(super) x: X,
    pub(super) y: f64,
    pub(super) title: String,
}

impl Chart {
    pub(super) fn of(story: &Story<'_>, marks: Marks) -> Self {
        let time = TimeAxis::new(story.lasted);
        let mut panels = Vec::new();
        panels.extend(traffic(story, time));
        panels.extend(pods(story, time));
        panels.extend(story.metrics.iter().take(METRICS).map(|m| metric::panel(story, m, time)));
        let (bands, edges) = bands(story, time);
        Self {
            lasted: story.lasted,
            ticks: time.ticks(),
            marks,
            away: away(story, time),
            bands,
            band_keys: band_keys(story),
            edges,
            band_alt: band_alt(story),
            panels,
            metrics_left_out: story.metrics.len().saturating_sub(METRICS),
        }
    }

    /// A single moment has no timeline.
    pub(super) fn is_empty(&self) -> bool {
        self.lasted.is_zero()
    }
}

fn stretch(time: TimeAxis, from: Span, to: Span) -> Stretch {
    let x = time.x(from);
    Stretch { x, width: x.to(time.x(to)) }
}

/// Stretches in which nobody watched.
fn away(story: &Story<'_>, time: TimeAxis) -> Vec<Stretch> {
    let gap = |at: &At<Aside<'_>>| match at.it {
        Aside::Resume { away, .. } if !away.is_zero() => {
            Some(stretch(time, at.since.less(away), at.since))
        }
        Aside::Resume { .. }
        | Aside::Turn { .. }
        | Aside::Signal { .. }
        | Aside::Hook { .. }
        | Aside::Drift { .. }
        | Aside::Handover { .. } => None,
    };
    story.moments.iter().filter_map(gap).take(200).collect()
}

/// Phases as bands, labelled where the label fits, and the edges between notches.
fn bands(story: &Story<'_>, time: TimeAxis) -> (Vec<Band>, Vec<X>) {
    let (mut bands, mut edges): (Vec<Band>, Vec<X>) = (Vec::new(), Vec::new());
    for group in story.phases.chunk_by(|a, b| group_of(a.phase) == group_of(b.phase)).take(400) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let whole = stretch(time, first.from, last.to);
        let mut label = label(story, first.phase, whole.width.share());
        if !bands.is_empty() {
            edges.push(whole.x);
        }
        for span in group {
            let took = words::span(span.to.less(span.from));
            let name = name(span.phase);
            bands.push(Band {
                at: stretch(time, span.from, span.to),
                class: band_class(span.phase),
                label: std::mem::take(&mut label),
                title: format!("{} {name}, {took}", words::clock(span.from)),
            });
        }
    }
    (bands, edges)
}

/// Raising and holding of one notch belong together.
fn group_of(phase: Phase) -> Phase {
    match phase {
        Phase::Raising(notch) | Phase::Holding(notch) => Phase::Holding(notch),
        Phase::Paused | Phase::Promoting | Phase::Returning => phase,
    }
}

/// The longest label that fits into `width`.
fn label(story: &Story<'_>, phase: Phase, width: f64) -> String {
    let fits = |label: &String| (label.chars().count() + 1) as f64 * LETTER <= width;
    let candidates = match phase {
        Phase::Raising(notch) | Phase::Holding(notch) => {
            let weight = weight_of(story, notch).map_or(String::new(), |w| format!(" · {w}"));
            vec![format!("notch {notch}{weight}"), format!("{notch}{weight}"), notch.to_string()]
        }
        Phase::Paused | Phase::Promoting | Phase::Returning => vec![name(phase)],
    };
    candidates.into_iter().find(fits).unwrap_or_default()
}

fn weight_of(story: &Story<'_>, notch: u32) -> Option<Weight> {
    let index = usize::try_from(notch).ok()?.checked_sub(1)?;
    story.outline?.notches.get(index).map(|n| n.weight)
}

fn name(phase: Phase) -> String {
    match phase {
        Phase::Raising(notch) => format!("raising notch {notch}"),
        Phase::Holding(notch) => format!("holding notch {notch}"),
        Phase::Paused => "paused".to_owned(),
        Phase::Promoting => "promoting".to_owned(),
        Phase::Returning => "going back".to_owned(),
    }
}

fn band_class(phase: Phase) -> &'static str {
    match phase {
        Phase::Raising(_) => "raising",
        Phase::Holding(_) => "holding",
        Phase::Paused => "paused",
        Phase::Promoting => "promoting",
        Phase::Returning => "returning",
    }
}

/// Legend of the bands that occur.
fn band_keys(story: &Story<'_>) -> Vec<Key> {
    let all = [
        ("raising", "raising"),
        ("holding", "holding"),
        ("paused", "paused"),
        ("promoting", "promoting"),
        ("returning", "going back"),
    ];
    let occurs = |class| story.phases.iter().any(|span| band_class(span.phase) == class);
    all.into_iter()
        .filter(|(class, _)| occurs(*class))
        .map(|(class, label)| Key { kind: KeyKind::Area, class, label: label.to_owned() })
        .collect()
}

fn band_alt(story: &Story<'_>) -> String {
    let told: Vec<String> = story
        .phases
        .iter()
        .take(60)
        .map(|span| format!("{} from {}", name(span.phase), words::clock(span.from)))
        .collect();
    if told.is_empty() { "no notch was begun".to_owned() } else { told.join(", ") }
}

fn percent(weight: Weight) -> f64 {
    f64::from(weight.basis_points()) / 100.0
}

/// The candidate's share of traffic, as written and as it is.
fn traffic(story: &Story<'_>, time: TimeAxis) -> Option<Panel> {
    let glances = &story.glances;
    if glances.iter().all(|g| g.it.written.is_none() && g.it.effective.is_none()) {
        return None;
    }
    let axis = ValueAxis::up_to(100.0, HEIGHT);
    let line = |pick: fn(&Glance) -> Option<Weight>| {
        let values = glances.iter().map(|g| (g.since, pick(g.it).map(|w| axis.y(percent(w)))));
        Steps::new(values, story.lasted, time)
    };
    let (written, effective) = (line(|g| g.written), line(|g| g.effective));
    let highest = glances.iter().filter_map(|g| g.it.effective).max().unwrap_or_default();
    let last = glances.iter().rev().find_map(|g| g.it.effective).unwrap_or_default();
    Some(Panel {
        title: "Traffic".to_owned(),
        note: "the candidate's share in percent".to_owned(),
        keys: vec![
            Key { kind: KeyKind::Line, class: "effective", label: "in effect".to_owned() },
            Key { kind: KeyKind::Line, class: "written", label: "written".to_owned() },
        ],
        height: HEIGHT,
        lane: 0.0,
        y_ticks: [0.0, 50.0, 100.0]
            .map(|v| ValueTick { y: axis.y(v), label: format!("{v}") })
            .into(),
        areas: vec![Path { class: "effective", d: effective.area(HEIGHT) }],
        lines: vec![
            Path { class: "effective", d: effective.line() },
            Path { class: "written", d: written.line() },
        ],
        limits: Vec::new(),
        dots: Vec::new(),
        alt: format!("The candidate's share of traffic: at most {highest}, at the end {last}"),
    })
}

/// Ready pods stacked, with what is asked for as a line.
fn pods(story: &Story<'_>, time: TimeAxis) -> Option<Panel> {
    let glances = &story.glances;
    let highest = |g: &Glance| {
        let wanted = g.stable.wanted.saturating_add(g.candidate.wanted);
        wanted.max(g.stable.ready.saturating_add(g.candidate.ready))
    };
    let most = glances.iter().map(|g| highest(g.it)).max()?;
    let axis = ValueAxis::up_to(f64::from(most) * 1.1, HEIGHT);
    let line = |pick: fn(&Glance) -> u32| {
        let values = glances.iter().map(|g| (g.since, Some(axis.y(f64::from(pick(g.it))))));
        Steps::new(values, story.lasted, time)
    };
    let stable = line(|g| g.stable.ready);
    let both = line(|g| g.stable.ready.saturating_add(g.candidate.ready));
    let wanted = line(|g| g.stable.wanted.saturating_add(g.candidate.wanted));
    let last = glances.last().map(|g| words::sides(g.it)).unwrap_or_default();
    Some(Panel {
        title: "Pods".to_owned(),
        note: "ready, both sides stacked".to_owned(),
        keys: vec![
            Key { kind: KeyKind::Area, class: "candidate", label: "candidate".to_owned() },
            Key { kind: KeyKind::Area, class: "stable", label: "stable".to_owned() },
            Key { kind: KeyKind::Line, class: "wanted", label: "asked for".to_owned() },
        ],
        height: HEIGHT,
        lane: 0.0,
        y_ticks: axis.whole_ticks(),
        areas: vec![
            Path { class: "candidate", d: both.area(HEIGHT) },
            Path { class: "stable", d: stable.area(HEIGHT) },
        ],
        lines: vec![Path { class: "wanted", d: wanted.line() }],
        limits: Vec::new(),
        dots: Vec::new(),
        alt: text(&format!("Ready pods: at most {most} asked for or ready; at the end {last}")),
    })
}
