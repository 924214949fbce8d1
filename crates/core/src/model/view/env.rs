//! The environment of a container.

use super::place::{Place, Placed};
use super::read::{flag, text};
use crate::manifest::{Cursor, FieldCause};
use crate::model::{DnsSubdomain, Quantity};

/// One environment variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvVar {
    /// Its name.
    pub name: Box<str>,
    /// Where its value comes from.
    pub value: EnvValue,
    /// Where it is written.
    pub place: Place,
}

/// Where the value of an environment variable comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvValue {
    /// Written down; may use `$(OTHER)`. Empty where the manifest gives no value.
    Plain(Box<str>),
    /// A key of a ConfigMap (`configMapKeyRef`).
    ConfigMapKey(KeyRef),
    /// A key of a Secret (`secretKeyRef`).
    SecretKey(KeyRef),
    /// A field of the pod (`fieldRef`), such as `metadata.name`.
    Field(Box<str>),
    /// An amount of a resource of a container (`resourceFieldRef`).
    Resource {
        /// The container; the one of the variable where none is named.
        container: Option<Box<str>>,
        /// Such as `limits.cpu`.
        resource: Box<str>,
        /// What the amount is divided by, 1 where nothing is said.
        divisor: Option<Quantity>,
    },
    /// A source that is not modelled, by its field name.
    Other(Box<str>),
}

/// A key of a ConfigMap or Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRef {
    /// The object.
    pub name: Placed<DnsSubdomain>,
    /// The key in its data.
    pub key: Box<str>,
    /// Whether the pod starts without it.
    pub optional: bool,
}

/// All keys of a ConfigMap or Secret as environment variables (`envFrom`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvFrom {
    /// Put before each name; often empty.
    pub prefix: Box<str>,
    /// The object.
    pub source: EnvSource,
    /// Whether the pod starts without it.
    pub optional: bool,
}

/// The object of an [`EnvFrom`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvSource {
    /// A ConfigMap.
    ConfigMap(Placed<DnsSubdomain>),
    /// A Secret.
    Secret(Placed<DnsSubdomain>),
}

impl EnvVar {
    pub(super) fn read(cursor: &Cursor<'_>) -> Option<Self> {
        let name = text(&cursor.required("name"));
        let value = cursor.field("value");
        let from = cursor.field("valueFrom");
        let value = if from.is_present() {
            if value.str().is_some_and(|value| !value.is_empty()) {
                from.invalid(TwoValues);
            }
            EnvValue::read(&from)
        } else {
            Some(EnvValue::Plain(text(&value).unwrap_or_default()))
        };
        Some(EnvVar { name: name?, value: value?, place: Place::of(cursor) })
    }
}

/// `value` and `valueFrom` side by side.
#[derive(Debug, thiserror::Error)]
#[error("value and valueFrom are both given; keep one of them")]
struct TwoValues;

impl EnvValue {
    fn read(from: &Cursor<'_>) -> Option<Self> {
        let (kind, source) = from.entries().next().or_else(|| {
            from.report(FieldCause::Missing);
            None
        })?;
        match &**kind {
            "configMapKeyRef" => KeyRef::read(&source).map(EnvValue::ConfigMapKey),
            "secretKeyRef" => KeyRef::read(&source).map(EnvValue::SecretKey),
            "fieldRef" => text(&source.required("fieldPath")).map(EnvValue::Field),
            "resourceFieldRef" => Some(EnvValue::Resource {
                container: text(&source.field("containerName")),
                divisor: source.field("divisor").parse_scalar(),
                resource: text(&source.required("resource"))?,
            }),
            other => Some(EnvValue::Other(other.into())),
        }
    }
}

impl KeyRef {
    fn read(cursor: &Cursor<'_>) -> Option<Self> {
        let name = Placed::read(&cursor.required("name"), |name| name.parse());
        let key = text(&cursor.required("key"));
        let optional = flag(&cursor.field("optional"));
        Some(KeyRef { name: name?, key: key?, optional })
    }
}

impl EnvFrom {
    pub(super) fn read(cursor: &Cursor<'_>) -> Option<Self> {
        let prefix = text(&cursor.field("prefix")).unwrap_or_default();
        let (config, secret) = (cursor.field("configMapRef"), cursor.field("secretRef"));
        let chosen = if secret.is_present() { &secret } else { &config };
        if !chosen.is_present() {
            cursor.invalid(NoSource);
            return None;
        }
        let name = Placed::read(&chosen.required("name"), |name| name.parse());
        let optional = flag(&chosen.field("optional"));
        let source = if secret.is_present() {
            EnvSource::Secret(name?)
        } else {
            EnvSource::ConfigMap(name?)
        };
        Some(EnvFrom { prefix, source, optional })
    }
}

/// An `envFrom` of nothing.
#[derive(Debug, thiserror::Error)]
#[error("names no source; write configMapRef or secretRef")]
struct NoSource;
