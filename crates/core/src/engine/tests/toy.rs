//! A machine that raises a number notch by notch: it asks before each raise, lets each one bake in
//! watched time, can be held and sent down, and goes down by itself when it takes too long.

use serde::{Deserialize, Serialize};

use crate::event::{EndResult, Ending, Glance, Outline, SideGlance, What};
use crate::fence::Epoch;
use crate::id::{AppRef, Kind, ObjectRef, RunId};
use crate::kernel::{
    Cause, Deadline, Look, Machine, Move, Open, Signal, SignalKind, Stamped, Step, Waiting,
    WriteState,
};
use crate::platform::{Fault, Stamp};
use crate::time::{Moment, Span, Timestamp};

/// The toy, in its `N`th version. From the second on it raises by two: another decision.
/// Version 0 calls itself something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version<const N: u32>;

pub(super) type Toy = Version<1>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Spec {
    pub goal: u32,
    pub bake: Span,
    pub total: Span,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    pub level: u32,
    /// When the bake began; `None` where that is to be noted at the next look.
    pub since: Option<Span>,
    pub by: Timestamp,
    pub way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Way {
    Up,
    Held,
    Down(Reason),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Reason {
    Told,
    Late,
    Denied,
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Outcome {
    Up,
    Down(Reason),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub read_at: Timestamp,
    pub lease: Option<(RunId, Epoch)>,
    pub value: u32,
    pub token: u64,
}

impl Stamped for Seen {
    fn stamp(&self) -> Stamp {
        Stamp { read_at: self.read_at, lease: self.lease.clone() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fact {
    pub value: u32,
    pub token: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Write {
    pub to: u32,
    pub expect: u64,
}

/// May it be raised to this, from what carries this token?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ask {
    pub to: u32,
    pub expect: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Answer {
    Yes,
    No,
}

type Next<const N: u32> = Step<Version<N>>;

fn go<const N: u32>(state: State, wait: &str) -> Move<Version<N>> {
    let until = Deadline::Wall(state.by);
    Move::to(state, Waiting::on(wait).until(until, "go down"))
}

fn down<const N: u32>(state: &State, open: &Open<Version<N>>, reason: Reason) -> Next<N> {
    let sent = open.writes.iter().filter(|w| w.state == WriteState::Sent);
    let withdraw = sent.map(|w| w.id).collect();
    let state = State { way: Way::Down(reason), ..state.clone() };
    Step::Move(Box::new(Move { withdraw, ..go(state, "the way down") }))
}

fn fact<const N: u32>(
    spec: &Spec,
    state: &State,
    fact: Fact,
    open: &Open<Version<N>>,
    now: Moment,
) -> Next<N> {
    let Fact { value, token } = fact;
    if value != state.level || (state.way == Way::Up && state.since.is_none()) {
        let state = State { level: value, since: Some(now.watched), ..state.clone() };
        return Step::Move(Box::new(go(state, "the bake")));
    }
    match state.way {
        Way::Held => Step::Stay(Waiting::same()),
        Way::Up if value >= spec.goal => Step::Done { state: state.clone(), outcome: Outcome::Up },
        Way::Up => {
            let to = if N > 1 { value + 2 } else { value + 1 };
            let asks = vec![Ask { to, expect: token }];
            Step::Move(Box::new(Move { asks, ..go(state.clone(), "an answer") }))
        }
        // A write of unknown outcome could still land: the next write makes sure that none does.
        Way::Down(reason) if value == 0 && open.writes.is_empty() => {
            Step::Done { state: state.clone(), outcome: Outcome::Down(reason) }
        }
        Way::Down(_) => {
            let writes = vec![Write { to: 0, expect: token }];
            Step::Move(Box::new(Move { writes, ..go(state.clone(), "the way down") }))
        }
    }
}

fn signal<const N: u32>(state: &State, signal: &Signal, open: &Open<Version<N>>) -> Next<N> {
    let turn = |way| State { way, since: None, ..state.clone() };
    match (signal.kind, state.way) {
        (SignalKind::Pause, Way::Up) => Step::Move(Box::new(go(turn(Way::Held), "a word"))),
        (SignalKind::Resume, Way::Held) => Step::Move(Box::new(go(turn(Way::Up), "the bake"))),
        (SignalKind::Abort, Way::Up | Way::Held) => down(state, open, Reason::Told),
        (kind, _) => Step::Refuse(format!("there is nothing to {kind}")),
    }
}

impl<const N: u32> Machine for Version<N> {
    const KIND: &'static str = if N == 0 { "another" } else { "toy" };
    const LOGIC: u32 = N;

    type Spec = Spec;
    type State = State;
    type Outcome = Outcome;
    type Seen = Seen;
    type Fact = Fact;
    type Write = Write;
    type Ask = Ask;
    type Answer = Answer;

    fn start(spec: &Spec, now: Moment) -> State {
        State { level: 0, since: Some(now.watched), by: now.wall + spec.total, way: Way::Up }
    }

    fn look(spec: &Spec, state: &State, seen: &Seen, open: &Open<Self>, now: Moment) -> Look<Self> {
        let wait = |on: &str| Look::Wait(go::<N>(state.clone(), on).wait);
        let baked = state.since.map(|since| since + spec.bake);
        let moved = seen.value != state.level;
        let going_down = matches!(state.way, Way::Down(_));
        if open.writes.iter().any(|w| w.state == WriteState::Sent) {
            wait("a write")
        } else if !open.asks.is_empty() && !going_down {
            wait("an answer")
        } else if state.way == Way::Held && !moved {
            wait("a word")
        } else if let Some(baked) = baked.filter(|at| now.watched < *at)
            && state.way == Way::Up
            && !moved
        {
            let bake = go::<N>(state.clone(), "the bake").wait;
            Look::Wait(bake.until(Deadline::Watched(baked), "go on"))
        } else {
            Look::Fact(Fact { value: seen.value, token: seen.token })
        }
    }

    fn decide(
        spec: &Spec,
        state: &State,
        why: Cause<'_, Self>,
        open: &Open<Self>,
        now: Moment,
    ) -> Step<Self> {
        match why {
            Cause::Claimed(_) => Step::Stay(go::<N>(state.clone(), "a look").wait),
            Cause::Fact(seen) => fact(spec, state, *seen, open, now),
            Cause::Wrote(_, _, Err(Fault::Refused(refusal))) if !refusal.is_transient() => {
                down(state, open, Reason::Refused)
            }
            Cause::Wrote(..) => Step::Stay(Waiting::same()),
            Cause::Answer(_, ask, Answer::Yes) if state.way == Way::Up => {
                let writes = vec![Write { to: ask.to, expect: ask.expect }];
                Step::Move(Box::new(Move { writes, ..go(state.clone(), "a write") }))
            }
            Cause::Answer(_, _, Answer::No) if state.way == Way::Up => {
                down(state, open, Reason::Denied)
            }
            Cause::Answer(..) => Step::Stay(Waiting::same()),
            Cause::Signal(told) => signal(state, told, open),
            Cause::Due if matches!(state.way, Way::Down(_)) => Step::Stay(Waiting::same()),
            Cause::Due => down(state, open, Reason::Late),
        }
    }

    fn still_good(_: &Spec, write: &Write, seen: &Seen) -> bool {
        write.expect == seen.token
    }

    fn settled(write: &Write, seen: &Seen) -> bool {
        write.expect != seen.token
    }

    fn outline(spec: &Spec) -> Outline {
        Outline {
            app: AppRef::new("toys", "number"),
            platform: "toy".to_owned(),
            from: "0".to_owned(),
            to: spec.goal.to_string(),
            strategy: "toy".to_owned(),
            notches: Vec::new(),
            limits: Vec::new(),
            findings: Vec::new(),
        }
    }

    fn glance(_: &Spec, _: &State, seen: &Seen) -> What {
        let candidate = SideGlance { wanted: seen.value, pods: seen.value, ready: seen.value };
        What::Observed(Glance { candidate, ..Glance::default() })
    }

    fn describe(write: &Write) -> (ObjectRef, String) {
        (ObjectRef::new(Kind::Route, "number".into()), format!("set {}", write.to))
    }

    fn ending(_: &Spec, outcome: &Outcome) -> Ending {
        let result = match outcome {
            Outcome::Up => EndResult::Promoted,
            Outcome::Down(_) => EndResult::RolledBack,
        };
        let reason = format!("{outcome:?}");
        let none = String::new;
        Ending { result, reason, running: none(), asked: none(), advice: None }
    }
}
