//! Lists of backends with weights.

use serde_json::Value;
use windlass_core::platform::RouteRef;
use windlass_core::weight::{Weight, apportion};

use super::{Misfit, ObjectKey};

/// How a router writes weights.
#[derive(Debug)]
pub(crate) struct Dialect {
    /// What a backend without a weight has when it is the only one of its list.
    pub alone: u64,
    /// What a backend without a weight has beside others.
    pub beside: u64,
    /// The greatest weight of one backend.
    pub max: u32,
}

/// Whose a backend is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Stable,
    Candidate,
    Foreign,
}

/// A list of backends, with what tells them apart.
pub(crate) struct Backends<'a> {
    pub dialect: &'a Dialect,
    /// The key of the weight in a backend.
    pub weight: &'a str,
    pub side: &'a dyn Fn(&Value) -> Side,
    /// Turns a copy of the stable backend into the candidate's.
    pub rename: &'a dyn Fn(&mut Value),
}

/// Why a list cannot be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Snag {
    /// A side is in it twice.
    Twice(Side),
    /// A weight is no whole number.
    Number,
    /// More than 1 % off.
    Coarse { own: u64 },
}

impl Snag {
    /// The same, of an object and a field.
    pub(crate) fn misfit(
        self,
        object: ObjectKey,
        field: &'static str,
        route: &RouteRef,
        weight: Weight,
    ) -> Misfit {
        match self {
            Snag::Twice(Side::Candidate) => {
                Misfit::Twice { object, field, service: route.candidate.clone() }
            }
            Snag::Twice(Side::Stable | Side::Foreign) => {
                Misfit::Twice { object, field, service: route.stable.clone() }
            }
            Snag::Number => Misfit::Shape {
                object,
                field: format!("a weight in {field}"),
                form: "whole number",
            },
            Snag::Coarse { own } => Misfit::Coarse { object, field, own, weight },
        }
    }
}

/// Where the sides stand in a list, and what they weigh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub stable: usize,
    pub candidate: Option<usize>,
    /// The stable weight as it is written.
    pub written: Option<u64>,
    /// The stable weight as it counts.
    pub stable_weight: u64,
    pub candidate_weight: u64,
    /// The sum of all others.
    pub foreign: u64,
}

impl Pair {
    /// The candidate's share of the two; `None` where neither gets anything.
    pub(crate) fn share(&self) -> Option<Weight> {
        share(self.stable_weight, self.candidate_weight)
    }

    /// What the user had, as far as the numbers themselves tell: while a list is shared, the two
    /// have just the weight that the stable one had.
    pub(crate) fn sum(&self) -> Option<u64> {
        match self.candidate {
            Some(_) => Some(self.stable_weight + self.candidate_weight),
            None => self.written,
        }
    }
}

/// The second of two weights as a share of both; all and nothing are exact.
pub(crate) fn share(stable: u64, candidate: u64) -> Option<Weight> {
    let sum = u128::from(stable) + u128::from(candidate);
    let points = (u128::from(candidate) * 10_000 + sum / 2).checked_div(sum)?;
    let points = match (stable, candidate) {
        (_, 0) => 0,
        (0, _) => 10_000,
        _ => u64::try_from(points).unwrap_or(10_000).clamp(1, 9_999),
    };
    Weight::from_basis_points(points).ok()
}

