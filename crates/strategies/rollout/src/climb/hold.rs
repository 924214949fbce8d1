//! The hold of a notch: what is still to be asked, and what the evidence says.

use windlass_core::event::What;
use windlass_core::evidence::{Doubt, Verdict};
use windlass_core::kernel::{Deadline, Open, Step, Waiting};
use windlass_core::platform::{HookCall, HookPhase};
use windlass_core::time::{Moment, Span};
use windlass_core::weight::Weight;

use crate::climb::Climb;
use crate::climb::ask::Ask;
use crate::climb::spec::ClimbSpec;
use crate::climb::state::{Hold, State};
use crate::climb::step::Turn;
use crate::track::{Check, Place};

/// What a stage asks for before it is over.
pub(crate) struct Asks<'a> {
    /// Least watched time.
    pub(crate) bake: Span,
    /// Hooks, in order.
    pub(crate) checks: &'a [Check],
    /// Whether a person must approve.
    pub(crate) approval: bool,
    /// Time beyond the bake after which an open verdict is inconclusive.
    pub(crate) patience: Span,
    /// True when analyses are measured here.
    pub(crate) covers: fn(Place, u32) -> bool,
}

/// How a hold stands.
pub(crate) enum Held {
    /// More is to be asked or waited for: this step does it.
    More(Box<Step<Climb>>),
    /// All of it is there and good.
    Passed(Vec<What>),
    /// Some of it is bad.
    Failed(String, Vec<What>),
    /// It cannot be decided.
    Open(String, Vec<What>),
}

/// Begins a hold under the share that is in effect now.
pub(crate) fn begin(
    spec: &ClimbSpec,
    state: &mut State,
    hooks: usize,
    under: Option<Weight>,
    covers: fn(Place, u32) -> bool,
    now: Moment,
) {
    for (placed, progress) in spec.track.analyses.iter().zip(&mut state.progress) {
        if !covers(placed.at, state.notch) {
            continue;
        }
        let kept = match placed.at {
            Place::From(_) => progress.take(),
            Place::At(_) | Place::After => None,
        };
        *progress = Some(match kept {
            Some(kept) => kept.reopen(&placed.analysis, now.watched),
            None => windlass_analysis::Progress::start(&placed.analysis, now.watched),
        });
    }
    state.hold = Some(Hold {
        since: now.watched,
        wall: now.wall,
        under,
        skipped: false,
        approved: false,
        passed: vec![false; hooks],
        failed: None,
        ask_again: now.watched,
    });
}

/// Looks at a hold: asks what is due, and judges what is there.
pub(crate) fn look(
    spec: &ClimbSpec,
    state: &State,
    hold: &Hold,
    asks: &Asks<'_>,
    open: &Open<Climb>,
    now: Moment,
) -> Held {
    let (verdict, says) = judge(spec, state, hold, asks, now);
    if let Some(reason) = &hold.failed {
        return Held::Failed(reason.clone(), says);
    }
    if verdict == Some(Verdict::Fail) {
        return Held::Failed(evidence(&says), says);
    }
    if hold.skipped || state.jump {
        return Held::Passed(says);
    }
    if let Some(Verdict::Inconclusive(_)) = verdict {
        return Held::Open(evidence(&says), says);
    }
    let limit = spec.limits.approval;
    if asks.approval && !hold.approved && now.wall >= hold.wall + asks.bake + limit {
        return Held::Failed(format!("nobody approved it within {limit}"), says);
    }
    let proven = now.watched >= hold.since + asks.bake && verdict == Some(Verdict::Pass);
    let mut due = measurements(spec, state, hold, asks, now);
    if now.watched >= hold.ask_again {
        due.extend(people(spec, state, hold, asks, proven));
    }
    due.retain(|ask| open.asks.iter().all(|o| o.ask != *ask));
    if !due.is_empty() {
        let mut turn = Turn::from(state);
        turn.asks = due;
        return Held::More(Box::new(turn.go(waiting(spec, state, hold, asks))));
    }
    let hooked = hold.passed.iter().all(|p| *p);
    if proven && hooked && (!asks.approval || hold.approved) {
        return Held::Passed(says);
    }
    Held::More(Box::new(Step::Stay(waiting(spec, state, hold, asks))))
}

