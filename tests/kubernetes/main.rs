//! Releases on a real control plane: API server, controllers and scheduler as they are, pods that kwok
//! lets live. Each test passes with a line on stderr where the programs are not built, and fails there
//! with `WINDLASS_CLUSTER=required`.

mod lab;
mod releases;
