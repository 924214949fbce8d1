//! The one decision: from a scene to the next step.

use windlass_core::event::{Direction, EndResult, Stage, What};
use windlass_core::fence::Token;
use windlass_core::id::{Kind, ObjectRef};
use windlass_core::kernel::{Deadline, Open, OpenWrite, Step, Waiting, WriteState};
use windlass_core::platform::{Change, Write};
use windlass_core::time::{Moment, Span};
use windlass_core::weight::Weight;

use crate::climb::approach::{self, stage};
use crate::climb::handover::{self, Handing};
use crate::climb::hold::{self, Asks, Held};
use crate::climb::reclaim::{reclaim, seal_at};
use crate::climb::scene::{Scene, Which};
use crate::climb::spec::ClimbSpec;
use crate::climb::state::{Outcome, Paused, Phase, State};
use crate::climb::step::{Act, Turn, abort, carry_out};
use crate::climb::{Climb, drift, ground, in_place, settle};
use crate::track::{Means, OnDoubt, OnFail, Place};

/// One decision and what it rests on.
#[derive(Clone, Copy)]
struct Here<'a> {
    spec: &'a ClimbSpec,
    state: &'a State,
    scene: &'a Scene,
    open: &'a Open<Climb>,
    now: Moment,
}

/// The next step of a climb.
pub(crate) fn advance(
    spec: &ClimbSpec,
    state: &State,
    scene: &Scene,
    open: &Open<Climb>,
    now: Moment,
) -> Step<Climb> {
    let here = Here { spec, state, scene, open, now };
    let step = reclaim(spec, state, scene, open, now)
        .or_else(|| drift::drift(spec, state, scene, open, now))
        .or_else(|| here.overdue())
        .unwrap_or_else(|| here.by_phase());
    with_total(spec, state, step)
}

/// The total deadline counts wall time, so it must fire without a look.
pub(crate) fn due(spec: &ClimbSpec, state: &State, open: &Open<Climb>, now: Moment) -> Step<Climb> {
    match past_total(spec, state, now) {
        Some(reason) => abort(state, &reason, open, now),
        None => Step::Stay(Waiting::same()),
    }
}

/// True while an abort leads back to the ground.
pub(crate) fn can_abort(phase: &Phase) -> bool {
    match phase {
        Phase::Before | Phase::Climb | Phase::Promote | Phase::Warm => true,
        Phase::Settle | Phase::Lower { .. } | Phase::Yield { .. } => false,
    }
}

fn past_total(spec: &ClimbSpec, state: &State, now: Moment) -> Option<String> {
    if !can_abort(&state.phase) {
        return None;
    }
    let since = |paused: &Paused| now.wall.since(paused.since);
    if let Some(paused) = state.paused.as_ref().filter(|p| since(p) >= spec.limits.pause) {
        return Some(format!("paused for {}: {}", since(paused), paused.reason));
    }
    let total = spec.limits.total;
    (now.wall.since(state.began) >= total).then(|| format!("not done within {total}"))
}

fn with_total(spec: &ClimbSpec, state: &State, step: Step<Climb>) -> Step<Climb> {
    let add = |mut wait: Waiting| {
        if can_abort(&state.phase) && wait != Waiting::same() {
            let total = Deadline::Wall(state.began + spec.limits.total);
            let pause = state.paused.as_ref().map(|p| Deadline::Wall(p.since + spec.limits.pause));
            let notch = spec.track.notch(state.notch);
            let raising = state.phase == Phase::Climb && state.hold.is_none();
            let reach = raising.then(|| Deadline::Watched(state.since + notch.deadline));
            wait.until.extend([Some(total), pause, reach].into_iter().flatten());
            if wait.then.is_empty() {
                "abort".clone_into(&mut wait.then);
            }
        }
        wait
    };
    match step {
        Step::Stay(wait) => Step::Stay(add(wait)),
        Step::Move(mut next) => {
            next.wait = add(next.wait);
            Step::Move(next)
        }
        Step::Refuse(_) | Step::Done { .. } => step,
    }
}

