//! From the marks on the objects of an app to what is left of which run, and the way from there.
//!
//! Ours is what wears the label of a run, or a fence. A run of which the journal says that it goes
//! on keeps what it has.

use std::collections::BTreeMap;
use std::sync::Arc;

use windlass_core::fence::{Expect, Token};
use windlass_core::id::{AppRef, Kind, ObjectName, ObjectRef, RunId};
use windlass_core::platform::{
    AppSeen, DeploymentSeen, Membership, RouteRef, RouteSeen, SetSeen, Template,
};
use windlass_core::weight::Weight;

use super::residue::{Residue, Way};
use super::{Known, only_back};
use crate::climb::{ClimbSpec, Ground, Limits, ThirdVersion};
use crate::gather::running_version;
use crate::release::{Origin, Side};
use crate::track::{After, Means, Notch, Notches, OnDoubt, Track, Via};

/// An app with all that marks can lead to.
pub(super) struct Around {
    pub(super) app: AppRef,
    pub(super) seen: AppSeen,
    pub(super) route: Option<(RouteRef, RouteSeen)>,
    pub(super) templates: Vec<Template>,
}

/// What is left of one app, what must go first before the rest.
pub(super) fn residues(
    around: &Around,
    platform: &str,
    runs: &BTreeMap<RunId, Known>,
) -> Vec<Residue> {
    let mut found = Vec::new();
    let app = &around.app;
    for (run, known) in runs {
        match known {
            // While a run goes on, all marks may be its own.
            Known::Driven => return found,
            Known::Left(notch, of) => {
                found.push(Residue::Left {
                    app: app.clone(),
                    run: run.clone(),
                    notch: *notch,
                    of: *of,
                });
            }
            Known::Failed(_) | Known::Ended => {}
        }
    }
    if !found.is_empty() {
        return found;
    }
    if let Some(lease) = &around.seen.lease {
        found.push(Residue::Lease {
            app: app.clone(),
            run: lease.run.clone(),
            holder: lease.holder.to_string(),
            ended: runs.contains_key(&lease.run),
        });
    }
    match around.half(platform, runs) {
        Some(half) => found.push(half),
        None => around.single(&mut found),
    }
    found
}

fn fenced(token: &Token) -> Option<&RunId> {
    match token {
        Token::Fence(fence) => Some(&fence.run),
        Token::Absent | Token::Version(_) | Token::Generation(_) => None,
    }
}

fn marked(set: &SetSeen) -> Option<&RunId> {
    set.made_by.as_ref().or_else(|| fenced(&set.token))
}

/// The sides that marks tell apart.
struct Sides<'a> {
    stable: &'a SetSeen,
    candidate: &'a SetSeen,
    way: Way,
}

impl Around {
    /// Each thing that is of no use by itself, where nothing stands half raised.
    fn single(&self, found: &mut Vec<Residue>) {
        let app = &self.app;
        let made = |object, run: &RunId, expect| Residue::Made {
            app: app.clone(),
            object,
            run: run.clone(),
            expect,
        };
        for set in self.seen.sets.iter().filter(|set| set.membership == Membership::Apart) {
            let Some(run) = &set.made_by else { continue };
            let pods = set.pods.max(set.replicas);
            found.push(if pods > 0 {
                Residue::Pods { app: app.clone(), set: set.name.clone(), run: run.clone(), pods }
            } else {
                let object = ObjectRef::new(Kind::ReplicaSet, set.name.clone());
                made(object, run, Expect::at(&set.uid, &set.token))
            });
        }
        for service in &self.seen.services {
            let Some(run) = service.made_by.as_ref().filter(|_| service.endpoints == 0) else {
                continue;
            };
            let object = ObjectRef::new(Kind::Service, service.name.clone());
            found.push(made(object, run, Expect::at(&service.uid, &service.token)));
        }
    }

