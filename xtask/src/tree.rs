//! The repository as a map from path to text, so that a check is a function of values and a test needs no files.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// The text files below a root, by path with `/` between the parts. Binary files are there with no text.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    files: BTreeMap<String, String>,
}

impl Tree {
    /// Reads every file except what Git and Cargo keep for themselves.
    pub(crate) fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        tree.read_folder(root, "")?;
        Ok(tree)
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if prefix.is_empty() && (name == ".git" || name == "target") {
                continue;
            }
            let path = format!("{prefix}{name}");
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.read_folder(&entry.path(), &format!("{path}/"))?;
            } else if kind.is_file() {
                let text = String::from_utf8(fs::read(entry.path())?).unwrap_or_default();
                self.files.insert(path, text);
            }
        }
        Ok(())
    }

    /// Path and text of every file, by path.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// As [`Tree::files`], of the Rust files only.
    pub(crate) fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files().filter(|(path, _)| path.ends_with(".rs"))
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Tree {
    fn from(files: [(&str, &str); N]) -> Self {
        let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
        Self { files: files.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_and_build_folders_at_the_root_are_not_read() {
        let root = std::env::temp_dir().join(format!("windlass-tree-{}", std::process::id()));
        for (path, text) in [
            ("src/target/mod.rs", "kept"),
            ("target/a.rs", "built"),
            (".git/config", "git"),
            (".ci/run", "steps"),
        ] {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let tree = Tree::read(&root).unwrap();
        fs::remove_dir_all(&root).unwrap();
        let seen: Vec<_> = tree.files().collect();
        assert_eq!(seen, [(".ci/run", "steps"), ("src/target/mod.rs", "kept")]);
    }
}
