//! A machine that asks for a number of pods, and ends when the Deployment asks for them.

use serde::{Deserialize, Serialize};
use windlass_core::event::{EndResult, Ending, Glance, Outline, What};
use windlass_core::fence::{Expect, Fence, Token};
use windlass_core::id::{AppRef, Kind, ObjectRef, Uid};
use windlass_core::kernel::{Cause, Look, Machine, Move, Open, Stamped, Step, Waiting};
use windlass_core::platform::{
    AppScope, AppSeen, Change, Receipt, Refusal, Stamp, Templates, Write,
};
use windlass_core::time::Moment;

use crate::World;
use crate::harness::Cast;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scaler;

#[derive(Clone, Debug)]
pub(super) struct Seen(AppSeen);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) asked: bool,
    pub(super) failed: Option<String>,
}

/// The Deployment as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fact {
    uid: Uid,
    generation: u64,
    replicas: u32,
}

/// The app that is scaled.
#[derive(Clone, Debug)]
pub(super) struct Shop(pub(super) AppRef);

impl Stamped for Seen {
    fn stamp(&self) -> Stamp {
        let lease = self.0.lease.as_ref().map(|lease| (lease.run.clone(), lease.epoch));
        Stamp { read_at: self.0.read_at, lease }
    }
}

impl Seen {
    fn at(&self, token: &Token) -> bool {
        let generation = self.0.deployment.as_ref().map(|seen| seen.generation);
        generation.map(Token::Generation).as_ref() == Some(token)
    }
}

impl Machine for Scaler {
    const KIND: &'static str = "scaler";
    const LOGIC: u32 = 1;

    type Spec = u32;
    type State = State;
    type Outcome = u32;
    type Seen = Seen;
    type Fact = Fact;
    type Write = Write;
    type Ask = ();
    type Answer = ();

    fn start(_: &u32, _: Moment) -> State {
        State { asked: false, failed: None }
    }

    fn look(wanted: &u32, state: &State, seen: &Seen, _: &Open<Self>, _: Moment) -> Look<Self> {
        match &seen.0.deployment {
            Some(it) if it.replicas == *wanted || !state.asked => {
                let (uid, generation, replicas) = (it.uid.clone(), it.generation, it.replicas);
                Look::Fact(Fact { uid, generation, replicas })
            }
            Some(_) | None => Look::Wait(Waiting::on("the Deployment")),
        }
    }

    fn decide(
        wanted: &u32,
        state: &State,
        why: Cause<'_, Self>,
        _: &Open<Self>,
        _: Moment,
    ) -> Step<Self> {
        let wait = Waiting::on("the write");
        match why {
            Cause::Fact(fact) if fact.replicas == *wanted => {
                Step::Done { state: state.clone(), outcome: fact.replicas }
            }
            Cause::Fact(fact) => {
                let write = Write {
                    object: ObjectRef::new(Kind::Deployment, "web".into()),
                    expect: Expect::at(&fact.uid, &Token::Generation(fact.generation)),
                    change: Change::DeploymentReplicas(*wanted),
                };
                let asked = State { asked: true, ..state.clone() };
                Step::Move(Box::new(Move { writes: vec![write], ..Move::to(asked, wait) }))
            }
            Cause::Wrote(_, _, Err(fault)) => {
                let failed = State { asked: false, failed: Some(fault.to_string()) };
                Step::Move(Box::new(Move::to(failed, wait)))
            }
            Cause::Claimed(_) => {
                let afresh = State { asked: false, ..state.clone() };
                Step::Move(Box::new(Move::to(afresh, wait)))
            }
            Cause::Signal(_) => Step::Refuse("it only scales".to_owned()),
            Cause::Wrote(..) | Cause::Answer(..) | Cause::Due => Step::Stay(Waiting::same()),
        }
    }

    fn still_good(_: &u32, write: &Write, seen: &Seen) -> bool {
        seen.at(&write.expect.token)
    }

    fn settled(write: &Write, seen: &Seen) -> bool {
        !seen.at(&write.expect.token)
    }

    fn outline(wanted: &u32) -> Outline {
        Outline {
            app: AppRef::new("shop", "web"),
            platform: "trial".to_owned(),
            from: String::new(),
            to: format!("{wanted} pods"),
            strategy: "scale".to_owned(),
            notches: Vec::new(),
            limits: Vec::new(),
            findings: Vec::new(),
        }
    }

    fn glance(_: &u32, _: &State, _: &Seen) -> What {
        What::Observed(Glance::default())
    }

    fn describe(write: &Write) -> (ObjectRef, String) {
        (write.object.clone(), write.change.to_string())
    }

    fn ending(_: &u32, pods: &u32) -> Ending {
        Ending {
            result: EndResult::Promoted,
            reason: format!("{pods} pods are asked for"),
            running: String::new(),
            asked: String::new(),
            advice: None,
        }
    }
}

impl Cast<Scaler> for Shop {
    fn app(&self) -> &AppRef {
        &self.0
    }

    fn seen(&self, world: &mut World) -> Seen {
        Seen(world.observe(&AppScope { app: self.0.clone(), services: Vec::new() }))
    }

    fn write(&self, world: &mut World, fence: &Fence, write: &Write) -> Result<Receipt, Refusal> {
        world.write(&self.0, &Templates::default(), fence, write)
    }

    fn ask(&self, _: &mut World, (): &()) {}
}
