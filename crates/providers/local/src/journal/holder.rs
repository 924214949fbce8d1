//! One process at a time: an operating system's lock, and a note who holds it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::{env, io, process};

use windlass_core::journal::JournalError;

use crate::clock;

const LOCK: &str = "lock";
const NOTE: &str = "holder";

/// The right to a folder. It ends when this is dropped or the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Held {
    note: PathBuf,
    lock: File,
}

impl Held {
    /// Takes the folder, or says who has it.
    pub(super) fn take(dir: &Path) -> Result<Held, JournalError> {
        let place = dir.display().to_string();
        let storage = |cause: io::Error| JournalError::Storage {
            place: place.clone(),
            reason: format!("it cannot be locked: {cause}"),
        };
        let mut options = OpenOptions::new();
        let lock = options.create(true).write(true).truncate(false).open(dir.join(LOCK));
        let lock = lock.map_err(storage)?;
        let note = dir.join(NOTE);
        match lock.try_lock() {
            Ok(()) => {
                // Renamed into place, so that nobody reads half a note.
                let draft = dir.join("holder.new");
                let noted =
                    fs::write(&draft, this_process()).and_then(|()| fs::rename(draft, &note));
                noted.map_err(storage)?;
                Ok(Held { note, lock })
            }
            Err(TryLockError::WouldBlock) => {
                let holder = fs::read_to_string(note)
                    .unwrap_or_else(|_| "a process that has not said its name yet".to_owned());
                Err(JournalError::Locked { place, holder })
            }
            Err(TryLockError::Error(cause)) => Err(storage(cause)),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // A note that stays is replaced by the next holder.
        let _stays = fs::remove_file(&self.note);
        // Closing is not enough: a process that is just being started may share the open file for
        // a moment. Where this fails, the end of that process is the end of the lock.
        let _later = self.lock.unlock();
    }
}

fn this_process() -> String {
    let program = env::current_exe().map_or_else(|_| "?".to_owned(), |p| p.display().to_string());
    let host = gethostname::gethostname();
    let host = host.to_string_lossy();
    format!("process {} on {host} since {} ({program})", process::id(), clock::wall())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_refused_with_the_name_of_the_first_until_that_one_goes() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let first = Held::take(dir.path()).expect("free");
        let Err(JournalError::Locked { place, holder }) = Held::take(dir.path()) else {
            panic!("taken twice");
        };
        assert_eq!(place, dir.path().display().to_string());
        assert!(holder.starts_with(&format!("process {} on ", process::id())), "{holder}");
        assert!(holder.contains(&env::current_exe().expect("known").display().to_string()));
        drop(first);
        Held::take(dir.path()).expect("free again");
    }

    #[test]
    fn a_note_that_a_crash_left_behind_holds_nobody_off() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        fs::write(dir.path().join(NOTE), "process 1 on elsewhere").expect("written");
        fs::write(dir.path().join(LOCK), "").expect("written");
        let _held = Held::take(dir.path()).expect("a file is no lock");
        let Err(JournalError::Locked { holder, .. }) = Held::take(dir.path()) else {
            panic!("taken twice");
        };
        assert!(!holder.contains("elsewhere"), "{holder}");
    }
}
