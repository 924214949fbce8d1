//! Pod templates, known by their digest.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::TemplateDigest;

/// A pod template: its digest and its content as canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// Digest of the content.
    pub digest: TemplateDigest,
    /// The `spec.template` of a Deployment as JSON with sorted keys, without `pod-template-hash`.
    pub body: Arc<str>,
}

/// The templates a run may write, by digest: writes name a digest, the content is kept once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Templates(BTreeMap<TemplateDigest, Template>);

impl Templates {
    /// Looks a template up by digest.
    pub fn get(&self, digest: &TemplateDigest) -> Option<&Template> {
        self.0.get(digest)
    }

    /// Adds a template; one of the same digest is replaced.
    pub fn insert(&mut self, template: Template) {
        self.0.insert(template.digest.clone(), template);
    }
}

impl FromIterator<Template> for Templates {
    fn from_iter<I: IntoIterator<Item = Template>>(templates: I) -> Self {
        Self(templates.into_iter().map(|t| (t.digest.clone(), t)).collect())
    }
}
