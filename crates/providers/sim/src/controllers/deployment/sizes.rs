//! How many pods each ReplicaSet gets, as arithmetic on plain numbers.

use std::cmp::Reverse;

/// A ReplicaSet in the eyes of proportional scaling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    /// Pods asked of it.
    pub(super) replicas: u32,
    /// Its annotation `max-replicas`: the size and surge of the Deployment when it was last sized.
    pub(super) max: Option<u32>,
    /// Where it stands among its siblings by age: larger is younger.
    pub(super) age: usize,
}

/// The Deployment in the eyes of proportional scaling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Whole {
    /// `spec.replicas`.
    pub(super) replicas: u32,
    /// Its surge.
    pub(super) surge: u32,
    /// `status.replicas`, for a set without the annotation.
    pub(super) status: u32,
}

/// Sizes of several active sets after the Deployment was resized, in the order given.
///
/// Each keeps its share of the whole. Sets are served from the largest to the smallest; equal ones
/// the youngest first when growing and the oldest first when shrinking. What rounding leaves over,
/// even against the direction, goes to the first that was served.
pub(super) fn proportional(whole: Whole, sets: &[Share]) -> Vec<u32> {
    let allowed = if whole.replicas > 0 { whole.replicas + whole.surge } else { 0 };
    let total: i64 = sets.iter().map(|set| i64::from(set.replicas)).sum();
    let to_add = i64::from(allowed) - total;
    let mut sizes: Vec<i64> = sets.iter().map(|set| i64::from(set.replicas)).collect();
    let mut order: Vec<usize> = (0..sets.len()).collect();
    if to_add > 0 {
        order.sort_by_key(|i| (Reverse(sets[*i].replicas), Reverse(sets[*i].age)));
    } else {
        order.sort_by_key(|i| (Reverse(sets[*i].replicas), sets[*i].age));
    }
    let mut added = 0;
    for i in &order {
        let part = proportion(whole, &sets[*i], to_add, added);
        sizes[*i] += part;
        added += part;
    }
    if let Some(first) = order.first().filter(|_| to_add != 0) {
        sizes[*first] = (sizes[*first] + to_add - added).max(0);
    }
    sizes.into_iter().map(|size| u32::try_from(size.max(0)).unwrap_or(u32::MAX)).collect()
}

/// How much one set grows (or shrinks, below zero), never more than is still to be given out.
fn proportion(whole: Whole, set: &Share, to_add: i64, added: i64) -> i64 {
    if set.replicas == 0 || to_add == 0 || to_add == added {
        return 0;
    }
    let (fraction, allowed) = (fraction(whole, set), to_add - added);
    if to_add > 0 { fraction.min(allowed) } else { fraction.max(allowed) }
}

/// How much one set would grow if it kept its share of the Deployment's size and surge exactly,
/// rounded half up.
fn fraction(whole: Whole, set: &Share) -> i64 {
    let size = i64::from(set.replicas);
    if whole.replicas == 0 {
        return -size;
    }
    let before = set.max.filter(|max| *max > 0).unwrap_or(whole.status);
    if before == 0 {
        return 0;
    }
    let (before, now) = (i64::from(before), i64::from(whole.replicas + whole.surge));
    (2 * size * now + before) / (2 * before) - size
}

/// The size of the new set of a rolling update: up to the Deployment's, as far as the surge leaves
/// room beside the pods that are asked for in total.
pub(super) fn grown(whole: Whole, total: u32, new: u32) -> u32 {
    let room = (whole.replicas + whole.surge).saturating_sub(total);
    new + room.min(whole.replicas.saturating_sub(new))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Resizes sets of a Deployment that had `before` pods and now has `now`, youngest set first,
    /// with the surge before and after.
    fn resized(sizes: &[u32], before: (u32, u32), now: (u32, u32)) -> Vec<u32> {
        let max = Some(before.0 + before.1);
        let share =
            |(i, replicas): (usize, &u32)| Share { replicas: *replicas, max, age: sizes.len() - i };
        let sets: Vec<Share> = sizes.iter().enumerate().map(share).collect();
        proportional(Whole { replicas: now.0, surge: now.1, status: 0 }, &sets)
    }

    #[test]
    fn sets_keep_their_share_of_a_resized_deployment() {
        assert_eq!(resized(&[2, 3], (5, 0), (10, 0)), [4, 6]);
        assert_eq!(resized(&[2, 3], (5, 0), (3, 0)), [1, 2]);
        assert_eq!(resized(&[8, 1], (9, 0), (4, 0)), [4, 0]);
        assert_eq!(resized(&[2, 3, 2], (7, 0), (10, 0)), [3, 4, 3]);
        assert_eq!(resized(&[2, 8, 3], (13, 0), (8, 0)), [1, 5, 2]);
        assert_eq!(resized(&[7, 3], (10, 0), (14, 0)), [10, 4]);
    }

    #[test]
    fn what_rounding_leaves_over_goes_to_the_youngest_when_growing_and_the_oldest_when_shrinking() {
        assert_eq!(resized(&[1, 1, 1], (3, 0), (4, 0)), [2, 1, 1]);
        assert_eq!(resized(&[1, 1, 1], (3, 0), (2, 0)), [1, 1, 0]);
        assert_eq!(resized(&[2, 2], (4, 0), (5, 0)), [3, 2]);
    }

    #[test]
    fn surge_pods_are_shared_out_too() {
        assert_eq!(resized(&[6, 6], (10, 2), (20, 2)), [11, 11]);
        assert_eq!(resized(&[5, 8], (10, 3), (50, 6)), [22, 34]);
    }

    #[test]
    fn a_deployment_of_no_pods_empties_every_set() {
        assert_eq!(resized(&[3, 2, 1], (6, 0), (0, 0)), [0, 0, 0]);
    }

    #[test]
    fn a_set_without_the_annotation_takes_the_status_as_its_measure() {
        let set = |max| [Share { replicas: 5, max, age: 0 }, Share { replicas: 5, max, age: 1 }];
        let whole = Whole { replicas: 20, surge: 0, status: 10 };
        assert_eq!(proportional(whole, &set(None)), [10, 10]);
        assert_eq!(proportional(whole, &set(Some(0))), [10, 10]);
    }

    #[test]
    fn a_smaller_set_may_pay_for_a_larger_one_that_grew_on_a_scale_down() {
        // The hazard behind the race of two active sets: 4 + 4 pods of a Deployment of 4, surge 1,
        // resized to 5: two pods are to go, but each set's share of 5 + 1 is rounded up from 4 to 5.
        // Neither shrinks by itself, and the first in order pays for both.
        assert_eq!(resized(&[4, 4], (4, 1), (5, 1)), [5, 1]);
    }

    #[test]
    fn the_new_set_grows_into_the_room_that_the_surge_leaves() {
        let whole = Whole { replicas: 10, surge: 3, status: 0 };
        assert_eq!(grown(whole, 10, 0), 3);
        assert_eq!(grown(whole, 13, 3), 3);
        assert_eq!(grown(whole, 4, 2), 10);
    }
}
