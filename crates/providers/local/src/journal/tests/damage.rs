//! What was acknowledged and then changed on disk is reported, with its run and index.

use super::*;

const BATCHES: &[&[(&str, u64)]] =
    &[&[("a", 0), ("b", 0)], &[("a", 1)], &[("b", 1), ("c", 0), ("a", 2)], &[("d", 0)]];

fn damaged_at(result: &Result<Vec<Vec<u8>>, JournalError>) -> Option<(&str, u64)> {
    match result {
        Err(JournalError::Damaged { run, index, .. }) => Some((run.as_str(), *index)),
        _ => None,
    }
}

#[test]
fn a_flipped_bit_anywhere_is_repaired_or_reported_with_its_run_and_index() {
    let dir = quick_dir();
    let all = write_batches(&dir, BATCHES, 8);
    let whole = std::fs::read(segment_path(&dir)).expect("read");
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        std::fs::write(segment_path(&dir), bytes).expect("written");
        let journal = open(&dir);
        let hit = all.iter().find(|entry| entry.from <= at && at < entry.to).expect("an entry");
        let body = hit.from + 28 + hit.name.len()..hit.to - 28 - hit.name.len();
        for name in ["a", "b", "c", "d"] {
            let records = read(&journal, name);
            if hit.name == name && body.contains(&at) {
                assert_eq!(damaged_at(&records), Some((name, hit.index)), "byte {at}");
                continue;
            }
            let written = all.iter().filter(|entry| entry.name == name);
            assert_eq!(records, Ok(written.map(|entry| entry.body.clone()).collect()), "byte {at}");
        }
    }
}

/// A journal in which one entry is destroyed from its first to its last byte.
fn destroy(dir: &TempDir, name: &str, index: u64) -> LocalJournal {
    let all = write_batches(dir, BATCHES, 8);
    let mut bytes = std::fs::read(segment_path(dir)).expect("read");
    let hit = all.iter().find(|e| e.name == name && e.index == index).expect("an entry");
    bytes[hit.from..hit.to].fill(0xa5);
    std::fs::write(segment_path(dir), bytes).expect("written");
    open(dir)
}

#[test]
fn an_entry_destroyed_in_the_middle_of_its_run_is_reported_and_the_ends_are_still_given() {
    let dir = quick_dir();
    let journal = destroy(&dir, "a", 1);
    assert_eq!(damaged_at(&read(&journal, "a")), Some(("a", 1)));
    let ends = block_on(journal.ends(&run("a"))).expect("both ends are whole");
    assert_eq!(ends.map(|(_, last, _)| last), Some(2));
    assert!(matches!(append(&journal, "a", 1, b"x"), Err(JournalError::Damaged { .. })));
    assert_eq!(read(&journal, "b").map(|records| records.len()), Ok(2));
}

#[test]
fn a_run_that_may_have_lost_its_last_record_is_not_taken_for_whole() {
    let dir = quick_dir();
    let journal = destroy(&dir, "b", 1);
    // b wrote last before the gap, a and later runs go on behind it.
    let reported = read(&journal, "b");
    assert_eq!(damaged_at(&reported), Some(("b", 1)));
    assert!(reported.expect_err("damaged").to_string().contains("bytes "), "the place is named");
    assert_eq!(
        append(&journal, "b", 1, b"x").map_err(|e| damaged_at(&Err(e)).is_some()),
        Err(true)
    );
    assert_eq!(read(&journal, "a").map(|records| records.len()), Ok(3));
    assert_eq!(read(&journal, "c").map(|records| records.len()), Ok(1));
}

#[test]
fn a_damaged_run_can_be_removed_and_begun_anew() {
    let dir = quick_dir();
    let journal = destroy(&dir, "b", 1);
    assert_eq!(block_on(journal.remove(&run("b"))), Ok(()));
    assert_eq!(append(&journal, "b", 0, b"anew"), Ok(()));
    drop(journal);
    assert_eq!(read(&open(&dir), "b"), Ok(vec![b"anew".to_vec()]));
}

#[test]
fn a_copy_made_by_tidying_does_not_vouch_for_what_its_run_wrote_before_a_gap() {
    let dir = quick_dir();
    let disk: Arc<dyn Disk> = Arc::new(Folder::new(dir.path()));
    let mut writer = Writer::open(disk, Default::default(), false, FULL).expect("a new journal");
    let mut write = |name: &str, copied| {
        let label = Label::new(run(name), What::Record(0), b"x").expect("short");
        let label = Label { copied, ..label };
        writer.commit(&mut [Write { label, body: b"x".to_vec() }]).expect("room")[0]
    };
    let lost = write("lost", false);
    write("moved", true);
    write("young", false);
    let mut bytes = std::fs::read(segment_path(&dir)).expect("read");
    bytes[..lost.len as usize].fill(0xa5);
    std::fs::write(segment_path(&dir), bytes).expect("written");
    let journal = open(&dir);
    assert_eq!(damaged_at(&read(&journal, "moved")), Some(("moved", 1)));
    assert_eq!(read(&journal, "young"), Ok(vec![b"x".to_vec()]));
}

#[test]
fn a_segment_that_vanishes_under_us_is_a_storage_error() {
    let dir = quick_dir();
    let journal = open(&dir);
    assert_eq!(append(&journal, "a", 0, b"1"), Ok(()));
    std::fs::remove_file(segment_path(&dir)).expect("removed");
    assert!(matches!(read(&journal, "a"), Err(JournalError::Storage { .. })));
}
