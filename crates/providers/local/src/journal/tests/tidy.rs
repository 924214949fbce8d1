//! Segments go when what they hold is void, and take nothing else with them.

use proptest::prelude::*;
use windlass_core::journal::MemoryJournal;

use super::*;

/// Segments are full after this many bytes: a handful of records.
const SMALL: u64 = 400;

fn open_small(dir: &TempDir) -> LocalJournal {
    let disk = Arc::new(Folder::new(dir.path()));
    LocalJournal::open_on(dir.path(), disk, SMALL).expect("the journal opens")
}

fn bytes_on_disk(dir: &TempDir) -> u64 {
    let segments = Folder::new(dir.path()).segments().expect("listed");
    let len = |segment: &Segment| std::fs::metadata(dir.path().join(segment.to_string()));
    segments.iter().map(|segment| len(segment).expect("there").len()).sum()
}

#[test]
fn the_space_of_removed_runs_comes_back_and_long_runs_stay_whole() {
    let dir = quick_dir();
    let journal = open_small(&dir);
    let mut long = Vec::new();
    for round in 0..200u64 {
        if round % 10 == 0 {
            let body = format!("kept {round}").into_bytes();
            assert_eq!(append(&journal, "long", long.len() as u64, &body), Ok(()));
            long.push(body);
        }
        let name = format!("short-{round}");
        for index in 0..3 {
            assert_eq!(append(&journal, &name, index, &[b'x'; 50]), Ok(()));
        }
        assert_eq!(block_on(journal.remove(&run(&name))), Ok(()));
    }
    assert_eq!(read(&journal, "long"), Ok(long.clone()));
    let live = long.len() as u64 * 100;
    drop(journal);
    assert!(bytes_on_disk(&dir) < 2 * live + 4 * SMALL, "{} bytes", bytes_on_disk(&dir));
    let again = open_small(&dir);
    assert_eq!(block_on(again.runs()), Ok(vec![run("long")]));
    assert_eq!(read(&again, "long"), Ok(long));
}

#[test]
fn a_damaged_record_is_not_tidied_away() {
    let dir = quick_dir();
    let journal = open_small(&dir);
    assert_eq!(append(&journal, "hurt", 0, b"precious"), Ok(()));
    let mut bytes = std::fs::read(segment_path(&dir)).expect("read");
    bytes[28 + 4] ^= 1;
    std::fs::write(segment_path(&dir), bytes).expect("written");
    for round in 0..50 {
        let name = format!("short-{round}");
        assert_eq!(append(&journal, &name, 0, &[b'x'; 100]), Ok(()));
        assert_eq!(block_on(journal.remove(&run(&name))), Ok(()));
    }
    drop(journal);
    let again = open_small(&dir);
    assert!(matches!(read(&again, "hurt"), Err(JournalError::Damaged { index: 0, .. })));
    assert_eq!(block_on(again.remove(&run("hurt"))), Ok(()));
    for round in 0..50 {
        assert_eq!(append(&again, "free", round, b"x"), Ok(()));
    }
    assert!(!segment_path(&dir).exists(), "the first segment is free to go");
}

#[derive(Clone, Debug)]
enum Step {
    Append(usize, u64),
    Remove(usize),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..4usize, 0..3u64).prop_map(|(run, off)| Step::Append(run, off)),
        2 => (0..4usize).prop_map(Step::Remove),
        1 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_sequence_of_calls_leaves_what_a_journal_in_memory_holds(
        steps in proptest::collection::vec(step(), 1..120)
    ) {
        let dir = quick_dir();
        let mut journal = open_small(&dir);
        let model = MemoryJournal::default();
        let names = ["a", "b", "c", "d"].map(RunId::from);
        for (n, step) in steps.iter().enumerate() {
            match step {
                Step::Append(at, off) => {
                    let next = block_on(model.read(&names[*at])).expect("memory").len() as u64;
                    // The next index mostly; else one that is taken or too far.
                    let index = match off { 0 | 1 => next, _ => next ^ 1 };
                    let body = format!("{n} {}", "y".repeat(n % 90)).into_bytes();
                    let expected = block_on(model.append(&names[*at], index, body.clone()));
                    prop_assert_eq!(block_on(journal.append(&names[*at], index, body)), expected);
                }
                Step::Remove(at) => {
                    prop_assert_eq!(block_on(journal.remove(&names[*at])), Ok(()));
                    block_on(model.remove(&names[*at])).expect("memory");
                }
                Step::Reopen => {
                    drop(journal);
                    journal = open_small(&dir);
                }
            }
            for name in &names {
                prop_assert_eq!(block_on(journal.read(name)), block_on(model.read(name)));
                prop_assert_eq!(block_on(journal.ends(name)), block_on(model.ends(name)));
            }
            prop_assert_eq!(block_on(journal.runs()), block_on(model.runs()));
        }
    }
}
