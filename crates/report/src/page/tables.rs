//! The tables below the chart.

use std::collections::BTreeMap;

use windlass_core::evidence::Reading;
use windlass_core::time::Span;

use super::marks::AsideRow;
use super::{ROWS, class, middle_out, text};
use crate::story::{At, Judged, Outcome, Phase, Story};
use crate::words::{self, Tone};

/// One table.
pub(super) struct Table {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) caption: String,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// What to say when there is no row.
    pub(super) none: &'static str,
}

/// A column: its name, and the class of its cells.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) class: &'static str,
}

/// A cell: lines of text, or one word on a coloured ground.
pub(super) struct Cell {
    pub(super) lines: Vec<String>,
    /// Class of the ground; empty without one.
    pub(super) badge: &'static str,
}

fn cell(line: impl AsRef<str>) -> Cell {
    Cell { lines: vec![text(line.as_ref())], badge: "" }
}

fn lines(of: &[String]) -> Cell {
    Cell { lines: of.iter().take(50).map(|line| text(line)).collect(), badge: "" }
}

fn badge(word: impl AsRef<str>, tone: Tone) -> Cell {
    Cell { lines: vec![text(word.as_ref())], badge: class(tone) }
}

const fn column(name: &'static str, class: &'static str) -> Column {
    Column { name, class }
}

impl Table {
    /// Leaves out the middle of too many rows and says so.
    fn bounded(mut self) -> Self {
        let (rows, left_out) = middle_out(self.rows, ROWS);
        self.rows = rows;
        if left_out > 0 {
            self.caption.push_str(&format!(" {left_out} rows in the middle are left out."));
        }
        self
    }
}

/// All tables, in reading order.
pub(super) fn all(story: &Story<'_>, asides: Vec<AsideRow>) -> Vec<Table> {
    let tables = [notches(story), verdicts(story), way(asides), findings(story), writes(story)];
    tables.into_iter().map(Table::bounded).collect()
}

/// Time spent and worst verdict of a notch.
#[derive(Default)]
struct Tally<'a> {
    raised: Span,
    held: Span,
    verdict: Option<&'a windlass_core::evidence::Verdict>,
}

fn tally<'a>(story: &Story<'a>) -> BTreeMap<u32, Tally<'a>> {
    let mut tallies: BTreeMap<u32, Tally<'a>> = BTreeMap::new();
    for span in &story.phases {
        let took = span.to.less(span.from);
        match span.phase {
            Phase::Raising(notch) => tallies.entry(notch).or_default().raised += took,
            Phase::Holding(notch) => tallies.entry(notch).or_default().held += took,
            Phase::Paused | Phase::Promoting | Phase::Returning => {}
        }
    }
    for judged in &story.verdicts {
        if let Some(notch) = judged.it.notch {
            let verdict = &mut tallies.entry(notch).or_default().verdict;
            *verdict = (*verdict).max(Some(judged.it.verdict));
        }
    }
    tallies
}

fn notches(story: &Story<'_>) -> Table {
    let mut tallies = tally(story);
    let planned = story.outline.map_or(&[][..], |o| &o.notches);
    for index in 0..planned.len() {
        tallies.entry(u32::try_from(index + 1).unwrap_or(u32::MAX)).or_default();
    }
    let took = |span: Span| if span.is_zero() { cell("–") } else { cell(words::span(span)) };
    let rows = tallies.into_iter().map(|(notch, tally)| {
        let plan = usize::try_from(notch).ok().and_then(|n| planned.get(n.checked_sub(1)?));
        let mut row = vec![cell(notch.to_string())];
        row.extend(match plan {
            Some(plan) => [
                cell(plan.weight.to_string()),
                cell(format!("{} + {}", plan.stable, plan.candidate)),
                cell(&plan.until),
                cell(words::span(plan.bake)),
            ],
            None => [cell("–"), cell("–"), cell("–"), cell("–")],
        });
        row.extend([took(tally.raised), took(tally.held)]);
        row.push(match tally.verdict {
            Some(verdict) => badge(verdict.to_string(), words::verdict_tone(verdict)),
            None => cell("–"),
        });
        row
    });
    Table {
        id: "notches",
        title: "Notches",
        caption: "What was planned for each notch, and how it went. Pods are stable + candidate."
            .to_owned(),
        columns: vec![
            column("Notch", "num"),
            column("Traffic", "num"),
            column("Pods", "num"),
            column("Holds until", "text"),
            column("At least", "num"),
            column("Raised in", "num"),
            column("Held for", "num"),
            column("Verdict", ""),
        ],
        rows: rows.collect(),
        none: "No notch was planned or begun.",
    }
}

