//! Climbs with one bug planted: the machine delegates to the climb and alters one thing.

use windlass_core::event::{Ending, Outline, What};
use windlass_core::evidence::Reading;
use windlass_core::fence::{Claim, Expect};
use windlass_core::id::{Kind, ObjectRef};
use windlass_core::kernel::{Cause, Look, Machine, Move, Open, OpenAsk, OpenWrite, Step, Waiting};
use windlass_core::platform::{Change, Write};
use windlass_core::time::{Moment, Span};
use windlass_rollout::climb::{
    Answer, Ask, Climb, ClimbSpec, Outcome, Owned, Phase, Scene, Seen, SideScene, State,
};

/// Takes the pods that were asked for as ready and reached.
pub(crate) const EAGER: u8 = 1;
/// On the way back takes the pods away before the traffic.
pub(crate) const DRAINS_FIRST: u8 = 2;
/// Takes no evidence for good evidence.
pub(crate) const NOTHING_IS_GOOD: u8 = 3;
/// Counts what was measured under any exposure, at any time.
pub(crate) const ANY_EXPOSURE: u8 = 4;
/// Forgets that it was going back when it is started again.
pub(crate) const FORGETS_ABORT: u8 = 5;
/// Calls nothing off when it turns around.
pub(crate) const WITHDRAWS_NOTHING: u8 = 6;
/// Counts the wall clock as watched time.
pub(crate) const BAKES_BY_WALL: u8 = 7;
/// Empties the stable side before the Deployment has the candidate.
pub(crate) const LETS_GO_EARLY: u8 = 8;
/// Tries again at once whatever was refused.
pub(crate) const HOT: u8 = 9;
/// Never finds the end.
pub(crate) const ENDLESS: u8 = 10;
/// Ends before anything is cleaned up.
pub(crate) const HASTY: u8 = 11;
/// Takes a minute to think before it goes back.
pub(crate) const SLOW_TO_ABORT: u8 = 12;
/// Takes a question that died with the process for a bad answer.
pub(crate) const CRASH_IS_BAD: u8 = 13;

/// The climb with the bug of this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Buggy<const BUG: u8>;

fn to_climb<const B: u8>(open: &Open<Buggy<B>>) -> Open<Climb> {
    let write =
        |w: &OpenWrite<Buggy<B>>| OpenWrite { id: w.id, write: w.write.clone(), state: w.state };
    let ask = |a: &OpenAsk<Buggy<B>>| OpenAsk { id: a.id, ask: a.ask.clone() };
    Open {
        writes: open.writes.iter().map(write).collect(),
        asks: open.asks.iter().map(ask).collect(),
    }
}

fn from_climb<const B: u8>(step: Step<Climb>) -> Step<Buggy<B>> {
    match step {
        Step::Stay(wait) => Step::Stay(wait),
        Step::Refuse(reason) => Step::Refuse(reason),
        Step::Done { state, outcome } => Step::Done { state, outcome },
        Step::Move(next) => {
            let Move { state, withdraw, writes, asks, wait, says } = *next;
            let withdraw = if B == WITHDRAWS_NOTHING { Vec::new() } else { withdraw };
            Step::Move(Box::new(Move { state, withdraw, writes, asks, wait, says }))
        }
    }
}

fn clock<const B: u8>(state: &State, now: Moment) -> Moment {
    match B {
        BAKES_BY_WALL => Moment { watched: now.wall.since(state.began), ..now },
        _ => now,
    }
}

fn believed<const B: u8>(spec: &ClimbSpec, seen: &Seen) -> Seen {
    let mut seen = seen.clone();
    if B == EAGER {
        for set in seen.app.sets.iter_mut().filter(|set| set.name == spec.candidate.set) {
            (set.ready, set.serving, set.pods) = (set.replicas, set.replicas, set.replicas);
        }
    }
    seen
}

fn set_write(name: &windlass_core::id::ObjectName, side: &SideScene, change: Change) -> Write {
    let expect = Expect::at(&side.uid, &side.token);
    Write { object: ObjectRef::new(Kind::ReplicaSet, name.clone()), expect, change }
}

/// What the bug does instead of the climb's own decision.
fn instead<const B: u8>(
    spec: &ClimbSpec,
    state: &State,
    scene: &Scene,
    open: &Open<Climb>,
    now: Moment,
) -> Option<Step<Climb>> {
    let one = |write: Write| {
        let mine = open.writes.iter().any(|open| open.write.object == write.object);
        (!mine).then(|| {
            Step::Move(Box::new(Move {
                state: state.clone(),
                withdraw: Vec::new(),
                writes: vec![write],
                asks: Vec::new(),
                wait: Waiting::on("a bug"),
                says: Vec::new(),
            }))
        })
    };
    let lowers = matches!(state.phase, Phase::Lower { .. });
    match B {
        DRAINS_FIRST if lowers => {
            let candidate = scene.candidate.as_ref().filter(|c| c.replicas > 0)?;
            one(set_write(&spec.candidate.set, candidate, Change::SetReplicas(0)))
        }
        LETS_GO_EARLY if state.phase == Phase::Promote => {
            let stable = scene.stable.as_ref()?;
            let first = stable.replicas > 0 && stable.owned == Owned::Yes && stable.pods > 0;
            let untouched = scene.deployment.as_ref().is_some_and(|d| !d.paused);
            (first && untouched).then_some(())?;
            one(set_write(&spec.stable.set, stable, Change::SetReplicas(0)))
        }
        HASTY if state.phase == Phase::Settle => Some(Step::Done {
            state: state.clone(),
            outcome: Outcome {
                result: windlass_core::event::EndResult::Promoted,
                reason: "in a hurry".to_owned(),
            },
        }),
        SLOW_TO_ABORT if lowers && now.watched < state.since + Span::minutes(1) => {
            Some(Step::Stay(Waiting::on("second thoughts")))
        }
        _ => None,
    }
}

