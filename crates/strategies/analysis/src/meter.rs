//! How far one metric of one run got: counts, and nothing that grows.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use windlass_core::event::Judgement;
use windlass_core::evidence::{Doubt, NoEvidence, Reading, Verdict};
use windlass_core::journal::is_default;
use windlass_core::time::{Span, Timestamp};
use windlass_core::weight::Weight;

use crate::metric::{FailureLimit, Metric};

/// Characters kept of the last reason why there was no evidence.
const REASON: usize = 120;

/// Measurements by what they came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) good: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) bad: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) open: u32,
}

impl Tally {
    pub(crate) fn measured(self) -> u32 {
        self.good.saturating_add(self.bad).saturating_add(self.open)
    }

    fn add(&mut self, judgement: Judgement) {
        let count = match judgement {
            Judgement::Good => &mut self.good,
            Judgement::Bad => &mut self.bad,
            Judgement::Undecided => &mut self.open,
            Judgement::NoEvidence | Judgement::Discarded => return,
        };
        *count = count.saturating_add(1);
    }
}

/// The state of one metric.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Meter {
    /// Since the start of the run: what the limits count.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) total: Tally,
    /// Since the metric was last opened: what its count asks for.
    #[serde(default, skip_serializing_if = "is_default")]
    stretch: Tally,
    /// Under the share of the last measurement.
    #[serde(default, skip_serializing_if = "is_default")]
    here: Option<(Weight, Tally)>,
    #[serde(default, skip_serializing_if = "is_default")]
    good_in_row: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) errors: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    errors_in_row: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) discarded: u32,
    /// Watched time from which on it is to be measured.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) due: Span,
    /// Newest time stamp of any reading so far, whether it counted or not.
    #[serde(default, skip_serializing_if = "is_default")]
    newest: Option<Timestamp>,
    /// The last readings, oldest first; `None` where there was no evidence.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) recent: Vec<Option<Reading>>,
    /// Why there was no evidence the last time there was none.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) reason: Option<String>,
    /// How far behind the source's newest point was at most, up to a window.
    #[serde(default)]
    lag: Span,
}

impl Meter {
    pub(crate) fn starting_at(due: Span) -> Self {
        Self { due, ..Self::default() }
    }

    /// Learns from an answer how far its source is behind. One that is more than a window behind is
    /// broken and teaches nothing more.
    pub(crate) fn learn(&mut self, metric: &Metric, behind: Span) {
        self.lag = self.lag.max(behind.min(metric.window));
    }

    /// How long after an exposure began its first full window is to be had.
    pub(crate) fn first_after(&self, metric: &Metric) -> Span {
        metric.window + metric.lag.max(self.lag)
    }

    /// Notes the time stamp of a reading, and gives the newest one before it.
    pub(crate) fn newest_before(&mut self, at: Timestamp) -> Option<Timestamp> {
        let before = self.newest;
        self.newest = before.max(Some(at));
        before
    }

    pub(crate) fn discard(&mut self) {
        self.discarded = self.discarded.saturating_add(1);
    }

    pub(crate) fn miss(&mut self, metric: &Metric, reason: &NoEvidence) {
        self.errors = self.errors.saturating_add(1);
        self.errors_in_row = self.errors_in_row.saturating_add(1);
        self.good_in_row = 0;
        self.reason = Some(reason.to_string().chars().take(REASON).collect());
        self.remember(metric, None);
    }

    pub(crate) fn count(
        &mut self,
        metric: &Metric,
        reading: Reading,
        judgement: Judgement,
        share: Weight,
    ) {
        self.errors_in_row = 0;
        self.good_in_row =
            if judgement == Judgement::Good { self.good_in_row.saturating_add(1) } else { 0 };
        self.total.add(judgement);
        self.stretch.add(judgement);
        let mut here = self.under(share);
        here.add(judgement);
        self.here = Some((share, here));
        self.remember(metric, Some(reading));
    }

    fn remember(&mut self, metric: &Metric, reading: Option<Reading>) {
        self.recent.push(reading);
        let surplus = self.recent.len().saturating_sub(usize::from(metric.keep));
        self.recent.drain(..surplus);
    }

    /// The measurements since the share was last another one.
    pub(crate) fn under(&self, share: Weight) -> Tally {
        self.here.filter(|(here, _)| *here == share).map(|(_, tally)| tally).unwrap_or_default()
    }

    /// Asks a metric that passed to prove it again.
    pub(crate) fn reopen(&mut self, metric: &Metric, now: Span) {
        if self.outcome(metric) == Some(Verdict::Pass) {
            self.stretch = Tally::default();
            self.good_in_row = 0;
            self.due = now;
        }
    }

