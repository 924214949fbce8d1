//! A writer that remembers its first error: events come by `&self` and cannot return one.

use std::io::{self, Write};

/// Writes until the first error, then keeps that error and writes no more.
#[derive(Debug)]
pub(crate) struct Sink<W> {
    writer: W,
    failed: Option<io::Error>,
}

impl<W: Write> Sink<W> {
    pub(crate) fn new(writer: W) -> Self {
        Self { writer, failed: None }
    }

    /// Writes the whole of `bytes` and flushes, so that a reader sees each event at once.
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.failed = self.writer.write_all(bytes).and_then(|()| self.writer.flush()).err();
        }
    }

    /// Keeps an error that came before the writer was reached.
    pub(crate) fn fail(&mut self, error: io::Error) {
        self.failed.get_or_insert(error);
    }

    /// The writer, or the first error.
    pub(crate) fn finish(self) -> io::Result<W> {
        match self.failed {
            None => Ok(self.writer),
            Some(error) => Err(error),
        }
    }
}