/// What the bug makes of a decision.
fn altered<const B: u8>(step: Step<Climb>) -> Step<Climb> {
    match step {
        Step::Done { .. } if B == ENDLESS => Step::Stay(Waiting::on("one thing more")),
        Step::Move(mut next) if B == HOT => {
            next.state.retries.clear();
            next.state.repeats.clear();
            Step::Move(next)
        }
        step @ (Step::Stay(_) | Step::Refuse(_) | Step::Move(_) | Step::Done { .. }) => step,
    }
}

/// What the bug makes of an answer.
fn heard<const B: u8>(state: &State, answer: &Answer, now: Moment) -> Answer {
    let Answer::Metric { sample, requests, stable } = answer else { return answer.clone() };
    let (mut sample, under) = (sample.clone(), state.hold.as_ref().and_then(|hold| hold.under));
    match B {
        NOTHING_IS_GOOD if sample.value.is_err() => {
            sample.value = Ok(Reading::from_millionths(0));
        }
        ANY_EXPOSURE => (sample.exposure, sample.at) = (under, now.wall),
        _ => {}
    }
    Answer::Metric { sample, requests: *requests, stable: *stable }
}

fn claimed<const B: u8>(state: &State, claim: Claim) -> State {
    let mut state = state.clone();
    let again = !claim.alone;
    if B == FORGETS_ABORT && again && matches!(state.phase, Phase::Lower { .. }) {
        state.phase = Phase::Climb;
    }
    if B == CRASH_IS_BAD
        && again
        && let Some(hold) = &mut state.hold
    {
        hold.failed = Some("a measurement was lost".to_owned());
    }
    state
}

impl<const B: u8> Machine for Buggy<B> {
    const KIND: &'static str = Climb::KIND;
    const LOGIC: u32 = Climb::LOGIC;
    type Spec = ClimbSpec;
    type State = State;
    type Outcome = Outcome;
    type Seen = Seen;
    type Fact = Scene;
    type Write = Write;
    type Ask = Ask;
    type Answer = Answer;

    fn start(spec: &ClimbSpec, now: Moment) -> State {
        Climb::start(spec, now)
    }

    fn look(
        spec: &ClimbSpec,
        state: &State,
        seen: &Seen,
        open: &Open<Self>,
        now: Moment,
    ) -> Look<Self> {
        let (seen, open) = (believed::<B>(spec, seen), to_climb(open));
        let now = clock::<B>(state, now);
        let scene = Scene::of(spec, &seen);
        match instead::<B>(spec, state, &scene, &open, now) {
            Some(Step::Stay(wait)) => return Look::Wait(wait),
            Some(_) => return Look::Fact(scene),
            None => {}
        }
        match Climb::look(spec, state, &seen, &open, now) {
            Look::Wait(wait) => Look::Wait(wait),
            Look::Fact(fact) => Look::Fact(fact),
        }
    }

    fn decide(
        spec: &ClimbSpec,
        state: &State,
        why: Cause<'_, Self>,
        open: &Open<Self>,
        now: Moment,
    ) -> Step<Self> {
        let (open, now) = (to_climb(open), clock::<B>(state, now));
        let climb = |state: &State, why| Climb::decide(spec, state, why, &open, now);
        from_climb(altered::<B>(match why {
            Cause::Claimed(claim) => climb(&claimed::<B>(state, claim), Cause::Claimed(claim)),
            Cause::Fact(scene) => instead::<B>(spec, state, scene, &open, now)
                .unwrap_or_else(|| climb(state, Cause::Fact(scene))),
            Cause::Wrote(id, write, end) => climb(state, Cause::Wrote(id, write, end)),
            Cause::Answer(id, ask, answer) => {
                climb(state, Cause::Answer(id, ask, &heard::<B>(state, answer, now)))
            }
            Cause::Signal(signal) => climb(state, Cause::Signal(signal)),
            Cause::Due => climb(state, Cause::Due),
        }))
    }

    fn still_good(spec: &ClimbSpec, write: &Write, seen: &Seen) -> bool {
        let bold = [EAGER, DRAINS_FIRST, LETS_GO_EARLY].contains(&B);
        bold || Climb::still_good(spec, write, seen)
    }

    fn settled(write: &Write, seen: &Seen) -> bool {
        Climb::settled(write, seen)
    }

    fn outline(spec: &ClimbSpec) -> Outline {
        Climb::outline(spec)
    }

    fn glance(spec: &ClimbSpec, state: &State, seen: &Seen) -> What {
        Climb::glance(spec, state, seen)
    }

    fn describe(write: &Write) -> (ObjectRef, String) {
        Climb::describe(write)
    }

    fn ending(spec: &ClimbSpec, outcome: &Outcome) -> Ending {
        Climb::ending(spec, outcome)
    }
}
