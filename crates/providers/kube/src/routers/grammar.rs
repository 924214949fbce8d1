//! How a router that lists weighted backends in rules writes them.

use std::fmt::Debug;

use serde_json::Value;
use windlass_core::platform::RouteRef;
use windlass_core::weight::Weight;

use super::weighted::{Dialect, Side};
use super::{Match, Misfit, ObjectKey};

/// Where an object keeps rules.
#[derive(Debug)]
pub(crate) struct Table {
    /// Keys from the root to the list of rules, or to the one rule.
    pub path: &'static [&'static str],
    /// True for a list of rules.
    pub many: bool,
    /// The key of a rule's backends.
    pub list: &'static str,
    /// The backends, for messages.
    pub field: &'static str,
}

/// How a router writes rules.
pub(crate) trait Grammar: Debug + Send + Sync {
    /// The object of a route.
    fn key(&self, route: &RouteRef) -> ObjectKey;
    /// Where its rules are.
    fn tables(&self) -> &'static [Table];
    /// How it writes weights.
    fn dialect(&self) -> &'static Dialect;
    /// Whose a backend of an object in this namespace is.
    fn side(&self, route: &RouteRef, namespace: &str, backend: &Value) -> Side;
    /// Turns a copy of the stable backend into the candidate's.
    fn rename(&self, route: &RouteRef, backend: &mut Value);

    /// A rule that sends what fits `matches`, out of what the rule takes, to `backend`; where rules
    /// are taken in order it stands before the rule, else at the end.
    fn extra(&self, rule: Rule<'_>, _: &[Match], _: Value) -> Result<Value, Misfit> {
        Err(rule.unsupported("header or cookie matches", "leave the matches out"))
    }

    /// True where the first rule that fits takes the request.
    fn in_order(&self) -> bool {
        false
    }

    /// The rule with the candidate mirroring it so much, or not at all.
    fn mirrored(&self, rule: Rule<'_>, mirror: Option<Weight>) -> Result<Value, Misfit> {
        match mirror {
            None => Ok(rule.value.clone()),
            Some(_) => Err(rule.unsupported("mirroring", "leave the mirror out")),
        }
    }

    /// True when the status says that the spec as it stands is in use.
    fn accepted(&self, _: &Value) -> bool {
        true
    }
}

/// A rule and where it stands.
pub(crate) struct Rule<'a> {
    pub value: &'a Value,
    pub table: &'a Table,
    pub route: &'a RouteRef,
    pub key: &'a ObjectKey,
    /// The namespace of the object.
    pub namespace: &'a str,
}

impl Rule<'_> {
    pub(crate) fn unsupported(&self, what: &'static str, mend: &'static str) -> Misfit {
        Misfit::Unsupported { object: self.key.clone(), what, mend }
    }
}
