//! windlass: terminal progress, NDJSON and HTML from run events.
