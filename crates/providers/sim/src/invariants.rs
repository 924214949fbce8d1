//! What must never happen to an app while a release climbs, judged on the world's truth.
//!
//! An [`Oracles`] looks at a [`Trial`] after every step. It knows the release
//! only by its [`Subject`], taken from the spec, and keeps its own account of what was reached,
//! measured and watched: what the run believes is never asked. One file holds one [`Rule`]; a look
//! costs as much as there are sets and services, and nothing while the world stands still.

mod account;
mod ascent;
mod bakes;
mod calls;
mod ends;
mod epochs;
mod evidence;
mod floor;
mod foreign;
mod lasting;
mod prompt;
mod reach;
mod repeats;
mod retreat;
mod room;
mod subject;
mod truth;
mod weights;

use std::fmt;

use windlass_core::kernel::Machine;
use windlass_core::platform::Write;
use windlass_core::time::{Span, Timestamp};

use crate::harness::{Cast, Landing, Trial};
use account::Account;
pub use ends::Target;
pub use subject::{Asked, Limit, Pair, Shift, Stage, Subject};
pub use truth::SetTruth;
pub(crate) use truth::Truth;

/// What must hold: `S` for what must never happen, `V` for what must happen in the end. A breach names
/// its rule by this number; a number that is missing here is held by something else than an oracle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Ready pods never fall below the floor by our act.
    S1,
    /// No requests go where nobody answers by our act.
    S2,
    /// Weights of a split route sum exactly.
    S3,
    /// No rise and no promotion without the full evidence of every notch before it.
    S4,
    /// After an abort was recorded nothing rises any more.
    S5,
    /// Pods stay within the replicas and the room asked for.
    S6,
    /// The last good ReplicaSet stays until the next one is the app.
    S8,
    /// A write of a lower epoch never takes effect after one of a higher.
    S9,
    /// A request that is delivered again changes nothing.
    S10,
    /// What is not ours stays as it is.
    S12,
    /// Calls of the API stay within a budget.
    S13,
    /// No bake is skipped, however clocks jump and whoever looks away.
    S16,
    /// Every run ends within its bound.
    V1,
    /// The end is the target of its outcome, and stays so.
    V2,
    /// An abort takes the traffic away at once where the API answers.
    V3,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A rule that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule} at {at}: {what}")]
pub struct Breach {
    /// The rule.
    pub rule: Rule,
    /// When.
    pub at: Timestamp,
    /// What was found.
    pub what: String,
}

/// One look: the truth before and now, and what happened in between.
pub(crate) struct Sight<'a> {
    pub(crate) subject: &'a Subject,
    pub(crate) before: &'a Truth,
    pub(crate) now: &'a Truth,
    /// Pods that the world took, and what was seen over the whole trial.
    pub(crate) account: &'a Account,
    /// Writes that came to the server since.
    pub(crate) landed: &'a [Landing<Write>],
    /// True when the world was read since.
    pub(crate) looked: bool,
    /// True when somebody else did something since.
    pub(crate) person: bool,
}

/// One rule with what it remembers.
pub(crate) trait Invariant {
    fn rule(&self) -> Rule;
    /// What is wrong, in one line.
    fn check(&mut self, sight: &Sight<'_>) -> Option<String>;
}

/// All rules over one trial.
#[derive(Clone, Debug)]
pub struct Oracles {
    subject: Subject,
    truth: Truth,
    account: Account,
    landed: usize,
    reads: u64,
    persons: u64,
    revision: u64,
    floor: floor::Floor,
    reach: reach::Reach,
    weights: weights::Weights,
    evidence: evidence::Evidence,
    retreat: retreat::Retreat,
    room: room::Room,
    lasting: lasting::Lasting,
    epochs: epochs::Epochs,
    repeats: repeats::Repeats,
    foreign: foreign::Foreign,
    bakes: bakes::Bakes,
    /// The first breach of each rule, in order of time.
    pub breaches: Vec<Breach>,
}

impl Oracles {
    /// Oracles over a trial that has not begun.
    pub fn new<M, C>(subject: Subject, trial: &Trial<M, C>) -> Self
    where
        M: Machine<Write = Write>,
        C: Cast<M>,
    {
        let truth = Truth::of(&subject, &trial.world);
        Self {
            account: Account::new(&truth),
            floor: floor::Floor::new(&truth),
            reach: reach::Reach,
            weights: weights::Weights,
            evidence: evidence::Evidence::new(&subject),
            retreat: retreat::Retreat::default(),
            room: room::Room,
            lasting: lasting::Lasting,
            epochs: epochs::Epochs::default(),
            repeats: repeats::Repeats,
            foreign: foreign::Foreign::new(&subject, &trial.world),
            bakes: bakes::Bakes::new(&subject, &truth),
            landed: trial.landed.len(),
            reads: trial.reads,
            persons: trial.persons,
            revision: trial.world.revision(),
            breaches: Vec::new(),
            subject,
            truth,
        }
    }

