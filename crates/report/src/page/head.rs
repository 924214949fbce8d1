//! The head of the page: what ran, how it ended, and its figures.

use windlass_core::event::Ending;
use windlass_core::time::Span;

use super::{class, shortened, text};
use crate::story::{Outcome, Story};
use crate::words::{self, Tone};

/// Longest reason in the head, in characters: the table of turns has the whole of it.
const REASON: usize = 240;

/// Header and summary.
pub(super) struct Head {
    pub(super) title: String,
    /// From and to.
    pub(super) versions: Option<(String, String)>,
    pub(super) badge: Badge,
    pub(super) reason: String,
    pub(super) advice: Option<String>,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) tiles: Vec<Tile>,
}

/// A word on a coloured ground.
pub(super) struct Badge {
    pub(super) word: String,
    pub(super) class: &'static str,
}

/// A figure of the summary.
pub(super) struct Tile {
    label: &'static str,
    value: String,
    note: String,
    class: &'static str,
}

impl Tile {
    pub(super) fn label(&self) -> &str {
        self.label
    }
    pub(super) fn value(&self) -> &str {
        &self.value
    }
    pub(super) fn note(&self) -> &str {
        &self.note
    }
    pub(super) fn class(&self) -> &str {
        self.class
    }
}

impl Head {
    pub(super) fn of(story: &Story<'_>) -> Self {
        let outline = story.outline;
        let title = match outline {
            Some(outline) => name(outline.app.name.as_str()),
            None => format!("Run {}", name(story.run.as_str())),
        };
        let (badge, reason) = end(story);
        Self {
            title,
            versions: outline.map(|o| (name(&o.from), name(&o.to))),
            badge,
            reason,
            advice: story.ending.and_then(|e| e.advice.as_deref()).map(text),
            facts: facts(story),
            tiles: tiles(story),
        }
    }
}

/// A name in the head: the log has the whole of a longer one.
fn name(text: &str) -> String {
    shortened(text, 100)
}

fn end(story: &Story<'_>) -> (Badge, String) {
    match story.ending {
        Some(Ending { result, reason, .. }) => {
            let class = class(words::result_tone(*result));
            (Badge { word: result.to_string(), class }, shortened(reason, REASON))
        }
        None => {
            let waits = story.waits.map(|w| words::waiting(w.it.on, w.it.expires));
            let waits = waits.map_or(String::new(), |w| format!(" The run waits for {w}."));
            let reason = format!("The events stop before the end.{waits}");
            (Badge { word: "unfinished".to_owned(), class: class(Tone::Step) }, text(&reason))
        }
    }
}

fn facts(story: &Story<'_>) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(Ending { running, asked, .. }) = story.ending {
        facts.push(("Running now", name(running)));
        facts.push(("Asked for", name(asked)));
    }
    if let Some(outline) = story.outline {
        facts.push(("Strategy", name(&outline.strategy)));
        facts.push(("Namespace", name(outline.app.namespace.as_str())));
        facts.push(("Platform", name(&outline.platform)));
    }
    facts.push(("Started", story.start.to_string()));
    facts.push(("Run", name(story.run.as_str())));
    facts
}

fn tiles(story: &Story<'_>) -> Vec<Tile> {
    let tile =
        |label, value: String, note: String, tone| Tile { label, value, note, class: class(tone) };
    let planned = story.outline.map_or(0, |o| o.notches.len());
    let of_planned = if planned > 0 { format!("of {planned}") } else { String::new() };
    let bakes = story.outline.map(|o| o.notches.iter().fold(Span::ZERO, |sum, n| sum + n.bake));
    let bakes =
        bakes.map_or(String::new(), |bakes| format!("{} of bakes planned", words::span(bakes)));
    let faults = story.writes.iter().filter(|w| matches!(w.outcome, Outcome::Fault(_))).count();
    let fault_note = if faults == 0 {
        "all answered".to_owned()
    } else {
        words::counted(faults, "fault", "faults")
    };
    let open = story.writes.iter().filter(|w| w.outcome == Outcome::Open).count();
    let write_note =
        if open == 0 { fault_note } else { format!("{fault_note}, {open} without answer") };
    let write_note = write_note.replace("all answered, ", "");
    let counts = story.judgements();
    let measured: usize = counts.iter().map(|(_, n)| n).sum();
    let told: Vec<String> = counts
        .iter()
        .map(|(judgement, n)| format!("{n} {}", words::judgement_word(*judgement)))
        .collect();
    let (verdict, tone) = match story.worst_verdict() {
        Some(verdict) => (verdict.to_string(), words::verdict_tone(verdict)),
        None => ("none".to_owned(), Tone::Plain),
    };
    let of = format!("of {}", story.verdicts.len());
    let (word, doubt) = match verdict.split_once(": ") {
        Some((word, doubt)) => (word, format!("{doubt}, {of}")),
        None => (verdict.as_str(), of),
    };
    vec![
        tile("Duration", words::span(story.lasted), bakes, Tone::Plain),
        tile("Notches held", story.highest_held().to_string(), of_planned, Tone::Plain),
        tile("Peak pods", story.peak_pods().to_string(), "both sides".to_owned(), Tone::Plain),
        tile("Writes", story.writes.len().to_string(), write_note, Tone::Plain),
        tile("Measurements", measured.to_string(), told.join(", "), Tone::Plain),
        tile("Worst verdict", word.to_owned(), doubt, tone),
    ]
}
