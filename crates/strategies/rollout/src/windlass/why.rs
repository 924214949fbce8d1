//! Why a run is where it is: the last turn, the verdicts so far, and what it waits for. From the
//! journal and a look at the world, so that any process can tell.

use std::fmt;
use std::sync::Arc;

use windlass_core::engine::{Run, World as _};
use windlass_core::event::Direction;
use windlass_core::evidence::Verdict;
use windlass_core::id::{Holder, RunId};
use windlass_core::journal::{Record, Why as Cause};
use windlass_core::kernel::{Deadline, Look, Machine as _, Waiting};
use windlass_core::platform::{Host, SilentHost};
use windlass_core::time::{Moment, Timestamp};

use super::{Listed, RunError, RunState, Waits, Windlass};
use crate::climb::{Climb, Phase, State};
use crate::world::ClimbWorld;

/// Why a run is where it is. Its `Display` is a few lines for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// The run and where it stands.
    pub listed: Listed,
    /// The last time it took another direction, or went on; `None` before the first.
    pub turn: Option<Turn>,
    /// Its analyses, as far as they have begun.
    pub verdicts: Vec<Standing>,
    /// What it waits for; `None` once it has ended, while it is queued, or before it was driven.
    pub waits: Option<Waits>,
    /// The process that holds the app for it, as the cluster says; `None` where nobody does, or the
    /// cluster cannot be read.
    pub holder: Option<Holder>,
}

/// A turn that a run took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// When.
    pub at: Timestamp,
    /// Where to.
    pub to: Direction,
    /// Why, in one line.
    pub reason: String,
}

/// How an analysis stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The analysis.
    pub analysis: String,
    /// Its verdict; `None` while it has to go on.
    pub verdict: Option<Verdict>,
    /// The evidence in one line per metric.
    pub evidence: Vec<String>,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Listed { run, app, from, to, state } = &self.listed;
        write!(f, "run {run} of {app}, {from} -> {to}: {state}")?;
        if let Some(holder) = &self.holder {
            write!(f, "\nheld by    {holder}")?;
        }
        if let Some(Turn { at, to, reason }) = &self.turn {
            write!(f, "\nlast turn  {} at {at}: {reason}", word(*to))?;
        }
        for Standing { analysis, verdict, evidence } in &self.verdicts {
            let verdict = verdict.as_ref().map_or("open".to_owned(), ToString::to_string);
            write!(f, "\nanalysis   {analysis}: {verdict}")?;
            for line in evidence {
                write!(f, "\n           {line}")?;
            }
        }
        if let Some(Waits { on, until, .. }) = &self.waits {
            write!(f, "\nwaits for  {on}")?;
            if let Some((at, then)) = until {
                write!(f, "\nuntil      {at}, then {then}")?;
            }
        }
        Ok(())
    }
}

fn word(to: Direction) -> &'static str {
    match to {
        Direction::Up => "up",
        Direction::StepBack => "back a notch",
        Direction::Pause => "pause",
        Direction::Resume => "resume",
        Direction::Promote => "promote",
        Direction::Abort => "abort",
        Direction::Yield => "out of the way",
    }
}

impl Windlass {
    /// Why a run stands where it stands: its last turn, the verdicts so far, what it waits for,
    /// until when, and what happens then. Touches nothing, and needs no process that drives it.
    ///
    /// # Errors
    /// When the journal cannot be read, or does not know the run.
    pub async fn why(&self, run: &RunId) -> Result<Why, RunError> {
        let listed = self.look_up(run).await?;
        if let RunState::Queued { .. } = &listed.state {
            let (turn, verdicts, waits, holder) = (None, Vec::new(), None, None);
            return Ok(Why { listed, turn, verdicts, waits, holder });
        }
        let climb = self.load(run).await?;
        let turn = self.last_turn(run).await?;
        let (waits, holder) = match &listed.state {
            RunState::Ended(_) | RunState::Released | RunState::Queued { .. } => (None, None),
            RunState::Driven(waits) => (waits.clone(), Some(self.holder.clone())),
            RunState::Left { .. } => self.left_waiting(&climb).await,
        };
        Ok(Why { turn, verdicts: standings(&climb), waits, holder, listed })
    }

