//! Progress for a person: the event log, and on a terminal a bar per side below it.
//!
//! Every event gives a line. On a pipe the lines are all there is, and they are stable:
//!
//! ```text
//! +00:05:10  notch 1/4   holding   candidate 1/1 ready, 5 %
//! ```
//!
//! The time counts from the first event that was heard, on the clock of the run; simulated time
//! is told as it is.

mod bars;

use std::env;
use std::fmt::{self, Write as _};
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use windlass_core::event::{RunEvent, What};
use windlass_core::platform::{Approval, Host, Question};
use windlass_core::time::{Span, Timestamp};

use crate::sink::Sink;
use crate::words::{self, Told, Tone};
use bars::Bars;

/// How the output looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Draw bars below the log; the output must understand the cursor movements of ECMA-48.
    pub bars: bool,
    /// Colour the lines.
    pub colour: bool,
}

impl Look {
    /// Nothing but lines: for pipes, files and tests.
    pub const PLAIN: Look = Look { bars: false, colour: false };

    /// Bars and colour when `stream` is a terminal that understands them, else
    /// [`PLAIN`](Look::PLAIN). Colour is dropped where `NO_COLOR` is set, both where `TERM` is
    /// `dumb`.
    pub fn of(stream: &impl IsTerminal) -> Self {
        let able = stream.is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb");
        let colour = able && env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
        Look { bars: able, colour }
    }
}

/// Tells a run to a person, on the writer it is given. Leaves approvals to signals.
pub struct Terminal<W> {
    screen: Mutex<Screen<W>>,
}

impl<W: Write> Terminal<W> {
    /// Lines, and bars where `look` says so, go to `writer`.
    ///
    /// ```
    /// use windlass_report::terminal::{Look, Terminal};
    ///
    /// let stdout = std::io::stdout();
    /// let look = Look::of(&stdout);
    /// let host = Terminal::new(stdout, look);
    /// # let _ = host;
    /// ```
    pub fn new(writer: W, look: Look) -> Self {
        let (sink, bars) = (Sink::new(writer), Bars::default());
        let screen = Screen { sink, look, start: None, bars, plan_is_known: false };
        Self { screen: Mutex::new(screen) }
    }

    /// The same for a person who was shown the plan before: of a start only its head is told, not
    /// its notches, limits and findings again.
    #[must_use]
    pub fn after_the_plan(self) -> Self {
        let mut screen = self.screen.into_inner().unwrap_or_else(PoisonError::into_inner);
        screen.plan_is_known = true;
        Self { screen: Mutex::new(screen) }
    }

    /// Gives the writer back.
    ///
    /// # Errors
    /// The first error of the writer; nothing was written after it.
    pub fn finish(self) -> io::Result<W> {
        self.screen.into_inner().unwrap_or_else(PoisonError::into_inner).sink.finish()
    }
}

impl<W> fmt::Debug for Terminal<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminal").finish_non_exhaustive()
    }
}

#[async_trait]
impl<W: Write + Send> Host for Terminal<W> {
    fn notify(&self, event: &RunEvent) {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner).show(event);
    }

    async fn ask(&self, _question: &Question) -> Approval {
        Approval::Later
    }
}

struct Screen<W> {
    sink: Sink<W>,
    look: Look,
    start: Option<Timestamp>,
    bars: Bars,
    plan_is_known: bool,
}

impl<W: Write> Screen<W> {
    /// One write per event, so that a frame is never seen half drawn.
    fn show(&mut self, event: &RunEvent) {
        let since = event.at.since(*self.start.get_or_insert(event.at));
        let mut told = words::tell(&event.what, self.bars.glance());
        if self.plan_is_known && matches!(event.what, What::Started(_)) {
            told.truncate(1);
        }
        let mut out = String::new();
        if self.look.bars {
            out.push_str(self.bars.erase());
        }
        for line in &told {
            put_line(&mut out, since, line, self.look.colour);
        }
        self.bars.follow(&event.what);
        if self.look.bars {
            self.bars.draw(&mut out, since, self.look.colour);
        }
        self.sink.put(out.as_bytes());
    }
}

/// The line of one event as it stands on a pipe, without the line break.
pub fn line(since: Span, told: &Told) -> String {
    let mut out = String::new();
    put_line(&mut out, since, told, false);
    out.truncate(out.trim_end().len());
    out
}

fn put_line(out: &mut String, since: Span, told: &Told, colour: bool) {
    let Told { label, text, tone } = told;
    let (on, off) = if colour { sgr(*tone) } else { ("", "") };
    let _ = writeln!(out, "{}  {on}{label:<10}  {text}{off}", words::clock(since));
}

/// The escapes that turn a tone on and off.
fn sgr(tone: Tone) -> (&'static str, &'static str) {
    let on = match tone {
        Tone::Plain => return ("", ""),
        Tone::Dim => "\u{1b}[2m",
        Tone::Step => "\u{1b}[1m",
        Tone::Good => "\u{1b}[32m",
        Tone::Warn => "\u{1b}[33m",
        Tone::Bad => "\u{1b}[31m",
    };
    (on, "\u{1b}[0m")
}
