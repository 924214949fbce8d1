//! Pod templates and pods.

use super::container::Container;
use super::place::{Place, Placed};
use super::read::{annotations, labels, seconds};
use super::scheduling::{Affinity, Toleration};
use super::security::PodSecurityContext;
use super::volume::{Volume, VolumeSource};
use crate::manifest::Cursor;
use crate::model::words::words;
use crate::model::{Annotations, DnsSubdomain, Labels, PortRef, Quantity};
use crate::time::Span;

/// What the pods of a workload look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodTemplate {
    /// Labels of every pod.
    pub labels: Labels,
    /// Annotations of every pod.
    pub annotations: Annotations,
    /// What runs in every pod.
    pub spec: PodSpec,
    /// Where it is written.
    pub place: Place,
}

/// What runs in a pod, where, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodSpec {
    /// At least one.
    pub containers: Vec<Container>,
    /// Run before the others, in order; sidecars go on beside them.
    pub init_containers: Vec<Container>,
    /// What containers may mount.
    pub volumes: Vec<Volume>,
    /// Whose rights the pod has; those of `default` where none is named.
    pub service_account: Option<Placed<DnsSubdomain>>,
    /// What the pod may do.
    pub security: PodSecurityContext,
    /// Labels that a node must have.
    pub node_selector: Labels,
    /// Taints that are tolerated.
    pub tolerations: Vec<Toleration>,
    /// Attraction and repulsion.
    pub affinity: Affinity,
    /// Time between the order to stop and the kill; 30 s where nothing is said.
    pub termination_grace: Placed<Span>,
    /// What happens when a container ends; `Always` where nothing is said.
    pub restart_policy: RestartPolicy,
    /// Where it is written.
    pub place: Place,
}

words! {
    /// What happens when a container ends.
    pub RestartPolicy {
        /// It is started again.
        Always = "Always",
        /// It is started again unless it ended well.
        OnFailure = "OnFailure",
        /// It stays ended.
        Never = "Never",
    }
}

impl PodTemplate {
    pub(super) fn read(cursor: &Cursor<'_>) -> Option<Self> {
        let metadata = cursor.field("metadata");
        Some(PodTemplate {
            labels: labels(&metadata.field("labels")),
            annotations: annotations(&metadata.field("annotations")),
            place: Place::of(cursor),
            spec: PodSpec::read(&cursor.required("spec"))?,
        })
    }
}

impl PodSpec {
    /// The volume of a name.
    #[must_use]
    pub fn volume(&self, name: &str) -> Option<&Volume> {
        self.volumes.iter().find(|volume| volume.name.as_str() == name)
    }

    /// The container that a port of a Service or probe means: by name only where it is named, by
    /// number the one that lists it.
    #[must_use]
    pub fn container_of_port(&self, port: &PortRef) -> Option<&Container> {
        self.serving().find(|container| container.port(port).is_some())
    }

    /// The containers that run while the pod does: all but the init containers that end.
    pub fn serving(&self) -> impl Iterator<Item = &Container> {
        self.containers.iter().chain(self.init_containers.iter().filter(|init| init.is_sidecar))
    }

    /// All containers, the init containers first.
    pub fn all_containers(&self) -> impl Iterator<Item = &Container> {
        self.init_containers.iter().chain(&self.containers)
    }

    /// The claims that the pod mounts.
    pub fn claims(&self) -> impl Iterator<Item = (&Volume, &Placed<DnsSubdomain>, bool)> {
        self.volumes.iter().filter_map(|volume| match &volume.source {
            VolumeSource::Claim { name, read_only } => Some((volume, name, *read_only)),
            VolumeSource::EmptyDir { .. }
            | VolumeSource::HostPath { .. }
            | VolumeSource::ConfigMap(_)
            | VolumeSource::Secret(_)
            | VolumeSource::Projected(_)
            | VolumeSource::Other(_) => None,
        })
    }

    /// What the scheduler keeps free for one pod: the sum over the containers, or what an init
    /// container needs beside the sidecars before it where that is more. `None` beyond 127 bits.
    #[must_use]
    pub fn request(&self, resource: &str) -> Option<Quantity> {
        let of = |container: &Container| {
            container.resources.request(resource).map_or(Quantity::ZERO, |it| it.value.clone())
        };
        let mut sidecars = Quantity::ZERO;
        let mut peak = Quantity::ZERO;
        for init in &self.init_containers {
            let with_it = sidecars.checked_add(&of(init))?;
            if init.is_sidecar {
                sidecars = with_it.clone();
            }
            peak = peak.max(with_it);
        }
        let mut running = sidecars;
        for container in &self.containers {
            running = running.checked_add(&of(container))?;
        }
        Some(peak.max(running))
    }

    pub(super) fn read(cursor: &Cursor<'_>) -> Option<Self> {
        cursor.node()?;
        let containers = |field: Cursor<'_>| {
            field.items().filter_map(|item| Container::read(&item)).collect::<Vec<_>>()
        };
        let grace = cursor.field("terminationGracePeriodSeconds");
        let restart_policy = cursor.field("restartPolicy").parse();
        Some(PodSpec {
            containers: containers(cursor.required("containers")),
            init_containers: containers(cursor.field("initContainers")),
            volumes: cursor.field("volumes").items().filter_map(|v| Volume::read(&v)).collect(),
            service_account: Placed::read(&cursor.field("serviceAccountName"), |name| name.parse()),
            security: PodSecurityContext::read(&cursor.field("securityContext")),
            node_selector: labels(&cursor.field("nodeSelector")),
            tolerations: cursor
                .field("tolerations")
                .items()
                .map(|t| Toleration::read(&t))
                .collect(),
            affinity: Affinity::read(&cursor.field("affinity")),
            termination_grace: Placed {
                value: seconds(&grace).unwrap_or(Span::seconds(30)),
                place: Place::of(&grace),
            },
            restart_policy: restart_policy.unwrap_or(RestartPolicy::Always),
            place: Place::of(cursor),
        })
    }
}
