//! Rolling updates.

use super::look::{Again, Family, Look, Set};
use super::newest::oldest_first;
use super::sizes::grown;

impl Look<'_> {
    /// Grows the new set where there is room; otherwise shrinks old ones where enough pods are
    /// available without them. One of the two in each look.
    pub(super) fn roll(&mut self) -> Result<(), Again> {
        let family = self.family(true)?;
        let Some(new) = family.new.clone() else { return Ok(()) };
        if !self.grow_new(&family, &new)? && !self.shrink_old(&family, &new) {
            self.trim_history_when_complete(&family.old);
        }
        self.write_rollout_status(&family)
    }

    /// True when the new set was sized.
    fn grow_new(&mut self, family: &Family, new: &Set) -> Result<bool, Again> {
        let (size, has) = (self.deployment.spec.replicas, new.object.replicas);
        let next = if has > size { size } else { grown(self.whole(), family.wanted(), has) };
        Ok(self.size_set(new, next)?.is_some())
    }

    /// True when an old set was sized. A write that is refused ends it: what was done counts as
    /// nothing, and the next look goes on from there.
    fn shrink_old(&mut self, family: &Family, new: &Set) -> bool {
        let spec = &self.deployment.spec;
        let needed = i64::from(spec.replicas) - i64::from(spec.unavailable());
        let mut old: Vec<Set> = family.old.iter().filter(|set| set.is_active()).cloned().collect();
        if old.is_empty() {
            return false;
        }
        let missing = i64::from(new.object.replicas) - i64::from(new.object.status.available);
        let spare = i64::from(family.wanted()) - needed - missing;
        if spare <= 0 {
            return false;
        }
        old.sort_by_key(|set| oldest_first(&set.object));
        let cleaned = self.shrink_unhealthy(&mut old, spare);
        let shrunk = cleaned.and_then(|cleaned| {
            let available: u32 = old.iter().chain([new]).map(|s| s.object.status.available).sum();
            let shrunk = self.shrink_healthy(&old, i64::from(available) - needed)?;
            Ok(cleaned || shrunk)
        });
        shrunk.unwrap_or(false)
    }

    /// Takes pods that are not available from old sets first, up to `most`: they keep a rollout
    /// from moving and nobody misses them.
    fn shrink_unhealthy(&mut self, old: &mut [Set], most: i64) -> Result<bool, Again> {
        let mut left = most;
        for set in old {
            let (has, available) = (set.object.replicas, set.object.status.available);
            if left <= 0 || has == available {
                continue;
            }
            let fewer = left.min(i64::from(has) - i64::from(available));
            let size = u32::try_from(i64::from(has) - fewer).map_err(|_| Again)?;
            if size > has {
                return Err(Again);
            }
            if let Some(sized) = self.size_set(set, size)? {
                *set = sized;
            }
            left -= fewer;
        }
        Ok(left < most)
    }

    /// Takes up to `most` pods from old sets, the oldest set first.
    fn shrink_healthy(&mut self, old: &[Set], most: i64) -> Result<bool, Again> {
        let mut left = most;
        for set in old.iter().filter(|set| set.is_active()) {
            if left <= 0 {
                break;
            }
            let fewer = left.min(i64::from(set.object.replicas));
            let size = u32::try_from(i64::from(set.object.replicas) - fewer).unwrap_or(0);
            self.size_set(set, size)?;
            left -= fewer;
        }
        Ok(left < most)
    }
}