impl Backends<'_> {
    /// The sides in a list; `None` where the stable one is not in it.
    pub(crate) fn pair(&self, list: &[Value]) -> Result<Option<Pair>, Snag> {
        let (mut stable, mut candidate, mut foreign) = (None, None, 0u64);
        for (index, backend) in list.iter().enumerate() {
            let weight = self.weight_of(backend, list.len())?;
            let side = (self.side)(backend);
            let slot = match side {
                Side::Stable => &mut stable,
                Side::Candidate => &mut candidate,
                Side::Foreign => {
                    foreign = foreign.saturating_add(weight);
                    continue;
                }
            };
            if slot.replace((index, weight)).is_some() {
                return Err(Snag::Twice(side));
            }
        }
        Ok(stable.map(|(index, weight)| Pair {
            stable: index,
            candidate: candidate.map(|(index, _)| index),
            written: list[index].get(self.weight).and_then(Value::as_u64),
            stable_weight: weight,
            candidate_weight: candidate.map_or(0, |(_, weight)| weight),
            foreign,
        }))
    }

    fn weight_of(&self, backend: &Value, of: usize) -> Result<u64, Snag> {
        match backend.get(self.weight) {
            None | Some(Value::Null) if of == 1 => Ok(self.dialect.alone),
            None | Some(Value::Null) => Ok(self.dialect.beside),
            Some(weight) => {
                let fits = |weight: &u64| *weight <= u64::from(u32::MAX);
                weight.as_u64().filter(fits).ok_or(Snag::Number)
            }
        }
    }

    /// The list with the candidate's part taken out of what the user gave the stable side.
    pub(crate) fn split(
        &self,
        list: &[Value],
        pair: &Pair,
        own: Option<u64>,
        weight: Weight,
    ) -> Result<Vec<Value>, Snag> {
        let own = self.at_rest(list, pair, own);
        let (stable, candidate) = self.parts(own, pair.foreign, weight)?;
        let mut after = list.to_vec();
        after[pair.stable][self.weight] = stable.into();
        match pair.candidate {
            Some(index) => after[index][self.weight] = candidate.into(),
            None => {
                let mut backend = after[pair.stable].clone();
                (self.rename)(&mut backend);
                backend[self.weight] = candidate.into();
                after.push(backend);
            }
        }
        Ok(after)
    }

    /// What the stable side counts with when the candidate is not there.
    pub(crate) fn at_rest(&self, list: &[Value], pair: &Pair, own: Option<u64>) -> u64 {
        let others = list.len() - 1 - usize::from(pair.candidate.is_some());
        own.unwrap_or(if others == 0 { self.dialect.alone } else { self.dialect.beside })
    }

    /// The numbers of both sides: of the stable side's own weight where others share the list, else
    /// of a sum that says the weight exactly. A side without traffic at rest gets none.
    fn parts(&self, own: u64, foreign: u64, weight: Weight) -> Result<(u32, u32), Snag> {
        let total = match (own, foreign) {
            (0, _) => return Ok((0, 0)),
            (_, 0) => u64::from(fine(weight, self.dialect.max)),
            _ => own,
        };
        let of = u32::try_from(total).map_err(|_| Snag::Number)?;
        let points = |weight: Weight| u64::from(weight.basis_points());
        let parts = apportion(of, &[points(weight.rest()), points(weight)]);
        let [stable, candidate] = parts[..] else { return Err(Snag::Coarse { own }) };
        let written = share(stable.into(), candidate.into()).unwrap_or_default();
        let off = written.basis_points().abs_diff(weight.basis_points());
        let edge = |w: Weight| (w.is_zero(), w.is_full());
        if off > 100 || edge(written) != edge(weight) {
            return Err(Snag::Coarse { own });
        }
        Ok((stable, candidate))
    }

    /// The list as the user had it.
    pub(crate) fn unsplit(&self, list: &[Value], pair: &Pair, own: Option<u64>) -> Vec<Value> {
        let mut after = list.to_vec();
        match own {
            Some(own) => after[pair.stable][self.weight] = own.into(),
            None => {
                if let Some(backend) = after[pair.stable].as_object_mut() {
                    backend.remove(self.weight);
                }
            }
        }
        if let Some(index) = pair.candidate {
            after.remove(index);
        }
        after
    }
}

/// A sum of weights that says a share as exactly as numbers up to `max` can: 100 wherever that does.
pub(crate) fn fine(weight: Weight, max: u32) -> u32 {
    let points = u32::from(weight.basis_points());
    if points.is_multiple_of(100) {
        return 100;
    }
    let (mut a, mut b) = (points, 10_000);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    [10_000, 10_000 / a].into_iter().find(|sum| *sum <= max).unwrap_or(max)
}

#[cfg(test)]
mod tests;
