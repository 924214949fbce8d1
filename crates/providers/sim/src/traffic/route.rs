//! A route that splits requests by weight, in the form of a Gateway API HTTPRoute.

use std::sync::Arc;

use windlass_core::fence::Fence;
use windlass_core::id::ObjectName;
use windlass_core::platform::{Change, Refusal, RouteRef, RouteSeen, Write};
use windlass_core::time::Timestamp;
use windlass_core::weight::Weight;

use crate::objects::Meta;
use crate::rng::Rng;

use super::plane::{Plane, PlaneConfig, Table};

/// The annotation that keeps the weights of the user's own manifest while a run splits the route:
/// one number for each rule that names the stable Service, in order, with commas.
pub const OWN_WEIGHTS_ANNOTATION: &str = "windlass.dev/own-weights";

/// Weights of a rule sum to this while a run splits it, unless other backends share the rule.
const SPLIT_TOTAL: u32 = 10_000;

/// A Service with its weight, as in `backendRefs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleBackend {
    /// The Service.
    pub service: ObjectName,
    /// Its weight: its share is this over the sum of its rule.
    pub weight: u32,
}

/// One rule. What it matches and how it filters is kept as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `matches`, as text; empty for all requests.
    pub matches: Arc<str>,
    /// `filters`, as text.
    pub filters: Arc<str>,
    /// `backendRefs`.
    pub backends: Vec<RuleBackend>,
}

impl Rule {
    /// A rule for all requests, without filters, to one Service.
    pub fn to(service: impl Into<ObjectName>) -> Self {
        let backends = vec![RuleBackend { service: service.into(), weight: 1 }];
        Self { matches: "".into(), filters: "".into(), backends }
    }

    fn set(&mut self, service: &ObjectName, weight: u32) {
        match self.backends.iter_mut().find(|backend| backend.service == *service) {
            Some(backend) => backend.weight = weight,
            None => self.backends.push(RuleBackend { service: service.clone(), weight }),
        }
    }

    fn weight_of(&self, service: &ObjectName) -> Option<u32> {
        self.backends.iter().find(|b| b.service == *service).map(|b| b.weight)
    }
}

/// A route. The app's requests take its first rule; the others are there to be left alone.
#[derive(Clone, Debug)]
pub struct Route {
    /// Metadata.
    pub meta: Meta,
    rules: Vec<Rule>,
    plane: Plane,
}

impl Route {
    /// A route whose first state has long been in effect. `rng` names the draws of its data plane.
    pub fn new(meta: Meta, rules: Vec<Rule>, plane: PlaneConfig, rng: Rng) -> Self {
        let plane = Plane::new(plane, rng, &table(&rules));
        Self { meta, rules, plane }
    }

    /// Its rules as they are written.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Parts per billion of the app's requests that each Service is sent at this moment.
    pub fn shares(&self) -> Vec<(ObjectName, u32)> {
        self.plane.shares()
    }

    /// When the data plane moves next by itself.
    pub fn due(&self) -> Option<Timestamp> {
        self.plane.due()
    }

    /// Lets the data plane do what is due by `now`; true when its state or the status changed.
    pub fn advance(&mut self, now: Timestamp) -> bool {
        self.plane.advance(now)
    }

    /// The route as a run sees it.
    pub fn seen(&self, now: Timestamp, wanted: &RouteRef) -> RouteSeen {
        let rule = self.rules.iter().find(|r| r.weight_of(&wanted.stable).is_some());
        let pair = |rule: &Rule| {
            let candidate = rule.weight_of(&wanted.candidate)?;
            Some(share(rule.weight_of(&wanted.stable).unwrap_or(0), candidate))
        };
        RouteSeen {
            read_at: now,
            name: self.meta.name.clone(),
            uid: self.meta.uid.clone(),
            token: self.meta.token(),
            written: rule.and_then(pair),
            accepted: self.plane.accepted() == self.meta.generation,
            effective: self.plane.settled().then(|| self.effective(wanted)),
        }
    }

    /// The candidate's true share at this moment of what the pair is sent; 0 without a candidate.
    pub fn effective(&self, wanted: &RouteRef) -> Weight {
        let shares = self.plane.shares();
        let of = |service: &ObjectName| {
            shares.iter().find(|(name, _)| name == service).map_or(0, |(_, share)| *share)
        };
        share(of(&wanted.stable), of(&wanted.candidate))
    }

    /// Replaces the rules, as a person does who applies a manifest; annotations stay.
    pub fn edit(&mut self, now: Timestamp, rules: Vec<Rule>) {
        if rules == self.rules {
            return;
        }
        self.rules = rules;
        self.meta.generation += 1;
        self.plane.learn(now, self.meta.generation, &table(&self.rules));
    }

