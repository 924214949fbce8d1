//! What a crash in the middle of a batch leaves is cut off, and nothing else.

use super::*;

const BATCHES: &[&[(&str, u64)]] =
    &[&[("a", 0), ("b", 0)], &[("a", 1)], &[("b", 1), ("c", 0), ("a", 2), ("d", 0)]];
/// How many entries stand before the last batch.
const SURE: usize = 3;

/// Opens the journal with these bytes in its only segment. Everything before the last batch must
/// be there, and of the last batch `min` entries at least, in order. Then goes on appending.
fn check(dir: &TempDir, bytes: &[u8], all: &[Written], min: usize, what: &str) {
    std::fs::write(segment_path(dir), bytes).expect("written");
    let journal = open(dir);
    let mut survived = all.len();
    for (n, entry) in all.iter().enumerate() {
        let records = read(&journal, entry.name).unwrap_or_else(|e| panic!("{what}: {e}"));
        let there = records.get(entry.index as usize);
        assert!(there.is_none_or(|record| *record == entry.body), "{what}: entry {n} differs");
        match there {
            Some(_) => assert!(n < survived, "{what}: entry {n} outlived one before it"),
            None => survived = survived.min(n),
        }
    }
    assert!(survived >= SURE + min, "{what}: {survived} entries are left");
    for name in ["a", "b", "c", "d"] {
        let mut records = read(&journal, name).expect("readable");
        assert_eq!(append(&journal, name, records.len() as u64, b"after"), Ok(()), "{what}");
        records.push(b"after".to_vec());
        assert_eq!(read(&journal, name), Ok(records), "{what}");
    }
    drop(journal);
    let again = open(dir);
    for name in ["a", "b", "c", "d"] {
        let records = read(&again, name).unwrap_or_else(|e| panic!("{what}, again: {e}"));
        assert_eq!(records.last().map(Vec::as_slice), Some(&b"after"[..]), "{what}");
    }
}

#[test]
fn a_file_that_ends_at_any_byte_of_the_last_batch_keeps_what_is_whole() {
    let dir = quick_dir();
    let all = write_batches(&dir, BATCHES, 20);
    let whole = std::fs::read(segment_path(&dir)).expect("read");
    for cut in all[SURE].from..=whole.len() {
        let min = all[SURE..].iter().filter(|entry| entry.to <= cut).count();
        check(&dir, &whole[..cut], &all, min, &format!("cut at {cut}"));
    }
}

#[test]
fn a_file_that_ends_in_zeros_from_any_byte_of_the_last_batch_keeps_what_is_whole() {
    let dir = quick_dir();
    let all = write_batches(&dir, BATCHES, 20);
    let whole = std::fs::read(segment_path(&dir)).expect("read");
    for cut in all[SURE].from..=whole.len() {
        let mut bytes = whole.clone();
        bytes[cut..].fill(0);
        let min = all[SURE..].iter().filter(|entry| entry.to <= cut).count();
        check(&dir, &bytes, &all, min, &format!("zeros from {cut}"));
    }
}

#[test]
fn sectors_of_the_last_batch_that_were_never_written_are_no_damage() {
    let dir = quick_dir();
    let all = write_batches(&dir, BATCHES, 700);
    let whole = std::fs::read(segment_path(&dir)).expect("read");
    let start = all[SURE].from;
    let sectors: Vec<_> = (start / 512..whole.len().div_ceil(512)).collect();
    for unwritten in 0..1u32 << sectors.len() {
        let mut bytes = whole.clone();
        for (bit, sector) in sectors.iter().enumerate() {
            if unwritten >> bit & 1 == 1 {
                bytes[(sector * 512).max(start)..((sector + 1) * 512).min(whole.len())].fill(0);
            }
        }
        check(&dir, &bytes, &all, 0, &format!("sectors {unwritten:b} unwritten"));
    }
}

#[test]
fn garbage_behind_the_last_batch_is_cut_off() {
    let dir = quick_dir();
    let all = write_batches(&dir, BATCHES, 20);
    let mut bytes = std::fs::read(segment_path(&dir)).expect("read");
    let head = bytes[all[0].from..all[0].from + 40].to_vec();
    bytes.extend_from_slice(&head);
    bytes.extend(1..200);
    check(&dir, &bytes, &all, all.len() - SURE, "garbage");
}
