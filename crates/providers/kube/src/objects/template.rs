//! Pod templates as the API gives them.

use serde_json::Value;
use windlass_core::id::TemplateDigest;
use windlass_core::manifest;
use windlass_core::model::{canonical_template, template_digest};
use windlass_core::platform::Template;

/// The digest of a pod template; the empty text for one that cannot be read, which equals no other's.
pub(crate) fn digest(template: &Value) -> TemplateDigest {
    node(template).map_or_else(|| TemplateDigest::new(""), |node| template_digest(&node))
}

/// A pod template with its digest.
pub(crate) fn whole(template: &Value) -> Option<Template> {
    let node = node(template)?;
    Some(Template { digest: template_digest(&node), body: canonical_template(&node).into() })
}

fn node(template: &Value) -> Option<manifest::Node> {
    let read = manifest::parse("spec.template", template.to_string().as_bytes()).ok()?;
    read.into_iter().next().map(|manifest| manifest.root)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_hash_that_a_controller_adds_is_no_part_of_what_a_template_says() {
        let plain = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}});
        let mut hashed = plain.clone();
        hashed["metadata"]["labels"]["pod-template-hash"] = "abc".into();
        assert_eq!(digest(&plain), digest(&hashed));
        assert_ne!(digest(&plain), digest(&json!({"spec": {"containers": []}})));
    }
}
