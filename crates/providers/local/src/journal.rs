//! A durable journal in a folder of this machine.
//!
//! Records of all runs are appended to one log, cut into segments of some megabytes. What gathers
//! while one batch is being synced is the next batch, so a thousand runs cost a thousandth of a
//! sync each. The index of the log is kept in memory, 16 bytes per record; records stay on disk.
//!
//! The files: `00000001.wj1` and on (see `frame` for their form and `scan` for what is recovered
//! from them), `lock`, and `holder`, which says who holds the lock.

mod disk;
mod frame;
mod holder;
mod index;
mod queue;
mod scan;
mod writer;

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use async_trait::async_trait;
use windlass_core::id::RunId;
use windlass_core::journal::{Journal, JournalError};

use disk::{Disk, Folder, Place};
use holder::Held;
use queue::{Admission, Landing, Shared};
use writer::{Writer, record};

/// Length in bytes from which on a segment is full. Small enough to be copied in a moment when it
/// is freed, large enough that files stay few.
const FULL: u64 = 8 << 20;

const STOPPED: &str = "its writer has stopped: open it again";

/// A journal in a folder.
///
/// Several runs of one process share it; a second process is refused. Appends wait for the disk
/// without blocking their thread, whatever executor polls them. One in virtual time has nothing to
/// wait for and has to block instead. Reads are short and happen on the caller's thread.
///
/// ```
/// use futures_executor::block_on;
/// use windlass_core::id::RunId;
/// use windlass_core::journal::Journal;
/// use windlass_local::LocalJournal;
///
/// let folder = tempfile::tempdir()?;
/// let run = RunId::from("web-1.1.0-1");
/// let journal = LocalJournal::open(folder.path())?;
/// block_on(journal.append(&run, 0, b"{}".to_vec()))?;
/// drop(journal); // the process ends, or dies
///
/// let journal = LocalJournal::open(folder.path())?;
/// assert_eq!(block_on(journal.read(&run))?, [b"{}"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// After a crash an unfinished last batch is cut off. A record that was damaged later is reported
/// as [`JournalError::Damaged`]; the other runs stay readable.
pub struct LocalJournal {
    place: String,
    disk: Arc<dyn Disk>,
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
    _held: Held,
}

impl LocalJournal {
    /// Opens the journal in the folder `dir`, which is made when it is not there.
    ///
    /// # Errors
    /// [`JournalError::Locked`] when another process (or another journal of this one) has it open;
    /// [`JournalError::Storage`] when it cannot be read or written, or was written by another
    /// version of windlass.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self, JournalError> {
        let dir = dir.as_ref();
        fs::create_dir_all(dir).map_err(|cause| cannot_open(dir, &cause))?;
        Self::open_on(dir, Arc::new(Folder::new(dir)), FULL)
    }

    fn open_on(dir: &Path, disk: Arc<dyn Disk>, full: u64) -> Result<Self, JournalError> {
        let held = Held::take(dir)?;
        let (shared, writer) =
            Self::start(&disk, full).map_err(|cause| cannot_open(dir, &cause))?;
        Ok(Self {
            place: dir.display().to_string(),
            disk,
            shared,
            writer: Some(writer),
            _held: held,
        })
    }

    fn start(disk: &Arc<dyn Disk>, full: u64) -> io::Result<(Arc<Shared>, JoinHandle<()>)> {
        let found = scan::scan(&**disk)?;
        let mut writer = Writer::open(Arc::clone(disk), found.lens, found.torn, full)?;
        if found.gaps {
            writer.never_tidy();
        }
        let shared = Arc::new(Shared::new(found.index));
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new().name("windlass-journal".to_owned());
        Ok((shared, thread.spawn(move || writer.run(&theirs))?))
    }

    fn storage(&self, reason: impl Into<String>) -> JournalError {
        JournalError::Storage { place: self.place.clone(), reason: reason.into() }
    }

    fn damaged(&self, run: &RunId, index: u64, reason: impl fmt::Display) -> JournalError {
        let reason = format!("{reason} (in {}): restore it from a copy or remove it", self.place);
        JournalError::Damaged { run: run.clone(), index, reason }
    }

    fn lost(&self, run: &RunId, index: u64) -> JournalError {
        self.damaged(run, index, "its entry is not there")
    }

    fn doubtful(&self, run: &RunId, index: u64, gap: Place) -> JournalError {
        self.damaged(run, index, format!("it may have been in {gap}, which cannot be read"))
    }

    async fn land(&self, landing: Landing) -> Result<(), JournalError> {
        match landing.await {
            Ok(outcome) => outcome.map_err(|failure| self.storage(failure.to_string())),
            Err(_) => Err(self.storage(STOPPED)),
        }
    }

    /// The records of a run that `choose` names by index, given how many there are.
    fn pick(
        &self,
        run: &RunId,
        choose: impl Fn(u64) -> Vec<u64>,
    ) -> Result<Vec<(u64, Vec<u8>)>, JournalError> {
        loop {
            let known = self.shared.run(run);
            if let Some(gap) = known.doubt {
                return Err(self.doubtful(run, known.records.len() as u64, gap));
            }
            let indices = choose(known.records.len() as u64);
            let mut places = Vec::with_capacity(indices.len());
            for index in &indices {
                let place = known.records.get(*index as usize).copied().flatten();
                places.push(place.ok_or_else(|| self.lost(run, *index))?);
            }
            let frames = match self.disk.pick(&places) {
                Ok(frames) => frames,
                // The writer may have moved them and taken the segment away in between.
                Err(_) if self.shared.run(run).records != known.records => continue,
                Err(cause) => return Err(self.storage(format!("run {run}: {cause}"))),
            };
            let each = indices.into_iter().zip(places).zip(frames);
            return each
                .map(|((index, place), bytes)| match record(&bytes, run, index) {
                    Ok(body) => Ok((index, body)),
                    Err(flaw) => Err(self.damaged(run, index, format!("{flaw}, {place}"))),
                })
                .collect();
        }
    }
}

