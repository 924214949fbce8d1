//! windlass: deploy, scale and fail over services on Kubernetes from your own program.
