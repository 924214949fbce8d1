//! The end: nothing of ours can still land, and no mark is left.

use windlass_core::event::{EndResult, What};
use windlass_core::fence::{Expect, Token};
use windlass_core::id::{Kind, ObjectRef};
use windlass_core::kernel::{OpenWrite, Step, Waiting, WriteState};
use windlass_core::platform::{Change, Write};

use crate::climb::Climb;
use crate::climb::here::Here;
use crate::climb::reclaim::seal_at;
use crate::climb::state::Outcome;
use crate::climb::step::{Act, Turn};

impl Here<'_> {
    /// Carries on to the end, and ends only when nothing of ours can still land and no mark is left.
    pub(super) fn towards_end(
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
    pub(super) fn settle_first(self, act: Act) -> Act {
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

    pub(super) fn quiet(self) -> Option<Step<Climb>> {
        let Self { spec, state, scene, open, .. } = self;
        if open.writes.iter().any(|w| w.state == WriteState::Sent) {
            return Some(Step::Stay(Waiting::on("the answer to a write")));
        }
        // A create cannot be ended from here: it can only make an object without pods, which is
        // collected with the Deployment and shown by a sweep.
        let late = |w: &&OpenWrite<Climb>| w.write.expect.token != Token::Absent;
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

fn write(object: &ObjectRef, expect: &Expect, change: Change) -> Write {
    Write { object: object.clone(), expect: expect.clone(), change }
}
