//! Where a value stands in the user's files.

use std::fmt::{self, Display};
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::manifest::{Cursor, Manifest, Pointer, PointerError, Position};

/// File, line, column and path of a field.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "WirePlace"))]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "WirePlace", into = "WirePlace")]
pub struct Place {
    /// The file, as the user named it.
    pub file: Arc<str>,
    /// Line and column; `0:0` for what no file holds.
    pub at: Position,
    /// The field in its document.
    pub path: Pointer,
}

impl Place {
    /// The place a cursor stands at.
    #[must_use]
    pub fn of(cursor: &Cursor<'_>) -> Self {
        Place { file: cursor.source().name().clone(), at: cursor.at(), path: cursor.path().clone() }
    }

    /// The place of a field of a manifest: of any field, whether a view reads it or not. `None`
    /// where there is no such field.
    #[must_use]
    pub fn in_manifest(manifest: &Manifest, path: &Pointer) -> Option<Self> {
        let at = manifest.root.find(path)?.at;
        Some(Place { file: manifest.source.name().clone(), at, path: path.clone() })
    }
}

/// A place in the user's files; line and column are 0 for what no file holds.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Place"))]
#[derive(Serialize, Deserialize)]
struct WirePlace {
    /// The file, as the user named it.
    file: Arc<str>,
    /// Line, from 1.
    line: u32,
    /// Column in characters, from 1.
    column: u32,
    /// The field in its document, such as `spec.replicas`.
    path: String,
}

impl From<Place> for WirePlace {
    fn from(place: Place) -> Self {
        let Position { line, column } = place.at;
        WirePlace { file: place.file, line, column, path: place.path.to_string() }
    }
}

impl TryFrom<WirePlace> for Place {
    type Error = PointerError;
    fn try_from(wire: WirePlace) -> Result<Self, Self::Error> {
        let at = Position::new(wire.line, wire.column);
        Ok(Place { file: wire.file, at, path: wire.path.parse()? })
    }
}

/// `FILE:LINE:COLUMN: PATH`.
impl Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.at)?;
        if self.path.is_root() { Ok(()) } else { write!(f, ": {}", self.path) }
    }
}

/// A value with the place it was read from. Two are equal when their values are.
#[derive(Clone, Debug)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it was read.
    pub place: Place,
}

impl<T> Placed<T> {
    /// What `read` makes of the field under the cursor, with its place.
    pub fn read<'a>(
        cursor: &Cursor<'a>,
        read: impl FnOnce(&Cursor<'a>) -> Option<T>,
    ) -> Option<Self> {
        read(cursor).map(|value| Placed { value, place: Place::of(cursor) })
    }
}

impl<T> Deref for Placed<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: PartialEq> PartialEq for Placed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Placed<T> {}
