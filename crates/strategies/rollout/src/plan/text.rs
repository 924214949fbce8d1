//! A plan as text: at a glance, and at most 100 columns where names are not longer.

use std::fmt::{self, Display};

use windlass_core::event::NotchOutline;
use windlass_core::finding::{Finding, Severity};
use windlass_core::id::Kind;

use super::{Demand, Plan, PlannedNotch};
use crate::track::{Means, OnFail, Via};

/// Columns of the text.
const WIDTH: usize = 100;

/// Columns of what a notch holds until.
const UNTIL: usize = 50;

impl Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head(f)?;
        writeln!(
            f,
            "{:<3}{:<9}{:<11}{:<9}{:<UNTIL$}  else",
            "#", "stable", "candidate", "traffic", "then hold until"
        )?;
        for (number, notch) in (1..).zip(&self.notches) {
            row(f, number, notch)?;
        }
        writeln!(f, "{}", self.after())?;
        self.totals(f)?;
        findings(f, &self.findings)
    }
}

impl Plan {
    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spec = &self.spec;
        let notches = self.notches.len();
        let s = if notches == 1 { "" } else { "es" };
        let left = format!(
            "{}  {} -> {}   {}, {notches} notch{s}, about {}",
            spec.app.name,
            spec.from,
            spec.to,
            spec.track.strategy,
            rough(self.about)
        );
        right_aligned(f, &left, &spec.platform)
    }

    /// What comes after the last notch.
    fn after(&self) -> String {
        let spec = &self.spec;
        let warm = spec.track.after.keep_warm;
        let kept = match warm.as_millis() {
            0 => String::new(),
            _ => format!(", and {} stays up for {warm}", spec.from),
        };
        let checks = match spec.track.after.checks.as_slice() {
            [] => String::new(),
            some => {
                let hooks: Vec<_> = some.iter().map(|check| check.hook.as_str()).collect();
                format!(", checked by {}", hooks.join(", "))
            }
        };
        match &spec.track.means {
            Means::Beside(via) => {
                let by = match via {
                    Via::Route(route) => format!("route {}", route.name),
                    Via::Selector { .. } => "the selector of the Services".to_owned(),
                    Via::Replicas => "the number of pods".to_owned(),
                };
                let end =
                    format!("in the end the Deployment takes the tested pods over{kept}{checks}");
                let one_line = format!("by {by}; {end}");
                let fits = one_line.chars().count() <= WIDTH;
                if fits { one_line } else { format!("by {by}\n{end}") }
            }
            Means::InPlace { .. } => {
                format!("in place: the Deployment's own controller replaces the pods{checks}")
            }
        }
    }

    fn totals(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = self.writes_by_kind();
        let order = [Kind::Service, Kind::ReplicaSet, Kind::Route, Kind::Deployment];
        let counted: Vec<String> = order
            .iter()
            .filter_map(|kind| kinds.get(kind).map(|count| format!("{kind} {count}")))
            .collect();
        let left = format!("writes {}: {}", self.writes.len(), counted.join(", "));
        let mut peak = format!("peak {} pods", self.peak.pods);
        for demand in &self.peak.extended {
            peak.push_str(&format!(", {}", needed(demand)));
        }
        if left.chars().count() + peak.chars().count() + 3 <= WIDTH {
            right_aligned(f, &left, &peak)
        } else {
            writeln!(f, "{left}\n{peak}")
        }
    }
}

/// A span without the small change: `47 min`, `3 h 10 min`, `40 s`.
fn rough(span: windlass_core::time::Span) -> String {
    let seconds = span.as_seconds();
    match seconds {
        0..=99 => format!("{seconds} s"),
        _ => {
            let minutes = (seconds + 30) / 60;
            match (minutes / 60, minutes % 60) {
                (0, minutes) => format!("{minutes} min"),
                (hours, 0) => format!("{hours} h"),
                (hours, minutes) => format!("{hours} h {minutes} min"),
            }
        }
    }
}

fn row(f: &mut fmt::Formatter<'_>, number: u32, planned: &PlannedNotch) -> fmt::Result {
    let NotchOutline { weight, candidate, stable, until, .. } = &planned.notch;
    let pods = |count: u32| format!("{count} pod{}", if count == 1 { "" } else { "s" });
    let traffic = format!("{:>7}", weight.to_string());
    let otherwise = match planned.otherwise {
        OnFail::Abort => "abort".to_owned(),
        OnFail::Pause => "pause".to_owned(),
        OnFail::StepBack { to, .. } => format!("back to {to}"),
    };
    let mut lines = wrapped(until).into_iter();
    let first = lines.next().unwrap_or_default();
    writeln!(
        f,
        "{number:<3}{:<9}{:<11}{traffic:<9}{first:<UNTIL$}  {otherwise}",
        pods(*stable),
        pods(*candidate),
    )?;
    lines.try_for_each(|line| writeln!(f, "{:32}{line}", ""))
}

/// A list cut at its commas into lines that fit the column.
fn wrapped(list: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in list.split(", ") {
        match lines.last_mut() {
            Some(line) if line.chars().count() + item.chars().count() + 3 <= UNTIL => {
                line.push_str(", ");
                line.push_str(item);
            }
            Some(line) => {
                line.push(',');
                lines.push(item.to_owned());
            }
            None => lines.push(item.to_owned()),
        }
    }
    lines
}

fn needed(demand: &Demand) -> String {
    let Demand { resource, needed, quota, fits } = demand;
    let fit = if *fits { "fits" } else { "does not fit" };
    match quota {
        Some(quota) => format!("{needed} {resource} (quota {quota}: {fit})"),
        None => format!("{needed} {resource}"),
    }
}

/// One line each. Where all stand in one file, its name stands once, in the head.
fn findings(f: &mut fmt::Formatter<'_>, findings: &[Finding]) -> fmt::Result {
    let count = |severity| findings.iter().filter(|it| it.severity == severity).count();
    let file = |finding: &Finding| finding.at.as_ref().map(|at| at.file.clone());
    let first = findings.first().and_then(file);
    let one_file = findings.iter().all(|it| it.at.is_none() || file(it) == first);
    let some = |severity, what: &str| match count(severity) {
        0 => None,
        1 => Some(format!("1 {what}")),
        more => Some(format!("{more} {what}s")),
    };
    let counts = [
        some(Severity::Error, "error"),
        some(Severity::Warning, "warning"),
        some(Severity::Info, "note"),
    ];
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    let counts = format!("findings {}: {}", findings.len(), counts.join(", "));
    if findings.is_empty() {
        return Ok(());
    }
    writeln!(f)?;
    right_aligned(f, &counts, first.as_deref().filter(|_| one_file).unwrap_or_default())?;
    for finding in findings {
        let head =
            format!("{} {:<5}  {}", finding.severity.mark(), finding.severity, finding.message);
        let place = match &finding.at {
            Some(at) if one_file => format!(":{}", at.at.line),
            Some(at) => format!("{}:{}", at.file, at.at.line),
            None => String::new(),
        };
        right_aligned(f, &head, &place)?;
    }
    Ok(())
}

/// `right` ends at the last column, below `left` where both do not fit one line.
fn right_aligned(f: &mut fmt::Formatter<'_>, left: &str, right: &str) -> fmt::Result {
    let (own, other) = (left.chars().count(), right.chars().count());
    if right.is_empty() {
        writeln!(f, "{left}")
    } else if own + 2 + other <= WIDTH {
        writeln!(f, "{left}{right:>width$}", width = WIDTH - own)
    } else {
        writeln!(f, "{left}\n{right:>WIDTH$}")
    }
}
