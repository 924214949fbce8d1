//! Services.

use super::place::{Place, Placed};
use super::read::{checked, labels, port_ref};
use crate::manifest::Cursor;
use crate::model::words::words;
use crate::model::{DnsLabel, Labels, Port, PortRef, Protocol};

/// A Service: a name and address for the ready pods that its selector means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceView {
    /// How it is reached; inside of the cluster where nothing is said.
    pub kind: ServiceKind,
    /// The labels of its pods. Empty: somebody else writes its endpoints.
    pub selector: Placed<Labels>,
    /// Its ports.
    pub ports: Vec<ServicePort>,
    /// Whether it has no address of its own (`clusterIP: None`).
    pub is_headless: bool,
    /// Whether pods that are not ready are in it too.
    pub publishes_not_ready: bool,
}

words! {
    /// How a Service is reached.
    pub ServiceKind {
        /// Inside of the cluster.
        ClusterIp = "ClusterIP",
        /// On a port of every node.
        NodePort = "NodePort",
        /// Through a load balancer of the provider.
        LoadBalancer = "LoadBalancer",
        /// A DNS alias of a name outside of the cluster.
        ExternalName = "ExternalName",
    }
}

/// A port of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePort {
    /// Its name, which a Service with several ports must give.
    pub name: Option<DnsLabel>,
    /// The port of the Service.
    pub port: Port,
    /// The port of the pods; the same number where nothing is said.
    pub target: Placed<PortRef>,
    /// TCP where nothing is said.
    pub protocol: Protocol,
    /// Where it is written.
    pub place: Place,
}

impl ServiceView {
    pub(super) fn read(root: &Cursor<'_>) -> Self {
        let spec = root.required("spec");
        let kind = spec.field("type").parse().unwrap_or(ServiceKind::ClusterIp);
        let selector = spec.field("selector");
        let ports = spec.field("ports").items().filter_map(|port| ServicePort::read(&port));
        ServiceView {
            kind,
            selector: Placed { value: labels(&selector), place: Place::of(&selector) },
            ports: ports.collect(),
            is_headless: spec.field("clusterIP").str() == Some("None"),
            publishes_not_ready: spec.field("publishNotReadyAddresses").bool().unwrap_or(false),
        }
    }
}

impl ServicePort {
    fn read(cursor: &Cursor<'_>) -> Option<Self> {
        let name = cursor.field("name").parse();
        let protocol = cursor.field("protocol").parse().unwrap_or(Protocol::Tcp);
        let target = cursor.field("targetPort");
        let target_port = port_ref(&target);
        let port = checked::<Port>(&cursor.required("port"))?;
        Some(ServicePort {
            name,
            port,
            protocol,
            target: Placed {
                value: target_port.unwrap_or(PortRef::Number(port)),
                place: Place::of(&target),
            },
            place: Place::of(cursor),
        })
    }
}
