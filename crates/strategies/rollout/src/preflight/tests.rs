use windlass_core::finding::{Code, Listing, Severity};

use super::testing::{GOOD, codes, found, found_knowing};
use super::*;

/// The manifest of the requirements, as it is.
const SEED: &str = include_str!("../../../../../examples/threat-detection.yaml");

#[test]
fn nothing_is_said_about_a_good_application() {
    assert_eq!(codes(GOOD), []);
}

#[test]
fn the_manifest_of_the_requirements_has_its_known_faults() {
    let quota = Quota { hard: "4".parse().unwrap(), used: "3".parse().unwrap() };
    let facts = ClusterFacts {
        quotas: BTreeMap::from([("requests.nvidia.com/gpu".parse().unwrap(), quota)]),
        running: BTreeMap::from([("threat-detection-system".into(), 3_u16.into())]),
        ..ClusterFacts::default()
    };
    let peaks = BTreeMap::from([("threat-detection-system".into(), 6_u16.into())]);
    let findings = found_knowing(SEED, &facts, &peaks);
    let listing = Listing(&findings).to_string();
    assert_eq!(listing, include_str!("tests/threat-detection.txt"), "\n{listing}");
}

#[test]
fn findings_come_with_the_worst_first() {
    let severities: Vec<_> = found(SEED).iter().map(|finding| finding.severity).collect();
    assert!(severities.is_sorted());
    assert_eq!(severities.first(), Some(&Severity::Error));
}

#[test]
fn every_finding_says_where_and_what_to_do() {
    for finding in found(SEED) {
        let at = finding.at.as_ref().unwrap();
        assert!(at.at.line > 0 && !finding.mend.is_empty(), "{finding}");
        assert_ne!(finding.code, Code::OverQuota, "no quota is known");
    }
}
