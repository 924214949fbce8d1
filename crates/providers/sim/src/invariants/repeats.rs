//! S10: a request that is delivered again changes nothing.

use windlass_core::fence::Token;

use super::{Invariant, Rule, Sight};

/// A second delivery is refused, or finds the object as it asks for. A create cannot be fenced: once
/// its object is deleted again, a late delivery makes one without pods.
#[derive(Clone, Debug)]
pub(crate) struct Repeats;

impl Invariant for Repeats {
    fn rule(&self) -> Rule {
        Rule::S10
    }

    fn check(&mut self, sight: &Sight<'_>) -> Option<String> {
        let again = sight.landed.iter().find(|landing| {
            landing.again && landing.changed && landing.write.expect.token != Token::Absent
        })?;
        Some(format!("{}: {} took effect twice", again.write.object, again.write.change))
    }
}
