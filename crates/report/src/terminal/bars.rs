//! The foot of the screen: a bar per side and what the run is at.

use std::fmt::Write as _;

use windlass_core::event::{Glance, SideGlance, What};
use windlass_core::time::Span;
use windlass_core::weight::Weight;

use crate::words;

/// Cells of a bar.
const CELLS: u32 = 24;

/// What the foot shows, and whether it is on the screen.
#[derive(Debug, Default)]
pub(super) struct Bars {
    glance: Option<Glance>,
    notch: Option<String>,
    waits: Option<String>,
    ended: bool,
    drawn: bool,
}

/// Up over the three lines of the foot, and all below gone.
const ERASE: &str = "\u{1b}[3A\r\u{1b}[J";

impl Bars {
    /// The latest glance.
    pub(super) fn glance(&self) -> Option<&Glance> {
        self.glance.as_ref()
    }

    /// What takes the foot off the screen.
    pub(super) fn erase(&mut self) -> &'static str {
        if std::mem::take(&mut self.drawn) { ERASE } else { "" }
    }

    pub(super) fn follow(&mut self, what: &What) {
        match what {
            What::Observed(glance) => self.glance = Some(glance.clone()),
            What::Notch { notch, of, stage } => {
                self.notch = Some(format!("notch {notch}/{of} {}", words::stage_word(*stage)));
            }
            What::Turned { to, .. } => self.notch = Some(words::direction(*to).to_owned()),
            What::Waiting { on, expires } => {
                self.waits = Some(words::clean(&words::waiting(on, expires.as_ref())));
            }
            What::Ended(_) => self.ended = true,
            What::Started(_) | What::Resumed { .. } => self.ended = false,
            What::Sent { .. }
            | What::Answered { .. }
            | What::Sampled { .. }
            | What::Judged { .. }
            | What::Hooked { .. }
            | What::Signalled { .. }
            | What::Drifted { .. }
            | What::Handover { .. } => {}
            // Whatever a newer kernel tells stands in the log above.
            _ => {}
        }
    }

    /// Three lines, not wrapped by a narrow terminal; none before the first look at the app and
    /// none after the end.
    pub(super) fn draw(&mut self, out: &mut String, since: Span, colour: bool) {
        let Some(glance) = self.glance.as_ref().filter(|_| !self.ended) else { return };
        let share = glance.effective.or(glance.written);
        let _ = write!(out, "\u{1b}[?7l");
        side(out, "stable", &glance.stable, share.map(Weight::rest), ("\u{1b}[34m", colour));
        side(out, "candidate", &glance.candidate, share, ("\u{1b}[35m", colour));
        let at = self.notch.as_deref().unwrap_or("under way");
        let waits = self.waits.as_deref().map(|w| format!(", waits for {w}")).unwrap_or_default();
        let _ = writeln!(out, "{}  {at}{waits}\u{1b}[?7h", words::clock(since));
        self.drawn = true;
    }
}

/// The bar is the share of traffic; the pods stand beside it.
fn side(
    out: &mut String,
    name: &str,
    seen: &SideGlance,
    share: Option<Weight>,
    (hue, colour): (&str, bool),
) {
    let full = share.map_or(0, |s| s.of_pods(CELLS)) as usize;
    let empty = CELLS as usize - full;
    let share = share.map_or("-".to_owned(), |s| s.to_string());
    let (on, off) = if colour { (hue, "\u{1b}[0m") } else { ("", "") };
    let SideGlance { wanted, ready, .. } = seen;
    let _ = writeln!(
        out,
        "{name:<9}  {on}{}{off}{}  {share:>7}  {ready}/{wanted} ready",
        "█".repeat(full),
        "░".repeat(empty),
    );
}
