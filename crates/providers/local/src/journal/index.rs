//! Where the records of every run are. Bodies stay on disk.

use std::collections::BTreeMap;

use windlass_core::id::RunId;

use super::disk::{Place, Segment};
use super::frame::{Label, What};

/// What is known of one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Run {
    /// Durable records by index; none where an entry cannot be found.
    pub(super) records: Vec<Option<Place>>,
    /// Unreadable bytes behind the last record: more records of this run may have been there.
    pub(super) doubt: Option<Place>,
    /// The next index once everything in the queue is durable.
    pub(super) planned: u64,
    /// Entries of this run in the queue or being written.
    pub(super) queued: u32,
}

impl Run {
    /// Puts a record in its place, and gives back where it was before it was copied.
    fn put(&mut self, index: u64, place: Place) -> Option<Place> {
        let index = usize::try_from(index).ok()?;
        if index >= self.records.len() {
            self.records.resize(index + 1, None);
        }
        self.records[index].replace(place)
    }

    fn is_empty(&self) -> bool {
        self.queued == 0 && self.records.is_empty()
    }
}

/// All runs of a journal.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) runs: BTreeMap<RunId, Run>,
    /// Bytes of records that count, by segment.
    live: BTreeMap<Segment, u64>,
    /// The last unreadable bytes, while a journal is being read.
    gap: Option<Place>,
}

impl Index {
    /// Takes in one durable entry, in the order of the log. `landed` entries come from the queue.
    pub(super) fn settle(&mut self, label: &Label, place: Place, landed: bool) {
        let known = match self.runs.get_mut(&label.run) {
            Some(known) => known,
            None => self.runs.entry(label.run.clone()).or_default(),
        };
        known.queued = known.queued.saturating_sub(u32::from(landed));
        let void = match label.what {
            What::Removal => {
                known.doubt = None;
                std::mem::take(&mut known.records)
            }
            What::Record(index) => {
                if !label.copied {
                    // What the run wrote before is older than this: if it is lost, it leaves a hole.
                    known.doubt = None;
                } else if known.records.is_empty() {
                    known.doubt = self.gap;
                }
                *self.live.entry(place.segment).or_default() += u64::from(place.len);
                Vec::from_iter(known.put(index, place).map(Some))
            }
        };
        for old in void.into_iter().flatten() {
            if let Some(bytes) = self.live.get_mut(&old.segment) {
                *bytes = bytes.saturating_sub(u64::from(old.len));
            }
        }
        if known.is_empty() {
            self.runs.remove(&label.run);
        }
    }

    /// Takes in bytes that can be read by neither side: whoever wrote last before them may have
    /// written there too.
    pub(super) fn doubt(&mut self, gap: Place) {
        self.gap = Some(gap);
        for run in self.runs.values_mut() {
            run.doubt.get_or_insert(gap);
        }
    }

    /// The queue is void: `run` goes on behind its last durable record.
    pub(super) fn void_queue(&mut self, run: &RunId) {
        if let Some(known) = self.runs.get_mut(run) {
            known.queued = 0;
            known.planned = known.records.len() as u64;
            if known.is_empty() {
                self.runs.remove(run);
            }
        }
    }

    /// Ends the reading of a journal: the queue is empty.
    pub(super) fn opened(&mut self) {
        for run in self.runs.values_mut() {
            run.planned = run.records.len() as u64;
        }
    }

    /// Bytes of records that count.
    pub(super) fn live_bytes(&self) -> u64 {
        self.live.values().sum()
    }

    /// The records in one segment that count.
    pub(super) fn live_in(&self, segment: Segment) -> Vec<(RunId, u64, Place)> {
        if self.live.get(&segment).is_none_or(|bytes| *bytes == 0) {
            return Vec::new();
        }
        let all = self.runs.iter().flat_map(|(run, known)| {
            (0..).zip(&known.records).map(move |(index, place)| (run, index, place))
        });
        all.filter_map(|(run, index, place)| {
            let place = (*place)?;
            (place.segment == segment).then(|| (run.clone(), index, place))
        })
        .collect()
    }

    /// Forgets a segment that was taken away.
    pub(super) fn forget(&mut self, segment: Segment) {
        self.live.remove(&segment);
    }
}
