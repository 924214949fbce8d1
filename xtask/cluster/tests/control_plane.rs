//! A real control plane, as tests use it. Each test passes with a line on stderr where the programs are not built, and
//! fails there with `WINDLASS_CLUSTER=required`.
#![expect(clippy::disallowed_methods, reason = "real processes take real time")]

mod control_plane {
    mod alone;
    mod leftovers;
    mod objects;
    mod pods;
}

use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

use windlass_cluster::ControlPlane;

type Outcome = Result<(), Box<dyn Error>>;

/// Asks until it is so, or fails with what was seen last.
fn eventually<T: std::fmt::Debug>(
    what: &str,
    mut seen: impl FnMut() -> T,
    is: impl Fn(&T) -> bool,
) -> T {
    let begun = Instant::now();
    loop {
        let now = seen();
        if is(&now) {
            return now;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "{what}: still {now:?}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// What kubectl prints of an object's field, or why it does not.
fn field(cluster: &ControlPlane, object: &str, path: &str) -> String {
    let output = format!("--output=jsonpath={{{path}}}");
    cluster.kubectl_read(&["get", object, &output]).unwrap_or_else(|error| error.to_string())
}

/// A Deployment `web` in namespace default, with annotations on its pods.
fn web(replicas: u32, version: &str, annotations: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: default}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata:
      labels: {{app: web}}
      annotations: {{{annotations}}}
    spec:
      containers: [{{name: web, image: 'registry.example/web:{version}'}}]
"
    )
}
