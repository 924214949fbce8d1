//! Label selectors, as Deployments and disruption budgets have them.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::objects::Texts;

/// A label selector. One that asks for nothing selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Selector {
    match_labels: Texts,
    match_expressions: Vec<Requirement>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Requirement {
    key: Arc<str>,
    operator: Operator,
    #[serde(default)]
    values: Vec<Arc<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl Selector {
    /// Whether something with these labels is selected.
    pub(crate) fn selects(&self, labels: &Texts) -> bool {
        self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.match_expressions.iter().all(|it| it.holds(labels))
    }

    /// A label without which nothing is selected; `None` where no one label decides that.
    pub(crate) fn needs(&self) -> Option<&str> {
        let positive = |it: &&Requirement| matches!(it.operator, Operator::In | Operator::Exists);
        let expressed = self.match_expressions.iter().find(positive).map(|it| &*it.key);
        self.match_labels.keys().next().map(|key| &**key).or(expressed)
    }

    /// The selector as the API has it, asking for one label more.
    pub(crate) fn with(&self, key: &str, value: &str) -> Value {
        let mut labels = json!(self.match_labels);
        labels[key] = value.into();
        let expressions: Vec<Value> =
            self.match_expressions.iter().map(Requirement::value).collect();
        match expressions.is_empty() {
            true => json!({"matchLabels": labels}),
            false => json!({"matchLabels": labels, "matchExpressions": expressions}),
        }
    }
}

impl Requirement {
    fn holds(&self, labels: &Texts) -> bool {
        let value = labels.get(&self.key);
        let listed = value.is_some_and(|value| self.values.contains(value));
        match self.operator {
            Operator::In => listed,
            Operator::NotIn => !listed,
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }

    fn value(&self) -> Value {
        let operator = match self.operator {
            Operator::In => "In",
            Operator::NotIn => "NotIn",
            Operator::Exists => "Exists",
            Operator::DoesNotExist => "DoesNotExist",
        };
        match self.values.is_empty() {
            true => json!({"key": self.key, "operator": operator}),
            false => json!({"key": self.key, "operator": operator, "values": self.values}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selector(value: Value) -> Selector {
        serde_json::from_value(value).expect("valid")
    }

    fn labels(pairs: &[(&str, &str)]) -> Texts {
        pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
    }

    #[test]
    fn every_operator_asks_for_what_its_name_says() {
        let asks = |operator: &str, values: Value| {
            let it = json!({"key": "tier", "operator": operator, "values": values});
            selector(json!({"matchExpressions": [it]}))
        };
        let (web, none) = (labels(&[("tier", "web")]), labels(&[]));
        for (operator, values, on_web, on_none) in [
            ("In", json!(["web", "db"]), true, false),
            ("NotIn", json!(["web"]), false, true),
            ("Exists", json!([]), true, false),
            ("DoesNotExist", json!([]), false, true),
        ] {
            let asked = asks(operator, values);
            assert_eq!(
                (asked.selects(&web), asked.selects(&none)),
                (on_web, on_none),
                "{operator}"
            );
        }
    }

    #[test]
    fn taking_the_needed_label_away_ends_the_selection() {
        for value in [
            json!({"matchLabels": {"app": "web"}}),
            json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}),
        ] {
            let asked = selector(value);
            let mut wears = labels(&[("app", "web")]);
            assert!(asked.selects(&wears));
            wears.remove(asked.needs().expect("one decides"));
            assert!(!asked.selects(&wears));
        }
        let negative = json!({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]});
        assert_eq!(selector(negative).needs(), None);
    }

    #[test]
    fn one_label_more_leaves_the_rest_as_it_is() {
        let whole = json!({
            "matchLabels": {"app": "web"},
            "matchExpressions": [{"key": "tier", "operator": "Exists"}],
        });
        let more = selector(whole).with("pod-template-hash", "abc");
        assert_eq!(
            more,
            json!({
                "matchLabels": {"app": "web", "pod-template-hash": "abc"},
                "matchExpressions": [{"key": "tier", "operator": "Exists"}],
            })
        );
    }
}
