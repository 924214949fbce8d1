//! The truth about an app at one moment.

use windlass_core::id::{ObjectName, PodHash, TemplateDigest};
use windlass_core::model::DeploymentStrategy;
use windlass_core::time::Timestamp;
use windlass_core::weight::Weight;

use super::subject::{Pair, Subject};
use crate::controllers::PodCounts;
use crate::objects::{Deployment, POD_TEMPLATE_HASH, SetId};
use crate::traffic::Hole;
use crate::world::World;

/// One ReplicaSet, deleted ones with pods left included.
#[derive(Clone, Debug)]
pub struct SetTruth {
    pub(crate) id: SetId,
    /// Its name.
    pub name: ObjectName,
    /// The hash of its pods.
    pub hash: PodHash,
    /// Its template.
    pub template: TemplateDigest,
    /// Pods asked for; 0 once it is deleted.
    pub wish: u32,
    /// Its pods.
    pub pods: PodCounts,
    pub(crate) there: bool,
    /// True when the Deployment's selector asks for it.
    pub(crate) selected: bool,
    pub(crate) starved: bool,
}

/// The Deployment.
#[derive(Clone, Debug)]
pub(crate) struct AppTruth {
    pub(crate) replicas: u32,
    pub(crate) template: TemplateDigest,
    pub(crate) unavailable: u32,
    pub(crate) surge: u32,
    pub(crate) recreate: bool,
    /// True when its controller has seen the spec as it stands.
    pub(crate) observed: bool,
}

/// The app at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Truth {
    pub(crate) at: Timestamp,
    pub(crate) app: Option<AppTruth>,
    pub(crate) sets: Vec<SetTruth>,
    /// The candidate's weight as written, and all weights of each rule that has both sides.
    pub(crate) written: Option<Weight>,
    /// Weights of the two sides in each rule that has both.
    pub(crate) rules: Vec<(u32, u32)>,
    /// The candidate's share in effect at the route; where there is none, of all requests.
    pub(crate) share: Weight,
    /// True when every Service of the app sends to the candidate alone.
    pub(crate) pinned: bool,
    /// Where requests get lost now.
    pub(crate) lost: Vec<Hole>,
    /// What the routers send where, summed.
    pub(crate) sum: Option<u64>,
}

impl Truth {
    pub(crate) fn of(subject: &Subject, world: &World) -> Self {
        let flows = world.flows(&subject.app);
        let route = subject.route.as_ref();
        let seen = route.and_then(|names| Some((names, world.route(&subject.app, &names.name)?)));
        let of_all = flows.as_ref().map_or(0, |flows| flows.share(&subject.candidate.hash));
        let of_all = Weight::from_basis_points((u64::from(of_all) + 50_000) / 100_000);
        let rules = seen.map(|(names, route)| {
            let pair = |rule: &crate::traffic::Rule| {
                let of = |name: &ObjectName| {
                    rule.backends.iter().find(|b| b.service == *name).map(|b| b.weight)
                };
                Some((of(&names.stable)?, of(&names.candidate)?))
            };
            route.rules().iter().filter_map(pair).collect::<Vec<_>>()
        });
        Self {
            at: world.now(),
            app: world.deployment(&subject.app).map(AppTruth::of),
            sets: sets(subject, world),
            written: seen.and_then(|(names, route)| route.seen(world.now(), names).written),
            rules: rules.unwrap_or_default(),
            share: match seen {
                Some((names, route)) => route.effective(names),
                None => of_all.unwrap_or(Weight::FULL),
            },
            pinned: pinned(subject, world),
            lost: flows.map_or(Vec::new(), |flows| flows.lost.into_keys().collect()),
            sum: seen
                .map(|(_, route)| route.shares().iter().map(|(_, share)| u64::from(*share)).sum()),
        }
    }

    /// The ReplicaSet of a side, unless it is deleted.
    pub(crate) fn side(&self, side: &Pair) -> Option<&SetTruth> {
        self.sets.iter().find(|set| set.there && set.name == side.set)
    }

    pub(crate) fn ready(&self) -> u32 {
        self.sets.iter().map(|set| set.pods.ready).sum()
    }

    pub(crate) fn replicas(&self) -> u32 {
        self.app.as_ref().map_or(0, |app| app.replicas)
    }
}

impl AppTruth {
    fn of(deployment: &Deployment) -> Self {
        let spec = &deployment.spec;
        Self {
            replicas: spec.replicas,
            template: spec.template.digest.clone(),
            unavailable: spec.unavailable(),
            surge: spec.surge(),
            recreate: spec.strategy == DeploymentStrategy::Recreate,
            observed: deployment.status.observed_generation >= deployment.meta.generation,
        }
    }
}

fn sets(subject: &Subject, world: &World) -> Vec<SetTruth> {
    let Some(app) = world.find(&subject.app) else { return Vec::new() };
    let selector = world.deployment(&subject.app).map(|d| &d.spec.selector);
    let cells = world.store[app].sets.iter();
    let cells = cells.filter_map(|id| Some((*id, world.store.sets.get(id)?)));
    cells
        .map(|(id, cell)| SetTruth {
            id,
            name: cell.object.meta.name.clone(),
            hash: cell.object.hash.clone(),
            template: cell.object.template.digest.clone(),
            wish: if cell.deleted { 0 } else { cell.object.replicas },
            pods: cell.pods.counts,
            there: !cell.deleted,
            selected: selector.is_some_and(|s| s.selects(&cell.object.meta.labels)),
            starved: cell.object.status.failure,
        })
        .collect()
}

fn pinned(subject: &Subject, world: &World) -> bool {
    let Some(app) = world.find(&subject.app) else { return false };
    let cells = subject.services.iter();
    let mut cells = cells.filter_map(|name| world.service_cell(&world.store[app], name));
    let hash = subject.candidate.hash.as_str();
    !subject.services.is_empty()
        && cells.all(|cell| cell.spread.get(POD_TEMPLATE_HASH) == Some(hash))
}
