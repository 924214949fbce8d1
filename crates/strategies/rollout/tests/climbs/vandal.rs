//! A cluster adapter that does one thing wrong: for the rules that a machine alone cannot break.

use windlass_core::fence::{Expect, Fence, Token};
use windlass_core::id::{AppRef, Kind};
use windlass_core::platform::{Change, Receipt, Refusal, Write};
use windlass_core::time::Timestamp;
use windlass_rollout::climb::{Answer, Ask, Climb, Seen, State};
use windlass_sim::World;
use windlass_sim::harness::Cast;
use windlass_sim::traffic::RuleBackend;

use crate::lab::ClimbCast;

/// What is done wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vandal {
    /// A pod of the candidate goes with the stable side.
    TakesOneMore,
    /// The weights of a split sum to one more.
    WritesMore,
    /// Every split is taken back at once, as a controller does that knows better.
    TakesBack,
    /// With all the traffic the candidate gets a pod more than was asked for.
    MakesMore,
    /// Nothing is compared before a write takes effect.
    ComparesNothing,
    /// A rule of the route that is not ours goes with a split.
    DropsRules,
    /// Every write is turned away until then.
    TurnsAway(Timestamp),
}

/// The climb's view of the world, with one thing done wrong.
#[derive(Clone, Debug)]
pub(crate) struct BadCast {
    pub(crate) inner: ClimbCast,
    pub(crate) vandal: Vandal,
}

impl BadCast {
    fn write_through(
        &self,
        world: &mut World,
        fence: &Fence,
        write: &Write,
    ) -> Result<Receipt, Refusal> {
        Cast::<Climb>::write(&self.inner, world, fence, write)
    }

    /// The precondition that a write would have if it were decided now.
    fn fresh(&self, world: &mut World, write: &Write) -> Expect {
        if write.expect.token == Token::Absent {
            return write.expect.clone();
        }
        let seen = Cast::<Climb>::seen(&self.inner, world);
        let name = &write.object.name;
        let sets = seen.app.sets.iter().find(|s| s.name == *name).map(|s| (&s.uid, &s.token));
        let services = seen.app.services.iter().find(|s| s.name == *name);
        let found = match write.object.kind {
            Kind::Deployment => {
                let deployment = seen.app.deployment.as_ref();
                return deployment.map_or(write.expect.clone(), |d| {
                    Expect::at(&d.uid, &Token::Generation(d.generation))
                });
            }
            Kind::ReplicaSet => sets,
            Kind::Service => services.map(|s| (&s.uid, &s.token)),
            Kind::Route => seen.route.as_ref().map(|r| (&r.uid, &r.token)),
        };
        found.map_or(write.expect.clone(), |(uid, token)| Expect::at(uid, token))
    }

    fn vandalise(&self, world: &mut World, write: &Write) {
        let spec = &self.inner.spec;
        let app = &spec.app;
        let route = |world: &World| {
            let route = world.route(app, &write.object.name)?;
            Some(route.rules().to_vec())
        };
        let split = matches!(write.change, Change::Split { .. });
        let full = matches!(write.change, Change::Split { weight, .. } if weight.is_full());
        match self.vandal {
            Vandal::TakesOneMore
                if write.object.name == spec.stable.set
                    && write.change == Change::SetReplicas(0) =>
            {
                let _ = world.edit_set(app, &spec.candidate.set, |set| set.replicas -= 1);
            }
            Vandal::WritesMore if split && !full => {
                let Some(mut rules) = route(world) else { return };
                let one = |b: &mut RuleBackend| b.weight += 1;
                rules[0].backends.first_mut().map(one);
                world.edit_route(app, &write.object.name, rules);
            }
            Vandal::DropsRules if split => {
                let Some(mut rules) = route(world) else { return };
                rules.truncate(1);
                world.edit_route(app, &write.object.name, rules);
            }
            Vandal::MakesMore if full => {
                let _ = world.edit_set(app, &spec.candidate.set, |set| set.replicas += 1);
            }
            Vandal::TakesBack if split => {
                let Some(mut rules) = route(world) else { return };
                rules[0].backends.truncate(1);
                world.edit_route(app, &write.object.name, rules);
            }
            Vandal::TakesOneMore
            | Vandal::WritesMore
            | Vandal::DropsRules
            | Vandal::MakesMore
            | Vandal::TakesBack
            | Vandal::ComparesNothing
            | Vandal::TurnsAway(_) => {}
        }
    }
}

impl<M> Cast<M> for BadCast
where
    M: windlass_core::kernel::Machine<
            State = State,
            Seen = Seen,
            Write = Write,
            Ask = Ask,
            Answer = Answer,
        >,
{
    fn app(&self) -> &AppRef {
        &self.inner.spec.app
    }

    fn seen(&self, world: &mut World) -> Seen {
        Cast::<Climb>::seen(&self.inner, world)
    }

    fn write(&self, world: &mut World, fence: &Fence, write: &Write) -> Result<Receipt, Refusal> {
        match self.vandal {
            Vandal::TurnsAway(until) if world.now() < until => {
                return Err(Refusal::Unavailable { reason: "503".to_owned() });
            }
            Vandal::ComparesNothing => {
                let write = Write { expect: self.fresh(world, write), ..write.clone() };
                return self.write_through(world, fence, &write);
            }
            Vandal::TakesOneMore
            | Vandal::WritesMore
            | Vandal::TakesBack
            | Vandal::MakesMore
            | Vandal::DropsRules
            | Vandal::TurnsAway(_) => {}
        }
        let receipt = self.write_through(world, fence, write)?;
        self.vandalise(world, write);
        Ok(receipt)
    }

    fn ask(&self, world: &mut World, ask: &Ask) -> Answer {
        Cast::<Climb>::ask(&self.inner, world, ask)
    }

    fn lowers(&self, state: &State) -> bool {
        Cast::<Climb>::lowers(&self.inner, state)
    }
}