    /// What the rules of the metric say by now; `None` while it has to go on.
    ///
    /// Nothing is counted after the first rule applied, so at most one applies.
    pub(crate) fn outcome(&self, metric: &Metric) -> Option<Verdict> {
        match metric.failure_limit {
            FailureLimit::AtMost(limit) if self.total.bad > limit => return Some(Verdict::Fail),
            FailureLimit::AtMost(_) | FailureLimit::Off => {}
        }
        if self.total.open > metric.inconclusive_limit {
            return Some(Verdict::Inconclusive(Doubt::Undecided));
        }
        if self.errors_in_row > metric.consecutive_error_limit {
            return Some(Verdict::Inconclusive(Doubt::NoEvidence));
        }
        let streak = metric.consecutive_success_limit.map(NonZeroU32::get);
        if streak.is_some_and(|streak| self.good_in_row >= streak) {
            return Some(Verdict::Pass);
        }
        if metric.effective_count().is_none_or(|count| self.stretch.measured() < count) {
            return None;
        }
        Some(match (streak, metric.failure_limit) {
            (Some(_), FailureLimit::Off) => Verdict::Fail,
            (Some(_), FailureLimit::AtMost(_)) => Verdict::Inconclusive(Doubt::Undecided),
            (None, _) if self.stretch.good == 0 => Verdict::Inconclusive(Doubt::Undecided),
            (None, _) => Verdict::Pass,
        })
    }

    /// What it comes to when nothing more is measured, with `share` in effect at the end.
    pub(crate) fn end(&self, metric: &Metric, share: Option<Weight>) -> Verdict {
        if let Some(outcome) = self.outcome(metric) {
            return outcome;
        }
        if self.total.measured() == 0 {
            return Verdict::Inconclusive(Doubt::NoMeasurement);
        }
        if !metric.is_open_ended() {
            return Verdict::Inconclusive(Doubt::EndedEarly);
        }
        let here = share.map(|share| self.under(share)).unwrap_or_default();
        match (here.good, here.measured()) {
            (0, 0) => Verdict::Inconclusive(Doubt::NoMeasurement),
            (0, _) => Verdict::Inconclusive(Doubt::Undecided),
            _ => Verdict::Pass,
        }
    }

    /// Why it does not pass when nothing more is measured, in a few words; `None` where it passes.
    pub(crate) fn because(&self, metric: &Metric, share: Option<Weight>) -> Option<String> {
        let verdict = self.end(metric, share);
        let name = &metric.name;
        let Tally { bad, open, .. } = self.total;
        let samples = match self.total.measured() {
            1 => "1 sample".to_owned(),
            n => format!("{n} samples"),
        };
        let reason = self.reason.as_deref().map(|it| format!(" ({it})")).unwrap_or_default();
        Some(match verdict {
            Verdict::Pass => return None,
            Verdict::Fail => format!("{}, {bad} bad of {samples}", self.last_read(metric)),
            Verdict::Inconclusive(Doubt::Undecided) => {
                format!("{}, {open} undecided of {samples}", self.last_read(metric))
            }
            Verdict::Inconclusive(Doubt::NoEvidence) => {
                format!("{name}: no evidence {} times in a row{reason}", self.errors_in_row)
            }
            Verdict::Inconclusive(Doubt::NoMeasurement) => {
                let at = share.map(|share| format!(" at {share}")).unwrap_or_default();
                format!("{name}: nothing was measured{at}{reason}")
            }
            Verdict::Inconclusive(Doubt::EndedEarly) => {
                format!("{name}: ended early, after {samples}{reason}")
            }
        })
    }

    /// `error rate 0.0812, limit <= 0.01, at 5 %`.
    fn last_read(&self, metric: &Metric) -> String {
        let last = self.recent.iter().rev().find_map(|reading| *reading);
        let value = last.map(|reading| format!(" {reading}")).unwrap_or_default();
        let share = self.here.map(|(share, _)| format!(", at {share}")).unwrap_or_default();
        format!("{}{value}, limit {}{share}", metric.name, metric.limit())
    }

    /// The evidence in one line.
    pub(crate) fn evidence(&self, metric: &Metric) -> String {
        let Tally { good, bad, open } = self.total;
        let mut line =
            format!("{} {}: {good} good, {bad} bad, {open} open", metric.name, metric.limit());
        let text = |reading: &Option<Reading>| reading.map_or("-".to_owned(), |r| r.to_string());
        if let Some((last, before)) = self.recent.split_last() {
            line += &format!("; last {}", text(last));
            if !before.is_empty() {
                let before: Vec<String> = before.iter().rev().map(text).collect();
                line += &format!(", before {}", before.join(" "));
            }
        }
        if let Some(reason) = &self.reason {
            line += &format!("; {} without evidence: {reason}", self.errors);
        }
        if self.discarded > 0 {
            line += &format!("; {} discarded", self.discarded);
        }
        if metric.dry_run {
            line += "; dry run";
        }
        line
    }
}
