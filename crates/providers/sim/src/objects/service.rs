//! Services.

use windlass_core::id::PodHash;

use super::POD_TEMPLATE_HASH;
use super::meta::{Labels, Meta};

/// Number of a Service; never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId(pub u64);

/// A Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Metadata.
    pub meta: Meta,
    /// `spec.selector`.
    pub selector: Labels,
    /// `spec.ports[0].port`.
    pub port: u16,
}

impl Service {
    /// The `pod-template-hash` that its selector asks for.
    pub fn pin(&self) -> Option<PodHash> {
        self.selector.get(POD_TEMPLATE_HASH).map(PodHash::new)
    }
}
