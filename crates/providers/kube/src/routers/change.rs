//! What a route is told.

use windlass_core::platform::Change;
use windlass_core::weight::Weight;

/// What becomes of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteChange {
    /// The candidate gets this.
    Split(Exposure),
    /// The candidate is taken out and what the user wrote is given back.
    Unsplit,
    /// Only the fence is left.
    Seal,
    /// Only the fence is taken off.
    Unseal,
}

impl RouteChange {
    /// The part of a route in a change of the core; `None` for a change of another kind of object.
    pub fn of(change: &Change) -> Option<Self> {
        Some(match change {
            Change::Split { weight, .. } => Self::Split(Exposure::weight(*weight)),
            Change::Unsplit => Self::Unsplit,
            Change::Seal => Self::Seal,
            Change::Unseal => Self::Unseal,
            Change::Template { .. }
            | Change::Paused(_)
            | Change::DeploymentReplicas(_)
            | Change::HistoryLimit(_)
            | Change::CreateSet { .. }
            | Change::SetReplicas(_)
            | Change::Release
            | Change::Adopt { .. }
            | Change::Shelve
            | Change::DeleteSet
            | Change::Pin(_)
            | Change::Unpin
            | Change::CreateService { .. }
            | Change::DeleteService => return None,
        })
    }
}

/// What reaches the candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// Its share of what the stable Service is sent at rest.
    pub weight: Weight,
    /// Requests that reach it whatever the weight is: each one that fits any of these.
    pub matches: Vec<Match>,
    /// The share of requests of which it gets a copy whose answer is thrown away.
    pub mirror: Option<Weight>,
}

impl Exposure {
    /// A share of traffic and nothing else.
    pub fn weight(weight: Weight) -> Self {
        Self { weight, matches: Vec::new(), mirror: None }
    }
}

/// What a request has that goes to the candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// A header.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: Pattern,
    },
    /// A cookie of exactly this value.
    Cookie {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
}

/// A text to compare with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// This text.
    Exact(String),
    /// A regular expression (RE2) for the whole text.
    Regex(String),
}

/// The regular expression for a `Cookie` header that has this cookie.
pub(crate) fn cookie_regex(name: &str, value: &str) -> String {
    format!("^(.*;\\s*)?{}={}(;.*)?$", literal(name), literal(value))
}

/// A text as a regular expression for just that text.
fn literal(text: &str) -> String {
    let special = |c: char| r"\.+*?()|[]{}^$".contains(c);
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signs_of_a_cookie_stand_for_themselves() {
        assert_eq!(cookie_regex("a.b", "x+"), r"^(.*;\s*)?a\.b=x\+(;.*)?$");
    }

    #[test]
    fn a_change_of_another_object_is_none_of_a_route() {
        assert_eq!(RouteChange::of(&Change::Unpin), None);
        let weight = Weight::percent(5).unwrap();
        let split = Change::Split { candidate: "web-candidate".into(), weight };
        assert_eq!(RouteChange::of(&split), Some(RouteChange::Split(Exposure::weight(weight))));
    }
}
