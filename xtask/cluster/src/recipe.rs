//! What is built, from what, and the key that tells one build from another.

use sha2::{Digest, Sha256};

/// Kubernetes, as its programs name themselves. The modules' versions are in `hyper/go.mod`.
pub(crate) const KUBERNETES: &str = "v1.36.3";
/// The fake kubelet of all nodes.
pub(crate) const KWOK: &str = "sigs.k8s.io/kwok@v0.8.0";
/// The oldest Go that `hyper/go.mod` takes, as (1, minor).
pub(crate) const GO_MINOR: u32 = 26;
/// The same for people.
pub(crate) const GO: &str = "1.26";

/// The Go module's files, by their path in it. Compiled in: a build needs no source tree.
pub(crate) const SOURCES: [(&str, &str); 4] = [
    ("go.mod", include_str!("../hyper/go.mod")),
    ("go.sum", include_str!("../hyper/go.sum")),
    ("main.go", include_str!("../hyper/main.go")),
    ("supervise/main.go", include_str!("../hyper/supervise/main.go")),
];

/// The names under which the one binary is each of its programs.
pub(crate) const LINKS: [&str; 8] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubeadm",
    "kubectl",
    "kubelet",
];

/// Flags that every Go build gets.
pub(crate) const PLAIN: [&str; 2] = ["-trimpath", "-ldflags=-s -w"];

/// `-ldflags` of the Kubernetes programs: without their version the server says v0.0.0, and clients misbehave.
pub(crate) fn versioned() -> String {
    let mut parts = KUBERNETES.trim_start_matches('v').split('.');
    let (major, minor) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let set = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].map(|package| {
        format!(
            "-X {package}.gitVersion={KUBERNETES} -X {package}.gitMajor={major} -X {package}.gitMinor={minor}"
        )
    });
    format!("-ldflags=-s -w {}", set.join(" "))
}

/// The name of the folder of a build: another one whenever anything that goes into it is another.
pub(crate) fn key() -> String {
    key_of(&SOURCES, &[KUBERNETES, KWOK, &versioned()])
}

fn key_of(sources: &[(&str, &str)], versions: &[&str]) -> String {
    let mut hash = Sha256::new();
    let parts = sources.iter().flat_map(|(path, text)| [*path, *text]);
    for part in parts.chain(versions.iter().copied()) {
        // The length in front, so that no text can pass for two others.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_changes_with_every_source_its_path_and_every_version() {
        let keys = [
            key_of(&[("a", "x")], &["1"]),
            key_of(&[("a", "y")], &["1"]),
            key_of(&[("b", "x")], &["1"]),
            key_of(&[("a", "x")], &["2"]),
            key_of(&[("a", "x")], &["1", ""]),
            key_of(&[("a", "x1")], &[""]),
        ];
        for (at, key) in keys.iter().enumerate() {
            assert!(!keys[..at].contains(key), "{at}: {key}");
            assert_eq!(key.len(), 16);
        }
        assert_eq!(key_of(&[("a", "x")], &["1"]), keys[0]);
    }

    #[test]
    fn the_versions_agree_with_the_module() {
        let module = SOURCES[0].1;
        assert!(module.contains(&format!("\tk8s.io/kubernetes {KUBERNETES}\n")));
        assert!(module.contains(&format!("\ngo {GO}.")) && GO == format!("1.{GO_MINOR}"));
    }

    #[test]
    fn the_programs_are_told_major_and_minor_apart() {
        let flags = versioned();
        assert!(flags.contains("component-base/version.gitMajor=1 "), "{flags}");
        assert!(flags.contains("component-base/version.gitMinor=36 "), "{flags}");
    }

    #[test]
    fn every_link_is_a_program_that_the_binary_knows() {
        for link in LINKS {
            assert!(SOURCES[2].1.contains(&format!("\"{link}\":")), "{link}");
        }
    }
}