    async fn last_turn(&self, run: &RunId) -> Result<Option<Turn>, RunError> {
        let records = self.journal.read(run).await?;
        let mut after: Option<Record<Climb>> = None;
        for (index, bytes) in (0..).zip(&records).collect::<Vec<_>>().into_iter().rev() {
            let before = Record::<Climb>::decode(index, bytes)?;
            let turn = after.and_then(|after| turned(&before.state, &after));
            if turn.is_some() {
                return Ok(turn);
            }
            after = Some(before);
        }
        Ok(None)
    }

    /// What a run that nobody here drives would wait for, as the world is now.
    async fn left_waiting(&self, climb: &Run<Climb>) -> (Option<Waits>, Option<Holder>) {
        let host: Arc<dyn Host> = Arc::new(SilentHost);
        let (spec, now) = (climb.spec(), self.clock.now());
        let world = ClimbWorld::new(Arc::clone(spec), self.platform.clone(), host);
        let waits = |on: String, until| Some(Waits { on, since: now, until });
        let seen = match world.observe().await {
            Ok(seen) => seen,
            Err(fault) => {
                return (waits(format!("the cluster to be readable: {fault}"), None), None);
            }
        };
        let lease = seen.app.lease.as_ref().filter(|lease| lease.run == *climb.id());
        let holder = lease.map(|lease| lease.holder.clone());
        let moment = Moment { wall: now, watched: climb.watched(), steady: now };
        let found = match Climb::look(spec, climb.state(), &seen, climb.open(), moment) {
            Look::Wait(waiting) => {
                let until = wall(&waiting);
                waits(waiting.on, until)
            }
            Look::Fact(_) => waits("somebody to resume it: there is a step to take".into(), None),
        };
        (found, holder)
    }
}

/// Watched time stands still while nobody drives a run: only deadlines of the wall clock go on.
fn wall(waiting: &Waiting) -> Option<(Timestamp, String)> {
    let walls = waiting.until.iter().filter_map(|(deadline, then)| match deadline {
        Deadline::Wall(at) => Some((*at, then.clone())),
        Deadline::Watched(_) => None,
    });
    walls.min()
}

fn standings(climb: &Run<Climb>) -> Vec<Standing> {
    let analyses = climb.spec().track.analyses.iter().zip(&climb.state().progress);
    let begun = analyses.filter_map(|(placed, progress)| {
        let (analysis, progress) = (&placed.analysis, progress.as_ref()?);
        Some(Standing {
            analysis: analysis.name().to_owned(),
            verdict: progress.verdict(analysis),
            evidence: progress.evidence(analysis),
        })
    });
    begun.collect()
}

/// The turn between a state and the record after it; `None` where it went on as it was.
fn turned(before: &State, after: &Record<Climb>) -> Option<Turn> {
    let state = &after.state;
    let (to, reason) = direction(before, state)?;
    let reason = match &after.why {
        Cause::Signal(signal) => format!("{} says so: {}", signal.by, signal.reason),
        Cause::Started(_)
        | Cause::Claimed(_)
        | Cause::Fact(_)
        | Cause::Wrote(..)
        | Cause::Answer(..)
        | Cause::Due => reason,
    };
    Some(Turn { at: after.head.at.wall, to, reason })
}

fn direction(before: &State, after: &State) -> Option<(Direction, String)> {
    if before.phase != after.phase {
        return Some(match &after.phase {
            Phase::Before | Phase::Climb => {
                (Direction::Up, "what had to pass before has passed".to_owned())
            }
            Phase::Promote => (Direction::Promote, "the last notch passed".to_owned()),
            Phase::Warm => (
                Direction::Promote,
                "the candidate is the app, the old side is kept warm".to_owned(),
            ),
            Phase::Settle => (Direction::Promote, "promoted, the old side goes".to_owned()),
            Phase::Lower { reason } => (Direction::Abort, reason.clone()),
            Phase::Yield { reason } => (Direction::Yield, reason.clone()),
        });
    }
    if before.stepped_back != after.stepped_back {
        let reason = format!("a verdict failed at notch {}", before.notch + 1);
        return Some((Direction::StepBack, reason));
    }
    match (&before.paused, &after.paused) {
        (None, Some(paused)) => {
            return Some((Direction::Pause, format!("{}: {}", paused.by, paused.reason)));
        }
        (Some(_), None) => return Some((Direction::Resume, "the pause is over".to_owned())),
        (None, None) | (Some(_), Some(_)) => {}
    }
    if before.jump != after.jump {
        return Some((Direction::Promote, "what was still to be held is dropped".to_owned()));
    }
    let passed = format!("notch {} passed", before.notch + 1);
    (after.notch != before.notch).then_some((Direction::Up, passed))
}
