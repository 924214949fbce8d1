//! windlass: the words, the kernel and the journal's format.
