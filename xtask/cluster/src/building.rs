//! Builds the programs, once for all clones of the user: into a folder of their own, renamed into place when complete.

mod go;

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::absent::Absent;
use crate::error::{BuildError, last_lines};
use crate::folders::Folders;
use crate::recipe;

const DRAFT: &str = "draft-";
/// How many builds are kept, this one too: clones of other versions may still use theirs, a quarter of a gigabyte each.
const KEPT: usize = 3;

/// Builds what is not built yet and gives the folder of the programs. `say` hears of each step before it begins.
///
/// The first build of a version takes about 10 minutes on 2 cores, and seconds where Go still has its parts. Builders
/// that come at the same time wait for one another; what a killed one left is never taken for a build.
///
/// # Errors
/// [`BuildError::Absent`] where Go is missing or too old, otherwise the command that failed, with its last words.
pub fn build(folders: &Folders, say: &mut dyn FnMut(&str)) -> Result<PathBuf, BuildError> {
    match folders.built() {
        Err(Absent::NotBuilt) => {}
        known => return Ok(known?),
    }
    let root = folders.root();
    fs::create_dir_all(root).map_err(BuildError::file(root))?;
    let lock = root.join("build.lock");
    let held = File::create(&lock).map_err(BuildError::file(&lock))?;
    held.lock().map_err(BuildError::file(&lock))?;
    if let Ok(built_meanwhile) = folders.built() {
        return Ok(built_meanwhile);
    }
    remove_drafts(root)?;
    // Its own: what a killed builder had started may still be writing into that one's.
    let draft = root.join(format!("{DRAFT}{}", std::process::id()));
    let programs = draft.join("programs");
    compile(&draft.join("module"), &programs, say)?;
    put_in_place(&programs, &folders.programs())?;
    remove_drafts(root)?;
    remove_old_builds(&folders.programs())?;
    Ok(folders.programs())
}

fn compile(module: &Path, programs: &Path, say: &mut dyn FnMut(&str)) -> Result<(), BuildError> {
    for folder in [module, programs] {
        fs::create_dir_all(folder).map_err(BuildError::file(folder))?;
    }
    write_sources(module)?;
    go::check(module)?;
    say("building the supervisor");
    go::build(module, &recipe::PLAIN, &programs.join("supervise"), "./supervise")?;
    say("building Kubernetes and etcd (about 8 minutes, the first time)");
    let flags = recipe::versioned();
    go::build(module, &[recipe::PLAIN[0], &flags], &programs.join("hyper"), ".")?;
    say("building kwok");
    go::install(recipe::KWOK, programs)?;
    for name in recipe::LINKS {
        let link = programs.join(name);
        symlink("hyper", &link).map_err(BuildError::file(link))?;
    }
    copy_stages(&go::module_folder(recipe::KWOK)?, programs)?;
    make_key(programs)
}

fn write_sources(module: &Path) -> Result<(), BuildError> {
    for (path, text) in recipe::SOURCES {
        let file = module.join(path);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(BuildError::file(folder))?;
        }
        fs::write(&file, text).map_err(BuildError::file(&file))?;
    }
    Ok(())
}

/// kwok does nothing without stages. Its own ones are in its module: nodes and pods that are ready at once.
fn copy_stages(kwok: &Path, programs: &Path) -> Result<(), BuildError> {
    let stages = kwok.join("kustomize").join("stage");
    for (name, folders) in [
        ("nodes.yaml", ["node/fast", "node/heartbeat-with-lease"].as_slice()),
        ("pods.yaml", ["pod/fast"].as_slice()),
    ] {
        let mut texts = Vec::new();
        for folder in folders {
            texts.extend(read_stages(&stages.join(folder))?);
        }
        let file = programs.join(name);
        fs::write(&file, texts.join("\n---\n")).map_err(BuildError::file(&file))?;
    }
    Ok(())
}

fn read_stages(folder: &Path) -> Result<Vec<String>, BuildError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(BuildError::file(folder))? {
        let path = entry.map_err(BuildError::file(folder))?.path();
        if path.extension().is_some_and(|end| end == "yaml") {
            files.push(path);
        }
    }
    files.sort();
    let read = files.iter().map(|path| fs::read_to_string(path).map_err(BuildError::file(path)));
    let texts: Result<Vec<_>, _> = read.collect();
    // A kustomization lists the stages and is none itself.
    Ok(texts?.into_iter().filter(|text| text.contains("kind: Stage")).collect())
}

