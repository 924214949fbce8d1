//! A control plane: started, used, and gone when dropped.

mod using;

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use crate::absent::is_required;
use crate::error::{ClusterError, last_lines};
use crate::files::{self, Account};
use crate::folders::Folders;
use crate::options::{Options, Pods};
use crate::patience::until;
use crate::ports::{Ports, answers, was_taken};
use crate::program::Program;
use crate::running::{self, Kind, Running};
use crate::supervisor::{Started, Supervisor};

/// How long a start may take before it is given up. It takes about 5 s on a machine that has nothing else to do.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often a start is tried when a port is snatched away.
const TRIES: usize = 3;

/// A running control plane. Dropped, it is gone: no process and no file stays.
#[derive(Debug)]
pub struct ControlPlane {
    supervisor: Supervisor,
    name: String,
    folder: PathBuf,
    programs: PathBuf,
    ports: Ports,
    accounts: Vec<Account>,
    options: Options,
    nodes: AtomicUsize,
}

impl ControlPlane {
    /// Starts a cluster of this user and waits until it serves.
    ///
    /// # Errors
    /// [`ClusterError::Absent`] where the programs are not built; otherwise what went wrong, with the last lines of the
    /// program that failed.
    pub fn start(options: &Options) -> Result<Self, ClusterError> {
        let folders = Folders::of_user()?;
        let mut tries = 1;
        loop {
            match Self::try_start(&folders, options) {
                Err(ClusterError::Ended { told, .. }) if was_taken(&told) && tries < TRIES => {
                    tries += 1;
                }
                known => return known,
            }
        }
    }

    /// As [`ControlPlane::start`], for tests: where the programs are not built, it says so on stderr and gives nothing,
    /// so that the test can pass. With `WINDLASS_CLUSTER=required` that is an error as any other.
    ///
    /// # Errors
    /// See [`ControlPlane::start`].
    pub fn for_test(options: &Options) -> Result<Option<Self>, ClusterError> {
        match Self::start(options) {
            Err(ClusterError::Absent(absent)) if !is_required() => {
                // Not `eprintln!`: the test harness would keep that to itself, as the test passes.
                let _nobody_listens = writeln!(io::stderr(), "skipped: {absent}");
                Ok(None)
            }
            known => known.map(Some),
        }
    }

    fn try_start(folders: &Folders, options: &Options) -> Result<Self, ClusterError> {
        let programs = folders.built()?;
        for name in options.name.iter().chain(&options.users) {
            check_name(name)?;
        }
        let ports = Ports::free().map_err(ClusterError::file("127.0.0.1:0"))?;
        let name = options.name.clone().unwrap_or_else(unique_name);
        let lock = folders.lock_clusters()?;
        running::sweep(folders)?;
        let folder = folders.clusters().join(&name);
        make_folder(&folder, &name)?;
        let supervisor = Supervisor::start(&programs.join("supervise"), &folder)?;
        let mut cluster = Self {
            supervisor,
            name,
            folder,
            programs,
            ports,
            accounts: files::accounts(options)?,
            options: options.clone(),
            nodes: AtomicUsize::new(0),
        };
        cluster.write_note()?;
        drop(lock);
        cluster.come_up()?;
        cluster.write_note()?;
        Ok(cluster)
    }

    fn come_up(&mut self) -> Result<(), ClusterError> {
        files::write(&self.folder, &self.programs, self.ports.api, &self.accounts, &self.options)?;
        self.run(Program::Etcd)?;
        self.run(Program::ApiServer)?;
        let port = self.ports.api;
        self.wait("the API server listens", |_| Ok(answers(port)))?;
        // They wait for the server by themselves, and load their programs meanwhile.
        for program in self.wanted() {
            self.run(program)?;
        }
        self.wait_until_ready()?;
        if self.options.controller_manager {
            // Without it no pod can be made.
            let account = ["get", "serviceaccount", "default", "--output=name"];
            self.wait("the default service account", |it| Ok(it.kubectl_works(&account)))?;
        }
        Ok(())
    }

    /// Waits until the API server says that it is ready; for after [`ControlPlane::run`].
    ///
    /// # Errors
    /// [`ClusterError::Ended`] where a program ends instead, [`ClusterError::Late`] after minutes.
    pub fn wait_until_ready(&mut self) -> Result<(), ClusterError> {
        self.wait("the API server is ready", |it| Ok(it.kubectl_works(&["get", "--raw=/readyz"])))
    }

