//! Metadata of an object.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, de};
use serde_json::{Value, json};
use windlass_core::fence::Token;
use windlass_core::id::{ObjectName, RunId, Uid};
use windlass_core::time::Timestamp;

use crate::fence::{self, RUN_LABEL};

/// Labels or annotations.
pub(crate) type Texts = BTreeMap<Arc<str>, Arc<str>>;

/// What is kept of an object's metadata: enough to write a guarded patch to it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Meta {
    pub(crate) name: ObjectName,
    pub(crate) uid: Uid,
    #[serde(deserialize_with = "number")]
    pub(crate) resource_version: u64,
    #[serde(default)]
    pub(crate) generation: u64,
    #[serde(default)]
    pub(crate) labels: Option<Texts>,
    #[serde(default)]
    pub(crate) annotations: Option<Texts>,
    #[serde(default)]
    pub(crate) owner_references: Vec<OwnerRef>,
    /// When the server last noted a change, to the second.
    #[serde(default, rename = "managedFields", deserialize_with = "newest")]
    pub(crate) touched: Option<Timestamp>,
}

/// A reference to the object that another one goes with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct OwnerRef {
    pub(crate) kind: Arc<str>,
    pub(crate) name: ObjectName,
    pub(crate) uid: Uid,
    /// True when that object manages this one.
    #[serde(default)]
    pub(crate) controller: bool,
}

impl Meta {
    pub(crate) fn label(&self, key: &str) -> Option<&str> {
        self.labels.as_ref()?.get(key).map(|value| &**value)
    }

    pub(crate) fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(key).map(|value| &**value)
    }

    /// The owner that manages it.
    pub(crate) fn controller(&self) -> Option<&OwnerRef> {
        self.owner_references.iter().find(|owner| owner.controller)
    }

    /// What a write to it must expect.
    pub(crate) fn token(&self) -> Token {
        let fence = self.annotation(fence::FENCE_ANNOTATION);
        let fence = fence.and_then(windlass_core::fence::Fence::read);
        fence.map_or(Token::Version(self.resource_version), Token::Fence)
    }

    /// The run whose label it wears.
    pub(crate) fn made_by(&self) -> Option<RunId> {
        self.label(RUN_LABEL).map(RunId::from)
    }

    /// The metadata in the form that a patch is made from.
    pub(crate) fn value(&self) -> Value {
        let texts = |texts: &Option<Texts>| texts.as_ref().map(|texts| json!(texts));
        let mut value = json!({
            "uid": self.uid.as_str(),
            "resourceVersion": self.resource_version.to_string(),
        });
        for (key, texts) in
            [("labels", texts(&self.labels)), ("annotations", texts(&self.annotations))]
        {
            if let Some(texts) = texts {
                value[key] = texts;
            }
        }
        value
    }
}

/// Resource versions are numbers in text form, comparable since Kubernetes 1.35.
pub(crate) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
    text.parse().map_err(|_| de::Error::custom(format!("resourceVersion {text:?} is no number")))
}

/// When the server last noted a change of an object that is at hand as a whole.
pub(crate) fn touched(object: &Value) -> Option<Timestamp> {
    newest(object["metadata"].get("managedFields")?.clone()).ok().flatten()
}

#[derive(Deserialize)]
struct Managed {
    time: Option<Box<str>>,
}

/// Of all that is noted of who owns which field only the newest time.
fn newest<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let managed = Vec::<Managed>::deserialize(deserializer)?;
    let times = managed.iter().filter_map(|it| it.time.as_ref()?.parse::<jiff::Timestamp>().ok());
    Ok(times.max().map(|time| Timestamp::from_millis(time.as_millisecond())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(rest: Value) -> Meta {
        let mut value = json!({"name": "web", "uid": "u1", "resourceVersion": "7"});
        for (key, field) in rest.as_object().expect("an object") {
            value[key] = field.clone();
        }
        serde_json::from_value(value).expect("valid")
    }

    #[test]
    fn an_object_with_a_fence_is_known_by_it_and_another_by_its_version() {
        assert_eq!(meta(json!({})).token(), Token::Version(7));
        let fenced = meta(json!({"annotations": {"windlass.dev/fence": "r/2/5"}}));
        assert!(matches!(fenced.token(), Token::Fence(fence) if fence.seq == 5));
    }

    #[test]
    fn a_map_that_is_not_there_stays_so_in_what_a_patch_is_made_from() {
        let value = meta(json!({"labels": {"a": "b"}})).value();
        assert_eq!(value, json!({"uid": "u1", "resourceVersion": "7", "labels": {"a": "b"}}));
    }

    #[test]
    fn a_version_that_is_no_number_is_refused_by_name() {
        let value = json!({"name": "web", "uid": "u1", "resourceVersion": "x7"});
        let error = serde_json::from_value::<Meta>(value).expect_err("no number");
        assert!(error.to_string().contains("\"x7\""), "{error}");
    }
}
