//! Pod templates by what they say.

use std::fmt::Write;

use sha2::{Digest as _, Sha256};

use crate::id::TemplateDigest;
use crate::manifest::{self, Map, Node, Value};

/// The label that tells the pods of one ReplicaSet from those of another; it says nothing about the
/// template itself.
pub const POD_TEMPLATE_HASH: &str = "pod-template-hash";

/// The digest of a pod template (`spec.template` of a Deployment): SHA-256 of its canonical form.
///
/// Insensitive to the order of fields, to layout, to the label `pod-template-hash`, and to fields
/// that say nothing: `null`, and empty ones such as `resources: {}` and `env: []`. Defaults that the API
/// server fills in do count: compare templates that both come from the server, or both from files.
#[must_use]
pub fn template_digest(template: &Node) -> TemplateDigest {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(canonical_template(template)) {
        // Writing to a String does not fail.
        let _ = write!(hex, "{byte:02x}");
    }
    TemplateDigest::new(hex)
}

/// A pod template as JSON with sorted keys, without `pod-template-hash`: what the digest is made of.
#[must_use]
pub fn canonical_template(template: &Node) -> String {
    let mut template = canonical(template);
    if let Value::Map(fields) = &mut template.value
        && let Some(Value::Map(metadata)) = fields.get_mut("metadata").map(|node| &mut node.value)
    {
        // The API server writes it as null, and as nothing in a file.
        metadata.remove("creationTimestamp");
        let emptied = match metadata.get_mut("labels").map(|node| &mut node.value) {
            Some(Value::Map(labels)) => {
                labels.remove(POD_TEMPLATE_HASH);
                labels.is_empty()
            }
            _ => false,
        };
        if emptied {
            metadata.remove("labels");
        }
        if metadata.is_empty() {
            fields.remove("metadata");
        }
    }
    let mut json = String::new();
    write_json(&mut json, &template);
    json
}

/// Fields that say nothing when they are empty. Others may: `emptyDir: {}` is a choice, and an empty
/// `labelSelector` means every pod.
const SILENT: [&str; 17] = [
    "affinity",
    "annotations",
    "args",
    "command",
    "env",
    "envFrom",
    "imagePullSecrets",
    "initContainers",
    "labels",
    "metadata",
    "nodeSelector",
    "ports",
    "resources",
    "securityContext",
    "tolerations",
    "volumeMounts",
    "volumes",
];

/// The same tree with sorted fields and without those that say nothing.
fn canonical(node: &Node) -> Node {
    match &node.value {
        Value::Map(map) => {
            let mut entries: Vec<_> = map.entries().iter().collect();
            entries.sort_unstable_by(|a, b| a.key().cmp(b.key()));
            let kept = entries.into_iter().filter_map(|entry| {
                let value = canonical(&entry.value);
                let silent = is_empty(&value) && SILENT.contains(&&**entry.key());
                (!silent && !value.is_null()).then(|| (entry.key().clone(), value))
            });
            Node::new(kept.collect::<Map>())
        }
        Value::List(items) => Node::new(items.iter().map(canonical).collect::<Vec<_>>()),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) => {
            Node { at: manifest::Position::default(), value: node.value.clone() }
        }
    }
}

/// JSON without spaces, in the order of the tree.
fn write_json(out: &mut String, node: &Node) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::Float(number) => out.push_str(&number.to_f64().to_string()),
        Value::String(text) => write_text(out, text),
        Value::List(items) => write_all(out, ['[', ']'], items, write_json),
        Value::Map(map) => write_all(out, ['{', '}'], map.entries(), |out, entry| {
            write_text(out, entry.key());
            out.push(':');
            write_json(out, &entry.value);
        }),
    }
}

fn write_all<T>(
    out: &mut String,
    [open, close]: [char; 2],
    items: &[T],
    write: impl Fn(&mut String, &T),
) {
    out.push(open);
    for (nth, item) in items.iter().enumerate() {
        if nth > 0 {
            out.push(',');
        }
        write(out, item);
    }
    out.push(close);
}

fn write_text(out: &mut String, text: &str) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Map(map) => map.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(yaml: &str) -> TemplateDigest {
        let manifest = manifest::parse("t.yaml", yaml.as_bytes()).unwrap().remove(0);
        template_digest(&manifest.root)
    }

    const TEMPLATE: &str = "
metadata: {labels: {app: web}}
spec: {containers: [{name: a, image: 'x:1'}], volumes: [{name: t, emptyDir: {}}]}";

    #[test]
    fn a_digest_is_64_hex_digits_and_stays_what_it_is() {
        let digest = digest(TEMPLATE);
        assert_eq!(digest.as_str().len(), 64);
        assert_eq!(digest.pod_hash().as_str(), &digest.as_str()[..10]);
        assert_eq!(digest.pod_hash().as_str(), "932dc35a2d");
    }

    #[test]
    fn order_layout_and_fields_that_say_nothing_do_not_count() {
        let same = "
spec:
  volumes:
  - emptyDir: {}
    name: t
  nodeSelector: {}
  tolerations: []
  containers:
  - image: x:1
    name: a
    resources: {}
metadata:
  creationTimestamp: null
  labels: {pod-template-hash: abc, app: web}
";
        assert_eq!(digest(TEMPLATE), digest(same));
    }

    #[test]
    fn every_value_and_the_order_of_lists_count() {
        let changed = [
            TEMPLATE.replace("x:1", "x:2"),
            TEMPLATE.replace("web", "api"),
            TEMPLATE.replace("emptyDir", "hostPath"),
            TEMPLATE.replace("[{name: a", "[{name: b, image: y}, {name: a"),
        ];
        for yaml in changed {
            assert_ne!(digest(&yaml), digest(TEMPLATE), "{yaml}");
        }
    }

    #[test]
    fn the_canonical_form_is_json_with_sorted_keys() {
        let yaml = "{spec: {b: [1, true], a: \"x\\n\\\"\", c: 0.5}}";
        let manifest = manifest::parse("t.yaml", yaml.as_bytes()).unwrap().remove(0);
        let json = canonical_template(&manifest.root);
        assert_eq!(json, r#"{"spec":{"a":"x\n\"","b":[1,true],"c":0.5}}"#);
    }

    #[test]
    fn an_empty_dir_is_not_lost() {
        let manifest = manifest::parse("t.yaml", TEMPLATE.as_bytes()).unwrap().remove(0);
        assert!(canonical_template(&manifest.root).contains("\"emptyDir\":{}"));
    }

    #[test]
    fn a_template_that_wears_only_a_hash_is_one_without_labels() {
        let bare = "spec: {containers: [{name: a}]}";
        let worn =
            "{metadata: {labels: {pod-template-hash: abc}}, spec: {containers: [{name: a}]}}";
        assert_eq!(digest(bare), digest(worn));
    }
}
