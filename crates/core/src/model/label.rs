//! Labels and annotations of objects.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use serde::{Deserialize, Serialize};

use super::malformed::{Malformed, Rule};
use super::name;
use super::text::text_newtype;

/// Why a text is no label key or value.
pub type LabelError = Malformed<LabelRule>;

/// The rules of label keys and values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabelRule {
    /// A key without a name.
    #[error("has no name; write name or prefix/name")]
    NoName,
    /// The prefix of a key is no DNS name.
    #[error("what stands before '/' must be a DNS name such as example.com in lower case")]
    Prefix,
    /// The name of a key, or a value, has more than 63 characters.
    #[error("has {length} characters where 63 are allowed; move a long text to an annotation")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// A character outside of the alphabet.
    #[error("{found:?} is not allowed here; use letters, digits, '-', '_' and '.'")]
    Character {
        /// The character that is not allowed.
        found: char,
    },
    /// The first or last character is no letter or digit.
    #[error("{found:?} is at an edge; begin and end with a letter or digit")]
    Edge {
        /// The character at the edge.
        found: char,
    },
}

impl Rule for LabelRule {
    const WHAT: &'static str = "label";
}

text_newtype! {
    /// The key of a label or annotation: `name` or `prefix/name`. Also the names of extended
    /// resources, such as `nvidia.com/gpu`.
    LabelKey, LabelRule, key
}

text_newtype! {
    /// The value of a label: empty, or at most 63 letters, digits, `-`, `_` and `.`.
    LabelValue, LabelRule, value
}

impl LabelKey {
    /// What stands before the `/`, as in `prefix/name`.
    #[must_use]
    pub fn prefix(&self) -> Option<&str> {
        self.0.split_once('/').map(|(prefix, _)| prefix)
    }
}

fn key(text: &str) -> Result<(), LabelError> {
    let (start, name) = match text.split_once('/') {
        None => (0, text),
        Some((prefix, name)) => {
            if let Err(error) = name::subdomain(prefix) {
                let at = error.position().unwrap_or(0);
                return Err(Malformed::at(text, at, LabelRule::Prefix));
            }
            (prefix.len() + 1, name)
        }
    };
    if name.is_empty() {
        return Err(Malformed::whole(text, LabelRule::NoName));
    }
    qualified(text, start, name)
}

fn value(text: &str) -> Result<(), LabelError> {
    if text.is_empty() { Ok(()) } else { qualified(text, 0, text) }
}

/// `part` of `text` at byte `start` has the alphabet, the edges and the length of a label.
fn qualified(text: &str, start: usize, part: &str) -> Result<(), LabelError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if let Some((at, found)) = part.char_indices().find(|(_, c)| !allowed(*c)) {
        return Err(Malformed::at(text, start + at, LabelRule::Character { found }));
    }
    if part.len() > 63 {
        return Err(Malformed::whole(text, LabelRule::TooLong { length: part.len() }));
    }
    for (at, found) in [(0, part.chars().next()), (part.len() - 1, part.chars().next_back())] {
        if let Some(found) = found.filter(|c| !c.is_ascii_alphanumeric()) {
            return Err(Malformed::at(text, start + at, LabelRule::Edge { found }));
        }
    }
    Ok(())
}

/// The labels of an object, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Labels(BTreeMap<LabelKey, LabelValue>);

impl Labels {
    /// Parses pairs; the first key or value that is refused is the error.
    ///
    /// # Errors
    /// The key or value, and the rule it breaks.
    pub fn parse<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, LabelError> {
        let parsed = pairs.into_iter().map(|(key, value)| Ok((key.parse()?, value.parse()?)));
        parsed.collect::<Result<_, _>>().map(Labels)
    }

    /// The value of a label, which may be empty; `None` where the label is absent.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&LabelValue> {
        self.0.get(key)
    }

    /// Sets a label and gives back the value it had.
    pub fn insert(&mut self, key: LabelKey, value: LabelValue) -> Option<LabelValue> {
        self.0.insert(key, value)
    }

    /// Takes a label away and gives back its value.
    pub fn remove(&mut self, key: &str) -> Option<LabelValue> {
        self.0.remove(key)
    }

    /// In the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&LabelKey, &LabelValue)> {
        self.0.iter()
    }

    /// Whether there is no label.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many labels there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether every label of `self` is in `other` with the same value.
    #[must_use]
    pub fn is_subset(&self, other: &Labels) -> bool {
        self.0.iter().all(|(key, value)| other.get(key.as_str()) == Some(value))
    }
}