    /// Looks after one step, and goes on whatever it finds.
    pub fn look<M, C>(&mut self, trial: &Trial<M, C>)
    where
        M: Machine<Write = Write>,
        C: Cast<M>,
    {
        self.calls(trial);
        self.prompt(trial);
        let same = self.revision == trial.world.revision() && self.reads == trial.reads;
        if same && self.landed == trial.landed.len() && self.persons == trial.persons {
            return;
        }
        let now = Truth::of(&self.subject, &trial.world);
        self.account.take(&self.truth, &now, self.persons != trial.persons);
        self.account.hear(&self.subject, trial);
        self.retreat.hear(trial);
        let off = trial.operators.iter().map(|o| Span::millis(o.wall_skew.unsigned_abs()));
        let off = off.filter(|off| *off <= self.subject.skew).max().unwrap_or(Span::ZERO);
        self.evidence.hear(&self.subject, trial.world.served(&self.subject.app), off);
        self.foreign.hear(&self.subject, &trial.world, self.persons != trial.persons);
        let sight = Sight {
            subject: &self.subject,
            before: &self.truth,
            now: &now,
            account: &self.account,
            landed: &trial.landed[self.landed..],
            looked: self.reads != trial.reads,
            person: self.persons != trial.persons,
        };
        let rules: [&mut dyn Invariant; 11] = [
            &mut self.floor,
            &mut self.reach,
            &mut self.weights,
            &mut self.evidence,
            &mut self.retreat,
            &mut self.room,
            &mut self.lasting,
            &mut self.epochs,
            &mut self.repeats,
            &mut self.foreign,
            &mut self.bakes,
        ];
        let found: Vec<(Rule, String)> = rules
            .into_iter()
            .filter_map(|rule| rule.check(&sight).map(|what| (rule.rule(), what)))
            .collect();
        for (rule, what) in found {
            self.breach(rule, now.at, what);
        }
        self.truth = now;
        self.landed = trial.landed.len();
        self.reads = trial.reads;
        self.persons = trial.persons;
        self.revision = trial.world.revision();
    }

    /// Looks after one step, for [`Trial::run`].
    ///
    /// # Errors
    /// The first rule that did not hold.
    pub fn check<M, C>(&mut self, trial: &Trial<M, C>) -> Result<(), Breach>
    where
        M: Machine<Write = Write>,
        C: Cast<M>,
    {
        self.look(trial);
        self.breaches.first().map_or(Ok(()), |breach| Err(breach.clone()))
    }

    /// The rules that did not hold, each once.
    pub fn broken(&self) -> Vec<Rule> {
        let mut rules: Vec<Rule> = self.breaches.iter().map(|breach| breach.rule).collect();
        rules.sort_unstable();
        rules
    }

    fn breach(&mut self, rule: Rule, at: Timestamp, what: String) {
        if self.breaches.iter().all(|breach| breach.rule != rule) {
            self.breaches.push(Breach { rule, at, what });
        }
    }
}

/// Whether a share is the one of a stage: routers round, but never all and nothing.
fn near(share: windlass_core::weight::Weight, stage: windlass_core::weight::Weight) -> bool {
    let apart = share.basis_points().abs_diff(stage.basis_points());
    apart == 0 || (apart <= 100 && !stage.is_zero() && !stage.is_full())
}

/// Longer than this between two looks, nobody was watching.
const WATCHED: Span = Span::seconds(31);
