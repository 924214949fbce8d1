//! Disks that are full, that cannot sync, that are slow.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, PoisonError};

use futures_util::future::poll_immediate;

use super::super::disk::Tail;
use super::*;

/// A folder whose writes fail on demand.
#[derive(Debug)]
struct Moody {
    folder: Folder,
    mood: Arc<Mood>,
}

#[derive(Debug)]
struct Mood {
    /// Bytes that can still be written.
    room: AtomicUsize,
    sync_fails: AtomicBool,
    cut_fails: AtomicBool,
    syncs: AtomicUsize,
    /// When there is one, every sync waits for a word.
    words: Mutex<Option<Receiver<()>>>,
}

#[derive(Debug)]
struct MoodyTail {
    tail: Box<dyn Tail>,
    mood: Arc<Mood>,
}

impl Disk for Moody {
    fn segments(&self) -> io::Result<Vec<Segment>> {
        self.folder.segments()
    }
    fn tail(&self, segment: Segment) -> io::Result<Box<dyn Tail>> {
        let tail = self.folder.tail(segment)?;
        Ok(Box::new(MoodyTail { tail, mood: Arc::clone(&self.mood) }))
    }
    fn load(&self, segment: Segment, bytes: &mut Vec<u8>) -> io::Result<()> {
        self.folder.load(segment, bytes)
    }
    fn pick(&self, places: &[Place]) -> io::Result<Vec<Vec<u8>>> {
        self.folder.pick(places)
    }
    fn delete(&self, segment: Segment) -> io::Result<()> {
        self.folder.delete(segment)
    }
}

impl Tail for MoodyTail {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let fits = bytes.len().min(self.mood.room.load(SeqCst));
        self.tail.append(&bytes[..fits])?;
        self.mood.room.fetch_sub(fits, SeqCst);
        if fits == bytes.len() { Ok(()) } else { Err(io::ErrorKind::StorageFull.into()) }
    }
    fn sync(&mut self) -> io::Result<()> {
        self.mood.syncs.fetch_add(1, SeqCst);
        if let Some(words) = &*self.mood.words.lock().unwrap_or_else(PoisonError::into_inner) {
            words.recv().expect("the test speaks");
        }
        if self.mood.sync_fails.load(SeqCst) {
            return Err(io::Error::other("the device is gone"));
        }
        self.tail.sync()
    }
    fn cut(&mut self, len: u64) -> io::Result<()> {
        if self.mood.cut_fails.load(SeqCst) {
            return Err(io::Error::other("the device is gone"));
        }
        self.tail.cut(len)
    }
}

fn moody(dir: &TempDir) -> (LocalJournal, Arc<Mood>) {
    let mood = Arc::new(Mood {
        room: AtomicUsize::new(usize::MAX),
        sync_fails: AtomicBool::new(false),
        cut_fails: AtomicBool::new(false),
        syncs: AtomicUsize::new(0),
        words: Mutex::new(None),
    });
    let disk = Moody { folder: Folder::new(dir.path()), mood: Arc::clone(&mood) };
    let journal = LocalJournal::open_on(dir.path(), Arc::new(disk), FULL).expect("it opens");
    (journal, mood)
}

fn storage_reason(result: Result<(), JournalError>, dir: &TempDir) -> String {
    match result {
        Err(JournalError::Storage { place, reason }) => {
            assert_eq!(place, dir.path().display().to_string());
            reason
        }
        other => panic!("not a storage error: {other:?}"),
    }
}

#[test]
fn a_disk_that_is_full_at_any_byte_loses_nothing_and_works_again_when_there_is_room() {
    for room in 0..60 {
        let dir = quick_dir();
        let (journal, mood) = moody(&dir);
        assert_eq!(append(&journal, "a", 0, b"first"), Ok(()));
        mood.room.store(room, SeqCst);
        let reason = storage_reason(append(&journal, "a", 1, b"refused"), &dir);
        assert!(reason.contains("00000001.wj1") && reason.contains("make room"), "{reason}");
        assert_eq!(read(&journal, "a"), Ok(vec![b"first".to_vec()]));
        let still = storage_reason(append(&journal, "b", 0, b"refused"), &dir);
        assert!(still.contains("make room"), "{still}");
        assert_eq!(block_on(journal.runs()), Ok(vec![run("a")]));
        mood.room.store(usize::MAX, SeqCst);
        assert_eq!(append(&journal, "a", 1, b"second"), Ok(()));
        drop(journal);
        let both = vec![b"first".to_vec(), b"second".to_vec()];
        assert_eq!(read(&open(&dir), "a"), Ok(both), "room {room}");
    }
}

