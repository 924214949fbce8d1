//! What a pod and its containers may do.

use super::read::{flag, text, texts};
use crate::manifest::Cursor;

/// The `securityContext` of a container. `None` leaves a question to the pod or the image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecurityContext {
    /// User id of the first process.
    pub run_as_user: Option<u32>,
    /// Group id of the first process.
    pub run_as_group: Option<u32>,
    /// Refuse to run as root.
    pub run_as_non_root: Option<bool>,
    /// All rights of the node's root.
    pub privileged: bool,
    /// Whether a process may gain more rights than its parent; allowed where nothing is said.
    pub allow_privilege_escalation: Option<bool>,
    /// Whether the image's own files are write-protected.
    pub read_only_root_filesystem: bool,
    /// Capabilities beyond those of the runtime, such as `NET_ADMIN`.
    pub add_capabilities: Vec<Box<str>>,
    /// Capabilities taken away; `ALL` takes all.
    pub drop_capabilities: Vec<Box<str>>,
}

impl SecurityContext {
    pub(super) fn read(cursor: &Cursor<'_>) -> Self {
        let capabilities = cursor.field("capabilities");
        SecurityContext {
            run_as_user: cursor.field("runAsUser").int(),
            run_as_group: cursor.field("runAsGroup").int(),
            run_as_non_root: cursor.field("runAsNonRoot").bool(),
            privileged: flag(&cursor.field("privileged")),
            allow_privilege_escalation: cursor.field("allowPrivilegeEscalation").bool(),
            read_only_root_filesystem: flag(&cursor.field("readOnlyRootFilesystem")),
            add_capabilities: texts(&capabilities.field("add")),
            drop_capabilities: texts(&capabilities.field("drop")),
        }
    }
}

/// The `securityContext` of a pod, for all its containers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodSecurityContext {
    /// User id of the first processes.
    pub run_as_user: Option<u32>,
    /// Group id of the first processes.
    pub run_as_group: Option<u32>,
    /// Refuse to run as root.
    pub run_as_non_root: Option<bool>,
    /// Group that owns the volumes.
    pub fs_group: Option<u32>,
    /// Further groups of the first processes.
    pub supplemental_groups: Vec<u32>,
    /// Kernel settings, name and value, in order.
    pub sysctls: Vec<(Box<str>, Box<str>)>,
}

impl PodSecurityContext {
    pub(super) fn read(cursor: &Cursor<'_>) -> Self {
        let sysctls = cursor.field("sysctls").items().filter_map(|sysctl| {
            let name = text(&sysctl.required("name"));
            let value = text(&sysctl.required("value"));
            Some((name?, value?))
        });
        PodSecurityContext {
            sysctls: sysctls.collect(),
            run_as_user: cursor.field("runAsUser").int(),
            run_as_group: cursor.field("runAsGroup").int(),
            run_as_non_root: cursor.field("runAsNonRoot").bool(),
            fs_group: cursor.field("fsGroup").int(),
            supplemental_groups: cursor
                .field("supplementalGroups")
                .items()
                .filter_map(|group| group.int())
                .collect(),
        }
    }
}
