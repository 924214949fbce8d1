//! NDJSON: one event per line, for programs.
//!
//! Each line is one [`RunEvent`] in its own serde form, with `schema`, `run`, `seq`, `at`
//! (milliseconds since the Unix epoch) and `what`. The JSON Schema of a line is
//! `schema/run-event-v1.json` in this crate.

use std::fmt;
use std::io::{self, BufRead, Write};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use serde::Deserialize;
use windlass_core::event::{EventSchema, RunEvent};
use windlass_core::platform::{Approval, Host, Question};

use crate::sink::Sink;

/// Writes each event as one line of JSON and flushes it.
pub struct Ndjson<W> {
    sink: Mutex<Sink<W>>,
}

impl<W: Write> Ndjson<W> {
    /// Lines go to `writer`.
    pub fn new(writer: W) -> Self {
        Self { sink: Mutex::new(Sink::new(writer)) }
    }

    /// Gives the writer back.
    ///
    /// # Errors
    /// The first error of the writer; nothing was written after it.
    pub fn finish(self) -> io::Result<W> {
        self.sink.into_inner().unwrap_or_else(PoisonError::into_inner).finish()
    }
}

impl<W> fmt::Debug for Ndjson<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ndjson").finish_non_exhaustive()
    }
}

#[async_trait]
impl<W: Write + Send> Host for Ndjson<W> {
    fn notify(&self, event: &RunEvent) {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        match serde_json::to_vec(event) {
            Ok(mut line) => {
                line.push(b'\n');
                sink.put(&line);
            }
            Err(error) => sink.fail(error.into()),
        }
    }

    async fn ask(&self, _question: &Question) -> Approval {
        Approval::Later
    }
}

/// What was read back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// The events, in the order of the lines.
    pub events: Vec<RunEvent>,
    /// Lines of a kind that this version does not know; a newer one wrote them.
    pub unknown: usize,
}

/// Why a line could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The reader failed.
    #[error("line {line} could not be read: check the file and read it again")]
    Io {
        /// The line, from 1.
        line: usize,
        /// What the reader said.
        source: io::Error,
    },
    /// The line is no run event. The last line of a killed process may be cut short.
    #[error("line {line} is no run event: remove it, or ask who wrote it")]
    NotAnEvent {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// Every kind of event that this version knows, as it stands in `what.type`.
const KINDS: [&str; 15] = [
    "started",
    "resumed",
    "observed",
    "notch",
    "waiting",
    "sent",
    "answered",
    "sampled",
    "judged",
    "hooked",
    "signalled",
    "turned",
    "drifted",
    "handover",
    "ended",
];

/// The part of a line that every version of the format has.
#[derive(Deserialize)]
struct Head {
    #[expect(dead_code, reason = "read to refuse other formats")]
    schema: EventSchema,
    what: Kind,
}

#[derive(Deserialize)]
struct Kind {
    r#type: String,
}

/// Reads events back from NDJSON. Empty lines are skipped; a kind of a newer version is counted.
///
/// # Errors
/// At the first line that cannot be read or is no event.
pub fn read(reader: impl BufRead) -> Result<Log, ReadError> {
    let mut log = Log::default();
    for (index, text) in reader.lines().enumerate() {
        let line = index + 1;
        let text = text.map_err(|source| ReadError::Io { line, source })?;
        if text.trim().is_empty() {
            continue;
        }
        match serde_json::from_str(&text) {
            Ok(event) => log.events.push(event),
            Err(_) if is_newer(&text) => log.unknown += 1,
            Err(source) => return Err(ReadError::NotAnEvent { line, source }),
        }
    }
    Ok(log)
}

fn is_newer(line: &str) -> bool {
    serde_json::from_str::<Head>(line).is_ok_and(|head| !KINDS.contains(&head.what.r#type.as_str()))
}
