//! Nothing stays of a cluster, however the process that held it ends.
//!
//! The child is this test binary itself, told by an environment variable to hold a cluster.

use std::io::{BufRead as _, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use windlass_cluster::{ControlPlane, Folders, Listed, Options, end, list};

use crate::{Outcome, eventually};

const CHILD: &str = "WINDLASS_TEST_HOLDS_CLUSTER";

/// Holds a cluster until it is killed, lets it stay, or panics. As a test of its own it does nothing.
#[test]
fn child_holds_a_cluster() -> Outcome {
    let Ok(wish) = std::env::var(CHILD) else { return Ok(()) };
    let Some(cluster) = ControlPlane::for_test(&Options::default())? else { return Ok(()) };
    println!("holds {}", cluster.name());
    match wish.as_str() {
        "stay" => cluster.stay()?,
        "panic" => panic!("as a test does"),
        // As a static that is shared by tests: it is never dropped.
        "forget" => std::mem::forget(cluster),
        _ => {
            // Until its parent closes the other end; it is killed before that.
            let _until_killed = std::io::stdin().lines().next();
        }
    }
    Ok(())
}

struct Held {
    child: Child,
    /// Kept open: what the harness still has to say must not fail.
    _said: Lines<BufReader<ChildStdout>>,
    cluster: Listed,
    pids: Vec<u32>,
}

/// What a test that fails leaves behind is no leftover of ours.
impl Drop for Held {
    fn drop(&mut self) {
        let _ended = Folders::of_user().map(|folders| end(&folders, &self.cluster.name));
    }
}

/// A child that has got its cluster; nothing where the programs are not built.
fn hold(wish: &str) -> Result<Option<Held>, Box<dyn std::error::Error>> {
    let folders = Folders::of_user()?;
    if folders.built().is_err() && !windlass_cluster::is_required() {
        return Ok(None);
    }
    let mut command = Command::new(std::env::current_exe()?);
    let test = "control_plane::leftovers::child_holds_a_cluster";
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(CHILD, wish);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let mut said = BufReader::new(child.stdout.take().ok_or("piped")?).lines();
    // The harness writes the name of the test in front.
    let name = said
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| Some(line.split_once("holds ")?.1.trim().to_owned()))
        .ok_or("the child has got no cluster")?;
    let listed = list(&folders)?.into_iter().find(|it| it.name == name);
    let Some(cluster) = listed else { return Ok(None) };
    let running = cluster.running.as_ref().ok_or("it tells of itself")?;
    let pids: Vec<u32> = running.programs.values().copied().chain([running.supervisor]).collect();
    assert_eq!(pids.len(), 6, "{running:?}");
    Ok(Some(Held { child, _said: said, cluster, pids }))
}

/// The processes that still run in the cluster's folder, and the folder itself.
fn left(held: &Held) -> Vec<PathBuf> {
    let folder = &held.cluster.folder;
    let process = |pid: &u32| PathBuf::from(format!("/proc/{pid}"));
    // A pid may have been given to somebody else by now.
    let ours = |process: &PathBuf| {
        let line = std::fs::read(process.join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(&*folder.to_string_lossy())
    };
    let mut left: Vec<_> = held.pids.iter().map(process).filter(ours).collect();
    left.extend(Some(folder.clone()).filter(|it| it.exists()));
    left
}

#[test]
fn a_killed_holder_leaves_no_process_and_no_folder() -> Outcome {
    let Some(mut held) = hold("until killed")? else { return Ok(()) };
    assert_eq!(left(&held).len(), 7, "six processes and a folder");
    held.child.kill()?;
    held.child.wait()?;
    eventually("nothing is left", || left(&held), Vec::is_empty);
    Ok(())
}

#[test]
fn a_holder_that_panics_leaves_nothing_when_it_has_ended() -> Outcome {
    let Some(mut held) = hold("panic")? else { return Ok(()) };
    assert!(!held.child.wait()?.success());
    assert_eq!(left(&held), Vec::<PathBuf>::new());
    Ok(())
}

#[test]
fn a_cluster_that_is_never_dropped_ends_with_its_process() -> Outcome {
    let Some(mut held) = hold("forget")? else { return Ok(()) };
    assert!(held.child.wait()?.success());
    eventually("nothing is left", || left(&held), Vec::is_empty);
    Ok(())
}

#[test]
fn a_killed_supervisor_takes_its_programs_along_and_its_folder_can_be_ended() -> Outcome {
    let Some(mut held) = hold("until killed")? else { return Ok(()) };
    let supervisor = held.cluster.running.as_ref().ok_or("it told of itself")?.supervisor;
    let killed = Command::new("kill").args(["-KILL", &supervisor.to_string()]).status()?;
    assert!(killed.success());
    let only_the_folder = |left: &Vec<PathBuf>| left.iter().all(|it| !is_process(it));
    eventually("no process is left", || left(&held), only_the_folder);
    held.child.kill()?;
    held.child.wait()?;
    // A cluster that starts meanwhile may have swept it already.
    let _swept = end(&Folders::of_user()?, &held.cluster.name);
    assert_eq!(left(&held), Vec::<PathBuf>::new());
    Ok(())
}

#[test]
fn a_cluster_that_stays_outlives_its_holder_until_it_is_ended() -> Outcome {
    let Some(mut held) = hold("stay")? else { return Ok(()) };
    assert!(held.child.wait()?.success());
    assert_eq!(left(&held).len(), 7, "six processes and a folder");
    end(&Folders::of_user()?, &held.cluster.name)?;
    assert_eq!(left(&held), Vec::<PathBuf>::new());
    Ok(())
}

fn is_process(path: &Path) -> bool {
    path.starts_with("/proc")
}