    /// What stands half raised, where journal or marks tell how to go on.
    fn half(&self, platform: &str, runs: &BTreeMap<RunId, Known>) -> Option<Residue> {
        let deployment = self.seen.deployment.as_ref()?;
        let marks = self.marks();
        let failed = runs.iter().find_map(|(run, known)| match known {
            Known::Failed(spec) => {
                let theirs = marks.iter().any(|(_, by)| by == run)
                    || deployment.paused != spec.ground.paused;
                (theirs && self.is_about(spec, deployment)).then_some((run, spec))
            }
            Known::Driven | Known::Left(..) | Known::Ended => None,
        });
        let words = marks.iter().map(|(mark, _)| mark.clone()).collect();
        if let Some((run, spec)) = failed {
            return Some(Residue::Half {
                run: run.clone(),
                way: self.way_of(&spec.candidate, deployment),
                marks: words,
                stays_paused: false,
                spec: Arc::new(only_back(ClimbSpec::clone(spec))),
            });
        }
        if self.is_only_made(&marks) {
            return None;
        }
        let sides = self.sides(deployment)?;
        let run = marks.first().map(|(_, run)| run.clone())?;
        let spec = self.spec(platform, deployment, &sides, run.clone())?;
        // A Deployment that nobody has turned to the candidate is paused as its user has it.
        let stays_paused = deployment.paused && deployment.template == sides.candidate.template;
        let (way, spec) = (sides.way, Arc::new(only_back(spec)));
        Some(Residue::Half { run, way, marks: words, stays_paused, spec })
    }

    /// True where the Deployment still asks for one of the sides of a climb.
    fn is_about(&self, spec: &ClimbSpec, deployment: &DeploymentSeen) -> bool {
        deployment.uid == spec.ground.uid
            && [&spec.stable.template, &spec.candidate.template].contains(&&deployment.template)
    }

    fn way_of(&self, candidate: &Side, deployment: &DeploymentSeen) -> Way {
        let owned =
            self.seen.sets.iter().any(|set| {
                set.template == candidate.template && set.membership == Membership::Owned
            });
        if owned && deployment.template == candidate.template { Way::Rest } else { Way::Ground }
    }

    /// All marks, in words, each with the run that left it.
    fn marks(&self) -> Vec<(String, RunId)> {
        let mut marks = Vec::new();
        for set in &self.seen.sets {
            let pods = set.pods.max(set.replicas);
            let words = format!("ReplicaSet {} with {pods} pods", set.name);
            marks.extend(marked(set).map(|run| (words, run.clone())));
        }
        for service in &self.seen.services {
            let by = service.made_by.as_ref().or_else(|| fenced(&service.token));
            let words = match &service.pin {
                Some(pin) => format!("Service {} pinned to {pin}", service.name),
                None => format!("a mark on Service {}", service.name),
            };
            marks.extend(by.map(|run| (words, run.clone())));
        }
        if let Some((_, route)) = &self.route {
            let words = match route.written {
                Some(weight) => format!("route {} at {weight}", route.name),
                None => format!("a mark on route {}", route.name),
            };
            marks.extend(fenced(&route.token).map(|run| (words, run.clone())));
        }
        marks
    }

    /// Objects that were made and never used are deleted one by one.
    fn is_only_made(&self, marks: &[(String, RunId)]) -> bool {
        let unused = |set: &&SetSeen| {
            set.membership == Membership::Apart
                && set.made_by.is_some()
                && set.pods == 0
                && set.replicas == 0
        };
        let sets = self.seen.sets.iter().filter(unused).count();
        let made = |service: &&windlass_core::platform::ServiceSeen| {
            service.made_by.is_some() && service.endpoints == 0
        };
        sets + self.seen.services.iter().filter(made).count() == marks.len()
    }

