use std::sync::atomic::{AtomicU32, Ordering};

use windlass_core::clock::Clock;

use super::*;
use crate::Simulation;

/// What tasks said, in the order in which they said it.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<String>>>);

impl Said {
    fn say(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[test]
fn two_virtual_days_pass_at_once() {
    let sim = Simulation::new(1);
    let clock = sim.clock();
    let before = sim.now();
    sim.block_on(async { clock.sleep(Span::hours(48)).await }).unwrap();
    assert_eq!(sim.now().since(before), Span::hours(48));
}

#[test]
fn timers_fire_in_the_order_of_their_times_and_then_of_their_making() {
    let (sim, said) = (Simulation::new(1), Said::default());
    for (name, seconds) in [("a", 3), ("b", 1), ("c", 3), ("d", 2)] {
        let (clock, said) = (sim.clock(), said.clone());
        drop(sim.spawn(async move {
            clock.sleep(Span::seconds(seconds)).await;
            said.say(name);
        }));
    }
    sim.run_for(Span::seconds(9)).unwrap();
    assert_eq!(said.all(), ["b", "d", "a", "c"]);
}

#[test]
fn tasks_are_polled_in_the_order_in_which_they_were_woken() {
    let run = || {
        let (sim, said) = (Simulation::new(1), Said::default());
        for task in 0..20_u64 {
            let (clock, said) = (sim.clock(), said.clone());
            drop(sim.spawn(async move {
                for round in 0..20_u64 {
                    clock.sleep(Span::millis((task * 7 + round * 3) % 11)).await;
                    said.say(format!("{task}.{round} at {}", clock.monotonic()));
                }
            }));
        }
        sim.run_for(Span::minutes(1)).unwrap();
        said.all()
    };
    let first = run();
    assert_eq!(first.len(), 400);
    assert_eq!(first, run());
}

#[test]
fn a_task_gives_its_result_to_whoever_awaits_it() {
    let sim = Simulation::new(1);
    let clock = sim.clock();
    let task = sim.spawn(async move {
        clock.sleep(Span::seconds(5)).await;
        42
    });
    assert_eq!(sim.block_on(task), Ok(Ok(42)));
    assert_eq!(sim.clock().monotonic(), Span::seconds(5));
}

#[test]
fn a_cancelled_task_never_runs_again_and_leaves_no_timer() {
    let (sim, said) = (Simulation::new(1), Said::default());
    let (clock, heard) = (sim.clock(), said.clone());
    let task = sim.spawn(async move {
        clock.sleep(Span::seconds(5)).await;
        heard.say("alive");
    });
    sim.run_for(Span::seconds(1)).unwrap();
    task.cancel();
    assert_eq!(sim.block_on(task), Ok(Err(Cancelled)));
    let idle = sim.block_on(std::future::pending::<()>());
    assert!(matches!(idle, Err(Stalled::Idle { .. })), "{idle:?}");
    assert_eq!((said.all().len(), sim.clock().monotonic()), (0, Span::seconds(1)));
}

#[test]
fn what_never_ends_is_told_and_not_waited_for() {
    let sim = Simulation::new(1);
    let clock = sim.clock();
    let nested = sim.block_on(async { sim.block_on(async {}) });
    assert_eq!(nested, Ok(Err(Stalled::Nested)));
    let spinning = sim.block_on(std::future::poll_fn(|context| {
        context.waker().wake_by_ref();
        Poll::<()>::Pending
    }));
    assert!(matches!(spinning, Err(Stalled::Spinning { .. })), "{spinning:?}");
    let late = sim.block_on(async { clock.sleep(Span::hours(24 * 365)).await });
    assert!(matches!(late, Err(Stalled::TimeUp { .. })), "{late:?}");
}

#[test]
fn each_jump_is_told_before_it_is_made() {
    let sim = Simulation::new(1);
    let (jumps, clock) = (Arc::new(AtomicU32::new(0)), sim.clock());
    let (seen, told) = (Arc::clone(&jumps), sim.clock());
    sim.before_jump(move |now, next| {
        assert_eq!(told.now(), now);
        assert_eq!(next.since(now), Span::seconds(10));
        seen.fetch_add(1, Ordering::Relaxed);
    });
    sim.block_on(async {
        clock.sleep(Span::seconds(10)).await;
        clock.sleep(Span::seconds(10)).await;
    })
    .unwrap();
    assert_eq!(jumps.load(Ordering::Relaxed), 2);
}

#[test]
fn a_wall_clock_that_jumps_leaves_the_steady_one_alone() {
    let sim = Simulation::new(1);
    let clock = sim.clock();
    let before = clock.now();
    sim.shift_wall_clock(-3_600_000);
    assert_eq!(clock.now() + Span::hours(1), before);
    sim.run_for(Span::seconds(2)).unwrap();
    assert_eq!(clock.monotonic(), Span::seconds(2));
}
