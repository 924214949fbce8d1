//! What a test does with a control plane.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::Ordering;

use super::ControlPlane;
use crate::audit::{Audited, read_audit};
use crate::error::ClusterError;
use crate::files::Account;
use crate::nodes;
use crate::program::Program;

impl ControlPlane {
    /// The cluster's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its files and logs are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The API server, `https://127.0.0.1:<port>`. It signed its certificate itself: see [`ControlPlane::certificate`].
    #[must_use]
    pub fn server(&self) -> String {
        format!("https://127.0.0.1:{}", self.ports.api)
    }

    /// PEM file with the server's certificate and the authority that signed it.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("certificates/apiserver.crt")
    }

    /// The kubeconfig of the admin, who may do everything.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.join("admin.kubeconfig")
    }

    /// The kubeconfig of one of the users of the options, or of `admin`.
    #[must_use]
    pub fn kubeconfig_of(&self, user: &str) -> Option<PathBuf> {
        Some(self.folder.join(format!("{}.kubeconfig", self.account(user)?.file)))
    }

    /// The bearer token of `admin` or of one of the users of the options.
    #[must_use]
    pub fn token(&self, user: &str) -> Option<&str> {
        Some(&self.account(user)?.token)
    }

    fn account(&self, user: &str) -> Option<&Account> {
        self.accounts.iter().find(|it| it.user == user)
    }

    /// What a program said so far.
    #[must_use]
    pub fn log(&self, program: Program) -> PathBuf {
        self.folder.join(format!("{program}.log"))
    }

    /// The file that [`read_audit`] reads.
    #[must_use]
    pub fn audit_log(&self) -> PathBuf {
        self.folder.join("audit.log")
    }

    /// Every request that was answered so far.
    ///
    /// # Errors
    /// See [`read_audit`].
    pub fn audit(&self) -> Result<Vec<Audited>, ClusterError> {
        read_audit(&self.audit_log())
    }

    /// kubectl as the admin. Nothing of the caller's own configuration is read, and nothing is left in the home folder.
    #[must_use]
    pub fn kubectl(&self) -> Command {
        let mut kubectl = Command::new(self.programs.join("kubectl"));
        kubectl
            .arg(format!("--kubeconfig={}", self.kubeconfig().display()))
            .env("KUBECACHEDIR", self.folder.join("kubectl-cache"))
            .env("KUBERC", "off")
            .env_remove("KUBECONFIG")
            .stdin(Stdio::null());
        kubectl
    }

    /// What kubectl prints when called so.
    ///
    /// # Errors
    /// [`ClusterError::Kubectl`] with what it complained of.
    pub fn kubectl_read(&self, args: &[&str]) -> Result<String, ClusterError> {
        let output = self.kubectl().args(args).output();
        told(args, output)
    }

    /// Is that a call that works by now?
    pub(super) fn kubectl_works(&self, args: &[&str]) -> bool {
        self.kubectl_read(args).is_ok()
    }

    /// Applies manifests, server side.
    ///
    /// # Errors
    /// [`ClusterError::Kubectl`] with the server's complaint.
    pub fn apply(&self, manifests: &str) -> Result<(), ClusterError> {
        let args = ["apply", "--server-side", "--force-conflicts", "--filename=-"];
        self.feed(&args, manifests)
    }

    /// Adds nodes that are big enough for any test, spread over the zones in turn (zone `a` where none is given). With
    /// kwok they are ready a moment later.
    ///
    /// # Errors
    /// [`ClusterError::Kubectl`] with the server's complaint.
    pub fn add_nodes(&self, count: usize, zones: &[&str]) -> Result<(), ClusterError> {
        let from = self.nodes.fetch_add(count, Ordering::Relaxed);
        // Created, not applied: the status of an apply goes nowhere.
        self.feed(&["create", "--filename=-"], &nodes::manifests(from, count, zones))
    }

    fn feed(&self, args: &[&str], text: &str) -> Result<(), ClusterError> {
        let mut kubectl = self.kubectl();
        kubectl.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let fed = kubectl.spawn().and_then(|mut process| {
            if let Some(mut stdin) = process.stdin.take() {
                // One that refuses early says why itself.
                let _refused = stdin.write_all(text.as_bytes());
            }
            process.wait_with_output()
        });
        told(args, fed).map(|_| ())
    }

    /// Lets the cluster live on when this process ends, until `cargo xtask cluster down` or [`crate::end`].
    ///
    /// # Errors
    /// [`ClusterError::Supervisor`] where it is gone already.
    pub fn stay(mut self) -> Result<(), ClusterError> {
        self.supervisor.stay()
    }
}

fn told(args: &[&str], output: std::io::Result<Output>) -> Result<String, ClusterError> {
    let failed = |told: String| ClusterError::Kubectl { args: args.join(" "), told };
    let output = output.map_err(|cause| failed(cause.to_string()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}
