//! Names of runs, apps and the objects that make an app up.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A short text that names something. Cloning is cheap.
macro_rules! name {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $type(Arc<str>);

        impl $type {
            /// Wraps a text as it is.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $type {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
    };
}

name! {
    /// One run of a machine, unique for ever. Chosen by the caller (a repeated request with the
    /// same id finds its own run).
    RunId
}
name! {
    /// The name of a Kubernetes object, unique per kind and namespace.
    ObjectName
}
name! {
    /// The identity the API server gave an object; a re-created object has another one.
    Uid
}
name! {
    /// Digest of a pod template in canonical form, as lower-case hex. Equal digests mean that the
    /// Deployment controller would take one template for the other.
    TemplateDigest
}
name! {
    /// Value of the label `pod-template-hash` that tells one ReplicaSet's pods from another's.
    PodHash
}
name! {
    /// Who drives a run: host, process and start, unique per process start.
    Holder
}

impl TemplateDigest {
    /// The `pod-template-hash` that windlass gives to a ReplicaSet it makes: the first ten digits.
    pub fn pod_hash(&self) -> PodHash {
        let end = self.0.char_indices().nth(10).map_or(self.0.len(), |(i, _)| i);
        PodHash::new(&self.0[..end])
    }
}

/// The app a run is about: a Deployment and what belongs to it.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AppRef {
    /// Namespace of every object of the app.
    pub namespace: ObjectName,
    /// Name of the Deployment.
    pub name: ObjectName,
}

impl AppRef {
    /// The app whose Deployment is `name` in `namespace`.
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

impl fmt::Display for AppRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// Kinds of objects that a run writes.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// `apps/v1` Deployment: the app itself.
    Deployment,
    /// `apps/v1` ReplicaSet: one revision of the app.
    ReplicaSet,
    /// `v1` Service.
    Service,
    /// The object that splits traffic by weight (an HTTPRoute, a VirtualService, ...).
    Route,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Deployment => "Deployment",
            Kind::ReplicaSet => "ReplicaSet",
            Kind::Service => "Service",
            Kind::Route => "Route",
        })
    }
}

/// One object of the app.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectRef {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: ObjectName,
}

impl ObjectRef {
    /// The object of this kind and name, in the app's namespace.
    pub fn new(kind: Kind, name: ObjectName) -> Self {
        Self { kind, name }
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}
