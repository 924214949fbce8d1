//! windlass: the simulated cluster.
