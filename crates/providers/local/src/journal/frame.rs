//! The form of one entry in a segment file.
//!
//! ```text
//! "wj1(" label crc name | body | name "wj1)" label crc
//! label = kind u8, flags u8, name length u16, body length u32, index u64, body crc u32
//! ```
//! Integers are little-endian, checksums are CRC32C. What names the entry is written on both
//! sides of the body, so that a flipped bit costs at most the body it hits, never the knowledge
//! whose body that was, nor the way to the entry behind it.

use windlass_core::id::RunId;

const HEAD: &[u8; 4] = b"wj1(";
const TAIL: &[u8; 4] = b"wj1)";
/// Magic, label and checksum of one side, without the name.
const SIDE: usize = 28;
/// Devices write sectors of at least this many bytes whole or not at all.
const SECTOR: usize = 512;

/// What an entry says of its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// The body is the record of this index.
    Record(u64),
    /// Every record of the run before this entry is void.
    Removal,
}

/// What one side of an entry holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) run: RunId,
    pub(super) what: What,
    /// True for the first entry of a batch: all before it had been acknowledged when it was
    /// written.
    pub(super) begins: bool,
    /// True for a copy of an older entry: it does not show that its run was at work just then.
    pub(super) copied: bool,
    pub(super) body_len: u32,
    pub(super) body_crc: u32,
}

impl Label {
    /// Describes `body`; none when the name or the body is too long for the format.
    pub(super) fn new(run: RunId, what: What, body: &[u8]) -> Option<Self> {
        u16::try_from(run.as_str().len()).ok()?;
        let body_len = u32::try_from(body.len()).ok()?;
        let body_crc = crc32c::crc32c(body);
        u32::try_from(2 * (SIDE + run.as_str().len()) + body.len()).ok()?;
        Some(Self { run, what, begins: false, copied: false, body_len, body_crc })
    }

    /// Length of the whole entry in bytes.
    pub(super) fn frame_len(&self) -> usize {
        2 * (SIDE + self.run.as_str().len()) + self.body_len as usize
    }

    /// Appends the entry to `out`.
    pub(super) fn write(&self, body: &[u8], out: &mut Vec<u8>) {
        let name = self.run.as_str().as_bytes();
        out.extend_from_slice(&self.side(HEAD));
        out.extend_from_slice(name);
        out.extend_from_slice(body);
        out.extend_from_slice(name);
        out.extend_from_slice(&self.side(TAIL));
    }

    fn side(&self, magic: &[u8; 4]) -> [u8; SIDE] {
        let (kind, index) = match self.what {
            What::Record(index) => (1, index),
            What::Removal => (2, 0),
        };
        let name = self.run.as_str().as_bytes();
        let mut side = [0; SIDE];
        side[..4].copy_from_slice(magic);
        side[4] = kind;
        side[5] = u8::from(self.begins) | u8::from(self.copied) << 1;
        // `new` has seen to it that the name's length fits.
        side[6..8].copy_from_slice(&(name.len() as u16).to_le_bytes());
        side[8..12].copy_from_slice(&self.body_len.to_le_bytes());
        side[12..20].copy_from_slice(&index.to_le_bytes());
        side[20..24].copy_from_slice(&self.body_crc.to_le_bytes());
        let crc = crc32c::crc32c_append(crc32c::crc32c(&side[..24]), name);
        side[24..].copy_from_slice(&crc.to_le_bytes());
        side
    }

    fn parse(side: &[u8], name: &[u8]) -> Option<Self> {
        let crc = crc32c::crc32c_append(crc32c::crc32c(&side[..24]), name);
        if crc != number(&side[24..]) as u32 {
            return None;
        }
        let what = match side[4] {
            1 => What::Record(number(&side[12..20])),
            2 => What::Removal,
            _ => return None,
        };
        Some(Self {
            run: RunId::new(std::str::from_utf8(name).ok()?),
            what,
            begins: side[5] & 1 == 1,
            copied: side[5] >> 1 & 1 == 1,
            body_len: number(&side[8..12]) as u32,
            body_crc: number(&side[20..24]) as u32,
        })
    }

