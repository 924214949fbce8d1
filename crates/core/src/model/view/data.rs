//! ConfigMaps and Secrets as data.

use std::collections::BTreeMap;
use std::fmt;

use super::read::text;
use crate::manifest::{Cursor, FieldCause};

/// A ConfigMap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigMapView {
    /// Texts by key.
    pub data: BTreeMap<Box<str>, Box<str>>,
    /// Bytes by key, in base64 as written.
    pub binary: BTreeMap<Box<str>, Box<str>>,
    /// Whether it can no longer be changed.
    pub immutable: bool,
}

impl ConfigMapView {
    /// Whether there is such a key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.data.contains_key(key) || self.binary.contains_key(key)
    }

    pub(super) fn read(root: &Cursor<'_>) -> Self {
        let map = |name| {
            let entries = root.field(name).entries();
            entries.filter_map(|(key, value)| Some(((&**key).into(), text(&value)?))).collect()
        };
        ConfigMapView {
            data: map("data"),
            binary: map("binaryData"),
            immutable: root.field("immutable").bool().unwrap_or(false),
        }
    }
}

/// A Secret. Its values never show in `Debug`, and there is no `Display` or `Serialize`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretView {
    /// What it is for, such as `kubernetes.io/tls`; `Opaque` where nothing is said.
    pub kind: Box<str>,
    /// Bytes by key (`data`), in base64 as written.
    pub data: BTreeMap<Box<str>, SecretText>,
    /// Texts by key (`stringData`), which win over `data`.
    pub texts: BTreeMap<Box<str>, SecretText>,
    /// Whether it can no longer be changed.
    pub immutable: bool,
}

/// A text that is not for everybody's eyes.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretText(Box<str>);

impl SecretText {
    /// The text itself. What is done with it is the caller's to answer for.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl SecretView {
    /// Whether there is such a key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.data.contains_key(key) || self.texts.contains_key(key)
    }

    pub(super) fn read(root: &Cursor<'_>) -> Self {
        let map = |name| {
            let entries = root.field(name).entries();
            entries.filter_map(|(key, value)| Some(((&**key).into(), hidden(&value)?))).collect()
        };
        SecretView {
            kind: text(&root.field("type")).unwrap_or_else(|| "Opaque".into()),
            data: map("data"),
            texts: map("stringData"),
            immutable: root.field("immutable").bool().unwrap_or(false),
        }
    }
}

/// A text whose content shows in no error, unlike that of [`Cursor::str`].
fn hidden(cursor: &Cursor<'_>) -> Option<SecretText> {
    let node = cursor.node()?;
    match node.as_str() {
        Some(text) => Some(SecretText(text.into())),
        None => {
            let found = node.value.kind();
            cursor.report(FieldCause::Kind { wanted: "a string in quotes", found });
            None
        }
    }
}