impl Here<'_> {
    fn by_phase(self) -> Step<Climb> {
        match &self.state.phase {
            Phase::Before => self.before(),
            Phase::Climb => self.climb(),
            Phase::Promote => self.promote(),
            Phase::Warm => self.warm(),
            Phase::Settle => {
                let (act, says) = match self.spec.track.means {
                    Means::Beside(_) => settle::to_rest(self.spec, self.scene),
                    Means::InPlace { .. } => in_place::to_rest(self.spec, self.scene),
                };
                self.towards_end(act, says, EndResult::Promoted, "every notch passed")
            }
            Phase::Lower { reason } => {
                let (act, says) = match self.spec.track.means {
                    Means::Beside(_) => ground::to_ground(self.spec, self.scene),
                    Means::InPlace { .. } => in_place::to_ground(self.spec, self.scene),
                };
                let act = self.settle_first(act);
                self.towards_end(act, says, EndResult::RolledBack, reason)
            }
            Phase::Yield { reason } => {
                let (act, says) = drift::out_of_the_way(self.spec, self.scene);
                let act = self.settle_first(act);
                self.towards_end(act, says, EndResult::Superseded, reason)
            }
        }
    }

    fn overdue(self) -> Option<Step<Climb>> {
        let Self { spec, state, open, now, .. } = self;
        if let Some(reason) = past_total(spec, state, now) {
            return Some(abort(state, &reason, open, now));
        }
        let in_phase = now.watched.less(state.since);
        match &state.phase {
            Phase::Climb if state.hold.is_none() && state.paused.is_none() => {
                let notch = spec.track.notch(state.notch);
                let again = if state.held { notch.bake + notch.deadline } else { Span::ZERO };
                let limit = notch.deadline + again;
                let reason = format!("notch {} not reached within {limit}", state.notch + 1);
                (in_phase >= limit).then(|| abort(state, &reason, open, now))
            }
            Phase::Promote => {
                let reason = format!("not promoted within {}", spec.limits.phase);
                (in_phase >= spec.limits.phase).then(|| abort(state, &reason, open, now))
            }
            Phase::Settle | Phase::Lower { .. } | Phase::Yield { .. } => {
                (in_phase >= spec.limits.phase * 4).then(|| self.give_up())
            }
            Phase::Warm => {
                let limit = spec.track.after.keep_warm + spec.limits.phase * 2;
                let reason = format!("not decided within {limit} after the promotion");
                (in_phase >= limit).then(|| abort(state, &reason, open, now))
            }
            Phase::Before | Phase::Climb => None,
        }
    }

    fn give_up(self) -> Step<Climb> {
        let (was, why) = match &self.state.phase {
            Phase::Lower { reason } => ("going back", reason.as_str()),
            Phase::Yield { reason } => ("getting out of the way", reason.as_str()),
            Phase::Settle => ("cleaning up after the promotion", "every notch passed"),
            Phase::Before | Phase::Climb | Phase::Promote | Phase::Warm => ("climbing", ""),
        };
        let limit = self.spec.limits.phase * 4;
        let reason = format!("{was} took longer than {limit} ({why}): a sweep goes on from here");
        let outcome = Outcome { result: EndResult::Failed, reason };
        Step::Done { state: self.state.clone(), outcome }
    }

    fn before(self) -> Step<Climb> {
        let checks = &self.spec.track.before;
        let asks = Asks {
            bake: Span::ZERO,
            checks,
            approval: false,
            patience: self.spec.limits.phase,
            covers: |_, _| false,
        };
        let Some(now_held) = &self.state.hold else {
            return self.begin_hold(checks.len(), None, asks.covers, Vec::new());
        };
        match hold::look(self.spec, self.state, now_held, &asks, self.open, self.now) {
            Held::More(step) => *step,
            Held::Passed(says) => self.enter(Phase::Climb, says),
            Held::Failed(reason, _) | Held::Open(reason, _) => {
                abort(self.state, &reason, self.open, self.now)
            }
        }
    }

    fn begin_hold(
        self,
        checks: usize,
        under: Option<Weight>,
        covers: fn(Place, u32) -> bool,
        says: Vec<What>,
    ) -> Step<Climb> {
        let mut turn = Turn::from(self.state);
        turn.says = says;
        turn.state.held = true;
        hold::begin(self.spec, &mut turn.state, checks, under, covers, self.now);
        turn.look_again()
    }

    fn enter(self, phase: Phase, says: Vec<What>) -> Step<Climb> {
        let mut turn = Turn::from(self.state);
        turn.says = says;
        turn.state.enter(phase, self.now);
        turn.look_again()
    }

    fn carry(self, act: Act, says: Vec<What>) -> Option<Step<Climb>> {
        carry_out(self.state, act, self.open, self.now, says)
    }

    fn to_notch(self) -> Act {
        let notch = self.spec.track.notch(self.state.notch);
        match &self.spec.track.means {
            Means::Beside(_) => approach::to_notch(self.spec, self.scene, notch),
            Means::InPlace { strategy } => {
                in_place::to_notch(self.spec, self.scene, notch, *strategy)
            }
        }
    }

    fn climb(self) -> Step<Climb> {
        let act = self.to_notch();
        if let Some(paused) = &self.state.paused {
            return self.stand_still(paused, act);
        }
        let Some(held) = &self.state.hold else {
            let at = self.state.notch;
            let checks = self.spec.track.notch(at).checks.len();
            let holding = vec![stage(self.spec, at, Stage::Holding)];
            let covers = |place: Place, notch| place.covers(notch);
            let under = self.scene.exposure(self.spec);
            return self
                .raise(act)
                .unwrap_or_else(|| self.begin_hold(checks, under, covers, holding));
        };
        if self.scene.exposure(self.spec) != held.under {
            return self.lost_hold();
        }
        self.hold_notch(held, act)
    }

    /// Tells of a notch with the first write towards it.
    fn raise(self, act: Act) -> Option<Step<Climb>> {
        if self.state.announced {
            return self.carry(act, Vec::new());
        }
        let raising = vec![stage(self.spec, self.state.notch, Stage::Raising)];
        let told = State { announced: true, ..self.state.clone() };
        carry_out(&told, act, self.open, self.now, raising)
    }

    /// Holds the notch; what the world needs meanwhile (pods for a stable side that grew) is done
    /// beside it, and the hold is over only when that is done too.
    fn hold_notch(self, held: &crate::climb::state::Hold, act: Act) -> Step<Climb> {
        let notch = self.spec.track.notch(self.state.notch);
        let reached = act == Act::Reached;
        if let Act::Write(_) = act
            && let Some(step @ Step::Move(_)) = self.carry(act.clone(), Vec::new())
        {
            return step;
        }
        let asks = Asks {
            bake: notch.bake,
            checks: &notch.checks,
            approval: notch.approval,
            patience: notch.deadline,
            covers: |place, at| place.covers(at),
        };
        match hold::look(self.spec, self.state, held, &asks, self.open, self.now) {
            Held::More(step) => *step,
            Held::Passed(says) if reached => self.next_notch(says),
            Held::Passed(_) => {
                self.carry(act, Vec::new()).unwrap_or_else(|| Step::Stay(Waiting::same()))
            }
            Held::Failed(reason, says) => self.failing(&reason, says),
            Held::Open(reason, says) => self.doubtful(&reason, says),
        }
    }

    fn lost_hold(self) -> Step<Climb> {
        let mut turn = Turn::from(self.state);
        turn.state.hold = None;
        turn.look_again()
    }

    fn next_notch(self, says: Vec<What>) -> Step<Climb> {
        let top = self.spec.track.top();
        if self.state.notch < top {
            let mut turn = Turn::from(self.state);
            turn.says = says;
            turn.state.enter(Phase::Climb, self.now);
            turn.state.notch = if self.state.jump { top } else { self.state.notch + 1 };
            let reason = format!("notch {} passed", self.state.notch + 1);
            return turn.turned(Direction::Up, &reason).look_again();
        }
        let phase = match self.spec.track.means {
            Means::Beside(_) => Phase::Promote,
            Means::InPlace { .. } => Phase::Settle,
        };
        let mut turn = Turn::from(self.state);
        turn.says = says;
        turn.state.enter(phase, self.now);
        turn.turned(Direction::Promote, "the last notch passed").look_again()
    }

    fn failing(self, reason: &str, says: Vec<What>) -> Step<Climb> {
        let notch = self.spec.track.notch(self.state.notch);
        match notch.failing {
            OnFail::StepBack { to, at_most } if self.state.stepped_back < at_most => {
                let mut turn = Turn::from(self.state).withdrawing(self.open);
                turn.says = says;
                turn.state.enter(Phase::Climb, self.now);
                turn.state.stepped_back += 1;
                turn.state.notch = to.saturating_sub(1).min(self.state.notch);
                turn.state.progress = vec![None; self.spec.track.analyses.len()];
                turn.turned(Direction::StepBack, reason).look_again()
            }
            OnFail::Pause => self.pause(reason, true, says),
            OnFail::Abort | OnFail::StepBack { .. } => self.abort_with(reason, says),
        }
    }

    fn doubtful(self, reason: &str, says: Vec<What>) -> Step<Climb> {
        match self.spec.track.doubt {
            OnDoubt::Pause => self.pause(reason, false, says),
            OnDoubt::Abort => self.abort_with(reason, says),
        }
    }

    fn abort_with(self, reason: &str, mut says: Vec<What>) -> Step<Climb> {
        let mut step = abort(self.state, reason, self.open, self.now);
        if let Step::Move(next) = &mut step {
            says.append(&mut next.says);
            next.says = says;
        }
        step
    }

    fn pause(self, reason: &str, failed: bool, says: Vec<What>) -> Step<Climb> {
        let mut turn = Turn::from(self.state);
        turn.says = says;
        turn.state.paused = Some(Paused {
            by: "the climb".to_owned(),
            reason: reason.to_owned(),
            since: self.now.wall,
            failed,
        });
        turn.turned(Direction::Pause, reason).look_again()
    }

    /// A pause raises nothing; a candidate that already has traffic keeps the pods it needs.
    fn stand_still(self, paused: &Paused, act: Act) -> Step<Climb> {
        let keeps_up = |w: &Write| matches!(w.change, Change::SetReplicas(_) | Change::Pin(_));
        if let Act::Write(writes) = act {
            let writes: Vec<Write> = writes.into_iter().filter(keeps_up).collect();
            let exposed = !self.scene.highest_exposure(self.spec).is_zero();
            if exposed && !writes.is_empty() {
                let step = self.carry(Act::Write(writes), Vec::new());
                if let Some(step @ Step::Move(_)) = step {
                    return step;
                }
            }
        }
        let on = format!("{}: resume, skip or abort (paused: {})", paused.by, paused.reason);
        Step::Stay(Waiting::on(on))
    }

    /// Until the Deployment has the template, all that the last notch asks for must still hold.
    fn promote(self) -> Step<Climb> {
        if self.scene.deployment.as_ref().is_some_and(|d| d.template == Which::Stable) {
            let act = self.to_notch();
            if let Some(step) = self.carry(act, Vec::new()) {
                return step;
            }
        }
        let Handing { act, says } = handover::up(self.spec, self.scene);
        self.carry(act, says).unwrap_or_else(|| {
            let after = &self.spec.track.after;
            let evidence = self.spec.track.analyses.iter().any(|a| a.at == Place::After);
            let warm = !after.keep_warm.is_zero() || !after.checks.is_empty() || evidence;
            self.enter(if warm { Phase::Warm } else { Phase::Settle }, Vec::new())
        })
    }

    fn warm(self) -> Step<Climb> {
        let after = &self.spec.track.after;
        let covers = |place: Place, _| place == Place::After;
        let Handing { act, says } = handover::up(self.spec, self.scene);
        if let Act::Write(_) = act {
            return self.carry(act, says).unwrap_or_else(|| Step::Stay(Waiting::same()));
        }
        if self.scene.stable.as_ref().is_none_or(|s| s.replicas == 0) {
            // Nothing is warm any more: somebody, or another operator, took the old side down.
            return self.enter(Phase::Settle, Vec::new());
        }
        let under = self.scene.exposure(self.spec);
        let Some(held) = &self.state.hold else {
            return match under {
                Some(_) => self.begin_hold(after.checks.len(), under, covers, Vec::new()),
                None => Step::Stay(Waiting::on("the data plane to be known")),
            };
        };
        if under != held.under {
            return self.lost_hold();
        }
        let asks = Asks {
            bake: after.keep_warm,
            checks: &after.checks,
            approval: false,
            patience: self.spec.limits.phase,
            covers,
        };
        match hold::look(self.spec, self.state, held, &asks, self.open, self.now) {
            Held::More(step) => *step,
            Held::Passed(says) => self.enter(Phase::Settle, says),
            Held::Failed(reason, says) => self.abort_with(&reason, says),
            Held::Open(reason, says) => self.abort_with(&reason, says),
        }
    }

    /// Carries on to the end, and ends only when nothing of ours can still land and no mark is left.
    fn towards_end(
        self,
        act: Act,
        says: Vec<What>,
        result: EndResult,
        reason: &str,
    ) -> Step<Climb> {
        if let Some(step) = self.carry(act, says) {
            return step;
        }
        if let Some(step) = self.quiet() {
            return step;
        }
        let outcome = Outcome { result, reason: reason.to_owned() };
        Step::Done { state: self.state.clone(), outcome }
    }

    /// On the way back an earlier move may still be under way: until its object has moved on, it
    /// could send requests to pods that are gone, or take a ReplicaSet from a Deployment that is not
    /// paused any more. What the act does not write itself is sealed first; a move of the sides does
    /// not hold up the traffic.
    fn settle_first(self, act: Act) -> Act {
        let moves = |w: &&OpenWrite<Climb>| {
            let change = &w.write.change;
            matches!(change, Change::Split { weight, .. } if !weight.is_zero())
                || matches!(change, Change::Pin(hash) if *hash == self.spec.candidate.hash)
                || matches!(change, Change::Release | Change::Adopt { .. })
        };
        let is_side = |object: &ObjectRef| object.kind == Kind::ReplicaSet;
        let writes = if let Act::Write(writes) = &act { writes.as_slice() } else { &[] };
        let traffic = !writes.is_empty() && writes.iter().all(|w| !is_side(&w.object));
        let traffic = traffic && writes.iter().all(|w| w.object.kind != Kind::Deployment);
        let moving = self.open.writes.iter().filter(moves).map(|w| &w.write.object);
        let left: Vec<&ObjectRef> = moving
            .filter(|object| !writes.iter().any(|w| w.object == **object))
            .filter(|object| !(traffic && is_side(object)))
            .collect();
        let objects = self.scene.fenced_objects(self.spec);
        let late = objects.iter().filter(|(object, _)| left.contains(&object));
        let seals: Vec<Write> = late.map(|(o, expect)| write(o, expect, Change::Seal)).collect();
        if seals.is_empty() { act } else { Act::Write(seals) }
    }

    fn quiet(self) -> Option<Step<Climb>> {
        let Self { spec, state, scene, open, .. } = self;
        if open.writes.iter().any(|w| w.state == WriteState::Sent) {
            return Some(Step::Stay(Waiting::on("the answer to a write")));
        }
        // A create cannot be ended from here: it can only make an object without pods, which is
        // collected with the Deployment and shown by a sweep.
        let late =
            |w: &&windlass_core::kernel::OpenWrite<Climb>| w.write.expect.token != Token::Absent;
        let late: Vec<_> = open.writes.iter().filter(late).map(|w| &w.write.object).collect();
        if late.iter().any(|o| o.kind == Kind::Deployment)
            && let Some(app) = &scene.deployment
        {
            let mut turn = Turn::from(state);
            turn.state.seal = Some(seal_at(spec, app));
            return Some(turn.look_again());
        }
        let objects = scene.fenced_objects(spec);
        let seals: Vec<Write> = objects
            .iter()
            .filter(|(object, _)| late.contains(&object))
            .map(|(object, expect)| write(object, expect, Change::Seal))
            .collect();
        if !seals.is_empty() {
            return self.carry(Act::Write(seals), Vec::new());
        }
        let marks: Vec<Write> = objects
            .iter()
            .filter(|(_, expect)| matches!(expect.token, Token::Fence(_)))
            .map(|(object, expect)| write(object, expect, Change::Unseal))
            .collect();
        if marks.is_empty() { None } else { self.carry(Act::Write(marks), Vec::new()) }
    }
}

fn write(
    object: &windlass_core::id::ObjectRef,
    expect: &windlass_core::fence::Expect,
    change: Change,
) -> Write {
    Write { object: object.clone(), expect: expect.clone(), change }
}
