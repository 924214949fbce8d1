//! Who may write: epochs, fences, and the token that a write must find on its object.
//!
//! A lease is only a hint. What keeps a second operator, or a late write of our own, from taking
//! effect is a token on each object that the API server itself compares in the write: a JSON patch
//! `test` on the fence annotation, on the Deployment's generation, or on the resourceVersion of an
//! object that carries no fence yet. Every write that lands moves the token, so of two writes that
//! expect the same token at most one lands, and a write that expects an old one never does.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{RunId, Uid};

/// Which claim of an app it was, by a number of the cluster that rises with every claim; a higher
/// epoch ends all lower ones.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The epoch after this one.
    pub fn next(self) -> Epoch {
        Epoch(self.0.saturating_add(1))
    }
}

/// How an app was taken for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Higher than that of every claim of this app before it.
    pub epoch: Epoch,
    /// True when nobody held the app until then. Otherwise a process held it for the same run, and
    /// may have writes in flight.
    pub alone: bool,
}

impl Claim {
    /// An app that nobody held.
    pub fn alone(epoch: Epoch) -> Self {
        Self { epoch, alone: true }
    }

    /// An app that another process held for the same run.
    pub fn over(epoch: Epoch) -> Self {
        Self { epoch, alone: false }
    }
}

/// The mark that each write leaves on its object: run, epoch, and the write's number in the run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fence {
    /// The run that wrote.
    pub run: RunId,
    /// Its epoch then.
    pub epoch: Epoch,
    /// Number of the write, rising within the run and never used twice.
    pub seq: u64,
}

impl Fence {
    /// Reads what `Display` prints; `None` for any other text. The run may hold slashes: the
    /// numbers come last.
    pub fn read(text: &str) -> Option<Fence> {
        let (rest, seq) = text.rsplit_once('/')?;
        let (run, epoch) = rest.rsplit_once('/')?;
        let (epoch, seq) = (epoch.parse().ok()?, seq.parse().ok()?);
        Some(Fence { run: RunId::new(run), epoch: Epoch(epoch), seq })
    }
}

impl fmt::Display for Fence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.run, self.epoch.0, self.seq)
    }
}

/// What the server compares before a write takes effect.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Token {
    /// The object does not exist yet: a create, refused when the name is taken.
    Absent,
    /// The object carries this fence.
    Fence(Fence),
    /// The object carries no fence and is at this resourceVersion.
    Version(u64),
    /// The Deployment is at this generation (its annotations travel, so it carries no fence).
    Generation(u64),
}

/// The precondition of a write, checked by the server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Expect {
    /// Identity of the object; `None` for a create.
    pub uid: Option<Uid>,
    /// Its token.
    pub token: Token,
}

impl Expect {
    /// The precondition of a create.
    pub fn absent() -> Self {
        Self { uid: None, token: Token::Absent }
    }

    /// The object of this identity, at this token.
    pub fn at(uid: &Uid, token: &Token) -> Self {
        Self { uid: Some(uid.clone()), token: token.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_fence_reads_back_and_nothing_else_reads() {
        let fence = Fence { run: "a/b".into(), epoch: Epoch(3), seq: 9 };
        assert_eq!(Fence::read(&fence.to_string()), Some(fence));
        for text in ["", "nonsense", "run/1", "run/x/2", "run/1/-2"] {
            assert_eq!(Fence::read(text), None, "{text}");
        }
    }
}
