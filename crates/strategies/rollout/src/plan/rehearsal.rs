//! The climb itself, run to its end in a toy: what a plan knows of writes and times.

use std::collections::VecDeque;
use std::sync::Arc;

use windlass_core::engine::{Effect, Event, Now, Pace, Run};
use windlass_core::event::{EndResult, Stage, What};
use windlass_core::platform::Write;
use windlass_core::time::Span;

use super::toy::{CLAIM, Toy};
use crate::climb::{Climb, ClimbSpec};
use crate::gather::Observed;

/// Events after which a rehearsal is taken to go round in circles.
const MOST: u32 = 1_000_000;

/// What a climb does where everything goes well.
pub(super) struct Rehearsal {
    /// Every write, in order.
    pub(super) writes: Vec<Write>,
    /// When each notch was reached.
    pub(super) reached: Vec<Span>,
    /// How long it took.
    pub(super) lasted: Span,
    /// Most pods at once.
    pub(super) peak: u32,
}

struct Rehearsing<'a> {
    toy: Toy<'a>,
    events: VecDeque<Event<Climb>>,
    look: bool,
    writes: Vec<Write>,
    reached: Vec<Span>,
}

/// Rehearses a climb.
///
/// # Errors
/// Why it does not end in a promotion even where everything goes well.
pub(super) fn rehearse(
    spec: &ClimbSpec,
    observed: &Observed,
    start_up: Span,
) -> Result<Rehearsal, String> {
    let toy = Toy::new(spec, observed, start_up);
    let mut stage = Rehearsing {
        toy,
        events: VecDeque::new(),
        look: false,
        writes: Vec::new(),
        reached: Vec::new(),
    };
    let shared = Arc::new(spec.clone());
    let begun = Run::<Climb>::begin(spec.run.clone(), shared, Pace::default(), stage.now());
    let (mut run, _) = begun.map_err(|error| error.to_string())?;
    stage.events.push_back(Event::Claimed(CLAIM));
    for _ in 0..MOST {
        if run.stopped().is_some() {
            return stage.ended(&run);
        }
        let event = stage.next(&run);
        let effects = run.handle(event, stage.now()).map_err(|error| error.to_string())?;
        for effect in effects {
            stage.perform(effect);
        }
    }
    Err(format!("it goes round in circles, waiting for {}", run.wait().on))
}

impl Rehearsing<'_> {
    fn now(&self) -> Now {
        Now { wall: self.toy.wall(), mono: self.toy.now() }
    }

    /// What happens next: an answer, a look, or time passes.
    fn next(&mut self, run: &Run<Climb>) -> Event<Climb> {
        if let Some(event) = self.events.pop_front() {
            return event;
        }
        if std::mem::take(&mut self.look) {
            return Event::Seen { seen: self.toy.seen(), began: run.mark(self.now()) };
        }
        let wake = run.wake(self.now());
        let ready = self.toy.next();
        self.toy.advance(ready.map_or(wake, |at| at.min(wake)));
        Event::Tick
    }

    fn perform(&mut self, effect: Effect<Climb>) {
        match effect {
            Effect::Send { id, fence, write } => {
                let receipt = self.toy.write(&fence, &write);
                self.writes.push(write);
                self.events.push_back(Event::Wrote(id, Ok(receipt)));
            }
            Effect::Ask { id, ask } => {
                self.events.push_back(Event::Answered(id, self.toy.answer(&ask)));
            }
            Effect::Observe => self.look = true,
            Effect::Emit(What::Notch { notch, stage: Stage::Holding, .. })
                if notch as usize > self.reached.len() =>
            {
                self.reached.push(self.toy.now());
            }
            Effect::Emit(_) | Effect::Record { .. } | Effect::Withdraw(_) | Effect::Stop(_) => {}
        }
    }

    fn ended(self, run: &Run<Climb>) -> Result<Rehearsal, String> {
        match run.outcome() {
            Some(outcome) if outcome.result == EndResult::Promoted => Ok(Rehearsal {
                writes: self.writes,
                reached: self.reached,
                lasted: self.toy.now(),
                peak: self.toy.peak,
            }),
            Some(outcome) => Err(outcome.reason.clone()),
            None => Err(format!("it stopped, waiting for {}", run.wait().on)),
        }
    }
}
