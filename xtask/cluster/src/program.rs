//! The programs of a control plane and their command lines.

use std::fmt;
use std::path::Path;

use crate::options::Options;
use crate::ports::Ports;

/// One program of a control plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Program {
    /// The store.
    Etcd,
    /// kube-apiserver.
    ApiServer,
    /// kube-controller-manager, with every controller on.
    ControllerManager,
    /// kube-scheduler.
    Scheduler,
    /// The fake kubelet of all nodes.
    Kwok,
}

impl Program {
    /// The file's name, and the name of its log without `.log`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::ApiServer => "kube-apiserver",
            Self::ControllerManager => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
            Self::Kwok => "kwok",
        }
    }

    /// Its arguments in the cluster whose files are in `folder`. `programs` holds the key that is shared by all.
    pub(crate) fn arguments(
        self,
        folder: &Path,
        programs: &Path,
        ports: &Ports,
        options: &Options,
    ) -> Vec<String> {
        let at = |name: &str| folder.join(name).display().to_string();
        let shared = |name: &str| programs.join(name).display().to_string();
        match self {
            Self::Etcd => etcd(&at("etcd"), ports),
            Self::ApiServer => {
                let mut flags = api_server(&at, &shared, ports);
                flags.extend(options.api_server_flags.iter().cloned());
                flags
            }
            Self::ControllerManager => controller_manager(&at, &shared),
            Self::Scheduler => vec![
                format!("--config={}", at("scheduler.yaml")),
                "--secure-port=0".to_owned(),
                format!("--authentication-kubeconfig={}", at("kube-scheduler.kubeconfig")),
                format!("--authorization-kubeconfig={}", at("kube-scheduler.kubeconfig")),
            ],
            Self::Kwok => vec![
                format!("--kubeconfig={}", at("kwok.kubeconfig")),
                format!("--config={}", at("stages.yaml")),
                "--manage-all-nodes=true".to_owned(),
                "--node-lease-duration-seconds=40".to_owned(),
                // It would listen on all addresses otherwise, and on one port for all clusters.
                "--node-port=0".to_owned(),
            ],
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn etcd(data: &str, ports: &Ports) -> Vec<String> {
    let client = format!("http://127.0.0.1:{}", ports.etcd);
    let peer = format!("http://127.0.0.1:{}", ports.peer);
    vec![
        format!("--data-dir={data}"),
        format!("--listen-client-urls={client}"),
        format!("--advertise-client-urls={client}"),
        format!("--listen-peer-urls={peer}"),
        format!("--initial-advertise-peer-urls={peer}"),
        format!("--initial-cluster=default={peer}"),
        // Nothing is to survive the machine.
        "--unsafe-no-fsync=true".to_owned(),
        "--log-level=warn".to_owned(),
    ]
}

fn api_server(
    at: &dyn Fn(&str) -> String,
    shared: &dyn Fn(&str) -> String,
    ports: &Ports,
) -> Vec<String> {
    vec![
        format!("--etcd-servers=http://127.0.0.1:{}", ports.etcd),
        format!("--secure-port={}", ports.api),
        "--bind-address=127.0.0.1".to_owned(),
        "--advertise-address=127.0.0.1".to_owned(),
        // It signs its own certificate there.
        format!("--cert-dir={}", at("certificates")),
        format!("--token-auth-file={}", at("tokens.csv")),
        "--authorization-mode=RBAC".to_owned(),
        format!("--service-account-key-file={}", shared("sa.pub")),
        format!("--service-account-signing-key-file={}", shared("sa.key")),
        "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
        "--service-cluster-ip-range=10.96.0.0/16".to_owned(),
        "--endpoint-reconciler-type=none".to_owned(),
        format!("--audit-policy-file={}", at("audit-policy.yaml")),
        format!("--audit-log-path={}", at("audit.log")),
        // Megabytes, so never turned over: a count over the file must be complete.
        "--audit-log-maxsize=100000".to_owned(),
    ]
}

fn controller_manager(at: &dyn Fn(&str) -> String, shared: &dyn Fn(&str) -> String) -> Vec<String> {
    let kubeconfig = at("kube-controller-manager.kubeconfig");
    vec![
        format!("--kubeconfig={kubeconfig}"),
        format!("--authentication-kubeconfig={kubeconfig}"),
        format!("--authorization-kubeconfig={kubeconfig}"),
        format!("--service-account-private-key-file={}", shared("sa.key")),
        "--use-service-account-credentials=true".to_owned(),
        "--leader-elect=false".to_owned(),
        "--secure-port=0".to_owned(),
        // The defaults (20 and 30) are meant to spare a shared server, and would be what a test measures.
        "--kube-api-qps=500".to_owned(),
        "--kube-api-burst=1000".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Program; 5] = [
        Program::Etcd,
        Program::ApiServer,
        Program::ControllerManager,
        Program::Scheduler,
        Program::Kwok,
    ];

    fn arguments(program: Program, options: &Options) -> Vec<String> {
        let ports = Ports { api: 1001, etcd: 1002, peer: 1003 };
        program.arguments(Path::new("/run/lab"), Path::new("/built/k"), &ports, options)
    }

    #[test]
    fn nothing_listens_on_another_address_than_this_machines_own() {
        for program in ALL {
            for argument in arguments(program, &Options::default()) {
                assert!(!argument.contains("0.0.0.0"), "{argument}");
                if argument.contains("listen") || argument.contains("-address=") {
                    assert!(argument.contains("127.0.0.1"), "{argument}");
                }
            }
        }
    }

    #[test]
    fn every_program_is_given_its_own_files_and_no_one_elses() {
        for program in ALL {
            let all = arguments(program, &Options::default()).join(" ");
            assert!(all.contains("/run/lab/"), "{program}: {all}");
        }
        let server = arguments(Program::ApiServer, &Options::default());
        assert!(server.contains(&"--service-account-key-file=/built/k/sa.pub".to_owned()));
    }

    #[test]
    fn flags_of_the_caller_come_last_so_that_they_win() {
        let options = Options {
            api_server_flags: vec!["--authorization-mode=AlwaysAllow".to_owned()],
            ..Options::default()
        };
        let all = arguments(Program::ApiServer, &options);
        assert_eq!(all.last().map(String::as_str), Some("--authorization-mode=AlwaysAllow"));
    }
}
