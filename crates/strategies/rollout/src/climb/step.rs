//! Building steps: what is sent, what must wait, and what a failed write leads to.

use windlass_core::event::{Direction, What};
use windlass_core::fence::{Expect, Token};
use windlass_core::id::{Kind, ObjectRef};
use windlass_core::kernel::{Deadline, Move, Open, Step, Waiting, WriteState};
use windlass_core::platform::{Change, Fault, Receipt, Refusal, Write};
use windlass_core::time::{Moment, Span};
use windlass_core::weight::Weight;

use crate::climb::Climb;
use crate::climb::ask::Ask;
use crate::climb::drift::stand_ins;
use crate::climb::scene::{Owned, Pin, Scene, Seen, Which};
use crate::climb::spec::ClimbSpec;
use crate::climb::state::{Phase, Retry, State};

/// What a planner wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// It is there.
    Reached,
    /// Somebody else's turn: whose.
    Wait(String),
    /// These writes, in any order.
    Write(Vec<Write>),
}

impl Act {
    /// What comes after it is there; until then, itself.
    pub(crate) fn then(self, next: impl FnOnce() -> Act) -> Act {
        match self {
            Act::Reached => next(),
            Act::Wait(_) | Act::Write(_) => self,
        }
    }

    pub(crate) fn wait(on: impl Into<String>) -> Self {
        Act::Wait(on.into())
    }

    pub(crate) fn one(object: ObjectRef, expect: Expect, change: Change) -> Self {
        Act::Write(vec![Write { object, expect, change }])
    }
}

/// A step that is being put together.
pub(crate) struct Turn {
    pub(crate) state: State,
    pub(crate) withdraw: Vec<u64>,
    pub(crate) asks: Vec<Ask>,
    pub(crate) says: Vec<What>,
}

impl Turn {
    pub(crate) fn from(state: &State) -> Self {
        Self { state: state.clone(), withdraw: Vec::new(), asks: Vec::new(), says: Vec::new() }
    }

    pub(crate) fn turned(mut self, to: Direction, reason: &str) -> Self {
        self.says.push(What::Turned { to, reason: reason.to_owned() });
        self
    }

    /// Everything decided and not sent yet is called off.
    pub(crate) fn withdrawing(mut self, open: &Open<Climb>) -> Self {
        let sent = open.writes.iter().filter(|w| w.state == WriteState::Sent);
        self.withdraw.extend(sent.map(|w| w.id));
        self
    }

    pub(crate) fn go(self, wait: Waiting) -> Step<Climb> {
        Step::Move(Box::new(Move {
            state: self.state,
            withdraw: self.withdraw,
            writes: Vec::new(),
            asks: self.asks,
            wait,
            says: self.says,
        }))
    }

    /// On to the next look, which decides afresh.
    pub(crate) fn look_again(self) -> Step<Climb> {
        self.go(Waiting::same())
    }
}

/// Turns what a planner wants into a step; `None` when it is there. Writes to an object that has
/// one in flight, or that was refused a moment ago, wait.
pub(crate) fn carry_out(
    state: &State,
    act: Act,
    open: &Open<Climb>,
    now: Moment,
    says: Vec<What>,
) -> Option<Step<Climb>> {
    let wanted = match act {
        Act::Reached => return None,
        Act::Wait(on) => return Some(Step::Stay(Waiting::on(on))),
        Act::Write(writes) => writes,
    };
    let mut wait = Waiting::on("the answer to a write");
    let mut writes = Vec::new();
    for write in wanted {
        let in_flight = |w: &&windlass_core::kernel::OpenWrite<Climb>| -> bool {
            w.state == WriteState::Sent && w.write.object == write.object
        };
        if open.writes.iter().any(|w| in_flight(&w)) {
            wait = Waiting::on(format!("{}: the answer to: {}", write.object, write.change));
            continue;
        }
        let rests = state.rests_until(&write);
        match state.retry_of(&write.object).filter(|r| r.at > now.watched) {
            Some(retry) => {
                let on = format!("{}: {}", write.object, retry.reason);
                wait = Waiting::on(on).until(Deadline::Watched(retry.at), "try again");
            }
            None if rests > now.watched => {
                let on = format!("{}: somebody takes back: {}", write.object, write.change);
                wait = Waiting::on(on).until(Deadline::Watched(rests), "try again");
            }
            None => writes.push(write),
        }
    }
    if writes.is_empty() {
        return Some(Step::Stay(wait));
    }
    let wait = match writes.as_slice() {
        [one] => Waiting::on(format!("{}: {}", one.object, one.change)),
        more => Waiting::on(format!("the answers to {} writes", more.len())),
    };
    let mut state = state.clone();
    writes.iter().for_each(|write| state.decided(write, now));
    Some(Step::Move(Box::new(Move {
        state,
        withdraw: Vec::new(),
        writes,
        asks: Vec::new(),
        wait,
        says,
    })))
}

