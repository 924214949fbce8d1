//! The files that the programs of one cluster read.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::error::ClusterError;
use crate::options::{AuditLevel, Options, Pods};

const SCRIPTED: &str = include_str!("files/scripted.yaml");

/// A user of the cluster, and the file that its kubeconfig is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// Its kubeconfig is `<file>.kubeconfig`.
    pub(crate) file: String,
    pub(crate) user: String,
    pub(crate) token: String,
    masters: bool,
}

/// `admin`, the programs' own users, and those of the options, each with a new token.
pub(crate) fn accounts(options: &Options) -> Result<Vec<Account>, ClusterError> {
    let own = [
        ("admin", "admin", true),
        ("kwok", "kwok", true),
        ("kube-controller-manager", "system:kube-controller-manager", false),
        ("kube-scheduler", "system:kube-scheduler", false),
    ];
    let named = options.users.iter().map(|name| (name.as_str(), name.as_str(), false));
    own.into_iter()
        .chain(named)
        .map(|(file, user, masters)| {
            let token = new_token()?;
            Ok(Account { file: file.to_owned(), user: user.to_owned(), token, masters })
        })
        .collect()
}

/// 128 bits of the kernel's randomness, in hex.
fn new_token() -> Result<String, ClusterError> {
    const SOURCE: &str = "/dev/urandom";
    let mut bytes = [0_u8; 16];
    let read = fs::File::open(SOURCE).and_then(|mut source| source.read_exact(&mut bytes));
    read.map_err(ClusterError::file(SOURCE))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Writes all of them into the cluster's folder.
pub(crate) fn write(
    folder: &Path,
    programs: &Path,
    api: u16,
    accounts: &[Account],
    options: &Options,
) -> Result<(), ClusterError> {
    let tokens: String = accounts.iter().map(token_line).collect();
    put(folder, "tokens.csv", &tokens)?;
    for account in accounts {
        put(folder, &format!("{}.kubeconfig", account.file), &kubeconfig(folder, api, account))?;
    }
    put(folder, "audit-policy.yaml", audit_policy(options.audit))?;
    put(folder, "scheduler.yaml", &scheduler(folder))?;
    match &options.pods {
        Pods::None => Ok(()),
        Pods::Fast => put_stages(folder, programs, &read(&programs.join("pods.yaml"))?),
        Pods::Scripted => put_stages(folder, programs, SCRIPTED),
        Pods::Stages(own) => put_stages(folder, programs, own),
    }
}

/// `token,user,uid,"groups"`, as `--token-auth-file` wants it.
fn token_line(account: &Account) -> String {
    let group = if account.masters { ",\"system:masters\"" } else { "" };
    format!("{},{},{}{group}\n", account.token, account.user, account.file)
}

fn kubeconfig(folder: &Path, api: u16, account: &Account) -> String {
    let name = &account.file;
    // A path as JSON is a path as YAML, whatever is in it.
    let ca =
        serde_json::Value::from(folder.join("certificates/apiserver.crt").display().to_string());
    let token = &account.token;
    format!(
        "apiVersion: v1
kind: Config
current-context: {name}
clusters:
- name: cluster
  cluster: {{server: \"https://127.0.0.1:{api}\", certificate-authority: {ca}}}
users:
- name: {name}
  user: {{token: \"{token}\"}}
contexts:
- name: {name}
  context: {{cluster: cluster, user: {name}, namespace: default}}
"
    )
}

fn audit_policy(level: AuditLevel) -> &'static str {
    match level {
        AuditLevel::Metadata => {
            "apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- level: Metadata
"
        }
        AuditLevel::RequestResponse => {
            "apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- level: RequestResponse
  verbs: [create, update, patch, delete, deletecollection]
- level: Metadata
"
        }
    }
}

fn scheduler(folder: &Path) -> String {
    let kubeconfig =
        serde_json::Value::from(folder.join("kube-scheduler.kubeconfig").display().to_string());
    format!(
        "apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
clientConnection: {{kubeconfig: {kubeconfig}, qps: 500, burst: 1000}}
leaderElection: {{leaderElect: false}}
"
    )
}

fn put_stages(folder: &Path, programs: &Path, pods: &str) -> Result<(), ClusterError> {
    let nodes = read(&programs.join("nodes.yaml"))?;
    put(folder, "stages.yaml", &format!("{nodes}\n---\n{pods}"))
}

fn read(path: &Path) -> Result<String, ClusterError> {
    fs::read_to_string(path).map_err(ClusterError::file(path))
}

/// Writes a file that only the user may read: some hold tokens.
fn put(folder: &Path, name: &str, text: &str) -> Result<(), ClusterError> {
    let path = folder.join(name);
    let mut options = OpenOptions::new();
    let file = options.create(true).write(true).truncate(true).mode(0o600).open(&path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(ClusterError::file(path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn account(user: &str, masters: bool) -> Account {
        Account { file: user.to_owned(), user: user.to_owned(), token: "t0".to_owned(), masters }
    }

    #[test]
    fn only_the_admin_and_the_fake_kubelet_may_do_everything() {
        let accounts = accounts(&Options::default()).unwrap();
        let masters: Vec<_> =
            accounts.iter().filter(|it| it.masters).map(|it| it.user.as_str()).collect();
        assert_eq!(masters, ["admin", "kwok"]);
        assert!(accounts.iter().any(|it| it.user == "alice"));
    }

    #[test]
    fn no_two_users_have_the_same_token() {
        let accounts = accounts(&Options::default()).unwrap();
        let tokens: std::collections::BTreeSet<_> = accounts.iter().map(|it| &it.token).collect();
        assert_eq!(tokens.len(), accounts.len());
        assert!(tokens.iter().all(|token| token.len() == 32));
    }

    #[test]
    fn a_token_line_names_the_group_of_the_admin_only() {
        assert_eq!(token_line(&account("admin", true)), "t0,admin,admin,\"system:masters\"\n");
        assert_eq!(token_line(&account("bob", false)), "t0,bob,bob\n");
    }

    #[test]
    fn a_kubeconfig_names_server_certificate_and_token() {
        let text = kubeconfig(Path::new("/run/a b"), 6443, &account("bob", false));
        assert!(text.contains("server: \"https://127.0.0.1:6443\""), "{text}");
        assert!(text.contains("certificate-authority: \"/run/a b/certificates/apiserver.crt\""));
        assert!(text.contains("token: \"t0\"") && !text.contains("insecure"));
    }

    #[test]
    fn bodies_are_logged_of_writes_only_and_only_when_asked_for() {
        assert!(!audit_policy(AuditLevel::Metadata).contains("RequestResponse"));
        let bodies = audit_policy(AuditLevel::RequestResponse);
        assert!(bodies.contains("verbs: [create, update, patch, delete, deletecollection]"));
        assert!(bodies.ends_with("- level: Metadata\n"));
    }

    #[test]
    fn all_files_are_the_users_own_and_stages_follow_the_nodes() {
        let (folder, programs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(programs.path().join("nodes.yaml"), "nodes").unwrap();
        let options = Options { pods: Pods::Stages("mine".to_owned()), ..Options::default() };
        let accounts = accounts(&options).unwrap();
        write(folder.path(), programs.path(), 1, &accounts, &options).unwrap();
        assert_eq!(
            fs::read_to_string(folder.path().join("stages.yaml")).unwrap(),
            "nodes\n---\nmine"
        );
        for entry in fs::read_dir(folder.path()).unwrap() {
            let mode = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0);
        }
    }
}
