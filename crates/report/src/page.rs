//! One run as one HTML page: self-contained, without script, for screens and for print.
//!
//! Geometry and words are made here; markup, and with it all escaping, is the template's.

mod axis;
mod chart;
mod head;
mod marks;
mod metric;
mod steps;
mod tables;

use askama::Template;
use windlass_core::event::{RunEvent, What};
use windlass_core::id::RunId;

use crate::story::Story;
use crate::words::{self, Tone};
use chart::{Chart, KeyKind};
use head::Head;
use tables::Table;

/// Most rows of a table, and most lines of the event log: beyond it the middle is left out, and the
/// page says how much.
const ROWS: usize = 2_000;

/// Longest text in one cell, in characters.
const TEXT: usize = 600;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// There is nothing to tell.
    #[error("there are no events: a page needs at least one")]
    NoEvents,
    /// A page tells of one run.
    #[error("the events are of run {first} and of run {other}: give those of one run")]
    SeveralRuns {
        /// The run of the first event.
        first: RunId,
        /// Another one.
        other: RunId,
    },
    /// The template failed.
    #[error("the page could not be written")]
    Template(#[from] askama::Error),
}

/// The page of one run, from its events in the order in which they happened.
///
/// The same events give the same bytes. Nothing is loaded from elsewhere. The size is bounded:
/// of very many measurements the extremes of each stretch of time are drawn, of very long tables
/// the middle is left out, and the page says so.
///
/// # Errors
/// When there are no events, or they are of more than one run.
pub fn page(events: &[RunEvent]) -> Result<String, PageError> {
    let story = Story::of(events).ok_or(PageError::NoEvents)?;
    if let Some(other) = events.iter().find(|e| &e.run != story.run) {
        let (first, other) = (story.run.clone(), other.run.clone());
        return Err(PageError::SeveralRuns { first, other });
    }
    let (marks, asides) = marks::marks(&story);
    let (log, log_left_out) = middle_out(log(events), ROWS);
    let page = Page {
        head: Head::of(&story),
        chart: Chart::of(&story, marks),
        tables: tables::all(&story, asides),
        log,
        log_left_out,
        events: events.len(),
    };
    Ok(page.render()?)
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page {
    head: Head,
    chart: Chart,
    tables: Vec<Table>,
    log: Vec<LogLine>,
    log_left_out: usize,
    events: usize,
}

/// A line of the event log.
struct LogLine {
    time: String,
    label: String,
    text: String,
    class: &'static str,
}

fn log(events: &[RunEvent]) -> Vec<LogLine> {
    let Some(start) = events.first().map(|e| e.at) else { return Vec::new() };
    let mut last = None;
    let mut lines = Vec::new();
    for event in events {
        let time = words::clock(event.at.since(start));
        lines.extend(words::tell(&event.what, last).into_iter().map(|told| LogLine {
            time: time.clone(),
            label: told.label,
            text: text(&told.text),
            class: class(told.tone),
        }));
        if let What::Observed(glance) = &event.what {
            last = Some(glance);
        }
    }
    lines
}

/// The class of a tone in the style sheet.
fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "plain",
        Tone::Dim => "dim",
        Tone::Step => "step",
        Tone::Good => "good",
        Tone::Warn => "warn",
        Tone::Bad => "bad",
    }
}

/// A text from outside as it may stand in a page: no control characters, and not endless.
fn text(text: &str) -> String {
    shortened(text, TEXT)
}

fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => words::clean(text),
        Some((end, _)) => format!("{}…", words::clean(&text[..end])),
    }
}

/// At most `most` of the items, from both ends, and how many are left out between them.
fn middle_out<T>(mut items: Vec<T>, most: usize) -> (Vec<T>, usize) {
    let left_out = items.len().saturating_sub(most);
    if left_out > 0 {
        items.drain(most / 2..most / 2 + left_out);
    }
    (items, left_out)
}
