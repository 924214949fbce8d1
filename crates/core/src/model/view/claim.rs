//! Claims of persistent volumes.

use super::place::Placed;
use super::read::text;
use super::resources::ResourceList;
use crate::manifest::Cursor;
use crate::model::Quantity;
use crate::model::words::words;

/// A PersistentVolumeClaim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimView {
    /// How it may be mounted.
    pub access_modes: Vec<Placed<AccessMode>>,
    /// How large it must be.
    pub storage: Option<Placed<Quantity>>,
    /// Where it comes from; the cluster's default where nothing is said, nowhere but from existing
    /// volumes where it is empty.
    pub storage_class: Option<Box<str>>,
}

words! {
    /// How a volume may be mounted.
    pub AccessMode {
        /// By the pods of one node, to read and write.
        ReadWriteOnce = "ReadWriteOnce",
        /// By any pods, to read.
        ReadOnlyMany = "ReadOnlyMany",
        /// By any pods, to read and write.
        ReadWriteMany = "ReadWriteMany",
        /// By one pod, to read and write.
        ReadWriteOncePod = "ReadWriteOncePod",
    }
}

impl AccessMode {
    /// Whether pods on several nodes may mount the volume at the same time.
    #[must_use]
    pub const fn is_shared(self) -> bool {
        match self {
            AccessMode::ReadOnlyMany | AccessMode::ReadWriteMany => true,
            AccessMode::ReadWriteOnce | AccessMode::ReadWriteOncePod => false,
        }
    }
}

impl ClaimView {
    pub(super) fn read(root: &Cursor<'_>) -> Self {
        let spec = root.required("spec");
        let modes = spec.field("accessModes").items();
        let requests = ResourceList::read(&spec.field("resources").field("requests"));
        ClaimView {
            access_modes: modes
                .filter_map(|mode| Placed::read(&mode, |mode| mode.parse()))
                .collect(),
            storage: requests.get("storage").cloned(),
            storage_class: text(&spec.field("storageClassName")),
        }
    }
}
