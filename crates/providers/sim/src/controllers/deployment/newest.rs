//! The new ReplicaSet: the one that has the Deployment's template, found or made, and its revision.

use windlass_core::id::{ObjectName, PodHash, TemplateDigest};
use windlass_core::model::DeploymentStrategy;

use super::look::{Again, Family, Look, Set};
use super::sizes;
use crate::objects::{Labels, Owner, POD_TEMPLATE_HASH, Progress, ReplicaSet, SetStatus};
use crate::world::stamp;

impl Look<'_> {
    /// Tells the new set from the old ones, and brings the revision numbers up to date. Where no set
    /// has the template and `make` says so, one is made.
    pub(super) fn family(&mut self, make: bool) -> Result<Family, Again> {
        self.sets.sort_by_key(|set| oldest_first(&set.object));
        let template = self.deployment.spec.template.digest.clone();
        let found = self.sets.iter().position(|set| set.object.template.digest == template);
        let mut old = self.sets.clone();
        let new = found.map(|i| old.remove(i));
        let revision = 1 + old.iter().map(|set| set.object.revision).max().unwrap_or(0);
        let new = match new {
            Some(set) => Some(self.refresh_new(set, revision)?),
            None if make => Some(self.make_new(&old, revision)?),
            None => None,
        };
        Ok(Family { new, old })
    }

    /// Copies the Deployment's annotations to the new set and raises its revision above all others.
    fn refresh_new(&mut self, set: Set, revision: u64) -> Result<Set, Again> {
        let mut next = ReplicaSet::clone(&set.object);
        for (key, value) in self.deployment.meta.annotations.iter() {
            next.meta.annotations.set(key, value);
        }
        if next.revision < revision {
            if next.revision > 0 {
                next.past_revisions.push(next.revision);
            }
            next.revision = revision;
        }
        next.min_ready = self.deployment.spec.min_ready;
        if next != *set.object {
            return self.write_set(set.id, next);
        }
        let status = (self.deployment.revision, self.deployment.status.progressing.is_some());
        self.deployment.revision = set.object.revision;
        if self.deployment.spec.progress_deadline.is_some() && !status.1 {
            self.note_progress(Progress::FoundNewSet);
        }
        if status != (self.deployment.revision, self.deployment.status.progressing.is_some()) {
            self.write_status()?;
        }
        Ok(set)
    }

    /// Makes the new set. A name that is taken by a set of another template, or of another owner,
    /// counts as a collision: the hash is salted, and the next look tries again.
    fn make_new(&mut self, old: &[Set], revision: u64) -> Result<Set, Again> {
        let spec = self.deployment.spec.clone();
        let collisions = self.deployment.status.collisions;
        let hash = native_hash(&spec.template.digest, collisions);
        let name = ObjectName::new(format!("{}-{hash}", self.deployment.meta.name));
        let key = (self.world.store[self.app].name.namespace.clone(), name.clone());
        let deadline = spec.progress_deadline.is_some();
        let before = (self.deployment.revision, self.deployment.status.progressing);
        let set = if self.world.store.set_names.contains_key(&key) {
            self.taken(&name)?
        } else {
            let replicas = match spec.strategy {
                DeploymentStrategy::Recreate => spec.replicas,
                DeploymentStrategy::RollingUpdate(_) => {
                    let total = old.iter().map(|set| set.object.replicas).sum();
                    sizes::grown(self.whole(), total, 0)
                }
            };
            let made = self.new_set(name, hash, (replicas, revision))?;
            if deadline {
                self.note_progress(Progress::NewSetCreated);
            }
            made
        };
        self.deployment.revision = revision;
        if before != (self.deployment.revision, self.deployment.status.progressing) {
            self.write_status()?;
        }
        Ok(set)
    }

    fn new_set(
        &mut self,
        name: ObjectName,
        hash: PodHash,
        (replicas, revision): (u32, u64),
    ) -> Result<Set, Again> {
        let spec = self.deployment.spec.clone();
        let labels: Labels = spec.selector.clone().with(POD_TEMPLATE_HASH, hash.as_str());
        let owner = Owner { uid: self.deployment.meta.uid.clone(), controller: true };
        let (serial, mut meta) = self.world.new_meta((name, "rs"), labels.clone(), Some(owner));
        meta.annotations = self.deployment.meta.annotations.clone();
        let set = ReplicaSet {
            meta,
            revision,
            past_revisions: Vec::new(),
            desired: Some(spec.replicas),
            max: Some(spec.replicas + spec.surge()),
            replicas,
            min_ready: spec.min_ready,
            template: spec.template,
            hash,
            pod_labels: labels,
            status: SetStatus::default(),
        };
        let id = self.world.add_set(self.app, serial, set);
        let cell = self.world.store.sets.get(&id).ok_or(Again)?;
        Ok(Set { id, object: cell.object.clone() })
    }

    /// The set that has the name already, where the cache knows it as ours with our template.
    fn taken(&mut self, name: &ObjectName) -> Result<Set, Again> {
        let cached = self.world.store[self.app].view.sets.iter();
        let found = cached.clone().find(|(_, set)| set.meta.name == *name).ok_or(Again)?;
        let set = Set { id: *found.0, object: found.1.clone() };
        let ours = set.object.meta.controlled_by(&self.deployment.meta.uid);
        if ours && set.object.template.digest == self.deployment.spec.template.digest {
            return Ok(set);
        }
        self.deployment.status.collisions += 1;
        // Whether or not the count could be written, the look is tried again.
        self.write_status().and(Err(Again))
    }
}

/// Orders sets by age as the API gives it, in whole seconds, then by name.
pub(super) fn oldest_first(set: &ReplicaSet) -> (i64, ObjectName) {
    (stamp(set.meta.created), set.meta.name.clone())
}

/// The hash that the Deployment controller itself gives: FNV-1a over template and collision count,
/// in the alphabet of Kubernetes' names (no vowels, nothing that looks like another).
pub(super) fn native_hash(template: &TemplateDigest, collisions: u32) -> PodHash {
    const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let salt = if collisions > 0 { format!("#{collisions}") } else { String::new() };
    let bytes = template.as_str().bytes().chain(salt.bytes());
    let fnv =
        bytes.fold(0x811C_9DC5_u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let letter = |digit: u8| char::from(ALPHABET[usize::from(digit) % ALPHABET.len()]);
    PodHash::new(fnv.to_string().bytes().map(letter).collect::<String>())
}