/// What an answered write changes: only when it may be tried again.
pub(crate) fn wrote(
    state: &State,
    write: &Write,
    end: &Result<Receipt, Fault>,
    now: Moment,
) -> Step<Climb> {
    let known = state.retry_of(&write.object);
    let mut turn = Turn::from(state);
    turn.state.retries.retain(|r| r.object != write.object);
    let fault = match end {
        Ok(_) if known.is_none() => return Step::Stay(Waiting::same()),
        Err(Fault::Fenced) => return Step::Stay(Waiting::same()),
        Ok(_) => return turn.go(Waiting::same()),
        Err(fault) => fault,
    };
    let tries = known.map_or(0, |r| r.tries) + 1;
    turn.state.retries.push(Retry {
        object: write.object.clone(),
        at: now.watched + pause(fault, tries),
        tries,
        reason: fault.to_string(),
    });
    turn.go(Waiting::same())
}

/// How long to leave an object alone after a failed write. A conflict is looked at afresh at once,
/// twice; everything else backs off exponentially up to a minute.
fn pause(fault: &Fault, tries: u32) -> Span {
    let doubling = |first: Span| {
        let times = 1u64 << tries.saturating_sub(1).min(6);
        Span::millis((first.as_millis() * times).min(60_000))
    };
    match fault {
        Fault::Refused(Refusal::Stale) | Fault::Withdrawn if tries <= 2 => Span::ZERO,
        Fault::Refused(Refusal::Throttled { after }) => (*after).max(Span::seconds(1)),
        Fault::Refused(Refusal::Forbidden { .. } | Refusal::Invalid { .. }) => {
            doubling(Span::seconds(5))
        }
        Fault::Refused(
            Refusal::Stale | Refusal::Unavailable { .. } | Refusal::Missing | Refusal::Exists,
        )
        | Fault::Unknown { .. }
        | Fault::Withdrawn
        | Fault::Fenced => doubling(Span::millis(500)),
    }
}