    /// The programs besides etcd and the API server.
    fn wanted(&self) -> Vec<Program> {
        let options = &self.options;
        [
            (options.controller_manager, Program::ControllerManager),
            (options.scheduler, Program::Scheduler),
            (options.pods != Pods::None, Program::Kwok),
        ]
        .into_iter()
        .filter_map(|(wanted, program)| wanted.then_some(program))
        .collect()
    }

    /// Starts a program again that was stopped.
    ///
    /// # Errors
    /// [`ClusterError::Supervisor`] where it runs already.
    pub fn run(&mut self, program: Program) -> Result<(), ClusterError> {
        let args = program.arguments(&self.folder, &self.programs, &self.ports, &self.options);
        self.supervisor.run(Started {
            name: program.name(),
            path: &self.programs.join(program.name()),
            args,
            // kwok keeps files of its own in the home folder otherwise.
            env: vec![format!("HOME={}", self.folder.display())],
            log: &self.log(program),
        })?;
        self.write_note()
    }

    /// Kills a program, as a crash would; [`ControlPlane::run`] starts it again on the same ports and data.
    ///
    /// # Errors
    /// [`ClusterError::Supervisor`] where it was never started.
    pub fn kill(&mut self, program: Program) -> Result<(), ClusterError> {
        self.supervisor.stop(program.name())?;
        self.write_note()
    }

    /// Waits until `true`, and fails early when one of the programs ends.
    fn wait(
        &mut self,
        what: &str,
        mut is: impl FnMut(&Self) -> Result<bool, ClusterError>,
    ) -> Result<(), ClusterError> {
        let came = until(PATIENCE, Duration::from_millis(50), || {
            self.fail_if_ended()?;
            is(self).map(|it| it.then_some(()))
        })?;
        came.ok_or_else(|| ClusterError::Late {
            what: what.to_owned(),
            seconds: PATIENCE.as_secs(),
            program: Program::ApiServer.to_string(),
            told: self.last_words(Program::ApiServer),
        })
    }

    fn fail_if_ended(&mut self) -> Result<(), ClusterError> {
        for program in [Program::Etcd, Program::ApiServer].into_iter().chain(self.wanted()) {
            if !self.supervisor.pids().contains_key(program.name()) {
                continue;
            }
            if let Some(how) = self.supervisor.ended(program.name())? {
                let told = self.last_words(program);
                return Err(ClusterError::Ended { program: program.to_string(), how, told });
            }
        }
        Ok(())
    }

    fn last_words(&self, program: Program) -> String {
        let log = fs::read(self.log(program)).unwrap_or_default();
        last_lines(&String::from_utf8_lossy(&log), 15)
    }

    fn write_note(&self) -> Result<(), ClusterError> {
        let note = Running {
            kind: Kind::ControlPlane,
            supervisor: self.supervisor.pid(),
            owner: std::process::id(),
            programs: self.supervisor.pids().clone(),
            ports: self.ports,
            kubeconfig: self.kubeconfig(),
        };
        note.write(&self.folder)
    }
}

/// One that no living process of this machine has.
fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    format!("test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

fn check_name(name: &str) -> Result<(), ClusterError> {
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=40).contains(&name.len()) && name.chars().all(fine) {
        return Ok(());
    }
    Err(ClusterError::Name(name.to_owned()))
}

/// For the user alone: tokens lie in it.
fn make_folder(folder: &Path, name: &str) -> Result<(), ClusterError> {
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
            Err(ClusterError::Taken(name.to_owned()))
        }
        known => known.map_err(ClusterError::file(folder)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_leave_the_folder_is_refused() {
        for name in ["", "..", "a/b", "A", "a b", &"a".repeat(41)] {
            assert!(matches!(check_name(name), Err(ClusterError::Name(_))), "{name}");
        }
        for name in ["lab", "test-7-1", &"a".repeat(40)] {
            assert!(check_name(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_cluster_can_be_shared_by_the_tests_of_a_binary() {
        fn shared<T: Send + Sync + 'static>() {}
        shared::<ControlPlane>();
    }

    #[test]
    fn two_clusters_of_a_process_have_two_names() {
        assert_ne!(unique_name(), unique_name());
    }

    #[test]
    fn a_folder_that_is_there_is_a_name_that_is_taken() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("lab");
        make_folder(&folder, "lab").unwrap();
        assert!(matches!(make_folder(&folder, "lab"), Err(ClusterError::Taken(_))));
    }
}
