//! Reading a journal when it is opened: what is whole, what is torn, what is damaged.
//!
//! A batch is written only when the one before is durable. So whatever lies before the beginning
//! of the last batch was acknowledged: flaws there are **damage**. The last batch itself may have
//! been cut short by a crash before anybody was told that it is there: from its first flaw on it
//! is **torn**, and goes. A body that is wrong between two good sides, with every sector written,
//! is damage there too: a write that was cut short does not look like that.

use std::collections::BTreeMap;
use std::io;

use super::disk::{Disk, Place, Segment};
use super::frame::{Label, lacks_a_sector, next_head};
use super::index::Index;

/// What was found on disk.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) index: Index,
    /// Length of every segment in bytes, without what is torn.
    pub(super) lens: BTreeMap<Segment, u64>,
    /// What lies behind the last good entry has to go.
    pub(super) torn: bool,
    /// Some bytes can be read by neither side. Such a journal is not tidied.
    pub(super) gaps: bool,
}

/// Some bytes of a segment: one entry, or what is none.
struct Piece {
    from: usize,
    to: usize,
    entry: Option<Entry>,
}

struct Entry {
    label: Label,
    /// False when the body is wrong and looks like one whose writing was cut short.
    finished: bool,
}

/// Reads all segments.
pub(super) fn scan(disk: &dyn Disk) -> io::Result<Found> {
    let segments = disk.segments()?;
    for pair in segments.windows(2) {
        if pair[0].next()? != pair[1] {
            let missing = pair[0].next()?;
            let reason = format!("{missing} is missing: bring it back, or start a new journal");
            return Err(io::Error::other(reason));
        }
    }
    let mut found =
        Found { index: Index::default(), lens: BTreeMap::new(), torn: false, gaps: false };
    // One buffer for all: many large ones leave holes in the heap of a process that stays.
    let mut bytes = Vec::new();
    for segment in &segments {
        disk.load(*segment, &mut bytes)?;
        let mut pieces = pieces(&bytes);
        let mut len = bytes.len();
        if Some(segment) == segments.last()
            && let Some(first) = first_torn(&pieces)
        {
            len = pieces[first].from;
            pieces.truncate(first);
            found.torn = true;
        }
        found.lens.insert(*segment, len as u64);
        found.take(*segment, pieces);
    }
    found.index.opened();
    Ok(found)
}

impl Found {
    fn take(&mut self, segment: Segment, pieces: Vec<Piece>) {
        for piece in pieces {
            let len = u32::try_from(piece.to - piece.from).unwrap_or(u32::MAX);
            let place = Place { segment, len, at: piece.from as u64 };
            match piece.entry {
                Some(entry) => self.index.settle(&entry.label, place, false),
                None => {
                    self.index.doubt(place);
                    self.gaps = true;
                }
            }
        }
    }
}

/// The first flaw of the last batch.
fn first_torn(pieces: &[Piece]) -> Option<usize> {
    let begins = |piece: &Piece| piece.entry.as_ref().is_some_and(|entry| entry.label.begins);
    let last_batch = pieces.iter().rposition(begins).unwrap_or(0);
    let unfinished = |piece: &Piece| piece.entry.as_ref().is_none_or(|entry| !entry.finished);
    let flaw = pieces[last_batch..].iter().position(unfinished)?;
    Some(last_batch + flaw)
}

/// Cuts a segment into entries and what is none.
fn pieces(bytes: &[u8]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if let Some(label) = Label::of_head(bytes, at)
            && let to = at + label.frame_len()
            && to <= bytes.len()
        {
            pieces.push(piece(bytes, at, to, label));
            at = to;
            continue;
        }
        let next = next_head(bytes, at + 1).unwrap_or(bytes.len());
        backwards(bytes, at, next, &mut pieces);
        at = next;
    }
    pieces
}

/// Cuts `from..to`, where no head can be read, by the tails of its entries.
fn backwards(bytes: &[u8], from: usize, to: usize, pieces: &mut Vec<Piece>) {
    let known = pieces.len();
    let mut end = to;
    while let Some(label) = Label::of_tail(bytes, end)
        && let Some(start) = end.checked_sub(label.frame_len())
        && start >= from
    {
        pieces.push(piece(bytes, start, end, label));
        end = start;
    }
    if end > from {
        pieces.push(Piece { from, to: end, entry: None });
    }
    pieces[known..].reverse();
}

fn piece(bytes: &[u8], from: usize, to: usize, label: Label) -> Piece {
    let finished = label.body(&bytes[from..to]).is_some()
        || Label::of_head(bytes, from).is_some()
            && Label::of_tail(bytes, to).is_some()
            && !lacks_a_sector(bytes, from, to);
    Piece { from, to, entry: Some(Entry { label, finished }) }
}
