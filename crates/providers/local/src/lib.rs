//! windlass: journal on disk, clock and processes of this machine.
