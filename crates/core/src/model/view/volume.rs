//! The volumes of a pod.

use super::place::{Place, Placed};
use super::read::{flag, text};
use crate::manifest::{Cursor, FieldCause};
use crate::model::{DnsLabel, DnsSubdomain, Quantity};

/// A volume that the containers of a pod may mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// The name that mounts refer to.
    pub name: DnsLabel,
    /// What is in it.
    pub source: VolumeSource,
    /// Where it is written.
    pub place: Place,
}

/// What is in a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VolumeSource {
    /// An empty directory that lives as long as the pod.
    EmptyDir {
        /// Whether it is kept in memory.
        in_memory: bool,
        /// The most it may hold.
        size_limit: Option<Quantity>,
    },
    /// A path of the node.
    HostPath {
        /// The path.
        path: Box<str>,
        /// What must be there, such as `Directory`; anything where nothing is said.
        kind: Option<Box<str>>,
    },
    /// A PersistentVolumeClaim of the namespace.
    Claim {
        /// The claim.
        name: Placed<DnsSubdomain>,
        /// Whether all mounts are read-only.
        read_only: bool,
    },
    /// The keys of a ConfigMap as files.
    ConfigMap(ObjectFiles),
    /// The keys of a Secret as files.
    Secret(ObjectFiles),
    /// Several sources in one directory.
    Projected(Vec<Projection>),
    /// A source that is not modelled, by its field name, such as `csi` or `nfs`.
    Other(Box<str>),
}

/// A ConfigMap or Secret as files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectFiles {
    /// The object.
    pub name: Placed<DnsSubdomain>,
    /// The keys taken and their paths, all keys under their own names where empty.
    pub items: Vec<(Box<str>, Box<str>)>,
    /// Whether the pod starts without the object or its keys.
    pub optional: bool,
}

/// One source of a projected volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Projection {
    /// The keys of a ConfigMap.
    ConfigMap(ObjectFiles),
    /// The keys of a Secret.
    Secret(ObjectFiles),
    /// Fields of the pod.
    DownwardApi,
    /// A token of the pod's service account, at a path.
    ServiceAccountToken(Box<str>),
    /// A source that is not modelled, by its field name.
    Other(Box<str>),
}

impl Volume {
    pub(super) fn read(cursor: &Cursor<'_>) -> Option<Self> {
        let name = cursor.required("name").parse();
        let mut sources = cursor.entries().filter(|(key, _)| &***key != "name");
        let source = match sources.next() {
            // A volume of nothing is an emptyDir for the API server.
            None => Some(VolumeSource::EmptyDir { in_memory: false, size_limit: None }),
            Some((kind, source)) => VolumeSource::read(kind, &source),
        };
        if let Some((second, at)) = sources.next() {
            at.invalid(TwoSources((&**second).into()));
        }
        Some(Volume { name: name?, source: source?, place: Place::of(cursor) })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0} is a second source of this volume; keep one")]
struct TwoSources(Box<str>);

impl VolumeSource {
    fn read(kind: &str, source: &Cursor<'_>) -> Option<Self> {
        match kind {
            "emptyDir" => Some(VolumeSource::EmptyDir {
                in_memory: source.field("medium").str() == Some("Memory"),
                size_limit: source.field("sizeLimit").parse_scalar(),
            }),
            "hostPath" => {
                let kind = text(&source.field("type"));
                Some(VolumeSource::HostPath { path: text(&source.required("path"))?, kind })
            }
            "persistentVolumeClaim" => {
                let read_only = flag(&source.field("readOnly"));
                let name = Placed::read(&source.required("claimName"), |name| name.parse());
                Some(VolumeSource::Claim { name: name?, read_only })
            }
            "configMap" => ObjectFiles::read(source, "name").map(VolumeSource::ConfigMap),
            "secret" => ObjectFiles::read(source, "secretName").map(VolumeSource::Secret),
            "projected" => Some(VolumeSource::Projected(
                source
                    .field("sources")
                    .items()
                    .filter_map(|item| Projection::read(&item))
                    .collect(),
            )),
            other => Some(VolumeSource::Other(other.into())),
        }
    }
}

impl ObjectFiles {
    /// A missing name is an error of the field, though the API server lets an optional one pass.
    fn read(cursor: &Cursor<'_>, name_field: &str) -> Option<Self> {
        let items = cursor.field("items").items().filter_map(|item| {
            let key = text(&item.required("key"));
            let path = text(&item.required("path"));
            Some((key?, path?))
        });
        let items = items.collect();
        let optional = flag(&cursor.field("optional"));
        if !cursor.is_present() {
            cursor.report(FieldCause::Missing);
        }
        let name = Placed::read(&cursor.required(name_field), |name| name.parse());
        Some(ObjectFiles { name: name?, items, optional })
    }
}

impl Projection {
    fn read(cursor: &Cursor<'_>) -> Option<Self> {
        let (kind, source) = cursor.entries().next()?;
        match &**kind {
            "configMap" => ObjectFiles::read(&source, "name").map(Projection::ConfigMap),
            "secret" => ObjectFiles::read(&source, "name").map(Projection::Secret),
            "downwardAPI" => Some(Projection::DownwardApi),
            "serviceAccountToken" => {
                text(&source.required("path")).map(Projection::ServiceAccountToken)
            }
            other => Some(Projection::Other(other.into())),
        }
    }
}

/// Where a container sees a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeMount {
    /// The volume of the pod.
    pub volume: Placed<DnsLabel>,
    /// The path in the container.
    pub path: Box<str>,
    /// The part of the volume that is mounted; all of it where nothing is said.
    pub sub_path: Option<Box<str>>,
    /// Whether the container may not write.
    pub read_only: bool,
}

impl VolumeMount {
    pub(super) fn read(cursor: &Cursor<'_>) -> Option<Self> {
        let volume = Placed::read(&cursor.required("name"), |name| name.parse());
        let path = text(&cursor.required("mountPath"));
        let sub_path = text(&cursor.field("subPath"));
        let read_only = flag(&cursor.field("readOnly"));
        Some(VolumeMount { volume: volume?, path: path?, sub_path, read_only })
    }
}
