//! S13: calls of the API stay within a budget.

use windlass_core::kernel::Machine;
use windlass_core::platform::Write;

use super::{Oracles, Rule};
use crate::harness::{Cast, Trial};

/// Writes of one life of a process: what a climb with many notches needs, twice.
const WRITES: u64 = 120;
/// Writes in an hour beyond that, for what is refused again and again.
const WRITES_AN_HOUR: u64 = 480;
/// Reads of one life beyond one for each change of the world and each heartbeat.
const READS: u64 = 200;

impl Oracles {
    /// A process reads after each change, each answer and each heartbeat, and writes what moves.
    pub(super) fn calls<M, C>(&mut self, trial: &Trial<M, C>)
    where
        M: Machine<Write = Write>,
        C: Cast<M>,
    {
        let now = trial.world.now();
        let lives: u64 = trial.operators.iter().map(|o| u64::from(o.lives.max(1))).sum();
        let passed = now.since(trial.began).as_seconds();
        let writes = lives * (WRITES + passed * WRITES_AN_HOUR / 3_600);
        if trial.sent > writes {
            let what = format!("{} writes sent, the budget is {writes}", trial.sent);
            self.breach(Rule::S13, now, what);
        }
        let changes = trial.world.revision() + trial.sent;
        let reads = lives * (READS + 2 * changes + passed);
        if trial.reads > reads {
            let what = format!("{} reads, the budget is {reads}", trial.reads);
            self.breach(Rule::S13, now, what);
        }
    }
}
