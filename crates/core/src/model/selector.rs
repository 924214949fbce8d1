//! Selectors: which objects are meant, by their labels.

use std::collections::BTreeSet;
use std::fmt::{self, Display};

use serde::{Deserialize, Serialize};

use super::label::{LabelKey, LabelValue, Labels};
use super::words::words;

/// A `LabelSelector`: all its labels and all its expressions must hold. The empty selector matches
/// every object.
///
/// ```
/// use windlass_core::model::{Labels, Selector};
/// let selector: Selector = serde_json::from_str(
///     r#"{"matchLabels": {"app": "web"},
///         "matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["db"]}]}"#,
/// )?;
/// assert_eq!(selector.to_string(), "app=web,tier notin (db)");
/// assert!(selector.matches(&Labels::parse([("app", "web")])?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Selector {
    /// Labels that an object must have with these values.
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub match_labels: Labels,
    /// Further requirements, all of which must hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<Requirement>,
}

/// One expression of a selector about one label.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "WireRequirement", into = "WireRequirement")]
pub struct Requirement {
    /// The label in question.
    pub key: LabelKey,
    /// What must hold of it.
    pub test: LabelTest,
}

/// What a [`Requirement`] asks of a label.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LabelTest {
    /// The label is there with one of the values.
    In(LabelValues),
    /// The label is absent or has another value.
    NotIn(LabelValues),
    /// The label is there.
    Exists,
    /// The label is absent.
    DoesNotExist,
}

/// At least one label value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LabelValues(BTreeSet<LabelValue>);

impl LabelValues {
    /// `None` where there is no value: `In` and `NotIn` must name one.
    #[must_use]
    pub fn new(values: impl IntoIterator<Item = LabelValue>) -> Option<Self> {
        let values: BTreeSet<_> = values.into_iter().collect();
        (!values.is_empty()).then_some(LabelValues(values))
    }

    /// Whether `value` is one of them.
    #[must_use]
    pub fn contains(&self, value: &LabelValue) -> bool {
        self.0.contains(value)
    }

    /// In order, each once.
    pub fn iter(&self) -> impl Iterator<Item = &LabelValue> {
        self.0.iter()
    }
}

words! {
    /// How an operator is written.
    pub Operator {
        /// One of the values.
        In = "In",
        /// None of the values.
        NotIn = "NotIn",
        /// There, with any value.
        Exists = "Exists",
        /// Absent.
        DoesNotExist = "DoesNotExist",
    }
}

/// Why an operator and its values do not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequirementError {
    /// `In` or `NotIn` without a value.
    #[error("{operator} of label {key} has no values; name at least one")]
    NoValues {
        /// The label.
        key: LabelKey,
        /// The operator that wants values.
        operator: Operator,
    },
    /// `Exists` or `DoesNotExist` with values.
    #[error("{operator} of label {key} takes no values; remove them")]
    SpareValues {
        /// The label.
        key: LabelKey,
        /// The operator that takes none.
        operator: Operator,
    },
}

impl Requirement {
    /// From the three fields of a manifest.
    ///
    /// # Errors
    /// Where the operator and the number of values do not fit.
    pub fn new(
        key: LabelKey,
        operator: Operator,
        values: impl IntoIterator<Item = LabelValue>,
    ) -> Result<Self, RequirementError> {
        let values = LabelValues::new(values);
        let test = match (operator, values) {
            (Operator::In, Some(values)) => LabelTest::In(values),
            (Operator::NotIn, Some(values)) => LabelTest::NotIn(values),
            (Operator::Exists, None) => LabelTest::Exists,
            (Operator::DoesNotExist, None) => LabelTest::DoesNotExist,
            (Operator::In | Operator::NotIn, None) => {
                return Err(RequirementError::NoValues { key, operator });
            }
            (Operator::Exists | Operator::DoesNotExist, Some(_)) => {
                return Err(RequirementError::SpareValues { key, operator });
            }
        };
        Ok(Requirement { key, test })
    }

    /// Whether an object with these labels meets the requirement.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(self.key.as_str());
        match &self.test {
            LabelTest::In(values) => value.is_some_and(|value| values.contains(value)),
            LabelTest::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
            LabelTest::Exists => value.is_some(),
            LabelTest::DoesNotExist => value.is_none(),
        }
    }
}

impl Selector {
    /// Whether an object with these labels is meant.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.match_labels.is_subset(labels)
            && self.match_expressions.iter().all(|requirement| requirement.matches(labels))
    }

    /// Whether the selector asks for nothing, and so matches everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }
}

