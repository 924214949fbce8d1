//! The watch log: every change of the world in order, kept for a while.

use std::collections::VecDeque;

use windlass_core::time::Timestamp;

use crate::rng::mix;

/// Kinds of objects that the world holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WatchKind {
    /// `apps/v1` Deployment.
    Deployment,
    /// `apps/v1` ReplicaSet.
    ReplicaSet,
    /// `v1` Pod.
    Pod,
    /// `v1` Service.
    Service,
    /// The endpoints behind a ReplicaSet's pods or a Service, as the data plane has them.
    Endpoints,
    /// `coordination/v1` Lease.
    Lease,
    /// `policy/v1` PodDisruptionBudget.
    Budget,
    /// `v1` ResourceQuota.
    Quota,
    /// The object that splits traffic by weight.
    Route,
}

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WatchEvent {
    /// It is new.
    Added,
    /// Its spec or metadata changed.
    Modified,
    /// Only its status changed, or what the data plane makes of it.
    Status,
    /// It is gone.
    Deleted,
}

/// One change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The world's resourceVersion after the change; rises by one with each.
    pub version: u64,
    /// When it took effect.
    pub at: Timestamp,
    /// The app it belongs to, as an index into [`World::apps`](crate::World::apps).
    pub app: u32,
    /// Kind of the object.
    pub kind: WatchKind,
    /// Number of the object within its kind; the same number never names two objects.
    pub id: u64,
    /// What became of it.
    pub event: WatchEvent,
}

/// A watch asked for changes that are no longer kept: list afresh and watch from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("resourceVersion {asked} is too old, changes are kept from {oldest} on: list afresh")]
pub struct Expired {
    /// The version asked for.
    pub asked: u64,
    /// The oldest version that a watch can start from.
    pub oldest: u64,
}

/// Changes in order, the oldest of them forgotten, and a digest over all that ever were.
#[derive(Clone, Debug)]
pub(crate) struct ChangeLog {
    entries: VecDeque<Entry>,
    keep: usize,
    version: u64,
    digest: u64,
}

impl ChangeLog {
    pub(crate) fn new(keep: usize) -> Self {
        Self { entries: VecDeque::new(), keep, version: 0, digest: 0 }
    }

    /// Version of the last change; 0 in a new world.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// A number that two worlds share only if the same changes happened in both at the same times.
    pub(crate) fn digest(&self) -> u64 {
        self.digest
    }

    /// Appends a change under the next version, and gives that version.
    pub(crate) fn push(
        &mut self,
        at: Timestamp,
        app: u32,
        (kind, id): (WatchKind, u64),
        event: WatchEvent,
    ) -> u64 {
        self.version += 1;
        let what = (kind as u64) << 48 | (event as u64) << 40 | u64::from(app);
        let when = at.millis().unsigned_abs();
        self.digest = mix(self.digest ^ mix(what ^ mix(id ^ mix(when))));
        if self.entries.len() >= self.keep {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry { version: self.version, at, app, kind, id, event });
        self.version
    }

    /// Folds a number that no entry carries into the digest.
    pub(crate) fn stir(&mut self, number: u64) {
        self.digest = mix(self.digest ^ mix(number));
    }

    /// The changes after `version`, oldest first.
    pub(crate) fn since(&self, version: u64) -> Result<impl Iterator<Item = &Entry>, Expired> {
        let oldest = self.entries.front().map_or(self.version, |entry| entry.version - 1);
        if version < oldest {
            return Err(Expired { asked: version, oldest });
        }
        let skip = usize::try_from(version - oldest).unwrap_or(usize::MAX);
        Ok(self.entries.iter().skip(skip))
    }

    /// Forgets all changes up to the last, as a compaction of the store does.
    pub(crate) fn compact(&mut self) {
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log_of(changes: u64, keep: usize) -> ChangeLog {
        let mut log = ChangeLog::new(keep);
        for id in 0..changes {
            log.push(Timestamp::from_millis(1), 0, (WatchKind::Pod, id), WatchEvent::Added);
        }
        log
    }

    #[test]
    fn a_watch_gets_every_change_after_its_version_once() {
        let log = log_of(5, 10);
        let ids = |from| log.since(from).map(|e| e.map(|e| e.id).collect::<Vec<_>>());
        assert_eq!(ids(0), Ok(vec![0, 1, 2, 3, 4]));
        assert_eq!(ids(3), Ok(vec![3, 4]));
        assert_eq!(ids(5), Ok(vec![]));
    }

    #[test]
    fn a_watch_from_a_forgotten_version_has_expired() {
        let log = log_of(5, 3);
        assert!(log.since(2).is_ok());
        assert_eq!(log.since(1).err(), Some(Expired { asked: 1, oldest: 2 }));
    }

    #[test]
    fn after_a_compaction_only_the_last_version_can_be_watched_from() {
        let mut log = log_of(5, 10);
        log.compact();
        assert!(log.since(5).is_ok());
        assert!(log.since(4).is_err());
    }

    #[test]
    fn a_digest_tells_two_orders_of_the_same_changes_apart() {
        let mut log = log_of(0, 10);
        log.push(Timestamp::from_millis(1), 0, (WatchKind::Pod, 1), WatchEvent::Added);
        log.push(Timestamp::from_millis(1), 0, (WatchKind::Pod, 0), WatchEvent::Added);
        assert_ne!(log.digest(), log_of(2, 10).digest());
    }
}
