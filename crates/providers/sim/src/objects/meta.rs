//! What every object has: identity, versions, labels, annotations, owner.

use std::collections::BTreeMap;
use std::sync::Arc;

use windlass_core::fence::{Expect, Fence, Token};
use windlass_core::id::{ObjectName, RunId, Uid};
use windlass_core::platform::Refusal;
use windlass_core::time::Timestamp;

use super::{FENCE_ANNOTATION, RUN_LABEL};

/// Labels, a selector, or annotations: text by text, in order. Cloning is cheap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(Arc<BTreeMap<Arc<str>, Arc<str>>>);

impl Labels {
    /// One label.
    pub fn one(key: &str, value: &str) -> Self {
        Self::default().with(key, value)
    }

    /// These and one more; a label of the same key is replaced.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.set(key, value);
        self
    }

    /// These and `others`, which win.
    #[must_use]
    pub fn and(&self, others: &Labels) -> Self {
        let mut all = self.clone();
        others.iter().for_each(|(key, value)| all.set(key, value));
        all
    }

    /// Sets one label.
    pub fn set(&mut self, key: &str, value: &str) {
        Arc::make_mut(&mut self.0).insert(key.into(), value.into());
    }

    /// Takes one label off; true when it was there.
    pub fn remove(&mut self, key: &str) -> bool {
        self.0.contains_key(key) && Arc::make_mut(&mut self.0).remove(key).is_some()
    }

    /// The value of one label.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(AsRef::as_ref)
    }

    /// All pairs in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value.as_ref()))
    }

    /// True when a selector with these pairs selects an object with those `labels`. An empty
    /// selector selects nothing, as the controllers of Kubernetes have it.
    pub fn selects(&self, labels: &Labels) -> bool {
        !self.0.is_empty() && self.iter().all(|(key, value)| labels.get(key) == Some(value))
    }
}

/// The reference to the Deployment that an object belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Identity of the owner.
    pub uid: Uid,
    /// True when the owner manages the object; otherwise the object only goes with it.
    pub controller: bool,
}

/// Metadata of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Its name.
    pub name: ObjectName,
    /// Its identity.
    pub uid: Uid,
    /// The world's counter at the last change of the object, its status included.
    pub version: u64,
    /// Raised with every change of the spec (of a Deployment: of its annotations, too); 1 at first.
    pub generation: u64,
    /// When it was made.
    pub created: Timestamp,
    /// Its labels.
    pub labels: Labels,
    /// Its annotations, without those that the Deployment controller keeps for itself.
    pub annotations: Labels,
    /// What it belongs to.
    pub owner: Option<Owner>,
}

impl Meta {
    /// The fence in its annotations; `None` without one, or when it cannot be read.
    pub fn fence(&self) -> Option<Fence> {
        self.annotations.get(FENCE_ANNOTATION).and_then(Fence::read)
    }

    /// What a write must expect: the fence where there is one, else the version.
    pub fn token(&self) -> Token {
        self.fence().map_or(Token::Version(self.version), Token::Fence)
    }

    /// Leaves a fence.
    pub fn mark(&mut self, fence: &Fence) {
        self.annotations.set(FENCE_ANNOTATION, &fence.to_string());
    }

    /// Takes the fence and the label of the run off.
    pub fn unmark(&mut self) {
        self.annotations.remove(FENCE_ANNOTATION);
        self.labels.remove(RUN_LABEL);
    }

    /// The run in its label.
    pub fn made_by(&self) -> Option<RunId> {
        self.labels.get(RUN_LABEL).map(RunId::new)
    }

    /// True when `owner` manages the object.
    pub fn controlled_by(&self, owner: &Uid) -> bool {
        self.owner.as_ref().is_some_and(|o| o.controller && o.uid == *owner)
    }

    /// Compares a write's precondition with the object, as the server does in the write.
    ///
    /// # Errors
    /// [`Refusal::Stale`] when identity or token differ, [`Refusal::Exists`] for a create.
    pub fn check(&self, expect: &Expect) -> Result<(), Refusal> {
        if expect.uid.as_ref().is_some_and(|uid| *uid != self.uid) {
            return Err(Refusal::Stale);
        }
        let found = match &expect.token {
            Token::Absent => return Err(Refusal::Exists),
            Token::Fence(fence) => self.fence().as_ref() == Some(fence),
            Token::Version(version) => self.fence().is_none() && self.version == *version,
            Token::Generation(generation) => self.generation == *generation,
        };
        if found { Ok(()) } else { Err(Refusal::Stale) }
    }
}

#[cfg(test)]
mod tests {
    use windlass_core::fence::Epoch;

    use super::*;

    fn meta() -> Meta {
        Meta {
            name: "web".into(),
            uid: "u1".into(),
            version: 7,
            generation: 2,
            created: Timestamp::default(),
            labels: Labels::default(),
            annotations: Labels::default(),
            owner: None,
        }
    }

    fn fence(seq: u64) -> Fence {
        Fence { run: "a/b".into(), epoch: Epoch(3), seq }
    }

    #[test]
    fn a_fence_on_the_object_ends_every_write_that_expects_a_version() {
        let mut object = meta();
        let at = |token| Expect { uid: Some("u1".into()), token };
        assert_eq!(object.check(&at(Token::Version(7))), Ok(()));
        object.mark(&fence(1));
        assert_eq!(object.check(&at(Token::Version(7))), Err(Refusal::Stale));
        assert_eq!(object.check(&at(Token::Fence(fence(1)))), Ok(()));
        assert_eq!(object.check(&at(Token::Fence(fence(2)))), Err(Refusal::Stale));
    }

    #[test]
    fn an_object_of_another_identity_is_stale_whatever_its_token() {
        let expect = Expect { uid: Some("u2".into()), token: Token::Version(7) };
        assert_eq!(meta().check(&expect), Err(Refusal::Stale));
    }

    #[test]
    fn a_create_finds_the_name_taken() {
        assert_eq!(meta().check(&Expect::absent()), Err(Refusal::Exists));
    }

    #[test]
    fn an_empty_selector_selects_nothing() {
        let labels = Labels::one("app", "web").with("tier", "front");
        assert!(Labels::one("app", "web").selects(&labels));
        assert!(!Labels::one("app", "api").selects(&labels));
        assert!(!Labels::default().selects(&labels));
    }
}