impl From<Labels> for Selector {
    fn from(match_labels: Labels) -> Self {
        Selector { match_labels, match_expressions: Vec::new() }
    }
}

/// As kubectl takes it with `-l`: `app=web,tier notin (db),!old`.
impl Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.match_labels.fmt(f)?;
        for (index, requirement) in self.match_expressions.iter().enumerate() {
            let comma = if index == 0 && self.match_labels.is_empty() { "" } else { "," };
            write!(f, "{comma}{requirement}")?;
        }
        Ok(())
    }
}

impl Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match &self.test {
            LabelTest::In(values) => write!(f, "{key} in ({values})"),
            LabelTest::NotIn(values) => write!(f, "{key} notin ({values})"),
            LabelTest::Exists => write!(f, "{key}"),
            LabelTest::DoesNotExist => write!(f, "!{key}"),
        }
    }
}

impl Display for LabelValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, value) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{value}")?;
        }
        Ok(())
    }
}

/// The form in a manifest.
#[derive(Serialize, Deserialize)]
struct WireRequirement {
    key: LabelKey,
    operator: Operator,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    values: Vec<LabelValue>,
}

impl TryFrom<WireRequirement> for Requirement {
    type Error = RequirementError;
    fn try_from(wire: WireRequirement) -> Result<Self, Self::Error> {
        Requirement::new(wire.key, wire.operator, wire.values)
    }
}

impl From<Requirement> for WireRequirement {
    fn from(requirement: Requirement) -> Self {
        let (operator, values) = match requirement.test {
            LabelTest::In(values) => (Operator::In, values.0.into_iter().collect()),
            LabelTest::NotIn(values) => (Operator::NotIn, values.0.into_iter().collect()),
            LabelTest::Exists => (Operator::Exists, Vec::new()),
            LabelTest::DoesNotExist => (Operator::DoesNotExist, Vec::new()),
        };
        WireRequirement { key: requirement.key, operator, values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selector(json: &str) -> Selector {
        serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}"))
    }

    fn labels<const N: usize>(pairs: [(&str, &str); N]) -> Labels {
        Labels::parse(pairs).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn each_operator_decides_on_presence_and_value() {
        let web = labels([("tier", "web")]);
        let db = labels([("tier", "db")]);
        let none = labels([]);
        for (operator, values, expected) in [
            ("In", r#","values":["web"]"#, [true, false, false]),
            ("NotIn", r#","values":["web"]"#, [false, true, true]),
            ("Exists", "", [true, true, false]),
            ("DoesNotExist", "", [false, false, true]),
        ] {
            let json = format!(
                r#"{{"matchExpressions":[{{"key":"tier","operator":"{operator}"{values}}}]}}"#
            );
            let found = [&web, &db, &none].map(|labels| selector(&json).matches(labels));
            assert_eq!(found, expected, "{operator}");
        }
    }

    #[test]
    fn labels_and_expressions_must_all_hold() {
        let both = selector(
            r#"{"matchLabels":{"app":"a"},"matchExpressions":[{"key":"old","operator":"DoesNotExist"}]}"#,
        );
        assert!(both.matches(&labels([("app", "a"), ("x", "y")])));
        assert!(!both.matches(&labels([("app", "a"), ("old", "")])));
        assert!(!both.matches(&labels([("app", "b")])));
        assert_eq!(both.to_string(), "app=a,!old");
    }

    #[test]
    fn the_empty_selector_matches_everything() {
        assert!(Selector::default().matches(&labels([])));
        assert!(selector("{}").is_empty());
    }

    #[test]
    fn an_operator_with_the_wrong_number_of_values_is_refused() {
        let error = |json: &str| serde_json::from_str::<Requirement>(json).unwrap_err().to_string();
        assert!(error(r#"{"key":"a","operator":"In"}"#).contains("In of label a has no values"));
        assert!(
            error(r#"{"key":"a","operator":"Exists","values":["x"]}"#).contains("takes no values")
        );
        assert!(error(r#"{"key":"a","operator":"Gt","values":["1"]}"#).contains("or DoesNotExist"));
    }

    #[test]
    fn the_wire_format_is_kept() {
        let json = r#"{"matchLabels":{"app":"web"},"matchExpressions":[{"key":"tier","operator":"In","values":["a","b"]},{"key":"x","operator":"Exists"}]}"#;
        assert_eq!(serde_json::to_string(&selector(json)).unwrap(), json);
        assert_eq!(selector(json).to_string(), "app=web,tier in (a,b),x");
        assert_eq!(serde_json::to_string(&Selector::default()).unwrap(), "{}");
    }
}
