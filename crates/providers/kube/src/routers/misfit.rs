//! Why a route cannot be split as it stands.

use windlass_core::id::ObjectName;
use windlass_core::weight::Weight;

use super::ObjectKey;
use crate::fence::Unguarded;

/// An object, or a wish, that a router cannot work with: which, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// An object that has to be there is not.
    #[error("{object} does not exist: {mend}")]
    Missing {
        /// The object.
        object: ObjectKey,
        /// What to do.
        mend: &'static str,
    },
    /// Nothing in the route is the app's.
    #[error(
        "{object}: no backend in {field} is {stable}: name the Service that the route sends to"
    )]
    NoRule {
        /// The object.
        object: ObjectKey,
        /// Where it was looked for.
        field: &'static str,
        /// The Service that carries the traffic at rest.
        stable: ObjectName,
    },
    /// The candidate is in the route, and no run of ours put it there.
    #[error(
        "{object}: {candidate} is a backend in {field} already: take it out of your manifest, windlass puts it in"
    )]
    Foreign {
        /// The object.
        object: ObjectKey,
        /// Where.
        field: &'static str,
        /// The candidate's Service.
        candidate: ObjectName,
    },
    /// Another app's release splits the same object.
    #[error(
        "{object} is being split for {service}: wait until that release is over, or give each app a route of its own"
    )]
    Busy {
        /// The object.
        object: ObjectKey,
        /// The other Service.
        service: ObjectName,
    },
    /// Two backends of one rule are the same Service.
    #[error("{object}: {service} is more than one backend of {field}: leave one")]
    Twice {
        /// The object.
        object: ObjectKey,
        /// Where.
        field: &'static str,
        /// The Service.
        service: ObjectName,
    },
    /// The stable subset is not there.
    #[error("{object}: no subset in spec.subsets is named {subset}: add one for the stable side")]
    NoSubset {
        /// The DestinationRule.
        object: ObjectKey,
        /// The subset.
        subset: String,
    },
    /// The numbers of the router are too coarse for the weight.
    #[error(
        "{object}: {weight} of weight {own} in {field} is more than 1 % off in whole numbers: give all backends of the rule weights a hundred times as great"
    )]
    Coarse {
        /// The object.
        object: ObjectKey,
        /// Where.
        field: &'static str,
        /// What there is to split.
        own: u64,
        /// The weight asked for.
        weight: Weight,
    },
    /// No rule sends anything to the stable Service.
    #[error("{object}: every backend {stable} in {field} has weight 0: give one a weight")]
    Idle {
        /// The object.
        object: ObjectKey,
        /// Where.
        field: &'static str,
        /// The Service that carries the traffic at rest.
        stable: ObjectName,
    },
    /// A field is not what the router's documents say it is.
    #[error("{object}: {field} is no {form}: mend the manifest")]
    Shape {
        /// The object.
        object: ObjectKey,
        /// The field.
        field: String,
        /// What it has to be.
        form: &'static str,
    },
    /// Something of the user's is where ours has to be.
    #[error("{object}: {field} is set already: take it out for the time of the release")]
    Taken {
        /// The object.
        object: ObjectKey,
        /// The field.
        field: String,
    },
    /// The router has no such thing.
    #[error("{object}: this router has no {what}: {mend}")]
    Unsupported {
        /// The object.
        object: ObjectKey,
        /// What was asked for.
        what: &'static str,
        /// What to do.
        mend: &'static str,
    },
    /// An object without what the server gives to each.
    #[error("{object} cannot be fenced")]
    Unguarded {
        /// The object.
        object: ObjectKey,
        /// What it lacks.
        source: Unguarded,
    },
}
