//! Services and what stands behind them.

use serde::Deserialize;
use windlass_core::id::{PodHash, Uid};
use windlass_core::model::POD_TEMPLATE_HASH;

use super::Slim;
use super::meta::{Meta, Texts};

/// The label that names the Service of an EndpointSlice.
pub(crate) const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// What is kept of a Service.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub(crate) struct ServiceObject {
    pub(crate) meta: Meta,
    pub(crate) selector: Texts,
}

impl ServiceObject {
    /// The side that its selector asks for; `None` when it selects all.
    pub(crate) fn pin(&self) -> Option<PodHash> {
        self.selector.get(POD_TEMPLATE_HASH).map(|hash| PodHash::new(&**hash))
    }

    /// Whether pods with these labels are behind it.
    pub(crate) fn selects(&self, labels: &Texts) -> bool {
        !self.selector.is_empty()
            && self.selector.iter().all(|(key, value)| labels.get(key) == Some(value))
    }
}

impl Slim for ServiceObject {
    fn name(&self) -> &str {
        self.meta.name.as_str()
    }

    fn version(&self) -> u64 {
        self.meta.resource_version
    }
}

#[derive(Deserialize)]
struct Wire {
    metadata: Meta,
    spec: Spec,
}

#[derive(Deserialize)]
struct Spec {
    #[serde(default)]
    selector: Texts,
}

impl From<Wire> for ServiceObject {
    fn from(Wire { metadata, spec }: Wire) -> Self {
        Self { meta: metadata, selector: spec.selector }
    }
}

/// What is kept of an EndpointSlice.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "SliceWire")]
pub(crate) struct SliceObject {
    pub(crate) meta: Meta,
    pub(crate) endpoints: Vec<Endpoint>,
}

impl SliceObject {
    pub(crate) fn service(&self) -> Option<&str> {
        self.meta.label(SERVICE_NAME)
    }
}

/// One pod behind a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Name of the pod.
    pub(crate) pod: Box<str>,
    pub(crate) uid: Option<Uid>,
    /// Whether new connections are sent to it.
    pub(crate) ready: bool,
}

impl Slim for SliceObject {
    fn name(&self) -> &str {
        self.meta.name.as_str()
    }

    fn version(&self) -> u64 {
        self.meta.resource_version
    }
}

#[derive(Deserialize)]
struct SliceWire {
    metadata: Meta,
    /// Null in a slice without any.
    #[serde(default)]
    endpoints: Option<Vec<EndpointWire>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EndpointWire {
    #[serde(default)]
    conditions: Conditions,
    target_ref: Option<Target>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Conditions {
    ready: Option<bool>,
}

#[derive(Deserialize)]
struct Target {
    #[serde(default)]
    name: Box<str>,
    uid: Option<Uid>,
}

impl From<SliceWire> for SliceObject {
    fn from(SliceWire { metadata, endpoints }: SliceWire) -> Self {
        let endpoint = |wire: EndpointWire| {
            let target = wire.target_ref?;
            // By the API, nothing said means ready.
            let ready = wire.conditions.ready.unwrap_or(true);
            Some(Endpoint { pod: target.name, uid: target.uid, ready })
        };
        let endpoints = endpoints.unwrap_or_default().into_iter().filter_map(endpoint).collect();
        Self { meta: metadata, endpoints }
    }
}
