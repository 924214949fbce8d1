//! windlass: metrics to verdicts.
