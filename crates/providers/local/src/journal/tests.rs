mod damage;
mod failing;
mod kill;
mod tidy;
mod torn;

use std::path::Path;

use futures_executor::block_on;
use futures_util::future::{join_all, poll_immediate};
use tempfile::TempDir;
use windlass_core::journal::conformance;

use super::disk::Segment;
use super::frame::{Label, What};
use super::queue::Write;
use super::*;

/// A folder for tests that sync thousands of times: in memory where the machine has such a place.
fn quick_dir() -> TempDir {
    let shm = Path::new("/dev/shm");
    let dir = if shm.is_dir() { tempfile::tempdir_in(shm) } else { tempfile::tempdir() };
    dir.expect("a temporary folder")
}

fn open(dir: &TempDir) -> LocalJournal {
    LocalJournal::open(dir.path()).expect("the journal opens")
}

fn run(name: &str) -> RunId {
    RunId::from(name)
}

fn append(journal: &LocalJournal, name: &str, index: u64, body: &[u8]) -> Result<(), JournalError> {
    block_on(journal.append(&run(name), index, body.to_vec()))
}

fn read(journal: &LocalJournal, name: &str) -> Result<Vec<Vec<u8>>, JournalError> {
    block_on(journal.read(&run(name)))
}

fn segment_path(dir: &TempDir) -> std::path::PathBuf {
    dir.path().join(Segment::FIRST.to_string())
}

/// An entry and where it ends in the only segment.
struct Written {
    name: &'static str,
    index: u64,
    body: Vec<u8>,
    from: usize,
    to: usize,
}

/// Writes these batches to a new journal, and says where each entry is.
fn write_batches(dir: &TempDir, batches: &[&[(&'static str, u64)]], pad: usize) -> Vec<Written> {
    let disk: Arc<dyn Disk> = Arc::new(Folder::new(dir.path()));
    let mut writer = Writer::open(disk, Default::default(), false, FULL).expect("a new journal");
    let mut all = Vec::new();
    for batch in batches {
        let mut writes: Vec<_> = batch
            .iter()
            .map(|(name, index)| {
                let body = format!("{name}-{index}{}", ".".repeat(pad)).into_bytes();
                let label = Label::new(run(name), What::Record(*index), &body).expect("short");
                Write { label, body }
            })
            .collect();
        let places = writer.commit(&mut writes).expect("there is room");
        for ((place, write), (name, index)) in places.iter().zip(writes).zip(*batch) {
            let from = place.at as usize;
            let to = from + place.len as usize;
            all.push(Written { name, index: *index, body: write.body, from, to });
        }
    }
    all
}

#[test]
fn the_local_journal_keeps_the_contract() {
    let dirs = std::cell::RefCell::new(Vec::new());
    let fresh = || {
        let dir = quick_dir();
        let journal = open(&dir);
        dirs.borrow_mut().push(dir);
        journal
    };
    assert_eq!(block_on(conformance::keeps_the_contract(fresh)), Ok(()));
}

#[test]
fn the_local_journal_outlives_its_process() {
    let dir = quick_dir();
    assert_eq!(block_on(conformance::outlives_its_process(|| open(&dir))), Ok(()));
}

#[test]
fn a_journal_of_another_format_is_refused() {
    let dir = quick_dir();
    std::fs::write(dir.path().join("00000001.wj2"), "whatever").expect("written");
    let refused = LocalJournal::open(dir.path()).expect_err("not ours").to_string();
    assert!(refused.contains("00000001.wj2 is of a format"), "{refused}");
}

#[test]
fn a_missing_segment_is_named() {
    let dir = quick_dir();
    for name in ["00000002.wj1", "00000004.wj1"] {
        std::fs::write(dir.path().join(name), "").expect("written");
    }
    let refused = LocalJournal::open(dir.path()).expect_err("a gap").to_string();
    assert!(refused.contains("00000003.wj1 is missing"), "{refused}");
}

#[test]
fn a_name_that_does_not_fit_is_refused_and_the_next_append_works() {
    let dir = quick_dir();
    let journal = open(&dir);
    let long = "x".repeat(70_000);
    assert!(matches!(append(&journal, &long, 0, b"1"), Err(JournalError::Storage { .. })));
    assert_eq!(block_on(journal.remove(&run(&long))), Ok(()));
    assert_eq!(append(&journal, "a", 0, b"1"), Ok(()));
}

#[test]
fn an_append_that_nobody_waits_for_leaves_the_run_usable() {
    let dir = quick_dir();
    let journal = open(&dir);
    block_on(async {
        let a = run("a");
        let abandoned = journal.append(&a, 0, b"1".to_vec());
        drop(poll_immediate(abandoned).await);
        let next = [journal.append(&a, 0, b"1".to_vec()), journal.append(&a, 1, b"2".to_vec())];
        assert_eq!(join_all(next).await, [Ok(()), Ok(())]);
    });
    assert_eq!(read(&journal, "a"), Ok(vec![b"1".to_vec(), b"2".to_vec()]));
}
