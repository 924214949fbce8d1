//! The hold of a notch: what is still to be asked, and what the evidence says.

use windlass_analysis::Metric;
use windlass_core::event::What;
use windlass_core::evidence::{Doubt, Verdict};
use windlass_core::kernel::{Deadline, Open, Step, Waiting};
use windlass_core::platform::{HookCall, HookPhase};
use windlass_core::time::{Moment, Span};
use windlass_core::weight::Weight;

use crate::climb::Climb;
use crate::climb::ask::Ask;
use crate::climb::spec::ClimbSpec;
use crate::climb::state::{Hold, Phase, State};
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
    let Judged { verdict, why, says } = judge(spec, state, hold, asks, now);
    if let Some(reason) = &hold.failed {
        return Held::Failed(reason.clone(), says);
    }
    if verdict == Some(Verdict::Fail) {
        return Held::Failed(why, says);
    }
    if hold.skipped || state.jump {
        return Held::Passed(says);
    }
    if let Some(Verdict::Inconclusive(_)) = verdict {
        return Held::Open(why, says);
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
        return Held::More(Box::new(turn.go(waiting(spec, state, hold, asks, now))));
    }
    let hooked = hold.passed.iter().all(|p| *p);
    if proven && hooked && (!asks.approval || hold.approved) {
        return Held::Passed(says);
    }
    Held::More(Box::new(Step::Stay(waiting(spec, state, hold, asks, now))))
}

/// What the analyses of a stage come to.
struct Judged {
    /// The worst verdict of all; `None` while one has to go on.
    verdict: Option<Verdict>,
    /// Why it is not good, in one short line; the whole evidence is in the events.
    why: String,
    /// Every verdict with its evidence.
    says: Vec<What>,
}

/// The worst verdict of all analyses of this stage.
///
/// One that goes on without end is judged when the bake is over, by what speaks of the share in
/// effect; where it has nothing good by then it gets as long again as the notch has to be reached.
fn judge(spec: &ClimbSpec, state: &State, hold: &Hold, asks: &Asks<'_>, now: Moment) -> Judged {
    let baked = now.watched >= hold.since + asks.bake;
    let late = now.watched >= hold.since + asks.bake + asks.patience;
    let mut all = Some(Verdict::Pass);
    let (mut why, mut says) = (Vec::new(), Vec::new());
    for (placed, progress) in spec.track.analyses.iter().zip(&state.progress) {
        if !(asks.covers)(placed.at, state.notch) {
            continue;
        }
        let Some(progress) = progress else {
            let verdict = Some(Verdict::Inconclusive(Doubt::NoMeasurement));
            let why = format!("{}: it was not begun", placed.analysis.name());
            return Judged { verdict, why, says };
        };
        let warm = state.phase == Phase::Warm;
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
            if let Some(cause) =
                progress.because(spec, hold.under).filter(|_| *verdict != Verdict::Pass)
            {
                why.push(format!("{}: {cause}", spec.name()));
            }
            says.push(What::Judged {
                analysis: spec.name().to_owned(),
                notch: (!warm).then_some(state.notch + 1),
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
    Judged { verdict: all, why: why.join("; "), says }
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
            if now.watched < progress.first_under(&placed.analysis, metric, hold.since) {
                continue;
            }
            due.push(Ask::Metric {
                analysis: index,
                metric,
                query: asked.query(spec.candidate.hash.clone()),
                requests: asked.requests_query(spec.candidate.hash.clone()),
                stable: beside(hold, asked).then(|| spec.stable.hash.clone()),
            });
        }
    }
    due
}

/// True where a measurement of the stable side has something to say beside the candidate's: while
/// it has traffic.
fn beside(hold: &Hold, metric: &Metric) -> bool {
    metric.shows_stable() && hold.under.is_some_and(|share| share < Weight::FULL)
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

fn waiting(spec: &ClimbSpec, state: &State, hold: &Hold, asks: &Asks<'_>, now: Moment) -> Waiting {
    let baked = Deadline::Watched(hold.since + asks.bake);
    let late = Deadline::Watched(hold.since + asks.bake + asks.patience);
    let measured = spec.track.analyses.iter().any(|it| (asks.covers)(it.at, state.notch));
    let then = if state.phase == Phase::Warm {
        "the old side is taken down"
    } else if measured {
        "the verdict is read"
    } else if hold.passed.iter().all(|passed| *passed) && (!asks.approval || hold.approved) {
        "the notch is passed"
    } else {
        "the bake is over"
    };
    let mut wait = Waiting::on(on(spec, state, hold, asks, now)).until(baked, then);
    if measured {
        wait = wait.until(late, "what there is decides");
    }
    if asks.approval && !hold.approved {
        wait = wait.until(Deadline::Wall(hold.wall + asks.bake + spec.limits.approval), "abort");
    }
    wait = wait.waking(Deadline::Watched(hold.ask_again));
    for (placed, progress) in spec.track.analyses.iter().zip(&state.progress) {
        let Some(progress) = progress else { continue };
        wait.wake.extend(progress.next_due(&placed.analysis).map(Deadline::Watched));
        let first = |(index, _)| progress.first_under(&placed.analysis, index, hold.since);
        wait.wake.extend(placed.analysis.metrics().map(first).map(Deadline::Watched));
    }
    wait
}

/// What a stage waits for, in words.
fn on(spec: &ClimbSpec, state: &State, hold: &Hold, asks: &Asks<'_>, now: Moment) -> String {
    let mut on = Vec::new();
    if spec.track.analyses.iter().any(|it| (asks.covers)(it.at, state.notch)) {
        on.push("evidence".to_owned());
    } else if now.watched < hold.since + asks.bake && state.phase != Phase::Warm {
        on.push("the bake".to_owned());
    }
    let left = asks.checks.iter().zip(&hold.passed).filter(|(_, passed)| !**passed);
    on.extend(left.map(|(check, _)| format!("hook {}", check.hook)));
    if asks.approval && !hold.approved {
        on.push("an approval".to_owned());
    }
    let on = on.join(", ");
    match state.phase {
        Phase::Warm if on.is_empty() => format!("{} is kept warm", spec.from),
        Phase::Warm => format!("{} is kept warm: {on}", spec.from),
        Phase::Before => format!("before anything is touched: {on}"),
        Phase::Climb
        | Phase::Promote
        | Phase::Settle
        | Phase::Lower { .. }
        | Phase::Yield { .. } => format!("notch {}: {on}", state.notch + 1),
    }
}
