//! What a climb knows: small, and recorded with every step that moves.

use serde::{Deserialize, Serialize};
use windlass_analysis::Progress;
use windlass_core::event::EndResult;
use windlass_core::fence::Epoch;
use windlass_core::id::ObjectRef;
use windlass_core::journal::is_default;
use windlass_core::platform::{Change, Write};
use windlass_core::time::{Moment, Span, Timestamp};
use windlass_core::weight::Weight;

use crate::climb::spec::ClimbSpec;

/// The state of a climb.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// What it is at.
    pub phase: Phase,
    /// The notch it is raising or holding, from 0.
    pub notch: u32,
    /// When it entered the phase or notch, in watched time.
    pub since: Span,
    /// True once it was told that the notch is being raised.
    #[serde(default, skip_serializing_if = "is_default")]
    pub announced: bool,
    /// True once the notch has been held: after that, losing it again is bounded too.
    #[serde(default, skip_serializing_if = "is_default")]
    pub held: bool,
    /// When the climb began.
    pub began: Timestamp,
    /// The hold of the notch; `None` while it is being raised.
    #[serde(default, skip_serializing_if = "is_default")]
    pub hold: Option<Hold>,
    /// One per analysis of the track; `None` before it starts.
    pub progress: Vec<Option<Progress>>,
    /// Who paused it, and why.
    #[serde(default, skip_serializing_if = "is_default")]
    pub paused: Option<Paused>,
    /// How often it stepped back.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stepped_back: u32,
    /// True once a person said to promote: holds to come are dropped.
    #[serde(default, skip_serializing_if = "is_default")]
    pub jump: bool,
    /// The epoch of the last claim.
    pub epoch: Epoch,
    /// Objects that an older epoch may still write to.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reclaim: Reclaim,
    /// Set while late writes to the Deployment are being ended.
    #[serde(default, skip_serializing_if = "is_default")]
    pub seal: Option<DeploymentSeal>,
    /// When writes that were refused may be tried again.
    #[serde(default, skip_serializing_if = "is_default")]
    pub retries: Vec<Retry>,
    /// The last change decided for each object.
    #[serde(default, skip_serializing_if = "is_default")]
    pub repeats: Vec<Repeat>,
}

/// A change may be decided so often in a row before it rests: after a conflict, or an answer that
/// was lost, it is tried again at once.
const FREE_REPEATS: u32 = 4;

/// What a climb is at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Hooks to pass before anything is touched.
    Before,
    /// Raising and holding notches.
    Climb,
    /// Handing the Deployment over to the candidate.
    Promote,
    /// Promoted; the old side is kept warm.
    Warm,
    /// Taking the old side down and giving everything back. There is no way back from here but a
    /// new run.
    Settle,
    /// Going back to the ground.
    Lower {
        /// Why.
        reason: String,
    },
    /// Getting out of the way of somebody else's change.
    Yield {
        /// What changed.
        reason: String,
    },
}

/// The hold of a notch: what has been gathered since it was reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// When it was reached, in watched time.
    pub since: Span,
    /// When it was reached, on the wall clock.
    pub wall: Timestamp,
    /// The share that was in effect then; any other ends the hold.
    #[serde(default, skip_serializing_if = "is_default")]
    pub under: Option<Weight>,
    /// True once a person skipped it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub skipped: bool,
    /// True once a person approved it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub approved: bool,
    /// True for each hook that passed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub passed: Vec<bool>,
    /// Why a hook or a person said that this must not go on.
    #[serde(default, skip_serializing_if = "is_default")]
    pub failed: Option<String>,
    /// When hooks and approvals may be asked again, in watched time.
    pub ask_again: Span,
}

/// A pause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paused {
    /// Who paused it: a person, or the climb itself.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// True when a failing verdict paused it: only an abort or a new look at the evidence helps.
    pub failed: bool,
}

/// Objects that an older epoch may still write to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reclaim {
    /// Not looked at since the claim.
    Unknown,
    /// These must be sealed before anything else happens.
    Objects(Vec<ObjectRef>),
    /// Nothing.
    #[default]
    Done,
}

/// Ends every write to the Deployment that expects this generation or an older one: the history
/// limit goes up by one and back, which changes nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentSeal {
    /// The generation that must pass.
    pub generation: u64,
    /// The history limit to end at.
    pub limit: u32,
}