fn verdicts(story: &Story<'_>) -> Table {
    let rows = story.verdicts.iter().map(|judged| {
        let it = &judged.it;
        vec![
            cell(words::clock(judged.since)),
            cell(it.notch.map_or("after".to_owned(), |n| n.to_string())),
            cell(it.analysis),
            badge(it.verdict.to_string(), words::verdict_tone(it.verdict)),
            lines(it.evidence),
            lines(&stable_lines(story, judged)),
        ]
    });
    Table {
        id: "verdicts",
        title: "Verdicts",
        caption:
            "What each analysis concluded of the candidate, and from what. The stable side is \
                  shown to compare; nothing is judged by it."
                .to_owned(),
        columns: vec![
            column("Time", "time"),
            column("Notch", "num"),
            column("Analysis", ""),
            column("Verdict", ""),
            column("Candidate", "text"),
            column("Stable meanwhile", "text"),
        ],
        rows: rows.collect(),
        none: "No analysis came to a verdict.",
    }
}

/// What was read of the stable side since the verdict before, one line per metric.
fn stable_lines(story: &Story<'_>, judged: &At<Judged<'_>>) -> Vec<String> {
    let same = |other: &&At<Judged<'_>>| other.it.analysis == judged.it.analysis;
    let earlier = story.verdicts.iter().filter(same).map(|v| v.since).filter(|s| *s < judged.since);
    let since = earlier.max();
    let mut lines = Vec::new();
    for metric in &story.metrics {
        let here = metric.points.iter().filter(|p| {
            p.analysis == judged.it.analysis && p.told <= judged.since && Some(p.told) > since
        });
        let readings: Vec<Reading> = here.filter_map(|p| p.stable).collect();
        if let (Some(low), Some(high)) = (readings.iter().min(), readings.iter().max()) {
            let range = if low == high { low.to_string() } else { format!("{low} to {high}") };
            let count = words::counted(readings.len(), "reading", "readings");
            lines.push(format!("{} {range} ({count})", metric.name));
        }
    }
    if lines.is_empty() {
        lines.push("–".to_owned());
    }
    lines
}

fn way(asides: Vec<AsideRow>) -> Table {
    let rows = asides.into_iter().map(|row| {
        vec![
            cell(row.number.map_or(String::new(), |n| n.to_string())),
            cell(row.time),
            Cell { lines: vec![row.what], badge: row.class },
            cell(row.detail),
        ]
    });
    Table {
        id: "way",
        title: "On the way",
        caption:
            "Turns with their reasons, signals, hooks, drift and the handover. Numbers are the \
                  marks on the timeline."
                .to_owned(),
        columns: vec![
            column("Mark", "num"),
            column("Time", "time"),
            column("What", "what"),
            column("Why", "text"),
        ],
        rows: rows.collect(),
        none: "Nothing turned up.",
    }
}

fn findings(story: &Story<'_>) -> Table {
    let mut found: Vec<_> = story.outline.iter().flat_map(|o| &o.findings).collect();
    found.sort_by(|a, b| a.order(b));
    let rows = found.into_iter().map(|finding| {
        vec![
            badge(finding.severity.as_str(), words::severity_tone(finding.severity)),
            cell(&finding.message),
            cell(words::place(finding).unwrap_or_else(|| "the cluster".to_owned())),
            cell(&finding.mend),
        ]
    });
    Table {
        id: "findings",
        title: "Findings",
        caption: "What the preflight found before anything was touched.".to_owned(),
        columns: vec![
            column("Severity", "word"),
            column("Finding", "text"),
            column("Where", "place"),
            column("Next step", "text"),
        ],
        rows: rows.collect(),
        none: "No findings are in the events.",
    }
}

fn writes(story: &Story<'_>) -> Table {
    let rows = story.writes.iter().map(|write| {
        vec![
            cell(words::clock(write.since)),
            cell(write.object.kind.to_string()),
            cell(write.object.name.as_str()),
            cell(write.change),
            match write.outcome {
                Outcome::Landed(took) => cell(format!("landed after {}", words::span(took))),
                Outcome::Fault(fault) => badge(fault, Tone::Warn),
                Outcome::Open => badge("no answer", Tone::Plain),
            },
        ]
    });
    Table {
        id: "writes",
        title: "Writes",
        caption: "Every request that could change the cluster, and what became of it.".to_owned(),
        columns: vec![
            column("Time", "time"),
            column("Kind", "word"),
            column("Object", "text"),
            column("Change", "text"),
            column("Outcome", "text"),
        ],
        rows: rows.collect(),
        none: "Nothing was written.",
    }
}
