//! The fold itself: one pass over the events.

use std::collections::{BTreeMap, VecDeque};

use windlass_core::event::{Limit, Outline, RunEvent, What};
use windlass_core::evidence::{Reading, Sample};
use windlass_core::id::ObjectRef;
use windlass_core::time::Span;

use super::phase::Phases;
use super::{Aside, At, Judged, Metric, MetricLimit, Outcome, Point, Story, Waits, Written};

pub(super) fn fold(events: &[RunEvent]) -> Option<Story<'_>> {
    let first = events.first()?;
    let mut fold = Fold::new(first);
    for event in events.iter().filter(|e| e.run == first.run) {
        fold.take(event);
    }
    Some(fold.finish())
}

struct Fold<'a> {
    story: Story<'a>,
    phases: Phases,
    /// Position in `story.metrics` by name.
    metrics: BTreeMap<&'a str, usize>,
    /// Positions in `story.writes` of those without an answer.
    open: BTreeMap<(&'a ObjectRef, &'a str), VecDeque<usize>>,
}

impl<'a> Fold<'a> {
    fn new(first: &'a RunEvent) -> Self {
        let story = Story {
            run: &first.run,
            start: first.at,
            lasted: Span::ZERO,
            outline: None,
            phases: Vec::new(),
            glances: Vec::new(),
            metrics: Vec::new(),
            verdicts: Vec::new(),
            writes: Vec::new(),
            moments: Vec::new(),
            waits: None,
            ending: None,
        };
        Self { story, phases: Phases::default(), metrics: BTreeMap::new(), open: BTreeMap::new() }
    }

    fn take(&mut self, event: &'a RunEvent) {
        let now = event.at.since(self.story.start).max(self.story.lasted);
        self.story.lasted = now;
        match &event.what {
            What::Started(outline) => self.start(outline),
            What::Resumed { epoch, away } => {
                self.aside(now, Aside::Resume { epoch: epoch.0, away: *away });
            }
            What::Observed(glance) => self.story.glances.push(At { since: now, it: glance }),
            What::Notch { notch, stage, .. } => self.phases.notch(*notch, *stage, now),
            What::Waiting { on, expires } => {
                let waits = Waits { on, expires: expires.as_ref() };
                self.story.waits = Some(At { since: now, it: waits });
            }
            What::Sent { object, change } => self.sent(now, object, change),
            What::Answered { object, change, fault } => {
                self.answered(now, object, change, fault.as_deref());
            }
            What::Sampled { analysis, metric, sample, stable, judgement, limit } => {
                let Sample { value, at, exposure } = sample;
                // A window cannot end after the event that tells of it.
                let since = at.since(self.story.start).min(now);
                let (value, exposure) = (value.as_ref().copied(), *exposure);
                let (stable, judgement) = (*stable, *judgement);
                let point =
                    Point { since, told: now, value, stable, judgement, exposure, analysis };
                self.sampled(metric, limit, point);
            }
            What::Judged { analysis, notch, verdict, evidence } => {
                let it = Judged { analysis, notch: *notch, verdict, evidence };
                self.story.verdicts.push(At { since: now, it });
            }
            What::Hooked { hook, phase, answer } => {
                self.aside(now, Aside::Hook { hook, phase: *phase, answer });
            }
            What::Signalled { signal, by, reason, refused } => {
                let refused = refused.as_deref();
                self.aside(now, Aside::Signal { signal, by, reason, refused });
            }
            What::Turned { to, reason } => {
                self.phases.turn(*to, now);
                self.aside(now, Aside::Turn { to: *to, reason });
            }
            What::Drifted { object, change, answer } => {
                self.aside(now, Aside::Drift { object, change, answer });
            }
            What::Handover { step, past_return } => {
                self.phases.handover(now);
                self.aside(now, Aside::Handover { step, past_return: *past_return });
            }
            What::Ended(ending) => {
                self.phases.close(now);
                self.story.ending = Some(ending);
            }
            // Kinds of a newer kernel stand in the event log only.
            _ => {}
        }
    }

    fn aside(&mut self, now: Span, it: Aside<'a>) {
        self.story.moments.push(At { since: now, it });
    }

    fn start(&mut self, outline: &'a Outline) {
        self.story.outline.get_or_insert(outline);
        for Limit { metric, condition, value } in &outline.limits {
            let value = Some(Reading::from_millionths(*value));
            add_limit(self.metric(metric), MetricLimit { condition, value });
        }
    }

    fn metric(&mut self, name: &'a str) -> &mut Metric<'a> {
        let metrics = &mut self.story.metrics;
        let position = *self.metrics.entry(name).or_insert_with(|| {
            metrics.push(Metric { name, limits: Vec::new(), points: Vec::new() });
            metrics.len() - 1
        });
        &mut metrics[position]
    }

    fn sampled(&mut self, metric: &'a str, limit: &'a str, point: Point<'a>) {
        let metric = self.metric(metric);
        add_limit(metric, MetricLimit { condition: limit, value: number_in(limit) });
        metric.points.push(point);
    }

    fn sent(&mut self, now: Span, object: &'a ObjectRef, change: &'a str) {
        self.open.entry((object, change)).or_default().push_back(self.story.writes.len());
        self.story.writes.push(Written { since: now, object, change, outcome: Outcome::Open });
    }

    fn answered(
        &mut self,
        now: Span,
        object: &'a ObjectRef,
        change: &'a str,
        fault: Option<&'a str>,
    ) {
        let open = self.open.get_mut(&(object, change)).and_then(VecDeque::pop_front);
        let sent = open.map_or(now, |position| self.story.writes[position].since);
        let outcome = fault.map_or(Outcome::Landed(now.less(sent)), Outcome::Fault);
        match open {
            Some(position) => self.story.writes[position].outcome = outcome,
            None => self.story.writes.push(Written { since: now, object, change, outcome }),
        }
    }

    fn finish(self) -> Story<'a> {
        let Self { mut story, phases, .. } = self;
        story.phases = phases.finish(story.lasted);
        story
    }
}

/// The same condition from the plan and from a sample is one limit.
fn add_limit<'a>(metric: &mut Metric<'a>, limit: MetricLimit<'a>) {
    if !metric.limits.iter().any(|known| known.condition == limit.condition) {
        metric.limits.push(limit);
    }
}

/// The number of a condition such as `<= 0.01`, when it is nothing but a comparison.
fn number_in(condition: &str) -> Option<Reading> {
    let number = condition.trim().trim_start_matches(['<', '>', '=', ' ']);
    number.parse::<f64>().ok().and_then(|n| Reading::from_number(n).ok())
}
