//! Notes: what a journal holds of something that is no run of a machine yet.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::record::{FORMAT, GENESIS, Head, RecordError, sealed};
use crate::fence::Epoch;
use crate::id::RunId;
use crate::time::Moment;

/// A single record, with the head and the hash of every record, that holds a value of its own. It
/// stands alone in its run, at index 0, and nothing follows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note<T> {
    /// What every record starts with; its kind says what the note is.
    pub head: Head,
    /// The value.
    pub note: T,
}

impl<T: Serialize + DeserializeOwned> Note<T> {
    /// A note of this kind. `logic` is raised when the value changes its meaning.
    pub fn new(kind: &str, logic: u32, run: RunId, at: Moment, note: T) -> Self {
        let prev = GENESIS.to_owned();
        let (kind, epoch) = (kind.to_owned(), Epoch(0));
        let head =
            Head { format: FORMAT, kind, logic, run, epoch, index: 0, at, prev, ended: false };
        Self { head, note }
    }

    /// The note as one line of JSON. Its last field is the hash of all before it.
    ///
    /// # Errors
    /// When the value has no JSON form.
    pub fn encode(&self) -> Result<Vec<u8>, RecordError> {
        let unwritable = |e: serde_json::Error| RecordError::Unreadable {
            index: self.head.index,
            reason: e.to_string(),
        };
        serde_json::to_vec(self).map(sealed).map_err(unwritable)
    }

    /// Reads a note of this kind back; `logic` is the latest that the caller knows.
    ///
    /// # Errors
    /// When the bytes are no such note, of a later logic, or not as they were written.
    pub fn decode(kind: &'static str, logic: u32, bytes: &[u8]) -> Result<Self, RecordError> {
        let head = Head::decode(0, bytes)?;
        if head.kind != kind {
            return Err(RecordError::OtherKind { index: 0, found: head.kind, wanted: kind });
        }
        let unreadable = |reason| RecordError::Unreadable { index: 0, reason };
        if head.logic > logic {
            return Err(unreadable(format!("a later program wrote it ({}): update", head.logic)));
        }
        serde_json::from_slice(bytes).map_err(|e| unreadable(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Chain;

    fn note(logic: u32) -> Vec<u8> {
        let note = Note::new("wish", logic, "w1".into(), Moment::default(), 7_u32);
        note.encode().expect("a number has a form")
    }

    #[test]
    fn a_note_is_read_back_as_it_was_written_and_verifies_as_a_record_does() {
        let bytes = note(1);
        assert_eq!(Note::<u32>::decode("wish", 1, &bytes).expect("it is whole").note, 7);
        assert!(Chain::verify([bytes.as_slice()]).is_ok());
    }

    #[test]
    fn a_note_that_was_damaged_or_is_another_or_later_one_is_refused() {
        let bytes = note(2);
        let damaged = String::from_utf8(bytes.clone()).expect("JSON").replace(":7", ":8");
        let decode = |kind, logic, bytes: &[u8]| Note::<u32>::decode(kind, logic, bytes);
        assert_eq!(decode("wish", 2, damaged.as_bytes()), Err(RecordError::Damaged { index: 0 }));
        assert!(matches!(decode("run", 2, &bytes), Err(RecordError::OtherKind { .. })));
        let later = decode("wish", 1, &bytes).expect_err("2 is later than 1");
        assert!(later.to_string().contains("update"), "{later}");
    }
}
