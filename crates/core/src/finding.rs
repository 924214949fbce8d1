//! What a look at manifests finds before anything is touched.

use std::cmp::Ordering;
use std::fmt::{self, Display};

use serde::{Deserialize, Serialize};

use crate::model::view::Place;
use crate::model::words::words;

words! {
    /// How bad a finding is. The worst sorts first.
    pub Severity {
        /// It will fail, or harm what runs.
        Error = "error",
        /// It may fail, or harm what runs on a bad day.
        Warning = "warn",
        /// Something to know.
        Info = "info",
    }
}

impl Severity {
    /// One character that catches the eye in a column.
    #[must_use]
    pub const fn mark(self) -> char {
        match self {
            Severity::Error => 'x',
            Severity::Warning => '!',
            Severity::Info => 'i',
        }
    }
}

words! {
    /// What is found. The words are stable: they may be searched for and silenced.
    pub Code {
        /// Several pods mount a claim that only one node may mount.
        ClaimOnOneNode = "claim-on-one-node",
        /// The old and the new pod of an update mount a claim that only one node may mount.
        ClaimBlocksUpdate = "claim-blocks-update",
        /// A claim is neither in the manifests nor in the cluster.
        ClaimNotFound = "claim-not-found",
        /// A container takes traffic without a readiness probe.
        NoReadinessProbe = "no-readiness-probe",
        /// Liveness and readiness ask the same question.
        LivenessIsReadiness = "liveness-is-readiness",
        /// A Service selects no pod.
        ServiceSelectsNothing = "service-selects-nothing",
        /// A Service targets a port that no container names.
        ServicePortNotFound = "service-port-not-found",
        /// An image is named by a tag, which may be moved.
        ImageByTag = "image-by-tag",
        /// An image is named by `latest` or by nothing.
        ImageLatest = "image-latest",
        /// The target of an autoscaler does not exist.
        AutoscalerTargetNotFound = "autoscaler-target-not-found",
        /// An autoscaler measures a share of a request that is not made.
        AutoscalerWithoutRequest = "autoscaler-without-request",
        /// Two autoscalers scale one target.
        TwoAutoscalers = "two-autoscalers",
        /// A manifest sets the replicas that an autoscaler owns.
        ReplicasAndAutoscaler = "replicas-and-autoscaler",
        /// The pods of an update do not fit a quota.
        OverQuota = "over-quota",
        /// No disruption budget protects the pods.
        NoBudget = "no-budget",
        /// A disruption budget lets no pod go.
        BudgetBlocksAll = "budget-blocks-all",
        /// A disruption budget protects no pod.
        BudgetSelectsNothing = "budget-selects-nothing",
        /// Two disruption budgets protect one pod, so that no eviction is allowed.
        TwoBudgets = "two-budgets",
        /// A selector does not match its own template.
        SelectorMismatch = "selector-mismatch",
        /// Two Deployments would count each other's pods as their own.
        SelectorOverlap = "selector-overlap",
        /// Two objects, or two containers of a pod, have one name.
        DuplicateName = "duplicate-name",
        /// A container asks for no CPU or no memory.
        NoRequests = "no-requests",
        /// An extended resource is requested without the same limit.
        ExtendedResourceLimit = "extended-resource-limit",
        /// A container mounts a volume that the pod does not have.
        VolumeNotFound = "volume-not-found",
        /// Pods are killed without time to end.
        NoGracePeriod = "no-grace-period",
        /// The hook before the end takes all of the time to end.
        HookOutlastsGrace = "hook-outlasts-grace",
        /// No old revision is kept for an undo.
        NoHistory = "no-history",
        /// A Secret is neither in the manifests nor in the cluster.
        SecretNotFound = "secret-not-found",
        /// A ConfigMap is neither in the manifests nor in the cluster.
        ConfigMapNotFound = "config-map-not-found",
        /// A ConfigMap or Secret does not have a key that a container needs.
        KeyNotFound = "key-not-found",
        /// A container has all rights of its node.
        Privileged = "privileged",
    }
}

impl Code {
    /// How bad it is.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Code::ClaimOnOneNode
            | Code::ServicePortNotFound
            | Code::AutoscalerTargetNotFound
            | Code::AutoscalerWithoutRequest
            | Code::TwoAutoscalers
            | Code::OverQuota
            | Code::SelectorMismatch
            | Code::SelectorOverlap
            | Code::DuplicateName
            | Code::ExtendedResourceLimit
            | Code::VolumeNotFound
            | Code::KeyNotFound => Severity::Error,
            Code::ClaimBlocksUpdate
            | Code::NoReadinessProbe
            | Code::LivenessIsReadiness
            | Code::ServiceSelectsNothing
            | Code::ImageByTag
            | Code::ImageLatest
            | Code::ReplicasAndAutoscaler
            | Code::NoBudget
            | Code::BudgetBlocksAll
            | Code::BudgetSelectsNothing
            | Code::TwoBudgets
            | Code::NoRequests
            | Code::NoGracePeriod
            | Code::HookOutlastsGrace
            | Code::NoHistory
            | Code::Privileged => Severity::Warning,
            Code::ClaimNotFound | Code::SecretNotFound | Code::ConfigMapNotFound => Severity::Info,
        }
    }
}

