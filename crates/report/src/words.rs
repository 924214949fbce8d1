//! Each event in words: a label to search for, one line of text, and how it strikes the reader.

use std::fmt::Write as _;

use windlass_core::event::{
    Direction, EndResult, Ending, Expiry, Glance, Judgement, NotchOutline, Outline, SideGlance,
    Stage, What,
};
use windlass_core::evidence::{Reading, Sample, Verdict};
use windlass_core::finding::{Finding, Severity};
use windlass_core::platform::HookAnswer;
use windlass_core::time::Span;
use windlass_core::weight::Weight;

/// How a line strikes the reader: a hint for colour, never the only carrier of a meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing special.
    #[default]
    Plain,
    /// Detail.
    Dim,
    /// A step forward.
    Step,
    /// Something good.
    Good,
    /// Something to look at.
    Warn,
    /// Something bad.
    Bad,
}

/// One line about an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The kind of event in one word (`wrote`, `verdict`), or the notch it speaks of (`notch 1/4`).
    pub label: String,
    /// What happened, on one line, without control characters.
    pub text: String,
    /// How it strikes the reader.
    pub tone: Tone,
}

impl Told {
    fn new(label: impl Into<String>, tone: Tone, text: impl AsRef<str>) -> Self {
        Self { label: label.into(), text: clean(text.as_ref()), tone }
    }
}

/// An event in words: one line, or for a start one line and one more per notch and finding.
///
/// `last` is the latest glance, which a notch event is told with.
pub fn tell(what: &What, last: Option<&Glance>) -> Vec<Told> {
    if let What::Started(outline) = what { start(outline) } else { vec![one(what, last)] }
}

fn one(what: &What, last: Option<&Glance>) -> Told {
    match what {
        What::Started(outline) => head(outline),
        What::Resumed { epoch, away } => {
            let text = format!("epoch {}, nobody watched for {}", epoch.0, span(*away));
            Told::new("resume", Tone::Warn, text)
        }
        What::Observed(glance) => Told::new("seen", Tone::Dim, sides(glance)),
        What::Notch { notch, of, stage } => at_notch(*notch, *of, *stage, last),
        What::Waiting { on, expires } => {
            Told::new("wait", Tone::Dim, waiting(on, expires.as_ref()))
        }
        What::Sent { object, change } => {
            Told::new("send", Tone::Dim, format!("{object}: {change}"))
        }
        What::Answered { object, change, fault } => match fault {
            None => Told::new("wrote", Tone::Plain, format!("{object}: {change}")),
            Some(fault) => Told::new("fault", Tone::Warn, format!("{object}: {change}: {fault}")),
        },
        What::Sampled { analysis, metric, sample, stable, judgement, limit } => {
            let word = judgement_word(*judgement);
            let read = sampled(sample, *stable, limit);
            let text = format!("{word:<11}  {metric} {read} ({analysis})");
            Told::new("sample", judgement_tone(*judgement), text)
        }
        What::Judged { analysis, notch, verdict, evidence } => {
            judged(analysis, *notch, verdict, evidence)
        }
        What::Hooked { hook, phase, answer } => {
            let (said, tone) = hook_answer(answer);
            Told::new("hook", tone, format!("{hook} {phase}: {said}"))
        }
        What::Signalled { signal, by, reason, refused } => {
            signalled(signal, by, reason, refused.as_deref())
        }
        What::Turned { to, reason } => {
            Told::new("turn", direction_tone(*to), format!("{}: {reason}", direction(*to)))
        }
        What::Drifted { object, change, answer } => {
            Told::new("drift", Tone::Warn, format!("{object}: {change}; {answer}"))
        }
        What::Handover { step, past_return } => {
            let past =
                if *past_return { " (from here the way back is a handover too)" } else { "" };
            Told::new("handover", Tone::Step, format!("{step}{past}"))
        }
        What::Ended(ending) => Told::new("end", result_tone(ending.result), end(ending)),
        // A newer kernel may tell more: its own wire form is the only text there is.
        other => Told::new("event", Tone::Plain, serde_json::to_string(other).unwrap_or_default()),
    }
}

fn start(outline: &Outline) -> Vec<Told> {
    let count = outline.notches.len();
    let mut lines = vec![head(outline)];
    lines.extend(outline.notches.iter().enumerate().map(|(index, notch)| {
        Told::new(format!("plan {}/{count}", index + 1), Tone::Plain, planned(notch))
    }));
    lines.extend(outline.limits.iter().map(|limit| {
        Told::new("limit", Tone::Plain, format!("{} {}", limit.metric, limit.condition))
    }));
    lines.extend(outline.findings.iter().map(|finding| {
        let Finding { severity, message, .. } = finding;
        let place = place(finding).map(|place| format!(" ({place})")).unwrap_or_default();
        let text = format!("{severity:<5}  {message}{place}");
        Told::new("finding", severity_tone(*severity), text)
    }));
    lines
}

