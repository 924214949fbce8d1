//! The clusters of this user: what each says of itself in its folder, which of them live, and how one is ended.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use crate::error::ClusterError;
use crate::folders::Folders;
use crate::patience::until;
use crate::ports::Ports;

const NOTE: &str = "cluster.json";

/// What kind of cluster it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Processes on this machine, with nodes and pods that run nothing.
    ControlPlane,
}

/// What a cluster says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// What it is made of.
    pub kind: Kind,
    /// The process that keeps the others; SIGTERM to it ends the cluster.
    pub supervisor: u32,
    /// The process that started it.
    pub owner: u32,
    /// The programs by name, with their pids; none while it comes up.
    pub programs: BTreeMap<String, u32>,
    /// Where they listen, on 127.0.0.1.
    pub ports: Ports,
    /// The admin's.
    pub kubeconfig: PathBuf,
}

impl Running {
    /// Writes it so that nobody reads half of it.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), ClusterError> {
        let note = folder.join(NOTE);
        let draft = folder.join("cluster.json.new");
        let text = serde_json::to_vec_pretty(self).map_err(io::Error::from);
        let written = text.and_then(|text| fs::write(&draft, text));
        written.and_then(|()| fs::rename(&draft, &note)).map_err(ClusterError::file(note))
    }

    fn read(folder: &Path) -> Result<Self, ClusterError> {
        let path = folder.join(NOTE);
        let text = fs::read(&path).map_err(ClusterError::file(&path))?;
        serde_json::from_slice(&text)
            .map_err(|cause| ClusterError::Content { path, reason: cause.to_string() })
    }
}

/// A cluster's folder, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The cluster's name.
    pub name: String,
    /// Where its files and logs are.
    pub folder: PathBuf,
    /// Does its supervisor live? If not, only the folder is left.
    pub alive: bool,
    /// What it says of itself, where it got so far.
    pub running: Option<Running>,
}

/// All clusters of the user by name, those of tests and the dead ones too.
///
/// # Errors
/// [`ClusterError::File`] where the folder of the clusters cannot be read.
pub fn list(folders: &Folders) -> Result<Vec<Listed>, ClusterError> {
    let _lock = folders.lock_clusters()?;
    list_locked(folders)
}

fn list_locked(folders: &Folders) -> Result<Vec<Listed>, ClusterError> {
    let clusters = folders.clusters();
    let mut listed = Vec::new();
    for entry in fs::read_dir(&clusters).map_err(ClusterError::file(&clusters))? {
        let entry = entry.map_err(ClusterError::file(&clusters))?;
        let (name, folder) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        let alive = is_alive(&folder)?;
        // A note that is missing or of another version is no reason not to list, or end, a cluster.
        let running = Running::read(&folder).ok();
        listed.push(Listed { name, folder, alive, running });
    }
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(listed)
}

/// Ends a cluster, or removes what a dead one left. Its programs and its folder are gone when this returns.
///
/// # Errors
/// [`ClusterError::Unknown`] where there is none, [`ClusterError::Late`] where it will not end.
pub fn end(folders: &Folders, name: &str) -> Result<(), ClusterError> {
    let known = list(folders)?.into_iter().find(|it| it.name == name);
    let Some(listed) = known else { return Err(ClusterError::Unknown(name.to_owned())) };
    if listed.alive {
        ask_to_end(&listed, Signal::TERM)?;
        if !is_gone_within(&listed.folder, 10)? {
            // Killed, it cannot tidy up; the kernel ends its programs all the same.
            ask_to_end(&listed, Signal::KILL)?;
            if !is_dead_within(&listed.folder, 10)? {
                return Err(ClusterError::Supervisor(format!("of `{name}` does not end")));
            }
        }
    }
    let _lock = folders.lock_clusters()?;
    remove(&listed.folder)
}

/// Removes the folders of dead clusters. The caller holds the lock of all clusters.
pub(crate) fn sweep(folders: &Folders) -> Result<(), ClusterError> {
    let dead = list_locked(folders)?.into_iter().filter(|it| !it.alive);
    dead.into_iter().try_for_each(|it| remove(&it.folder))
}

/// Only its supervisor holds the lock of a cluster's folder.
fn is_alive(folder: &Path) -> Result<bool, ClusterError> {
    let path = folder.join("lock");
    let lock = match File::open(&path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(false),
        known => known.map_err(ClusterError::file(&path))?,
    };
    match lock.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(cause)) => Err(ClusterError::File { path, cause }),
    }
}

