//! The API server's audit log: who asked for what.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::error::ClusterError;

/// One request that was answered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Audited {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`.
    pub verb: String,
    /// Who asked.
    pub user: AuditedUser,
    /// The whole `User-Agent`; see [`Audited::agent`].
    #[serde(default)]
    pub user_agent: String,
    /// The path and query.
    #[serde(rename = "requestURI")]
    pub uri: String,
    /// What it was about; none for `/readyz` and the like.
    #[serde(default)]
    pub object_ref: Option<AuditedObject>,
    /// The answer; none where the request was cut off.
    #[serde(default)]
    pub response_status: Option<AuditedStatus>,
}

/// Who made an audited request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AuditedUser {
    /// As the server knows them.
    pub username: String,
}

/// What an audited request was about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuditedObject {
    /// Plural, lower case: `deployments`.
    pub resource: String,
    /// `status`, `scale`, `token` and so on, or empty.
    pub subresource: String,
    /// Empty for objects of the whole cluster.
    pub namespace: String,
    /// Empty for lists, and for creates that left the name to the server.
    pub name: String,
}

/// How an audited request was answered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AuditedStatus {
    /// The HTTP status code.
    #[serde(default)]
    pub code: u16,
}

impl Audited {
    /// The program's name: what stands before the first `/` of the user agent.
    #[must_use]
    pub fn agent(&self) -> &str {
        self.user_agent.split('/').next().unwrap_or_default()
    }

    /// May it have changed anything? Dry runs, and questions that are asked by a POST, do not.
    #[must_use]
    pub fn is_write(&self) -> bool {
        const VERBS: [&str; 5] = ["create", "update", "patch", "delete", "deletecollection"];
        const REVIEWS: [&str; 5] = [
            "tokenreviews",
            "subjectaccessreviews",
            "localsubjectaccessreviews",
            "selfsubjectaccessreviews",
            "selfsubjectrulesreviews",
        ];
        let resource = self.object_ref.as_ref().map_or("", |it| it.resource.as_str());
        VERBS.contains(&self.verb.as_str())
            && !self.uri.contains("dryRun=All")
            && !REVIEWS.contains(&resource)
    }
}

/// Every request that the log at `path` holds, in order. A line that is still being written is left out.
///
/// # Errors
/// [`ClusterError::File`] where it cannot be read, [`ClusterError::Content`] with the line that is no audit event.
pub fn read_audit(path: &Path) -> Result<Vec<Audited>, ClusterError> {
    let text = fs::read_to_string(path).map_err(ClusterError::file(path))?;
    parse(&text).map_err(|reason| ClusterError::Content { path: path.to_owned(), reason })
}

fn parse(text: &str) -> Result<Vec<Audited>, String> {
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let lines = whole.lines().enumerate();
    lines
        .map(|(at, line)| {
            serde_json::from_str(line).map_err(|cause| format!("line {}: {cause}", at + 1))
        })
        .collect()
}

/// Writes by program and verb: what a controller costs the server.
#[must_use]
pub fn count_writes(audited: &[Audited]) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for write in audited.iter().filter(|it| it.is_write()) {
        *counts.entry((write.agent().to_owned(), write.verb.clone())).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(verb: &str, agent: &str, uri: &str, resource: &str) -> String {
        format!(
            r#"{{"kind":"Event","level":"Metadata","stage":"ResponseComplete","requestURI":"{uri}","verb":"{verb}","user":{{"username":"admin","groups":["system:masters"]}},"userAgent":"{agent}","objectRef":{{"resource":"{resource}","namespace":"default","name":"web"}},"responseStatus":{{"metadata":{{}},"code":200}}}}"#
        )
    }

    #[test]
    fn writes_are_counted_by_program_and_verb_and_reads_are_not() {
        let log = [
            line("patch", "kubectl/v1.36.3 (linux/amd64)", "/a", "deployments"),
            line("patch", "kubectl/v1.36.3 (linux/amd64)", "/a", "deployments"),
            line("get", "kubectl/v1.36.3 (linux/amd64)", "/a", "deployments"),
            line("create", "windlass", "/a", "replicasets"),
        ]
        .join("\n");
        let counts = count_writes(&parse(&format!("{log}\n")).unwrap());
        let told: Vec<_> = counts.iter().map(|((a, v), n)| (a.as_str(), v.as_str(), *n)).collect();
        assert_eq!(told, [("kubectl", "patch", 2), ("windlass", "create", 1)]);
    }

    #[test]
    fn dry_runs_and_reviews_change_nothing() {
        for (uri, resource, writes) in [
            ("/apis/apps/v1?dryRun=All&fieldManager=a", "deployments", false),
            ("/apis/authorization.k8s.io/v1", "selfsubjectaccessreviews", false),
            ("/apis/apps/v1?fieldManager=a", "deployments", true),
        ] {
            let event = parse(&format!("{}\n", line("create", "a", uri, resource))).unwrap();
            assert_eq!(event[0].is_write(), writes, "{uri} {resource}");
        }
    }

    #[test]
    fn a_line_that_is_still_being_written_is_left_out() {
        let whole = line("get", "a", "/a", "pods");
        assert_eq!(parse(&format!("{whole}\n{{\"verb\":\"ge")).unwrap().len(), 1);
        assert_eq!(parse("{\"ver").unwrap(), []);
    }

    #[test]
    fn a_request_without_an_object_or_an_answer_is_read() {
        let text = r#"{"verb":"get","user":{"username":"kwok"},"requestURI":"/readyz"}"#;
        let event = parse(&format!("{text}\n")).unwrap();
        assert_eq!((&event[0].object_ref, event[0].agent()), (&None, ""));
    }

    #[test]
    fn a_line_that_is_no_event_is_named() {
        let told = parse("{}\n").unwrap_err();
        assert!(told.starts_with("line 1: missing field"), "{told}");
    }
}