impl FromIterator<(LabelKey, LabelValue)> for Labels {
    fn from_iter<I: IntoIterator<Item = (LabelKey, LabelValue)>>(pairs: I) -> Self {
        Labels(pairs.into_iter().collect())
    }
}

/// As kubectl writes labels: `app=web,tier=front`.
impl Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (key, value)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{key}={value}")?;
        }
        Ok(())
    }
}

/// The annotations of an object, by key. Values are free text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Annotations(BTreeMap<LabelKey, String>);

impl Annotations {
    /// The text of an annotation.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// In the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&LabelKey, &str)> {
        self.0.iter().map(|(key, value)| (key, value.as_str()))
    }

    /// Whether there is no annotation.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(LabelKey, String)> for Annotations {
    fn from_iter<I: IntoIterator<Item = (LabelKey, String)>>(pairs: I) -> Self {
        Annotations(pairs.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        text.parse::<LabelKey>()
            .map(|key| panic!("{key} was read"))
            .unwrap_or_else(|e| e.to_string())
    }

    #[test]
    fn keys_and_values_of_the_field_are_read() {
        for key in [
            "app",
            "app.kubernetes.io/name",
            "pod-template-hash",
            "nvidia.com/gpu",
            "resource.labels.subscription_id",
            "a/B_c.D-9",
        ] {
            assert_eq!(key.parse::<LabelKey>().unwrap().as_str(), key);
        }
        for value in ["", "v1.0.0", "A_b-c.9", &"x".repeat(63)] {
            assert_eq!(value.parse::<LabelValue>().unwrap().as_str(), value);
        }
        assert_eq!("nvidia.com/gpu".parse::<LabelKey>().unwrap().prefix(), Some("nvidia.com"));
    }

    #[test]
    fn a_refused_key_says_where_and_what_instead() {
        assert_eq!(refused("a/"), "label \"a/\": has no name; write name or prefix/name");
        assert!(refused("").contains("has no name"));
        assert!(refused("/a").contains("before '/'"));
        assert!(refused("Ex.com/a").contains("character 1: what stands before"));
        assert!(refused("a/b/c").contains("character 4: '/' is not allowed"));
        assert!(refused("a b").contains("character 2: ' ' is not allowed"));
        assert!(refused("-a").contains("character 1: '-' is at an edge"));
        assert!(refused("x.com/a-").contains("character 8: '-' is at an edge"));
        assert!(refused(&"x".repeat(64)).contains("64 characters where 63"));
    }

    #[test]
    fn a_refused_value_says_why() {
        let error = |text: &str| text.parse::<LabelValue>().unwrap_err().to_string();
        assert!(error("http://x").contains("character 5: ':'"));
        assert!(error("v1.").contains("character 3: '.' is at an edge"));
    }

    #[test]
    fn labels_are_a_map_on_the_wire_and_print_in_order() {
        let labels: Labels = serde_json::from_str(r#"{"tier":"front","app":"web"}"#).unwrap();
        assert_eq!(labels.to_string(), "app=web,tier=front");
        assert_eq!(serde_json::to_string(&labels).unwrap(), r#"{"app":"web","tier":"front"}"#);
        assert!(serde_json::from_str::<Labels>(r#"{"app":"w b"}"#).is_err());
        assert_eq!(Labels::parse([("app", "web"), ("tier", "front")]).unwrap(), labels);
    }

    #[test]
    fn a_subset_needs_key_and_value() {
        let labels = Labels::parse([("app", "web"), ("tier", "front")]).unwrap();
        let is_in = |key, value| Labels::parse([(key, value)]).unwrap().is_subset(&labels);
        assert!(is_in("app", "web"));
        assert!(!is_in("app", "api"));
        assert!(!is_in("zone", "a"));
        assert!(Labels::default().is_subset(&labels));
    }
}