/// One thing found: what, where, and what to do about it.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What kind of thing it is.
    pub code: Code,
    /// What is wrong with what, in a few words without a full stop.
    pub message: String,
    /// Where; `None` for a finding about the cluster.
    pub at: Option<Place>,
    /// The next step.
    pub mend: String,
}

/// Where the place begins in a line of text, unless the message is longer.
const COLUMN: usize = 83;

impl Finding {
    /// A finding with the severity of its code.
    #[must_use]
    pub fn new(
        code: Code,
        at: &Place,
        message: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Finding {
            severity: code.severity(),
            code,
            message: message.into(),
            at: Some(at.clone()),
            mend: mend.into(),
        }
    }

    /// The worst first, then by place.
    #[must_use]
    pub fn order(&self, other: &Finding) -> Ordering {
        let key = |finding: &Finding| (finding.severity, finding.at.clone(), finding.code);
        key(self).cmp(&key(other)).then_with(|| self.message.cmp(&other.message))
    }

    fn head(&self) -> String {
        format!("{} {:<5}  {}", self.severity.mark(), self.severity, self.message)
    }
}

/// One line: `x error  MESSAGE      FILE:LINE`.
impl Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = self.head();
        match &self.at {
            Some(at) if head.chars().count() < COLUMN => {
                write!(f, "{head:<COLUMN$}{}:{}", at.file, at.at.line)
            }
            Some(at) => write!(f, "{head}  {}:{}", at.file, at.at.line),
            None => f.write_str(&head),
        }
    }
}

/// Several findings, one line each, in the order given. Places stand below each other, and a line
/// that is in the same file as the one before it does not repeat its name.
#[derive(Clone, Copy, Debug)]
pub struct Listing<'a>(pub &'a [Finding]);

impl Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads: Vec<_> = self.0.iter().map(Finding::head).collect();
        let longest = heads.iter().map(|head| head.chars().count()).max().unwrap_or(0);
        let column = COLUMN.max(longest + 2);
        let mut last = None;
        for (finding, head) in self.0.iter().zip(heads) {
            match &finding.at {
                None => writeln!(f, "{head}")?,
                Some(at) if last == Some(&at.file) => {
                    let name = " ".repeat(at.file.chars().count());
                    writeln!(f, "{head:<column$}{name}:{}", at.at.line)?;
                }
                Some(at) => writeln!(f, "{head:<column$}{}:{}", at.file, at.at.line)?,
            }
            last = finding.at.as_ref().map(|at| &at.file);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Pointer, Position};

    fn finding(code: Code, line: u32, message: &str) -> Finding {
        let path: Pointer = "spec.replicas".parse().unwrap();
        let place =
            Place { file: "threat-detection.yaml".into(), at: Position::new(line, 9), path };
        Finding::new(code, &place, message, "mend it")
    }

    fn two() -> [Finding; 2] {
        [
            finding(
                Code::ClaimOnOneNode,
                118,
                "ReadWriteOnce claim model-storage-pvc is mounted by 3 replicas",
            ),
            finding(
                Code::NoReadinessProbe,
                96,
                "container threat-intelligence-service takes traffic without readiness probe",
            ),
        ]
    }

    #[test]
    fn a_finding_is_one_line() {
        assert_eq!(
            two()[0].to_string(),
            "x error  ReadWriteOnce claim model-storage-pvc is mounted by 3 replicas            threat-detection.yaml:118"
        );
    }

    #[test]
    fn a_listing_names_a_file_once_and_aligns_the_places() {
        let findings = two();
        assert_eq!(
            Listing(&findings).to_string(),
            "\
x error  ReadWriteOnce claim model-storage-pvc is mounted by 3 replicas               threat-detection.yaml:118
! warn   container threat-intelligence-service takes traffic without readiness probe                       :96
"
        );
    }

    #[test]
    fn the_worst_comes_first_and_then_the_place() {
        let [error, warning] = two();
        let later = finding(Code::OverQuota, 200, "z");
        let mut all = [warning.clone(), later.clone(), error.clone()];
        all.sort_by(Finding::order);
        assert_eq!(all, [error, later, warning]);
    }

    #[test]
    fn json_names_severity_code_and_place() {
        let finding = &two()[0];
        let json = serde_json::to_value(finding).unwrap();
        assert_eq!(json["severity"], "error");
        assert_eq!(json["code"], "claim-on-one-node");
        assert_eq!(json["at"]["line"], 118);
        assert_eq!(json["at"]["path"], "spec.replicas");
        assert_eq!(serde_json::from_value::<Finding>(json).unwrap(), *finding);
    }
}
