//! S12: what is not ours stays as it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use windlass_core::id::{Kind, ObjectRef};
use windlass_core::platform::Change;

use super::subject::Subject;
use super::{Invariant, Rule, Sight};
use crate::objects::{FENCE_ANNOTATION, POD_TEMPLATE_HASH};
use crate::traffic::OWN_WEIGHTS_ANNOTATION;
use crate::world::World;

/// Foreign parts of everything in the app, as text by object.
type Parts = BTreeMap<ObjectRef, String>;

/// Foreign objects and fields, as people left them.
#[derive(Clone, Debug)]
pub(crate) struct Foreign {
    left: Parts,
    now: Parts,
    revision: u64,
    theirs: bool,
}

impl Foreign {
    pub(crate) fn new(subject: &Subject, world: &World) -> Self {
        let left = parts(subject, world);
        Self { now: left.clone(), left, revision: world.revision(), theirs: false }
    }

    /// Reads what is foreign where it may have changed.
    pub(crate) fn hear(&mut self, subject: &Subject, world: &World, person: bool) {
        self.theirs = person;
        self.revision = world.revision();
        self.now = parts(subject, world);
    }
}

impl Invariant for Foreign {
    fn rule(&self) -> Rule {
        Rule::S12
    }

    fn check(&mut self, sight: &Sight<'_>) -> Option<String> {
        if sight.person || self.theirs {
            self.left = self.now.clone();
            return None;
        }
        let deleted = sight.landed.iter().find_map(|landing| {
            let deletes = matches!(landing.write.change, Change::DeleteSet | Change::DeleteService);
            (deletes && landing.changed && self.left.contains_key(&landing.write.object))
                .then(|| format!("{}: deleted, and not ours", landing.write.object))
        });
        if deleted.is_some() {
            return deleted;
        }
        if sight.landed.is_empty() {
            return None;
        }
        let changed = self
            .left
            .iter()
            .find(|(object, left)| self.now.get(object).is_some_and(|now| now != *left))?;
        let now = self.now.get(changed.0).map_or("", String::as_str);
        Some(format!("{}: {} became {now}", changed.0, changed.1))
    }
}

fn parts(subject: &Subject, world: &World) -> Parts {
    let mut parts = Parts::new();
    let app = &subject.app;
    if let Some(d) = world.deployment(app) {
        let spec = &d.spec;
        let deadline = spec.progress_deadline;
        let text = format!("{:?} {:?} {deadline:?}", spec.selector, spec.min_ready);
        parts.insert(ObjectRef::new(Kind::Deployment, app.name.clone()), text);
    }
    let ours = [&subject.stable.set, &subject.candidate.set];
    for set in world.replica_sets(app).filter(|set| set.meta.made_by().is_none()) {
        let other = !ours.contains(&&set.meta.name);
        let text = if other { format!("{:?}", set.meta.annotations) } else { String::new() };
        parts.insert(ObjectRef::new(Kind::ReplicaSet, set.meta.name.clone()), text);
    }
    let Some(id) = world.find(app) else { return parts };
    for cell in world.store[id].services.iter().filter_map(|id| world.store.services.get(id)) {
        let service = &cell.object;
        if service.meta.made_by().is_some() {
            continue;
        }
        let own = |(key, _): &(&str, &str)| ![POD_TEMPLATE_HASH, FENCE_ANNOTATION].contains(key);
        let mut text = format!("{} ", service.port);
        for (key, value) in service.selector.iter().filter(own) {
            let _ = write!(text, "{key}={value} ");
        }
        for (key, value) in service.meta.annotations.iter().filter(own) {
            let _ = write!(text, "{key}:{value} ");
        }
        parts.insert(ObjectRef::new(Kind::Service, service.meta.name.clone()), text);
    }
    if let Some(names) = &subject.route
        && let Some(route) = world.route(app, &names.name)
    {
        let mut text = String::new();
        for rule in route.rules() {
            let _ = write!(text, "[{} {}", rule.matches, rule.filters);
            let ours = [&names.stable, &names.candidate];
            for backend in rule.backends.iter().filter(|backend| !ours.contains(&&backend.service))
            {
                let _ = write!(text, " {}={}", backend.service, backend.weight);
            }
            text.push(']');
        }
        let own = [FENCE_ANNOTATION, OWN_WEIGHTS_ANNOTATION];
        for (key, value) in route.meta.annotations.iter().filter(|(key, _)| !own.contains(key)) {
            let _ = write!(text, "{key}:{value} ");
        }
        parts.insert(ObjectRef::new(Kind::Route, names.name.clone()), text);
    }
    parts
}
