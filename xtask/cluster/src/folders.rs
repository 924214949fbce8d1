//! Where the built programs and the running clusters are kept, outside of any source tree.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::absent::Absent;
use crate::error::ClusterError;
use crate::recipe;

/// The folder of everything that is built or runs: `windlass/cluster` in the user's cache folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    root: PathBuf,
}

impl Folders {
    /// The user's: below `XDG_CACHE_HOME`, or else below `.cache` in `HOME`.
    ///
    /// # Errors
    /// [`Absent::NoFolder`] where neither is set.
    pub fn of_user() -> Result<Self, Absent> {
        Self::from(std::env::var_os("XDG_CACHE_HOME"), std::env::var_os("HOME"))
            .ok_or(Absent::NoFolder)
    }

    /// Folders below one that the caller chose.
    #[must_use]
    pub fn below(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    fn from(cache: Option<OsString>, home: Option<OsString>) -> Option<Self> {
        // The rule of XDG: a relative path is ignored.
        let cache = cache.map(PathBuf::from).filter(|path| path.is_absolute());
        let home = home.map(PathBuf::from).filter(|path| path.is_absolute());
        let cache = cache.or_else(|| Some(home?.join(".cache")))?;
        Some(Self { root: cache.join("windlass").join("cluster") })
    }

    /// The built programs of the version that this crate was compiled with; there once they are complete.
    #[must_use]
    pub fn programs(&self) -> PathBuf {
        self.root.join("built").join(recipe::key())
    }

    /// The programs, if they are built.
    ///
    /// # Errors
    /// [`Absent::NotBuilt`], or [`Absent::NotLinux`] where they cannot be.
    pub fn built(&self) -> Result<PathBuf, Absent> {
        if !cfg!(target_os = "linux") {
            return Err(Absent::NotLinux(std::env::consts::OS));
        }
        let programs = self.programs();
        if programs.is_dir() { Ok(programs) } else { Err(Absent::NotBuilt) }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The folders of the clusters, one each, by name.
    pub(crate) fn clusters(&self) -> PathBuf {
        self.root.join("clusters")
    }

    /// Held while a cluster's folder is made, judged or swept, so that none is taken for dead before it lives.
    pub(crate) fn lock_clusters(&self) -> Result<File, ClusterError> {
        fs::create_dir_all(self.clusters()).map_err(ClusterError::file(self.clusters()))?;
        let path = self.root.join("clusters.lock");
        let lock = File::create(&path).map_err(ClusterError::file(&path))?;
        lock.lock().map_err(ClusterError::file(&path))?;
        Ok(lock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(cache: Option<&str>, home: Option<&str>) -> Option<PathBuf> {
        Folders::from(cache.map(Into::into), home.map(Into::into)).map(|it| it.root)
    }

    #[test]
    fn the_cache_folder_of_the_user_comes_first_and_home_second() {
        let cache = Some(PathBuf::from("/c/windlass/cluster"));
        assert_eq!(root(Some("/c"), Some("/h")), cache);
        assert_eq!(root(None, Some("/h")), Some("/h/.cache/windlass/cluster".into()));
        assert_eq!(root(None, None), None);
    }

    #[test]
    fn a_relative_folder_is_no_folder() {
        assert_eq!(root(Some("c"), Some("/h")), Some("/h/.cache/windlass/cluster".into()));
        assert_eq!(root(Some(""), Some("h")), None);
    }

    #[test]
    fn programs_that_are_not_there_are_not_built() {
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(Folders::below(empty.path()).built(), Err(Absent::NotBuilt));
    }
}