    /// The label of the entry that starts at `at`, from its head.
    pub(super) fn of_head(bytes: &[u8], at: usize) -> Option<Self> {
        let side = bytes.get(at..at + SIDE).filter(|side| side.starts_with(HEAD))?;
        let name = at + SIDE;
        Self::parse(side, bytes.get(name..name + number(&side[6..8]) as usize)?)
    }

    /// The label of the entry that ends before `end`, from its tail.
    pub(super) fn of_tail(bytes: &[u8], end: usize) -> Option<Self> {
        let start = end.checked_sub(SIDE)?;
        let side = bytes.get(start..end).filter(|side| side.starts_with(TAIL))?;
        let name = start.checked_sub(number(&side[6..8]) as usize)?;
        Self::parse(side, &bytes[name..start])
    }

    /// The body of an entry whose bytes are `frame`.
    pub(super) fn body<'a>(&self, frame: &'a [u8]) -> Option<&'a [u8]> {
        let start = SIDE + self.run.as_str().len();
        let body = frame.get(start..start + self.body_len as usize)?;
        (frame.len() == self.frame_len() && crc32c::crc32c(body) == self.body_crc).then_some(body)
    }
}

/// Where the next head may start, at or after `from`.
pub(super) fn next_head(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let starts = rest.windows(HEAD.len()).enumerate().filter(|(_, window)| window == HEAD);
    starts.map(|(offset, _)| from + offset).find(|at| Label::of_head(bytes, *at).is_some())
}

/// True when a sector inside of `from..to` was never written: its file's start is a sector's start.
pub(super) fn lacks_a_sector(bytes: &[u8], from: usize, to: usize) -> bool {
    let sectors = from.div_ceil(SECTOR)..to / SECTOR;
    sectors.into_iter().any(|n| bytes[n * SECTOR..(n + 1) * SECTOR].iter().all(|byte| *byte == 0))
}

/// A little-endian number of up to eight bytes.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(body: &[u8]) -> (Label, Vec<u8>) {
        let label = Label::new(RunId::from("climb-7"), What::Record(3), body).expect("short");
        let mut bytes = Vec::new();
        label.write(body, &mut bytes);
        (label, bytes)
    }

    #[test]
    fn an_entry_reads_back_from_either_side() {
        let (label, bytes) = frame(b"body");
        assert_eq!(bytes.len(), label.frame_len());
        assert_eq!(Label::of_head(&bytes, 0).as_ref(), Some(&label));
        assert_eq!(Label::of_tail(&bytes, bytes.len()).as_ref(), Some(&label));
        assert_eq!(label.body(&bytes), Some(&b"body"[..]));
    }

    #[test]
    fn one_flipped_bit_spoils_one_side_or_the_body_and_nothing_else() {
        let (label, whole) = frame(b"body");
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let head = Label::of_head(&bytes, 0) == Some(label.clone());
            let tail = Label::of_tail(&bytes, bytes.len()) == Some(label.clone());
            let body = label.body(&bytes).is_some();
            assert_eq!([head, tail, body].iter().filter(|good| !**good).count(), 1, "bit {bit}");
        }
    }

    #[test]
    fn a_name_that_does_not_fit_is_refused() {
        let long = RunId::new("x".repeat(70_000));
        assert_eq!(Label::new(long, What::Removal, b""), None);
    }

    #[test]
    fn a_sector_of_zeros_counts_only_when_it_lies_inside() {
        let mut bytes = vec![1; 4 * SECTOR];
        bytes[SECTOR..2 * SECTOR].fill(0);
        assert!(lacks_a_sector(&bytes, 0, bytes.len()));
        assert!(lacks_a_sector(&bytes, SECTOR, 2 * SECTOR));
        assert!(!lacks_a_sector(&bytes, SECTOR + 1, bytes.len()));
        assert!(!lacks_a_sector(&bytes, 0, 2 * SECTOR - 1));
    }
}