    /// Applies a write of a run. Its version and the watch log are the caller's business.
    ///
    /// # Errors
    /// [`Refusal::Stale`] and [`Refusal::Exists`] by the write's precondition;
    /// [`Refusal::Invalid`] when no rule names the stable Service, when the weight cannot be split
    /// exactly beside other backends of a rule, or when the change is none of a route's.
    pub fn write(
        &mut self,
        now: Timestamp,
        names: &RouteRef,
        fence: &Fence,
        write: &Write,
    ) -> Result<(), Refusal> {
        self.meta.check(&write.expect)?;
        match &write.change {
            Change::Split { candidate, weight } => {
                let own = self.own_weights(&names.stable);
                self.edit(now, self.split(&names.stable, candidate, *weight, &own)?);
                let own: Vec<String> = own.iter().map(u32::to_string).collect();
                self.meta.annotations.set(OWN_WEIGHTS_ANNOTATION, &own.join(","));
                self.meta.mark(fence);
            }
            Change::Unsplit => {
                self.edit(now, self.unsplit(names));
                self.meta.annotations.remove(OWN_WEIGHTS_ANNOTATION);
                self.meta.unmark();
            }
            Change::Seal => self.meta.mark(fence),
            Change::Unseal => self.meta.unmark(),
            Change::Template { .. }
            | Change::Paused(_)
            | Change::DeploymentReplicas(_)
            | Change::HistoryLimit(_)
            | Change::CreateSet { .. }
            | Change::SetReplicas(_)
            | Change::Release
            | Change::Adopt { .. }
            | Change::Shelve
            | Change::DeleteSet
            | Change::Pin(_)
            | Change::Unpin
            | Change::CreateService { .. }
            | Change::DeleteService => {
                return invalid(format!("{}: cannot {}", write.object, write.change));
            }
        }
        Ok(())
    }

    /// The user's own weights of the stable Service, one for each rule that names it.
    fn own_weights(&self, stable: &ObjectName) -> Vec<u32> {
        let kept = self.meta.annotations.get(OWN_WEIGHTS_ANNOTATION).unwrap_or_default();
        let mut kept = kept.split(',').map(str::parse::<u32>);
        let written = self.rules.iter().filter_map(|rule| rule.weight_of(stable));
        written.map(|weight| kept.next().and_then(Result::ok).unwrap_or(weight)).collect()
    }

    /// The rules with the candidate's part taken out of the stable Service's, in each rule that
    /// names it.
    fn split(
        &self,
        stable: &ObjectName,
        candidate: &ObjectName,
        weight: Weight,
        own: &[u32],
    ) -> Result<Vec<Rule>, Refusal> {
        if own.is_empty() {
            return invalid(format!("no rule of route {} names {stable}", self.meta.name));
        }
        let mut rules = self.rules.clone();
        let named = rules.iter_mut().filter(|rule| rule.weight_of(stable).is_some());
        for (rule, own) in named.zip(own) {
            let foreign = |b: &RuleBackend| b.service != *stable && b.service != *candidate;
            let shared = rule.backends.iter().any(|b| foreign(b) && b.weight > 0);
            let total = if shared { *own } else { SPLIT_TOTAL };
            let scaled = u64::from(total) * u64::from(weight.basis_points());
            if scaled % u64::from(SPLIT_TOTAL) != 0 {
                return invalid(format!(
                    "{weight} of weight {total} of {stable} is no whole number: give {stable} a \
                     greater weight in route {}",
                    self.meta.name
                ));
            }
            let part = u32::try_from(scaled / u64::from(SPLIT_TOTAL)).unwrap_or(total);
            rule.set(stable, total - part);
            rule.set(candidate, part);
        }
        Ok(rules)
    }

    /// The rules as the user wrote them.
    fn unsplit(&self, names: &RouteRef) -> Vec<Rule> {
        let mut rules = self.rules.clone();
        let own = self.own_weights(&names.stable);
        let named = rules.iter_mut().filter(|rule| rule.weight_of(&names.stable).is_some());
        for (rule, own) in named.zip(own) {
            rule.backends.retain(|backend| backend.service != names.candidate);
            rule.set(&names.stable, own);
        }
        rules
    }
}

/// The second of two weights as a share of both; 0 when both are 0.
fn share(stable: u32, candidate: u32) -> Weight {
    let sum = u64::from(stable) + u64::from(candidate);
    let points = (u64::from(candidate) * 10_000 + sum / 2).checked_div(sum).unwrap_or(0);
    Weight::from_basis_points(points).unwrap_or(Weight::FULL)
}

/// What the routers learn: the backends of the first rule.
fn table(rules: &[Rule]) -> Table {
    let backends = rules.first().map(|rule| rule.backends.as_slice()).unwrap_or_default();
    backends.iter().map(|backend| (backend.service.clone(), backend.weight)).collect()
}

fn invalid<T>(reason: String) -> Result<T, Refusal> {
    Err(Refusal::Invalid { reason })
}

#[cfg(test)]
mod tests;