/// Signals the supervisor. While it holds its lock its pid is its own, and nobody else's.
fn ask_to_end(listed: &Listed, signal: Signal) -> Result<(), ClusterError> {
    let pid = listed.running.as_ref().map_or(0, |it| it.supervisor);
    let pid =
        i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or_else(|| ClusterError::Content {
            path: listed.folder.join(NOTE),
            reason: "it does not name the supervisor's pid".to_owned(),
        })?;
    match kill_process(pid, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(cause) => Err(ClusterError::Supervisor(format!("pid {pid:?}: {cause}"))),
    }
}

fn is_gone_within(folder: &Path, seconds: u64) -> Result<bool, ClusterError> {
    within(seconds, || Ok((!folder.exists()).then_some(())))
}

fn is_dead_within(folder: &Path, seconds: u64) -> Result<bool, ClusterError> {
    within(seconds, || Ok((!is_alive(folder)?).then_some(())))
}

fn within(
    seconds: u64,
    ask: impl FnMut() -> Result<Option<()>, ClusterError>,
) -> Result<bool, ClusterError> {
    let pause = Duration::from_millis(20);
    Ok(until(Duration::from_secs(seconds), pause, ask)?.is_some())
}

fn remove(folder: &Path) -> Result<(), ClusterError> {
    match fs::remove_dir_all(folder) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
            Err(ClusterError::File { path: folder.to_owned(), cause })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running() -> Running {
        Running {
            kind: Kind::ControlPlane,
            supervisor: 7,
            owner: 6,
            programs: [("etcd".to_owned(), 8)].into(),
            ports: Ports { api: 1, etcd: 2, peer: 3 },
            kubeconfig: "/r/lab/admin.kubeconfig".into(),
        }
    }

    /// Folders with one cluster `lab` in them, dead unless its lock is held.
    fn lab() -> (tempfile::TempDir, Folders, PathBuf) {
        let cache = tempfile::tempdir().unwrap();
        let folders = Folders::below(cache.path());
        let folder = folders.clusters().join("lab");
        fs::create_dir_all(&folder).unwrap();
        (cache, folders, folder)
    }

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let (_cache, folders, folder) = lab();
        running().write(&folder).unwrap();
        let listed = list(&folders).unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!((listed[0].name.as_str(), listed[0].alive), ("lab", false));
        assert_eq!(listed[0].running, Some(running()));
    }

    #[test]
    fn a_cluster_lives_as_long_as_its_lock_is_held() {
        let (_cache, folders, folder) = lab();
        let lock = File::create(folder.join("lock")).unwrap();
        lock.lock().unwrap();
        assert!(list(&folders).unwrap()[0].alive);
        drop(lock);
        assert!(!list(&folders).unwrap()[0].alive);
    }

    #[test]
    fn a_note_that_cannot_be_read_does_not_hide_the_cluster() {
        let (_cache, folders, folder) = lab();
        fs::write(folder.join(NOTE), "{\"kind\":\"of-the-future\"}").unwrap();
        assert_eq!(list(&folders).unwrap()[0].running, None);
    }

    #[test]
    fn only_dead_clusters_are_swept() {
        let (_cache, folders, folder) = lab();
        let dead = folders.clusters().join("dead");
        fs::create_dir_all(&dead).unwrap();
        let lock = File::create(folder.join("lock")).unwrap();
        lock.lock().unwrap();
        sweep(&folders).unwrap();
        assert!(folder.exists() && !dead.exists());
    }

    #[test]
    fn what_a_dead_cluster_left_can_be_ended_and_a_stranger_is_unknown() {
        let (_cache, folders, folder) = lab();
        end(&folders, "lab").unwrap();
        assert!(!folder.exists());
        let told = end(&folders, "lab").unwrap_err().to_string();
        assert!(told.starts_with("no cluster `lab`"), "{told}");
    }

    #[test]
    fn a_living_cluster_without_a_pid_is_not_signalled_at_random() {
        let (_cache, folders, folder) = lab();
        let lock = File::create(folder.join("lock")).unwrap();
        lock.lock().unwrap();
        let told = end(&folders, "lab").unwrap_err().to_string();
        assert!(told.contains("does not name the supervisor's pid"), "{told}");
    }
}
