//! The seeds' types made strong: values that cannot be wrong, in the Kubernetes notation, and
//! [`view`]s that read them out of manifests.

mod digest;
mod image;
mod label;
mod malformed;
mod name;
mod port;
mod quantity;
mod replicas;
mod rolling;
mod selector;
mod text;
pub mod view;
pub(crate) mod words;

pub use digest::{POD_TEMPLATE_HASH, canonical_template, template_digest};
pub use image::{
    ImageDigest, ImageError, ImageRef, ImageRule, PinnedImage, Registry, Repository, Tag,
};
pub use label::{Annotations, LabelError, LabelKey, LabelRule, LabelValue, Labels};
pub use malformed::{Malformed, Rule};
pub use name::{DnsLabel, DnsSubdomain, NameError, NameRule, PortName};
pub use port::{Port, PortError, PortRef, Protocol};
pub use quantity::{Quantity, QuantityError, QuantityFormat, QuantityRule};
pub use replicas::{
    IntOrPercent, Percent, PercentError, PercentRangeError, PercentRule, Replicas, ReplicasError,
};
pub use rolling::{DeploymentStrategy, RollingLimits, RollingLimitsError, RollingRoom};
pub use selector::{LabelTest, LabelValues, Operator, Requirement, RequirementError, Selector};
pub use words::UnknownWord;