/// The rules of order, asked again right before a write is sent: make before break, both ways.
pub(crate) fn still_good(spec: &ClimbSpec, write: &Write, scene: &Scene) -> bool {
    let replicas = scene.replicas(spec);
    let serving = |side: &Option<crate::climb::scene::SideScene>| {
        side.as_ref().map_or(0, |s| s.serving.min(s.ready))
    };
    let (stable, candidate) = (serving(&scene.stable), serving(&scene.candidate));
    let available = scene.deployment.as_ref().map_or(0, |d| d.available);
    let is_candidate = write.object.name == spec.candidate.set;
    match &write.change {
        Change::Split { weight, .. } => {
            let now = scene.route.as_ref().and_then(|r| r.written).unwrap_or(Weight::ZERO);
            (*weight <= now || candidate >= weight.of_pods(replicas).max(1))
                && (*weight >= now || stable >= 1)
        }
        Change::Pin(hash) if *hash == spec.candidate.hash => candidate >= 1,
        Change::Pin(_) => stable >= 1,
        Change::SetReplicas(pods) if is_candidate => {
            let now = scene.candidate.as_ref().map_or(0, |c| c.replicas);
            // Where both sides serve by their pods, the other one must be there to take it all.
            let spare = || match spec.pins() {
                true if unpinned(scene) => {
                    stable.max(available) >= 1 && *pods >= stand_ins(spec, scene)
                }
                true => *pods >= scene.highest_exposure(spec).of_pods(replicas),
                // Somebody else's version may have taken the stable side's place.
                false => stable.max(available) >= 1,
            };
            *pods >= now || spare()
        }
        Change::SetReplicas(0) => candidate.max(available) >= replicas,
        Change::Release if !is_candidate => {
            let ours = |d: &crate::climb::scene::DeploymentScene| {
                d.paused && d.observed && d.template == Which::Candidate
            };
            let idle = scene.stable.as_ref().is_some_and(|s| s.replicas == 0);
            idle || (scene.deployment.as_ref().is_some_and(ours) && candidate >= replicas)
        }
        Change::Adopt { .. } if is_candidate => {
            scene.stable.as_ref().is_none_or(|s| s.owned == Owned::No)
        }
        Change::SetReplicas(_)
        | Change::Release
        | Change::Adopt { .. }
        | Change::Template { .. }
        | Change::Paused(_)
        | Change::DeploymentReplicas(_)
        | Change::HistoryLimit(_)
        | Change::CreateSet { .. }
        | Change::Shelve
        | Change::DeleteSet
        | Change::Unpin
        | Change::CreateService { .. }
        | Change::DeleteService
        | Change::Unsplit
        | Change::Seal
        | Change::Unseal => true,
    }
}

/// True where every Service takes whatever pods there are, and no route tells them apart.
fn unpinned(scene: &Scene) -> bool {
    let free = scene.services.iter().flatten().all(|s| s.pin == Pin::None && s.settled);
    let gone = |r: &crate::climb::scene::RouteScene| {
        r.written.is_none() && r.effective == Some(Weight::ZERO)
    };
    free && scene.route.as_ref().is_none_or(gone)
}

/// True when a write of unknown outcome has landed or never will: its object is another one by
/// now, or at another token. A create is settled once its name is taken.
pub(crate) fn settled(write: &Write, seen: &Seen) -> bool {
    let app = &seen.app;
    let name = &write.object.name;
    let there = match write.object.kind {
        Kind::Deployment => {
            app.deployment.as_ref().map(|d| (&d.uid, Token::Generation(d.generation)))
        }
        Kind::ReplicaSet => {
            app.sets.iter().find(|s| s.name == *name).map(|s| (&s.uid, s.token.clone()))
        }
        Kind::Service => {
            app.services.iter().find(|s| s.name == *name).map(|s| (&s.uid, s.token.clone()))
        }
        Kind::Route => {
            seen.route.as_ref().filter(|r| r.name == *name).map(|r| (&r.uid, r.token.clone()))
        }
    };
    match (&write.expect.uid, there) {
        (None, there) => there.is_some(),
        (Some(_), None) => true,
        (Some(uid), Some((now, token))) => uid != now || token != write.expect.token,
    }
}

/// Turns a climb around: everything that was decided and not sent is called off.
pub(crate) fn turn_to(
    state: &State,
    phase: Phase,
    direction: Direction,
    reason: &str,
    open: &Open<Climb>,
    now: Moment,
) -> Step<Climb> {
    let mut turn = Turn::from(state).turned(direction, reason).withdrawing(open);
    turn.state.enter(phase, now);
    turn.state.paused = None;
    turn.state.retries.clear();
    turn.state.repeats.clear();
    turn.look_again()
}

/// Back to the ground.
pub(crate) fn abort(state: &State, reason: &str, open: &Open<Climb>, now: Moment) -> Step<Climb> {
    let phase = Phase::Lower { reason: reason.to_owned() };
    turn_to(state, phase, Direction::Abort, reason, open, now)
}
