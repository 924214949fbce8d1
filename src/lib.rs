//! windlass: deploy, scale and fail over services on Kubernetes from your own program.

pub use windlass_core::{finding, manifest, model};
pub use windlass_rollout as rollout;
