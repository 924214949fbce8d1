//! A good application, and what the lints say to changes of it.

use std::collections::BTreeMap;

use windlass_core::finding::{Code, Finding};
use windlass_core::id::ObjectName;
use windlass_core::manifest;
use windlass_core::model::Replicas;
use windlass_core::model::view::Objects;

use super::{ClusterFacts, preflight};

/// The digest of the image in [`GOOD`].
pub(super) const DIGEST: &str =
    "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Nothing is to be said about this.
pub(super) const GOOD: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  strategy: {}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web:1.0@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
        ports: [{name: http, containerPort: 8080}]
        env: []
        resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 64Mi}}
        livenessProbe: {httpGet: {path: /live, port: http}}
        readinessProbe: {httpGet: {path: /ready, port: http}}
      volumes: []
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
---
{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web}, spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}}
";

/// `yaml` with the only occurrence of `from` replaced.
pub(super) fn edited(yaml: &str, from: &str, to: &str) -> String {
    assert_eq!(yaml.matches(from).count(), 1, "{from:?} is not once in\n{yaml}");
    yaml.replacen(from, to, 1)
}

pub(super) fn found(yaml: &str) -> Vec<Finding> {
    found_knowing(yaml, &ClusterFacts::default(), &BTreeMap::new())
}

pub(super) fn found_knowing(
    yaml: &str,
    facts: &ClusterFacts,
    peaks: &BTreeMap<ObjectName, Replicas>,
) -> Vec<Finding> {
    let manifests = manifest::parse("app.yaml", yaml.as_bytes()).unwrap();
    let read = Objects::read(&manifests);
    let errors: Vec<_> = read.errors.iter().map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    preflight(&read.objects, facts, peaks)
}

pub(super) fn codes(yaml: &str) -> Vec<Code> {
    codes_knowing(yaml, &ClusterFacts::default())
}

pub(super) fn codes_knowing(yaml: &str, facts: &ClusterFacts) -> Vec<Code> {
    found_knowing(yaml, facts, &BTreeMap::new()).iter().map(|finding| finding.code).collect()
}