    /// The sides, where there is one way to read the marks; `None` where they could be others.
    fn sides(&self, deployment: &DeploymentSeen) -> Option<Sides<'_>> {
        let sets = || self.seen.sets.iter();
        let mut made = sets().filter(|set| set.made_by.is_some());
        let (candidate, second) = (made.next(), made.next());
        if second.is_some() {
            return None;
        }
        let asked = |set: &&SetSeen| {
            set.template == deployment.template && set.membership == Membership::Owned
        };
        let own = sets().find(asked);
        match (candidate, own) {
            // The Deployment asks for what ran before.
            (Some(candidate), Some(stable)) if candidate.name != stable.name => {
                let apart = candidate.membership == Membership::Apart;
                apart.then_some(Sides { stable, candidate, way: Way::Ground })
            }
            // It asks for the candidate: the other side is the one with a fence and no label.
            (Some(candidate), _) if candidate.template == deployment.template => {
                let mut others =
                    sets().filter(|set| set.name != candidate.name && fenced(&set.token).is_some());
                let stable = others.next().filter(|_| others.next().is_none())?;
                Some(Sides { stable, candidate, way: self.way_of(&candidate.into(), deployment) })
            }
            // Nothing that was made is left: only marks, on the Deployment's own side and around it.
            (None, Some(stable)) => {
                let mut others =
                    sets().filter(|set| set.name != stable.name && fenced(&set.token).is_some());
                let candidate = others.next().filter(|_| others.next().is_none())?;
                let apart = candidate.membership == Membership::Apart;
                apart.then_some(Sides { stable, candidate, way: Way::Ground })
            }
            (Some(_) | None, _) => None,
        }
    }

    fn template(&self, set: &SetSeen) -> Option<&Template> {
        self.templates.iter().find(|it| it.digest == set.template)
    }

    /// A climb between these sides as it would have been planned, as far as it is the way back.
    fn spec(
        &self,
        platform: &str,
        deployment: &DeploymentSeen,
        sides: &Sides<'_>,
        run: RunId,
    ) -> Option<ClimbSpec> {
        let (old, new) = (self.template(sides.stable)?, self.template(sides.candidate)?);
        let made = sides.candidate.made_by.is_some();
        Some(ClimbSpec {
            run,
            app: self.app.clone(),
            platform: platform.to_owned(),
            environment: String::new(),
            from: running_version(old),
            to: running_version(new),
            stable: sides.stable.into(),
            candidate: sides.candidate.into(),
            origin: if made { Origin::New } else { Origin::Kept },
            templates: [old.clone(), new.clone()].into_iter().collect(),
            ground: Ground {
                at_rest: false,
                uid: deployment.uid.clone(),
                replicas: deployment.replicas,
                paused: deployment.paused,
                history_limit: deployment.history_limit,
                strategy: deployment.strategy,
                services: self.own_services(),
            },
            track: self.track()?,
            limits: Limits::default(),
            third: ThirdVersion::Supersede,
            findings: Vec::new(),
        })
    }

    /// Services that were there before; one that somebody else has pinned is left to them.
    fn own_services(&self) -> Vec<ObjectName> {
        let ours = self.seen.services.iter().filter(|service| {
            let theirs = service.pin.is_some() && fenced(&service.token).is_none();
            service.made_by.is_none() && !theirs
        });
        ours.map(|service| service.name.clone()).collect()
    }

    fn track(&self) -> Option<Track> {
        let made = self.seen.services.iter().find(|service| service.made_by.is_some());
        let pinned = |service: &windlass_core::platform::ServiceSeen| {
            service.pin.is_some() && fenced(&service.token).is_some()
        };
        let preview = || ObjectName::new(format!("{}-preview", self.app.name));
        let via = match (&self.route, made) {
            (Some((_, route)), _) if route.written.is_some() && fenced(&route.token).is_none() => {
                return None;
            }
            (Some((route, _)), _) => Via::Route(route.clone()),
            (None, Some(made)) => Via::Selector { preview: made.name.clone() },
            (None, None) if self.seen.services.iter().any(pinned) => {
                Via::Selector { preview: preview() }
            }
            (None, None) => Via::Replicas,
        };
        Some(Track {
            strategy: "sweep".to_owned(),
            means: Means::Beside(via),
            notches: Notches::new(vec![Notch::at(Weight::FULL)]).ok()?,
            analyses: Vec::new(),
            before: Vec::new(),
            after: After::default(),
            doubt: OnDoubt::Abort,
            min_pods: 0,
        })
    }
}
