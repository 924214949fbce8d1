//! `cargo xtask cluster`: a real control plane, built, started, listed, ended, and tested against.

use std::error::Error;
use std::path::Path;
use std::process::Command;

use windlass_cluster::{ControlPlane, Folders, Listed, Options, REQUIRED};

use crate::finding::Finding;

/// The packages whose tests ask for a control plane.
const TESTED: [&[&str]; 2] = [
    &["--package", "windlass-cluster"],
    &["--package", "windlass", "--features", "kube", "--test", "kubernetes"],
];
/// The name of a cluster that was given none.
const NAME: &str = "default";

/// What was asked for on the command line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wish<'a> {
    Build,
    Status,
    Test,
    Up { name: &'a str, nodes: usize },
    Down(Which<'a>),
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Which<'a> {
    All,
    One(&'a str),
}

impl<'a> Wish<'a> {
    pub(crate) fn read(words: &[&'a str]) -> Option<Self> {
        match words {
            ["build"] => Some(Self::Build),
            ["status"] => Some(Self::Status),
            ["test"] => Some(Self::Test),
            ["up", flags @ ..] => Self::up(flags, NAME, 3),
            ["down", "--all"] => Some(Self::Down(Which::All)),
            ["down", "--name", name] => Some(Self::Down(Which::One(name))),
            ["down"] => Some(Self::Down(Which::One(NAME))),
            _ => None,
        }
    }

    fn up(flags: &[&'a str], name: &'a str, nodes: usize) -> Option<Self> {
        match flags {
            [] => Some(Self::Up { name, nodes }),
            ["--name", name, rest @ ..] => Self::up(rest, name, nodes),
            ["--nodes", count, rest @ ..] => Self::up(rest, name, count.parse().ok()?),
            _ => None,
        }
    }
}

pub(crate) fn run(root: &Path, wish: &Wish<'_>) -> Result<Vec<Finding>, Box<dyn Error>> {
    let folders = Folders::of_user()?;
    match wish {
        Wish::Build => build(&folders)?,
        Wish::Status => status(&folders)?,
        Wish::Test => test(root, &folders)?,
        Wish::Up { name, nodes } => up(&folders, name, *nodes)?,
        Wish::Down(Which::One(name)) => windlass_cluster::end(&folders, name)?,
        Wish::Down(Which::All) => {
            for listed in windlass_cluster::list(&folders)? {
                windlass_cluster::end(&folders, &listed.name)?;
                println!("{} ended", listed.name);
            }
        }
    }
    Ok(Vec::new())
}

fn build(folders: &Folders) -> Result<(), Box<dyn Error>> {
    let place = windlass_cluster::build(folders, &mut |step| println!("{step}"))?;
    println!("built: {}", place.display());
    Ok(())
}

fn up(folders: &Folders, name: &str, nodes: usize) -> Result<(), Box<dyn Error>> {
    build(folders)?;
    let options = Options { name: Some(name.to_owned()), ..Options::default() };
    let cluster = ControlPlane::start(&options)?;
    if nodes > 0 {
        cluster.add_nodes(nodes, &["a", "b", "c"])?;
    }
    println!("server: {}\nfolder: {}", cluster.server(), cluster.folder().display());
    println!("export KUBECONFIG={}", cluster.kubeconfig().display());
    println!("kubectl: {}", folders.programs().join("kubectl").display());
    cluster.stay()?;
    Ok(())
}

fn status(folders: &Folders) -> Result<(), Box<dyn Error>> {
    println!(
        "programs: {}",
        match folders.built() {
            Ok(place) => place.display().to_string(),
            Err(absent) => absent.to_string(),
        }
    );
    let clusters = windlass_cluster::list(folders)?;
    for listed in &clusters {
        println!("{}", line(listed));
    }
    println!("{} clusters", clusters.len());
    Ok(())
}

/// A cluster in one line: what it is, where it listens, who runs, and where its files are.
fn line(listed: &Listed) -> String {
    let (name, folder) = (&listed.name, listed.folder.display());
    let state = if listed.alive { "alive" } else { "dead" };
    let Some(it) = &listed.running else { return format!("{name}  {state}  {folder}") };
    let programs: Vec<_> = it.programs.iter().map(|(name, pid)| format!("{name} {pid}")).collect();
    format!(
        "{name}  {state}  ports api {}, etcd {}, peer {}  pids supervisor {}, {}  {folder}",
        it.ports.api,
        it.ports.etcd,
        it.ports.peer,
        it.supervisor,
        programs.join(", ")
    )
}

/// Runs the tests with the cluster required: none of them may pass for want of it.
fn test(root: &Path, folders: &Folders) -> Result<(), Box<dyn Error>> {
    build(folders)?;
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    for tests in TESTED {
        let mut cargo = Command::new(&program);
        cargo.current_dir(root).env(REQUIRED, "required").args(["test", "--locked"]).args(tests);
        // What a test prints of its figures is to be seen.
        if !cargo.args(["--", "--nocapture"]).status()?.success() {
            return Err("the tests on a control plane failed".into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use windlass_cluster::{Kind, Ports, Running};

    use super::*;

    #[test]
    fn a_cluster_without_a_name_is_the_default_one_up_and_down() {
        assert_eq!(Wish::read(&["up"]), Some(Wish::Up { name: NAME, nodes: 3 }));
        assert_eq!(Wish::read(&["down"]), Some(Wish::Down(Which::One(NAME))));
    }

    #[test]
    fn flags_of_up_come_in_any_order() {
        let wanted = Some(Wish::Up { name: "lab", nodes: 7 });
        assert_eq!(Wish::read(&["up", "--name", "lab", "--nodes", "7"]), wanted);
        assert_eq!(Wish::read(&["up", "--nodes", "7", "--name", "lab"]), wanted);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for words in [
            vec![],
            vec!["start"],
            vec!["up", "--name"],
            vec!["up", "--nodes", "many"],
            vec!["down", "--all", "x"],
        ] {
            assert_eq!(Wish::read(&words), None, "{words:?}");
        }
    }

    #[test]
    fn a_line_of_the_status_names_ports_pids_and_folder() {
        let running = Running {
            kind: Kind::ControlPlane,
            supervisor: 7,
            owner: 6,
            programs: [("etcd".to_owned(), 8), ("kwok".to_owned(), 9)].into(),
            ports: Ports { api: 1, etcd: 2, peer: 3 },
            kubeconfig: "/r/lab/admin.kubeconfig".into(),
        };
        let mut listed = Listed {
            name: "lab".to_owned(),
            folder: "/r/lab".into(),
            alive: true,
            running: Some(running),
        };
        assert_eq!(
            line(&listed),
            "lab  alive  ports api 1, etcd 2, peer 3  pids supervisor 7, etcd 8, kwok 9  /r/lab"
        );
        (listed.alive, listed.running) = (false, None);
        assert_eq!(line(&listed), "lab  dead  /r/lab");
    }
}
