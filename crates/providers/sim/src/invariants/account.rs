//! What happened over the whole trial, as far as several rules need it.

use std::collections::BTreeMap;

use windlass_core::kernel::{Machine, SignalKind};
use windlass_core::time::{Span, Timestamp};

use super::subject::Subject;
use super::truth::Truth;
use crate::harness::Trial;
use crate::objects::SetId;

/// How long the data plane may send to a pod that the world took, and its place stay empty.
const MOURNING: Span = Span::seconds(30);

/// The account of one trial.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// Ready pods of each set that the world took and that have not come back.
    debt: BTreeMap<SetId, u32>,
    last_death: Option<Timestamp>,
    /// Most replicas asked for so far.
    pub(crate) most_replicas: u32,
    /// Most pods that may be missing by the Deployment's own strategy so far.
    pub(crate) unavailable: u32,
    /// Most pods above the replicas by it.
    pub(crate) surge: u32,
    /// True once the Deployment replaces all pods at once.
    pub(crate) recreate: bool,
    /// True once the Deployment asked for a template of neither side.
    pub(crate) third: bool,
    /// True once a person gave the Deployment a ReplicaSet, or took one from it: its controller then
    /// resizes both sides, and what is lost until the climb has answered is not our act.
    pub(crate) meddled: bool,
    /// Stages that a person let pass, from the first; all of them and the promotion at `u32::MAX`.
    pub(crate) freed: usize,
}

impl Account {
    pub(crate) fn new(truth: &Truth) -> Self {
        let mut account = Self {
            debt: BTreeMap::new(),
            last_death: None,
            most_replicas: 0,
            unavailable: 0,
            surge: 0,
            recreate: false,
            third: false,
            meddled: false,
            freed: 0,
        };
        account.take(truth, truth, false);
        account
    }

    /// A set that shrinks to what is asked of it does so by somebody's act; every other ready pod
    /// that is no more was taken by the world.
    pub(crate) fn take(&mut self, before: &Truth, now: &Truth, person: bool) {
        for set in &now.sets {
            let Some(was) = before.sets.iter().find(|was| was.id == set.id) else { continue };
            self.meddled |= person && was.selected != set.selected;
            let debt = self.debt.entry(set.id).or_default();
            let gone = was.pods.ready.saturating_sub(set.pods.ready);
            let surplus = was.pods.active.saturating_sub(was.wish.min(set.wish));
            let taken = gone.saturating_sub(surplus);
            // A pod that a person's act takes while it ends still had requests on their way to it.
            let ending = set.pods.terminating < was.pods.terminating
                && set.pods.routed.broken > was.pods.routed.broken;
            if taken > 0 || (person && ending) {
                self.last_death = Some(now.at);
            }
            let back = set.pods.ready.saturating_sub(was.pods.ready);
            *debt = (*debt + taken).saturating_sub(back).min(set.wish);
        }
        if let Some(app) = &now.app {
            self.most_replicas = self.most_replicas.max(app.replicas);
            self.unavailable = self.unavailable.max(app.unavailable);
            self.surge = self.surge.max(app.surge);
            self.recreate |= app.recreate;
        }
    }

    /// Notes what people let pass, and templates of somebody else.
    pub(crate) fn hear<M: Machine, C>(&mut self, subject: &Subject, trial: &Trial<M, C>) {
        let taken = || trial.operators.iter().flat_map(|operator| &operator.taken);
        if taken().any(|signal| *signal == SignalKind::Promote) {
            self.freed = usize::MAX;
        } else if taken().any(|signal| *signal == SignalKind::Skip) {
            self.freed = subject.stages.len();
        }
        let template = trial.world.deployment(&subject.app).map(|d| &d.spec.template.digest);
        let ours = [&subject.stable.template, &subject.candidate.template];
        self.third |= template.is_none_or(|template| !ours.contains(&template));
    }

    /// Ready pods that the world took and that have not come back.
    pub(crate) fn debt(&self) -> u32 {
        self.debt.values().sum()
    }

    /// True while what the world did may still show.
    pub(crate) fn mourning(&self, now: Timestamp) -> bool {
        self.debt() > 0 || self.last_death.is_some_and(|at| now.since(at) <= MOURNING)
    }
}
