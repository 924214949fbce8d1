//! Nodes that exist in the API only.

use std::fmt::Write as _;

/// The manifests of nodes `node-<from>` and so on, spread over the zones in turn.
pub(crate) fn manifests(from: usize, count: usize, zones: &[&str]) -> String {
    let mut text = String::new();
    for number in from..from + count {
        let zone = if zones.is_empty() { "a" } else { zones[number % zones.len()] };
        // Writing to a string cannot fail.
        let _written = write!(
            text,
            "---
apiVersion: v1
kind: Node
metadata:
  name: node-{number}
  labels:
    kubernetes.io/hostname: node-{number}
    kubernetes.io/os: linux
    kubernetes.io/arch: amd64
    topology.kubernetes.io/region: local
    topology.kubernetes.io/zone: {zone}
status:
  capacity: {SIZE}
  allocatable: {SIZE}
"
        );
    }
    text
}

/// Big enough that no test runs out of room by accident.
const SIZE: &str = "{cpu: '64', memory: 256Gi, pods: '1000', ephemeral-storage: 1Ti}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_numbered_on_and_spread_over_the_zones() {
        let text = manifests(3, 4, &["a", "b", "c"]);
        let of = |key: &str| -> Vec<String> {
            let lines = text.lines().filter_map(|line| line.trim().strip_prefix(key));
            lines.map(str::to_owned).collect()
        };
        assert_eq!(of("name: "), ["node-3", "node-4", "node-5", "node-6"]);
        assert_eq!(of("topology.kubernetes.io/zone: "), ["a", "b", "c", "a"]);
    }

    #[test]
    fn without_zones_all_nodes_are_in_one() {
        assert_eq!(manifests(0, 2, &[]).matches("zone: a").count(), 2);
    }
}
