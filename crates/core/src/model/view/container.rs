//! Containers.

use super::env::{EnvFrom, EnvVar};
use super::place::{Place, Placed};
use super::probe::{Lifecycle, Probe};
use super::read::{checked, text, texts};
use super::resources::Resources;
use super::security::SecurityContext;
use super::volume::VolumeMount;
use crate::manifest::Cursor;
use crate::model::words::words;
use crate::model::{DnsLabel, ImageRef, Port, PortName, PortRef, Protocol};

/// A container of a pod template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Unique in the pod.
    pub name: DnsLabel,
    /// What runs in it; `None` where another tool fills the image in.
    pub image: Option<Placed<ImageRef>>,
    /// When the image is fetched; by its tag where nothing is said.
    pub pull_policy: Option<PullPolicy>,
    /// In place of the image's entry point.
    pub command: Vec<Box<str>>,
    /// In place of the image's arguments.
    pub args: Vec<Box<str>>,
    /// Environment variables, in order; a later one of a name wins.
    pub env: Vec<EnvVar>,
    /// Objects whose keys are environment variables.
    pub env_from: Vec<EnvFrom>,
    /// Ports it says it listens on.
    pub ports: Vec<ContainerPort>,
    /// Where it sees volumes.
    pub mounts: Vec<VolumeMount>,
    /// What it asks for and may use.
    pub resources: Resources,
    /// Restarts it when it answers badly.
    pub liveness: Option<Probe>,
    /// Takes it out of Services while it answers badly.
    pub readiness: Option<Probe>,
    /// Holds the other two back until it has answered well once.
    pub startup: Option<Probe>,
    /// Hooks at its start and end.
    pub lifecycle: Lifecycle,
    /// What it may do.
    pub security: SecurityContext,
    /// Whether an init container goes on beside the others (`restartPolicy: Always`).
    pub is_sidecar: bool,
    /// Where it is written.
    pub place: Place,
}

words! {
    /// When a node fetches an image.
    pub PullPolicy {
        /// Before every start.
        Always = "Always",
        /// Where the node does not have it.
        IfNotPresent = "IfNotPresent",
        /// Not at all.
        Never = "Never",
    }
}

/// A port that a container listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerPort {
    /// A name for Services and probes.
    pub name: Option<PortName>,
    /// The port.
    pub port: Port,
    /// The port of the node that is tied to it.
    pub host_port: Option<Port>,
    /// TCP where nothing is said.
    pub protocol: Protocol,
    /// Where it is written.
    pub place: Place,
}

impl Container {
    /// The port that a reference means, if the container names it.
    #[must_use]
    pub fn port(&self, wanted: &PortRef) -> Option<&ContainerPort> {
        self.ports.iter().find(|port| match wanted {
            PortRef::Number(number) => port.port == *number,
            PortRef::Name(name) => port.name.as_ref() == Some(name),
        })
    }

    pub(super) fn read(cursor: &Cursor<'_>) -> Option<Self> {
        let list = |name| cursor.field(name).items();
        let name = cursor.required("name").parse();
        Some(Container {
            image: Placed::read(&cursor.field("image"), |image| image.parse()),
            pull_policy: cursor.field("imagePullPolicy").parse(),
            command: texts(&cursor.field("command")),
            args: texts(&cursor.field("args")),
            env: list("env").filter_map(|item| EnvVar::read(&item)).collect(),
            env_from: list("envFrom").filter_map(|item| EnvFrom::read(&item)).collect(),
            ports: list("ports").filter_map(|item| ContainerPort::read(&item)).collect(),
            mounts: list("volumeMounts").filter_map(|item| VolumeMount::read(&item)).collect(),
            resources: Resources::read(&cursor.field("resources")),
            liveness: Probe::read(&cursor.field("livenessProbe")),
            readiness: Probe::read(&cursor.field("readinessProbe")),
            startup: Probe::read(&cursor.field("startupProbe")),
            lifecycle: Lifecycle::read(&cursor.field("lifecycle")),
            security: SecurityContext::read(&cursor.field("securityContext")),
            is_sidecar: cursor.field("restartPolicy").str() == Some("Always"),
            place: Place::of(cursor),
            name: name?,
        })
    }
}

impl ContainerPort {
    fn read(cursor: &Cursor<'_>) -> Option<Self> {
        let port = checked(&cursor.required("containerPort"));
        let name = cursor.field("name");
        let protocol = cursor.field("protocol").parse().unwrap_or(Protocol::Tcp);
        // 0 is how a manifest says "none".
        let host_port = cursor.field("hostPort");
        let host_port =
            host_port.int::<i64>().filter(|port| *port != 0).and_then(|_| checked(&host_port));
        Some(ContainerPort {
            name: text(&name).filter(|text| !text.is_empty()).and_then(|_| name.parse()),
            host_port,
            protocol,
            place: Place::of(cursor),
            port: port?,
        })
    }
}