#[async_trait]
impl Journal for LocalJournal {
    async fn append(
        &self,
        run: &RunId,
        index: u64,
        mut record: Vec<u8>,
    ) -> Result<(), JournalError> {
        let conflict = JournalError::Conflict { run: run.clone(), index };
        loop {
            match self.shared.append(run, index, &mut record) {
                Admission::Queued(landing) => return self.land(landing).await,
                // That other entry failed or not, the next answer says what stands there.
                Admission::AskAgain(landing) => drop(landing.await),
                Admission::Taken(None) => return Err(self.lost(run, index)),
                Admission::Taken(Some(_)) => {
                    let there = self.pick(run, |len| (index..len).take(1).collect())?;
                    match there.first() {
                        Some((_, same)) if *same == record => return Ok(()),
                        Some(_) => return Err(conflict),
                        // The run was removed in between.
                        None => {}
                    }
                }
                Admission::TooFar => return Err(conflict),
                Admission::Doubtful { index, gap } => return Err(self.doubtful(run, index, gap)),
                Admission::TooLong => {
                    return Err(self.storage("a record may have 4 GiB, the name of a run 64 KiB"));
                }
                Admission::Closed => return Err(self.storage(STOPPED)),
            }
        }
    }

    async fn read(&self, run: &RunId) -> Result<Vec<Vec<u8>>, JournalError> {
        let all = self.pick(run, |len| (0..len).collect())?;
        Ok(all.into_iter().map(|(_, record)| record).collect())
    }

    async fn ends(&self, run: &RunId) -> Result<Option<(Vec<u8>, u64, Vec<u8>)>, JournalError> {
        let ends = |len: u64| (0..len).take(1).chain((1..len).last()).collect();
        let mut ends = self.pick(run, ends)?.into_iter();
        Ok(ends.next().map(|(index, first)| {
            let (index, last) = ends.next().unwrap_or_else(|| (index, first.clone()));
            (first, index, last)
        }))
    }

    async fn runs(&self) -> Result<Vec<RunId>, JournalError> {
        Ok(self.shared.look(|index| {
            let durable = index.runs.iter().filter(|(_, known)| !known.records.is_empty());
            durable.map(|(run, _)| run.clone()).collect()
        }))
    }

    async fn remove(&self, run: &RunId) -> Result<(), JournalError> {
        let landing = self.shared.remove(run).ok_or_else(|| self.storage(STOPPED))?;
        self.land(landing).await
    }
}

impl Drop for LocalJournal {
    fn drop(&mut self) {
        self.shared.close();
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has told everybody who waited.
            let _panicked = writer.join();
        }
    }
}

impl fmt::Debug for LocalJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalJournal").field("place", &self.place).finish_non_exhaustive()
    }
}

fn cannot_open(dir: &Path, cause: &io::Error) -> JournalError {
    let place = dir.display().to_string();
    JournalError::Storage { place, reason: format!("it cannot be opened: {cause}") }
}

#[cfg(test)]
mod tests;
