//! The thread that writes: one batch, one sync. It also keeps the segments few.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use super::disk::{Disk, Place, Segment, Tail};
use super::frame::{Label, What};
use super::queue::{Failure, Shared, Write};

/// Writes to the last segment of a journal.
#[derive(Debug)]
pub(super) struct Writer {
    disk: Arc<dyn Disk>,
    segment: Segment,
    tail: Box<dyn Tail>,
    /// Length of every segment up to which it is good.
    lens: BTreeMap<Segment, u64>,
    /// What lies behind the good end of the last segment has to go before anything is written.
    soiled: bool,
    /// From this length on a segment is full, and another one is begun.
    full: u64,
    /// Nothing is tidied before all segments together are as long as this.
    tidy_from: u64,
    buffer: Vec<u8>,
}

impl Writer {
    /// Goes on behind the good end of the last of `lens`, and cuts off what lies there.
    pub(super) fn open(
        disk: Arc<dyn Disk>,
        mut lens: BTreeMap<Segment, u64>,
        torn: bool,
        full: u64,
    ) -> io::Result<Self> {
        let segment = lens.last_key_value().map_or(Segment::FIRST, |(segment, _)| *segment);
        lens.entry(segment).or_default();
        let tail = disk.tail(segment)?;
        let buffer = Vec::new();
        let mut writer =
            Self { disk, segment, tail, lens, soiled: torn, full, tidy_from: 0, buffer };
        writer.mend()?;
        Ok(writer)
    }

    /// Leaves the segments as they are, for good.
    pub(super) fn never_tidy(&mut self) {
        self.tidy_from = u64::MAX;
    }

    /// Writes batches until the journal is closed.
    pub(super) fn run(mut self, shared: &Shared) {
        struct Gone<'a>(&'a Shared);
        impl Drop for Gone<'_> {
            fn drop(&mut self) {
                self.0.abandon();
            }
        }
        let _whatever_happens = Gone(shared);
        while let Some(mut batch) = shared.gather() {
            match self.commit(&mut batch.writes) {
                Ok(places) => {
                    shared.landed(batch, &places);
                    self.tidy(shared);
                }
                Err(cause) => shared.failed(batch, self.failure(&cause)),
            }
        }
    }

    /// Makes entries durable, all or none.
    pub(super) fn commit(&mut self, writes: &mut [Write]) -> io::Result<Vec<Place>> {
        let Some(first) = writes.first_mut() else { return Ok(Vec::new()) };
        first.label.begins = true;
        self.mend()?;
        self.roll()?;
        let good = self.good();
        let mut places = Vec::with_capacity(writes.len());
        self.buffer.clear();
        for write in writes {
            let at = good + self.buffer.len() as u64;
            write.label.write(&write.body, &mut self.buffer);
            // `Label::new` has seen to it that the length fits.
            let len = write.label.frame_len() as u32;
            places.push(Place { segment: self.segment, len, at });
        }
        self.soiled = true;
        self.tail.append(&self.buffer)?;
        self.tail.sync()?;
        self.soiled = false;
        self.lens.insert(self.segment, good + self.buffer.len() as u64);
        self.buffer.shrink_to(1 << 20);
        Ok(places)
    }

    /// Length of the last segment up to which it is good.
    fn good(&self) -> u64 {
        self.lens.get(&self.segment).copied().unwrap_or(0)
    }

    /// Takes away what a failed batch or a crash left, so that it cannot be found later in the
    /// place of what is written next.
    fn mend(&mut self) -> io::Result<()> {
        if self.soiled {
            self.tail = self.disk.tail(self.segment)?;
            self.tail.cut(self.good())?;
            self.soiled = false;
        }
        Ok(())
    }

    fn roll(&mut self) -> io::Result<()> {
        if self.good() >= self.full {
            let next = self.segment.next()?;
            self.tail = self.disk.tail(next)?;
            self.segment = next;
            self.lens.insert(next, 0);
        }
        Ok(())
    }

    fn failure(&self, cause: &io::Error) -> Failure {
        use io::ErrorKind::{QuotaExceeded, StorageFull};
        let full = matches!(cause.kind(), StorageFull | QuotaExceeded);
        let hint =
            if full { "; nothing acknowledged is lost: make room, append again" } else { "" };
        Failure::new(format!("{} cannot be written: {cause}{hint}", self.segment))
    }

    /// Frees the oldest segments while more than half of all bytes are void. Only the oldest: the
    /// removal of a run must stay as long as anything that it voids.
    fn tidy(&mut self, shared: &Shared) {
        while self.is_due(shared)
            && let Some((oldest, _)) = self.lens.first_key_value()
        {
            // What cannot be moved (a damaged record, a full disk) stays, and is tried again later.
            if self.free(*oldest, shared).is_err() {
                self.tidy_from = self.total() + self.full;
            }
        }
    }

    fn is_due(&self, shared: &Shared) -> bool {
        let total = self.total();
        let live = shared.look(|index| index.live_bytes());
        self.lens.len() > 1 && total >= self.tidy_from && total > 2 * (live + self.full)
    }

    fn total(&self) -> u64 {
        self.lens.values().sum()
    }

    fn free(&mut self, segment: Segment, shared: &Shared) -> io::Result<()> {
        let live = shared.look(|index| index.live_in(segment));
        let places: Vec<_> = live.iter().map(|(.., place)| *place).collect();
        let mut copies = Vec::with_capacity(live.len());
        for ((run, index, _), bytes) in live.into_iter().zip(self.disk.pick(&places)?) {
            let body = record(&bytes, &run, index).map_err(io::Error::other)?;
            let label = Label::new(run, What::Record(index), &body);
            copies
                .extend(label.map(|label| Write { label: Label { copied: true, ..label }, body }));
        }
        let moved = self.commit(&mut copies)?;
        shared.moved(&copies, &moved);
        self.disk.delete(segment)?;
        self.lens.remove(&segment);
        shared.forget(segment);
        Ok(())
    }
}

/// The record in `bytes`, which should be the entry of this run and index.
pub(super) fn record(
    bytes: &[u8],
    run: &windlass_core::id::RunId,
    index: u64,
) -> Result<Vec<u8>, &'static str> {
    let label = Label::of_head(bytes, 0).or_else(|| Label::of_tail(bytes, bytes.len()));
    let label = label.ok_or("neither side of the entry can be read")?;
    if label.run != *run || label.what != What::Record(index) {
        return Err("another entry is in its place");
    }
    Ok(label.body(bytes).ok_or("the record does not match its checksum")?.to_vec())
}
