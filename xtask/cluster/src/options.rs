//! What may be chosen of a cluster.

/// What a test chooses; the default is a whole control plane whose pods are ready at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The cluster's name, 1 to 40 of a-z, 0-9 and `-`. None: one that no other has.
    pub name: Option<String>,
    /// Run kube-controller-manager? Without it there are no ReplicaSets, service accounts or node life cycle.
    pub controller_manager: bool,
    /// Run kube-scheduler?
    pub scheduler: bool,
    /// How nodes and pods live.
    pub pods: Pods,
    /// What the audit log says of writes. Reads are always logged without bodies.
    pub audit: AuditLevel,
    /// Further users besides `admin`, without any right and each with a token and a kubeconfig. Same letters as names.
    pub users: Vec<String>,
    /// Further flags of kube-apiserver; they come last, so that they win.
    pub api_server_flags: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name: None,
            controller_manager: true,
            scheduler: true,
            pods: Pods::Fast,
            audit: AuditLevel::Metadata,
            users: ["alice", "bob", "carol", "dave"].map(str::to_owned).into(),
            api_server_flags: Vec::new(),
        }
    }
}

/// How kwok lets nodes and pods live. Nodes are ready at once in all of them but `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pods {
    /// Ready as soon as they are scheduled, gone as soon as they are deleted.
    Fast,
    /// As `Fast`, unless annotations of the pod say otherwise:
    ///
    /// | annotation | value |
    /// |---|---|
    /// | `test.windlass.dev/ready-after` | a duration such as `3s` from its start until it is ready |
    /// | `test.windlass.dev/unready-after` | a duration from when it is ready until it is not, for good |
    /// | `test.windlass.dev/gone-after` | a duration from its deletion until it is gone |
    /// | `test.windlass.dev/fate` | `never-ready` (runs, never ready) or `crash` (a crash loop, never ready) |
    Scripted,
    /// Own kwok stages of pods, as YAML of `kind: Stage`; all of them, also the one that deletes.
    Stages(String),
    /// No kwok: nodes and pods stay as they were created.
    None,
}

/// How much the audit log holds of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditLevel {
    /// Who did what to which object, and the answer's code.
    Metadata,
    /// As `Metadata`, with the bodies of request and answer.
    RequestResponse,
}
