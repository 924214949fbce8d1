//! windlass: strategies compiled to notches, and the climb that raises them.