/// The key that service account tokens are signed with. One for all clusters of a build: making it takes longer than
/// most of a start, and nothing but tests on this machine trusts it.
fn make_key(programs: &Path) -> Result<(), BuildError> {
    let mut kubeadm = Command::new(programs.join("kubeadm"));
    kubeadm.args(["init", "phase", "certs", "sa", "--cert-dir"]).arg(programs);
    kubeadm.env("KUBECONFIG", "/dev/null");
    run(kubeadm)
}

fn put_in_place(programs: &Path, place: &Path) -> Result<(), BuildError> {
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent).map_err(BuildError::file(parent))?;
    }
    fs::rename(programs, place).map_err(BuildError::file(place))
}

/// Removes what builders have left, as far as it lets itself be removed. The caller holds the lock of all builders.
fn remove_drafts(root: &Path) -> Result<(), BuildError> {
    for entry in fs::read_dir(root).map_err(BuildError::file(root))? {
        let entry = entry.map_err(BuildError::file(root))?;
        if entry.file_name().to_string_lossy().starts_with(DRAFT) {
            let _still_written_to = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

/// Removes all but the newest builds beside this one.
fn remove_old_builds(newest: &Path) -> Result<(), BuildError> {
    let Some(all) = newest.parent() else { return Ok(()) };
    let mut others = Vec::new();
    for entry in fs::read_dir(all).map_err(BuildError::file(all))? {
        let path = entry.map_err(BuildError::file(all))?.path();
        if path != newest {
            let built = fs::metadata(&path).and_then(|it| it.modified());
            others.push((built.map_err(BuildError::file(&path))?, path));
        }
    }
    others.sort();
    for (_, old) in others.iter().rev().skip(KEPT - 1) {
        fs::remove_dir_all(old).map_err(BuildError::file(old))?;
    }
    Ok(())
}

/// Runs a command to its end; what it said is told only where it fails.
fn run(mut command: Command) -> Result<(), BuildError> {
    let line = command_line(&command);
    let output = command.output().map_err(BuildError::file(command.get_program()))?;
    if output.status.success() {
        return Ok(());
    }
    let told = [output.stdout, output.stderr].concat();
    Err(BuildError::Command {
        command: line,
        status: output.status.to_string(),
        told: last_lines(&String::from_utf8_lossy(&told), 20),
    })
}

fn command_line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_already_is_not_built_again() {
        let cache = tempfile::tempdir().unwrap();
        let folders = Folders::below(cache.path());
        fs::create_dir_all(folders.programs()).unwrap();
        let mut steps = Vec::new();
        let place = build(&folders, &mut |step| steps.push(step.to_owned())).unwrap();
        assert_eq!((place, steps), (folders.programs(), vec![]));
    }

    #[test]
    fn a_half_built_folder_is_not_taken_for_a_build() {
        let cache = tempfile::tempdir().unwrap();
        let folders = Folders::below(cache.path());
        fs::create_dir_all(cache.path().join("draft-7").join("programs")).unwrap();
        assert_eq!(folders.built(), Err(Absent::NotBuilt));
    }

    #[test]
    fn the_oldest_builds_are_removed_and_the_new_one_never() {
        let all = tempfile::tempdir().unwrap();
        for (age, name) in ["new", "a", "b", "c", "d"].iter().enumerate() {
            let folder = all.path().join(name);
            fs::create_dir(&folder).unwrap();
            let built = std::time::UNIX_EPOCH + std::time::Duration::from_secs(age as u64);
            File::open(&folder).unwrap().set_modified(built).unwrap();
        }
        remove_old_builds(&all.path().join("new")).unwrap();
        let left = fs::read_dir(all.path()).unwrap().map(|it| it.unwrap().file_name());
        let mut left: Vec<_> = left.collect();
        left.sort();
        assert_eq!(left, ["c", "d", "new"]);
    }

    #[test]
    fn stages_are_read_in_the_order_of_their_names_and_a_kustomization_is_none() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("b.yaml", "kind: Stage # b"),
            ("a.yaml", "kind: Stage # a"),
            ("kustomization.yaml", "kind: Kustomization"),
            ("README.md", "kind: Stage"),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        assert_eq!(read_stages(folder.path()).unwrap(), ["kind: Stage # a", "kind: Stage # b"]);
    }

    #[test]
    fn a_command_that_fails_is_told_with_its_last_words() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such module >&2; exit 3"]);
        let told = run(command).unwrap_err().to_string();
        assert!(told.contains("exit status: 3") && told.ends_with("    no such module"), "{told}");
    }
}