/// The worst verdict of all analyses of this stage; `None` while one has to go on.
///
/// One that goes on without end is judged when the bake is over, by what speaks of the share in
/// effect; where it has nothing good by then it gets as long again as the notch has to be reached.
fn judge(
    spec: &ClimbSpec,
    state: &State,
    hold: &Hold,
    asks: &Asks<'_>,
    now: Moment,
) -> (Option<Verdict>, Vec<What>) {
    let baked = now.watched >= hold.since + asks.bake;
    let late = now.watched >= hold.since + asks.bake + asks.patience;
    let mut all = Some(Verdict::Pass);
    let mut says = Vec::new();
    for (placed, progress) in spec.track.analyses.iter().zip(&state.progress) {
        if !(asks.covers)(placed.at, state.notch) {
            continue;
        }
        let Some(progress) = progress else {
            return (Some(Verdict::Inconclusive(Doubt::NoMeasurement)), says);
        };
        let spec = &placed.analysis;
        let at_end = progress.end(spec, hold.under);
        let verdict = match progress.verdict(spec) {
            Some(Verdict::Pass) if spec.is_open_ended() && at_end != Verdict::Pass => None,
            Some(verdict) => Some(verdict),
            None if baked && spec.is_open_ended() && at_end == Verdict::Pass => {
                Some(at_end.clone())
            }
            None => None,
        };
        let verdict = if late { verdict.or(Some(at_end)) } else { verdict };
        if let Some(verdict) = &verdict {
            says.push(What::Judged {
                analysis: spec.name().to_owned(),
                notch: Some(state.notch + 1),
                verdict: verdict.clone(),
                evidence: progress.evidence(spec),
            });
        }
        all = match (all, verdict) {
            (Some(all), Some(one)) => Some(all.worst(one)),
            // One that is open keeps the whole open, but does not hide a verdict that is not good.
            (Some(bad), None) | (None, Some(bad)) if bad != Verdict::Pass => Some(bad),
            (_, None) | (None, Some(_)) => None,
        };
    }
    (all, says)
}

fn evidence(says: &[What]) -> String {
    let mut lines = Vec::new();
    for what in says {
        if let What::Judged { analysis, verdict, evidence, .. } = what
            && *verdict != Verdict::Pass
        {
            // The whole evidence is in the verdict's own event; here its gist will do.
            let gist = evidence.iter().map(|line| line.split(", before").next().unwrap_or(line));
            lines.push(format!("{analysis}: {verdict} ({})", gist.collect::<Vec<_>>().join("; ")));
        }
    }
    lines.join("; ")
}

fn measurements(
    spec: &ClimbSpec,
    state: &State,
    hold: &Hold,
    asks: &Asks<'_>,
    now: Moment,
) -> Vec<Ask> {
    let mut due = Vec::new();
    let analyses = spec.track.analyses.iter().zip(&state.progress).enumerate();
    for (index, (placed, progress)) in analyses {
        let Some(progress) = progress.as_ref().filter(|_| (asks.covers)(placed.at, state.notch))
        else {
            continue;
        };
        for metric in progress.due(&placed.analysis, now.watched) {
            let Some(asked) = placed.analysis.metric(metric) else { continue };
            // A window that reaches back before the hold would count for nothing.
            if now.watched < hold.since + asked.window {
                continue;
            }
            due.push(Ask::Metric {
                analysis: index,
                metric,
                query: asked.query(spec.candidate.hash.clone()),
                requests: asked.requests_query(spec.candidate.hash.clone()),
            });
        }
    }
    due
}

/// Hooks and approvals that are still open. What says yes to the evidence is asked only once it is
/// there: first the hooks before the promotion, then the person.
fn people(spec: &ClimbSpec, state: &State, hold: &Hold, asks: &Asks<'_>, proven: bool) -> Vec<Ask> {
    let hooks = || asks.checks.iter().enumerate().zip(&hold.passed).filter(|(_, passed)| !**passed);
    let early = hooks().all(|((_, check), _)| check.phase == HookPhase::BeforePromotion);
    let mut due: Vec<Ask> = hooks()
        .filter(|((_, check), _)| check.phase != HookPhase::BeforePromotion || (proven && early))
        .map(|((index, check), _)| Ask::Hook {
            index,
            call: HookCall {
                run: spec.run.clone(),
                hook: check.hook.clone(),
                phase: check.phase,
                notch: state.notch + 1,
            },
        })
        .collect();
    if asks.approval && !hold.approved && proven && due.is_empty() {
        let text = format!("{}: approve notch {} of {}?", spec.app, state.notch + 1, spec.to);
        due.push(Ask::Approval { text });
    }
    due
}

fn waiting(spec: &ClimbSpec, state: &State, hold: &Hold, asks: &Asks<'_>) -> Waiting {
    let end = hold.since + asks.bake;
    let mut on = vec![format!("notch {}: evidence", state.notch + 1)];
    if asks.approval && !hold.approved {
        on.push("an approval".to_owned());
    }
    let mut wait = Waiting::on(on.join(" and "));
    wait = wait.until(Deadline::Watched(end), "the verdict is read");
    wait.until.push(Deadline::Watched(hold.ask_again));
    wait.until.push(Deadline::Watched(end + asks.patience));
    if asks.approval && !hold.approved {
        wait.until.push(Deadline::Wall(hold.wall + asks.bake + spec.limits.approval));
    }
    for (placed, progress) in spec.track.analyses.iter().zip(&state.progress) {
        let due = progress.as_ref().and_then(|p| p.next_due(&placed.analysis));
        wait.until.extend(due.map(Deadline::Watched));
        let windows = placed.analysis.metrics().map(|(_, metric)| metric.window);
        wait.until.extend(windows.map(|window| Deadline::Watched(hold.since + window)));
    }
    wait
}
