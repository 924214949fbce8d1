//! Marks above the time axis, and the table that says what they stand for.

use windlass_core::event::Direction;

use super::axis::TimeAxis;
use super::{class, text};
use crate::story::{Aside, At, Story};
use crate::words::{self, Tone};

use super::axis::X;

/// Distance that two numbers need on the narrowest page, as a share of its width.
const APART: f64 = 0.032;

/// Rows of numbers; where they are full, a mark is a line without a number.
const ROWS: usize = 3;

/// Most marks: beyond it the chart would be nothing but marks.
const MOST: usize = 120;

/// Height of one row of numbers, in pixels.
const ROW: usize = 20;

/// A line through all panels.
pub(super) struct Mark {
    pub(super) x: X,
    pub(super) class: &'static str,
    /// Its number in the table.
    pub(super) number: usize,
    /// Middle of the number in pixels from the top; `None` where there is no room for it.
    pub(super) y: Option<usize>,
    /// Where its line begins.
    pub(super) top: usize,
    pub(super) title: String,
}

/// All marks and the height that their numbers take.
pub(super) struct Marks {
    pub(super) marks: Vec<Mark>,
    pub(super) height: usize,
}

/// A row of the table of what happened on the way.
pub(super) struct AsideRow {
    /// The number of its mark.
    pub(super) number: Option<usize>,
    pub(super) time: String,
    pub(super) what: String,
    pub(super) class: &'static str,
    pub(super) detail: String,
}

/// The marks of a story and the rows they belong to.
pub(super) fn marks(story: &Story<'_>) -> (Marks, Vec<AsideRow>) {
    let time = TimeAxis::new(story.lasted);
    let (mut marks, mut rows) = (Vec::new(), Vec::new());
    let mut ends = [f64::NEG_INFINITY; ROWS];
    let mut used = 0;
    for At { since, it } in &story.moments {
        let (what, tone, detail) = told(it);
        let (what, detail) = (text(&what), text(&detail));
        let row = AsideRow {
            number: (marked(it) && marks.len() < MOST).then_some(marks.len() + 1),
            time: words::clock(*since),
            what,
            class: class(tone),
            detail,
        };
        if let Some(number) = row.number {
            let x = time.x(*since);
            let free = ends.iter().position(|end| x.share() - end >= APART);
            if let Some(free) = free {
                ends[free] = x.share();
                used = used.max(free + 1);
            }
            let y = free.map(|row| row * ROW + ROW / 2);
            let title = format!("{} {}: {}", row.time, row.what, row.detail);
            marks.push(Mark { x, class: row.class, number, y, top: y.unwrap_or(0), title });
        }
        rows.push(row);
    }
    (Marks { marks, height: used * ROW }, rows)
}

/// What a reader looks for on the time axis.
fn marked(aside: &Aside<'_>) -> bool {
    match aside {
        Aside::Turn { to, .. } => *to != Direction::Up,
        Aside::Signal { .. } | Aside::Drift { .. } | Aside::Resume { .. } => true,
        Aside::Hook { .. } | Aside::Handover { .. } => false,
    }
}

fn told(aside: &Aside<'_>) -> (String, Tone, String) {
    match aside {
        Aside::Turn { to, reason } => {
            let tone = words::direction_tone(*to);
            (words::direction(*to).to_owned(), tone, (*reason).to_owned())
        }
        Aside::Signal { signal, by, reason, refused } => {
            let tone = if refused.is_some() { Tone::Warn } else { Tone::Step };
            let mut detail = (*by).to_owned();
            if !reason.is_empty() {
                detail.push_str(&format!(": {reason}"));
            }
            if let Some(why) = refused {
                detail.push_str(&format!(" (refused: {why})"));
            }
            (format!("signal: {signal}"), tone, detail)
        }
        Aside::Hook { hook, phase, answer } => {
            let (said, tone) = words::hook_answer(answer);
            (format!("hook: {hook}"), tone, format!("{phase}: {said}"))
        }
        Aside::Drift { object, change, answer } => {
            ("drift".to_owned(), Tone::Warn, format!("{object}: {change}; {answer}"))
        }
        Aside::Handover { step, past_return } => {
            let past =
                if *past_return { " (from here the way back is a handover too)" } else { "" };
            ("handover".to_owned(), Tone::Step, format!("{step}{past}"))
        }
        Aside::Resume { epoch, away } => {
            let away = words::span(*away);
            ("resumed".to_owned(), Tone::Warn, format!("epoch {epoch}, nobody watched for {away}"))
        }
    }
}