/// Where a finding stands, `FILE:LINE`; `None` for one about the cluster.
pub fn place(finding: &Finding) -> Option<String> {
    finding.at.as_ref().map(|place| format!("{}:{}", place.file, place.at.line))
}

/// How a finding strikes the reader.
pub fn severity_tone(severity: Severity) -> Tone {
    match severity {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Warn,
        Severity::Info => Tone::Plain,
    }
}

fn head(outline: &Outline) -> Told {
    let Outline { app, platform, from, to, strategy, notches, .. } = outline;
    let notches = counted(notches.len(), "notch", "notches");
    let text = format!("{app} {from} -> {to}, {strategy}, {notches}, on {platform}");
    Told::new("start", Tone::Step, text)
}

fn planned(notch: &NotchOutline) -> String {
    let NotchOutline { weight, candidate, stable, bake, until } = notch;
    let bake = if bake.is_zero() { String::new() } else { format!(", at least {bake}") };
    format!("{weight} of traffic, stable {stable}, candidate {candidate}{bake}, until {until}")
}

fn at_notch(notch: u32, of: u32, stage: Stage, last: Option<&Glance>) -> Told {
    let mut text = stage_word(stage).to_owned();
    if let Some(glance) = last {
        let _ = write!(text, "   candidate {}", side(&glance.candidate));
        if let Some(share) = glance.effective.or(glance.written) {
            let _ = write!(text, ", {share}");
        }
    }
    Told::new(format!("notch {notch}/{of}"), Tone::Step, text)
}

/// What the run does at a notch.
pub fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::Raising => "raising",
        Stage::Holding => "holding",
    }
}

/// Both sides and the split of traffic on one line.
pub fn sides(glance: &Glance) -> String {
    let Glance { stable, candidate, written, effective } = glance;
    let traffic = match (written, effective) {
        (None, None) => String::new(),
        (Some(w), Some(e)) if w == e => format!(", traffic {e}"),
        (Some(w), Some(e)) => format!(", traffic {e} ({w} written)"),
        (Some(w), None) => format!(", traffic moving to {w}"),
        (None, Some(e)) => format!(", traffic {e}"),
    };
    format!("stable {}, candidate {}{traffic}", side(stable), side(candidate))
}

fn side(side: &SideGlance) -> String {
    let SideGlance { wanted, pods, ready } = side;
    let pods = if pods == wanted { String::new() } else { format!(" of {pods} pods") };
    format!("{ready}/{wanted} ready{pods}")
}

/// Whose turn it is, and what happens when nothing comes of it.
pub fn waiting(on: &str, expires: Option<&Expiry>) -> String {
    match expires {
        Some(Expiry { left, then }) => format!("{on}; {} left, then {then}", span(*left)),
        None => on.to_owned(),
    }
}

fn sampled(sample: &Sample, stable: Option<Reading>, limit: &str) -> String {
    let value = match &sample.value {
        Ok(reading) => reading.to_string(),
        Err(why) => format!("nothing: {why}"),
    };
    let beside = stable.map(|stable| format!(" (stable {stable})")).unwrap_or_default();
    format!("{value}{beside}, limit {limit}, {}", share(sample.exposure))
}

/// The candidate's share under which a measurement was taken.
pub fn share(exposure: Option<Weight>) -> String {
    exposure.map_or("at an unknown share".to_owned(), |share| format!("at {share}"))
}

/// One word for a judgement.
pub fn judgement_word(judgement: Judgement) -> &'static str {
    match judgement {
        Judgement::Good => "good",
        Judgement::Bad => "bad",
        Judgement::Undecided => "undecided",
        Judgement::NoEvidence => "no evidence",
        Judgement::Discarded => "discarded",
    }
}

fn judgement_tone(judgement: Judgement) -> Tone {
    match judgement {
        Judgement::Good => Tone::Good,
        Judgement::Bad => Tone::Bad,
        Judgement::Undecided | Judgement::NoEvidence => Tone::Warn,
        Judgement::Discarded => Tone::Dim,
    }
}

fn judged(analysis: &str, notch: Option<u32>, verdict: &Verdict, evidence: &[String]) -> Told {
    let notch = notch.map(|n| format!(" at notch {n}")).unwrap_or_default();
    let mut text = format!("{analysis}{notch}: {verdict}");
    for line in evidence {
        let _ = write!(text, "; {line}");
    }
    Told::new("verdict", verdict_tone(verdict), text)
}