/// A write that failed: when it may be tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// The object.
    pub object: ObjectRef,
    /// From when on, in watched time.
    pub at: Span,
    /// How often it failed in a row.
    pub tries: u32,
    /// Why.
    pub reason: String,
}

/// A change that is decided again and again, because somebody takes it back each time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeat {
    /// The object.
    pub object: ObjectRef,
    /// The change.
    pub change: Change,
    /// When it was decided last, in watched time.
    pub at: Span,
    /// How often in a row.
    pub times: u32,
}

/// How a climb ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The result.
    pub result: EndResult,
    /// Why.
    pub reason: String,
}

impl State {
    pub(crate) fn start(spec: &ClimbSpec, now: Moment) -> Self {
        Self {
            phase: if spec.track.before.is_empty() { Phase::Climb } else { Phase::Before },
            notch: 0,
            since: now.watched,
            announced: false,
            held: false,
            began: now.wall,
            hold: None,
            progress: vec![None; spec.track.analyses.len()],
            paused: None,
            stepped_back: 0,
            jump: false,
            epoch: Epoch(0),
            reclaim: Reclaim::Done,
            seal: None,
            retries: Vec::new(),
            repeats: Vec::new(),
        }
    }

    pub(crate) fn enter(&mut self, phase: Phase, now: Moment) {
        self.phase = phase;
        self.since = now.watched;
        self.announced = false;
        self.held = false;
        self.hold = None;
    }

    /// From when on, in watched time, a write may be decided that is the same as the last one to its
    /// object: somebody takes it back each time, and is not to be fought in a hot loop.
    pub(crate) fn rests_until(&self, write: &Write) -> Span {
        let same = |r: &&Repeat| r.object == write.object && r.change == write.change;
        let Some(repeat) = self.repeats.iter().find(same) else { return Span::ZERO };
        match repeat.times.checked_sub(FREE_REPEATS) {
            None => Span::ZERO,
            Some(more) => repeat.at + Span::millis((1_000 << more.min(6)).min(60_000)),
        }
    }

    /// Notes a decided write.
    pub(crate) fn decided(&mut self, write: &Write, now: Moment) {
        let Write { object, change, .. } = write;
        let last = self.repeats.iter().find(|r| r.object == *object && r.change == *change);
        let times = last.map_or(0, |r| r.times) + 1;
        self.repeats.retain(|r| r.object != *object);
        let (object, change, at) = (object.clone(), change.clone(), now.watched);
        self.repeats.push(Repeat { object, change, at, times });
    }

    pub(crate) fn retry_of(&self, object: &ObjectRef) -> Option<&Retry> {
        self.retries.iter().find(|r| r.object == *object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &str =
        r#"{"phase":"Climb","notch":1,"since":"5s","began":0,"progress":[null],"epoch":1}"#;

    #[test]
    fn a_state_without_a_word_on_holds_and_pauses_has_none_and_is_written_so() {
        let state: State = serde_json::from_str(BARE).expect("readable");
        assert_eq!((state.hold.as_ref(), state.paused.as_ref()), (None, None));
        assert_eq!((state.reclaim.clone(), state.repeats.len()), (Reclaim::Done, 0));
        assert_eq!(serde_json::to_string(&state).expect("it has a form"), BARE);
    }

    #[test]
    fn a_state_that_is_written_in_full_is_read_the_same() {
        let full = r#"{"phase":"Climb","notch":1,"since":"5s","announced":false,"held":false,
            "began":0,"hold":null,"progress":[null],"paused":null,"stepped_back":0,"jump":false,
            "epoch":1,"reclaim":"Done","seal":null,"retries":[],"repeats":[]}"#;
        let (full, bare): (State, State) = (
            serde_json::from_str(full).expect("readable"),
            serde_json::from_str(BARE).expect("readable"),
        );
        assert_eq!(full, bare);
    }

    #[test]
    fn a_state_keeps_what_is_not_empty() {
        let hold = Hold {
            since: Span::seconds(7),
            wall: Timestamp::from_millis(9),
            under: None,
            skipped: true,
            approved: false,
            passed: vec![false],
            failed: None,
            ask_again: Span::ZERO,
        };
        let bare: State = serde_json::from_str(BARE).expect("readable");
        let state = State { hold: Some(hold), reclaim: Reclaim::Unknown, jump: true, ..bare };
        let text = serde_json::to_string(&state).expect("it has a form");
        assert_eq!(serde_json::from_str::<State>(&text).expect("readable"), state, "{text}");
    }
}