#[test]
fn a_batch_whose_sync_failed_is_not_found_later() {
    let dir = quick_dir();
    let (journal, mood) = moody(&dir);
    assert_eq!(append(&journal, "a", 0, b"first"), Ok(()));
    mood.sync_fails.store(true, SeqCst);
    let reason = storage_reason(append(&journal, "a", 1, b"refused"), &dir);
    assert!(reason.contains("the device is gone"), "{reason}");
    storage_reason(block_on(journal.remove(&run("a"))), &dir);
    mood.sync_fails.store(false, SeqCst);
    assert_eq!(append(&journal, "b", 0, b"other"), Ok(()));
    drop(journal);
    let again = open(&dir);
    assert_eq!(read(&again, "a"), Ok(vec![b"first".to_vec()]));
    assert_eq!(read(&again, "b"), Ok(vec![b"other".to_vec()]));
}

#[test]
fn nothing_is_written_behind_a_failed_batch_that_cannot_be_cut_off() {
    let dir = quick_dir();
    let (journal, mood) = moody(&dir);
    assert_eq!(append(&journal, "a", 0, b"first"), Ok(()));
    mood.cut_fails.store(true, SeqCst);
    mood.room.store(10, SeqCst);
    storage_reason(append(&journal, "a", 1, b"refused"), &dir);
    mood.room.store(usize::MAX, SeqCst);
    let len = std::fs::metadata(segment_path(&dir)).expect("there").len();
    storage_reason(append(&journal, "a", 1, b"refused"), &dir);
    assert_eq!(std::fs::metadata(segment_path(&dir)).expect("there").len(), len);
    mood.cut_fails.store(false, SeqCst);
    assert_eq!(append(&journal, "a", 1, b"second"), Ok(()));
    drop(journal);
    assert_eq!(read(&open(&dir), "a"), Ok(vec![b"first".to_vec(), b"second".to_vec()]));
}

#[test]
fn what_gathers_during_a_sync_shares_the_next_one() {
    let dir = quick_dir();
    let (journal, mood) = moody(&dir);
    let (speak, words) = mpsc::channel();
    *mood.words.lock().expect("whole") = Some(words);
    let names: Vec<_> = (0..100).map(|n| run(&format!("run-{n}"))).collect();
    block_on(async {
        let mut first = journal.append(&names[0], 0, b"alone".to_vec());
        assert!(poll_immediate(&mut first).await.is_none());
        while mood.syncs.load(SeqCst) == 0 {
            std::thread::yield_now();
        }
        let mut rest = join_all(names[1..].iter().map(|n| journal.append(n, 0, b"x".to_vec())));
        assert!(poll_immediate(&mut rest).await.is_none());
        for _ in 0..2 {
            speak.send(()).expect("somebody listens");
        }
        assert_eq!(first.await, Ok(()));
        assert!(rest.await.iter().all(Result::is_ok));
    });
    assert_eq!(mood.syncs.load(SeqCst), 2);
}

#[test]
fn what_was_queued_behind_a_failed_batch_fails_with_it() {
    let dir = quick_dir();
    let (journal, mood) = moody(&dir);
    let (speak, words) = mpsc::channel();
    *mood.words.lock().expect("whole") = Some(words);
    let (a, b) = (run("a"), run("b"));
    block_on(async {
        let mut first = journal.append(&a, 0, b"1".to_vec());
        assert!(poll_immediate(&mut first).await.is_none());
        while mood.syncs.load(SeqCst) == 0 {
            std::thread::yield_now();
        }
        let next = [journal.append(&a, 1, b"2".to_vec()), journal.append(&b, 0, b"1".to_vec())];
        let mut next = join_all(next);
        assert!(poll_immediate(&mut next).await.is_none());
        mood.sync_fails.store(true, SeqCst);
        speak.send(()).expect("somebody listens");
        assert!(first.await.is_err());
        assert!(next.await.iter().all(Result::is_err));
    });
    mood.sync_fails.store(false, SeqCst);
    *mood.words.lock().expect("whole") = None;
    assert_eq!(append(&journal, "a", 0, b"1"), Ok(()));
    assert_eq!(block_on(journal.runs()), Ok(vec![run("a")]));
}