/// How a verdict strikes the reader.
pub fn verdict_tone(verdict: &Verdict) -> Tone {
    match verdict {
        Verdict::Pass => Tone::Good,
        Verdict::Inconclusive(_) => Tone::Warn,
        Verdict::Fail => Tone::Bad,
    }
}

/// What a hook said, and how it strikes the reader.
pub fn hook_answer(answer: &HookAnswer) -> (String, Tone) {
    match answer {
        HookAnswer::Pass => ("pass".to_owned(), Tone::Good),
        HookAnswer::NotYet { reason } => (format!("not yet: {reason}"), Tone::Plain),
        HookAnswer::Fail { reason } => (format!("fail: {reason}"), Tone::Bad),
        HookAnswer::Unreachable { reason } => (format!("unreachable: {reason}"), Tone::Warn),
    }
}

fn signalled(signal: &str, by: &str, reason: &str, refused: Option<&str>) -> Told {
    let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    match refused {
        None => Told::new("signal", Tone::Step, format!("{signal} by {by}{reason}")),
        Some(why) => {
            let text = format!("{signal} by {by}{reason}; refused: {why}");
            Told::new("signal", Tone::Warn, text)
        }
    }
}

/// A direction in words.
pub fn direction(to: Direction) -> &'static str {
    match to {
        Direction::Up => "up",
        Direction::StepBack => "step back",
        Direction::Pause => "pause",
        Direction::Resume => "resume",
        Direction::Promote => "promote",
        Direction::Abort => "abort",
        Direction::Yield => "yield",
    }
}

/// How a direction strikes the reader.
pub fn direction_tone(to: Direction) -> Tone {
    match to {
        Direction::Up | Direction::Resume => Tone::Step,
        Direction::Promote => Tone::Good,
        Direction::StepBack | Direction::Pause | Direction::Yield => Tone::Warn,
        Direction::Abort => Tone::Bad,
    }
}

/// How a result strikes the reader.
pub fn result_tone(result: EndResult) -> Tone {
    match result {
        EndResult::Promoted => Tone::Good,
        EndResult::RolledBack | EndResult::Superseded => Tone::Warn,
        EndResult::Failed => Tone::Bad,
    }
}

fn end(ending: &Ending) -> String {
    let Ending { result, reason, running, asked, advice } = ending;
    let advice = advice.as_deref().map(|a| format!("; to do: {a}")).unwrap_or_default();
    format!("{result}: {reason}; running {running}, asked for {asked}{advice}")
}

/// Time since the start of a run, in a fixed width up to 99 hours: `+00:05:10`.
pub fn clock(since: Span) -> String {
    let seconds = since.as_seconds();
    format!("+{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// A length of time to read: whole seconds from ten seconds on, tenths from one second on.
pub fn span(span: Span) -> String {
    match span.as_millis() {
        millis @ 1_000..10_000 if millis % 1_000 >= 50 => {
            let tenths = (millis + 50) / 100;
            format!("{}.{}s", tenths / 10, tenths % 10)
        }
        millis @ 1_000.. => Span::seconds(millis / 1_000).to_string(),
        _ => span.to_string(),
    }
}

/// A number with its noun: `1 notch`, `4 notches`.
pub fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// The text without what moves a cursor, breaks a line or turns the reading direction round: such
/// characters stand as `\u{1b}`.
pub fn clean(text: &str) -> String {
    let moves = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    if !text.contains(moves) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if moves(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_as_exact_as_it_is_short() {
        let told = |millis| span(Span::millis(millis));
        assert_eq!(told(180), "180ms");
        assert_eq!(told(4_149), "4.1s");
        assert_eq!(told(4_020), "4s");
        assert_eq!(told(9_999), "10.0s");
        assert_eq!(told(12_345), "12s");
        assert_eq!(told(300_400), "5m");
    }

    #[test]
    fn the_clock_keeps_its_width_for_days() {
        assert_eq!(clock(Span::seconds(310)), "+00:05:10");
        assert_eq!(clock(Span::hours(99) + Span::seconds(59)), "+99:00:59");
        assert_eq!(clock(Span::hours(123)), "+123:00:00");
    }

    #[test]
    fn what_moves_a_cursor_or_turns_the_text_round_is_spelled_out() {
        assert_eq!(clean("plain – ünïcode ✓"), "plain – ünïcode ✓");
        assert_eq!(clean("a\u{1b}[2J\nb\u{202e}c"), "a\\u{1b}[2J\\nb\\u{202e}c");
    }
}
