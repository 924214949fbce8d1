//! Routers that list weighted backends in the rules of one object. What they share is here; how one
//! of them writes things is its [`Grammar`].

use serde_json::Value;
use windlass_core::platform::RouteRef;
use windlass_core::weight::Weight;

use super::grammar::{Grammar, Rule, Table};
use super::memory::{Memory, forget, marked, refuse_busy};
use super::weighted::{Backends, Pair, Side, Snag};
use super::{
    Act, Edit, Exposure, Marking, Misfit, ObjectKey, Reading, RouteChange, Router, marks_only,
};
use crate::fence;
use crate::patch::{at, below, between};

/// A rule that is ours in part: its stable backend.
struct Fork {
    table: usize,
    rule: usize,
    pair: Pair,
}

/// An object under a grammar.
struct View<'a, G> {
    grammar: &'a G,
    route: &'a RouteRef,
    key: ObjectKey,
    object: &'a Value,
    forks: Vec<Fork>,
}

impl<'a, G: Grammar> View<'a, G> {
    fn new(grammar: &'a G, route: &'a RouteRef, object: &'a Value) -> Result<Self, Misfit> {
        let key = grammar.key(route);
        let mut view = Self { grammar, route, key, object, forks: Vec::new() };
        for (table, place) in grammar.tables().iter().enumerate() {
            for (rule, value) in view.rules(place).iter().enumerate() {
                let pair = view.with(|b| b.pair(list(value, place)));
                if let Some(pair) = pair.map_err(|snag| view.misfit(snag, place, Weight::ZERO))? {
                    view.forks.push(Fork { table, rule, pair });
                }
            }
        }
        Ok(view)
    }

    fn rules(&self, table: &Table) -> &'a [Value] {
        let mut value = self.object;
        for key in table.path {
            match value.get(key) {
                Some(inner) => value = inner,
                None => return &[],
            }
        }
        if table.many {
            value.as_array().map_or(&[], Vec::as_slice)
        } else {
            std::slice::from_ref(value)
        }
    }

    fn side(&self, backend: &Value) -> Side {
        self.grammar.side(self.route, self.namespace(), backend)
    }

    fn namespace(&self) -> &str {
        self.object["metadata"]["namespace"].as_str().unwrap_or_default()
    }

    fn place<'b>(&'b self, table: &'b Table, value: &'b Value) -> Rule<'b> {
        Rule { value, table, route: self.route, key: &self.key, namespace: self.namespace() }
    }

    fn with<T>(&self, work: impl FnOnce(Backends<'_>) -> T) -> T {
        work(Backends {
            dialect: self.grammar.dialect(),
            weight: "weight",
            side: &|backend| self.side(backend),
            rename: &|backend| self.grammar.rename(self.route, backend),
        })
    }

    fn misfit(&self, snag: Snag, table: &Table, weight: Weight) -> Misfit {
        snag.misfit(self.key.clone(), table.field, self.route, weight)
    }

    fn field(&self) -> &'static str {
        self.grammar.tables().first().map_or("spec", |table| table.field)
    }

    /// True for a rule that is ours as a whole: it names the candidate and not the stable side.
    fn is_extra(&self, table: &Table, rule: &Value) -> bool {
        let has = |side| list(rule, table).iter().any(|backend| self.side(backend) == side);
        table.many && has(Side::Candidate) && !has(Side::Stable)
    }

    fn has_candidate(&self) -> bool {
        let extra = |table: &Table| self.rules(table).iter().any(|rule| self.is_extra(table, rule));
        self.forks.iter().any(|fork| fork.pair.candidate.is_some())
            || self.grammar.tables().iter().any(extra)
    }

    /// The candidate is in the object only if a run of ours put it there.
    fn refuse_foreign(&self) -> Result<(), Misfit> {
        if marked(self.object) || !self.has_candidate() {
            return Ok(());
        }
        let candidate = self.route.candidate.clone();
        Err(Misfit::Foreign { object: self.key.clone(), field: self.field(), candidate })
    }

    /// The user's own weights, one for each fork: as remembered, while the rules are those that it
    /// was remembered of; else as the numbers tell.
    fn own(&self) -> Vec<Option<u64>> {
        let forked = self.forks.iter().filter(|fork| fork.pair.candidate.is_some()).count();
        let memory = Memory::<Vec<Option<u64>>>::of(self.object);
        let mut kept = memory.map(|m| m.own).filter(|own| own.len() == forked).map(Vec::into_iter);
        let own = |pair: &Pair| match (pair.candidate, &mut kept) {
            (Some(_), Some(kept)) => kept.next().flatten(),
            _ => pair.sum(),
        };
        self.forks.iter().map(|fork| &fork.pair).map(own).collect()
    }

    fn reading(&self) -> Result<Reading, Misfit> {
        self.refuse_foreign()?;
        if self.forks.is_empty() {
            return Err(self.no_rule());
        }
        let memory = Memory::<Vec<Option<u64>>>::of(self.object);
        let ours = memory.is_some() || self.has_candidate();
        let share = self.forks.iter().filter_map(|fork| fork.pair.share()).max();
        let expect = fence::expect(&self.object["metadata"]).map_err(|e| self.unguarded(e))?;
        Ok(Reading {
            uid: expect.uid.unwrap_or_else(|| "".into()),
            token: expect.token,
            written: ours.then(|| share.unwrap_or_default()),
            asked: memory.map(|m| m.weight).filter(|weight| self.is_split(*weight)),
            accepted: self.grammar.accepted(self.object),
        })
    }

    fn unguarded(&self, source: fence::Unguarded) -> Misfit {
        Misfit::Unguarded { object: self.key.clone(), source }
    }

    fn no_rule(&self) -> Misfit {
        let stable = self.route.stable.clone();
        Misfit::NoRule { object: self.key.clone(), field: self.field(), stable }
    }

    fn memory(&self, weight: Weight, own: Vec<Option<u64>>) -> Memory<Vec<Option<u64>>> {
        Memory { weight, service: self.route.stable.clone(), own }
    }

    fn at_rest(&self, fork: &Fork, own: Option<u64>) -> u64 {
        let table = &self.grammar.tables()[fork.table];
        let now = list(&self.rules(table)[fork.rule], table);
        self.with(|b| b.at_rest(now, &fork.pair, own))
    }

    /// True when each fork has just what a split at this weight gives it.
    fn is_split(&self, weight: Weight) -> bool {
        self.forks.iter().zip(self.own()).all(|(fork, own)| {
            let table = &self.grammar.tables()[fork.table];
            let now = list(&self.rules(table)[fork.rule], table);
            self.with(|b| b.split(now, &fork.pair, own, weight)).is_ok_and(|after| after == now)
        })
    }

    fn split(&self, exposure: &Exposure) -> Result<Act, Misfit> {
        self.refuse_foreign()?;
        if self.forks.is_empty() {
            return Err(self.no_rule());
        }
        let own = self.own();
        if self.forks.iter().zip(&own).all(|(fork, own)| self.at_rest(fork, *own) == 0) {
            let (object, stable) = (self.key.clone(), self.route.stable.clone());
            return Err(Misfit::Idle { object, field: self.field(), stable });
        }
        let body = self.rewritten(|table, rule, pair, own| {
            self.split_rule(table, rule, pair, own, exposure)
        })?;
        let notes = vec![self.memory(exposure.weight, own).note()];
        Ok(Act::Patch { body, notes, mark: Marking::Always })
    }

    /// A rule while it is split, and the extra rule before it.
    fn split_rule(
        &self,
        table: &Table,
        rule: &Value,
        pair: &Pair,
        own: Option<u64>,
        exposure: &Exposure,
    ) -> Result<(Option<Value>, Value), Misfit> {
        let after = self.with(|b| b.split(list(rule, table), pair, own, exposure.weight));
        let after = after.map_err(|snag| self.misfit(snag, table, exposure.weight))?;
        let bare = self.grammar.mirrored(self.place(table, rule), None)?;
        let mut split = self.grammar.mirrored(self.place(table, &bare), exposure.mirror)?;
        split[table.list] = after.into();
        if exposure.matches.is_empty() {
            return Ok((None, split));
        }
        let mut backend = list(rule, table)[pair.stable].clone();
        self.grammar.rename(self.route, &mut backend);
        let extra = self.grammar.extra(self.place(table, &bare), &exposure.matches, backend)?;
        Ok((Some(extra), split))
    }

    fn unsplit(&self) -> Result<Act, Misfit> {
        self.refuse_foreign()?;
        let body = self.rewritten(|table, rule, pair, own| {
            let mut bare = self.grammar.mirrored(self.place(table, rule), None)?;
            if pair.candidate.is_some() {
                let after = self.with(|b| b.unsplit(list(rule, table), pair, own));
                bare[table.list] = after.into();
            }
            Ok((None, bare))
        })?;
        Ok(Act::Patch { body, notes: vec![forget()], mark: Marking::Lift })
    }

    /// The operations that put what `work` makes of a fork in its place, with the extra rule that
    /// goes with it, and take the extra rules of before out.
    fn rewritten(
        &self,
        work: impl Fn(&Table, &Value, &Pair, Option<u64>) -> Result<(Option<Value>, Value), Misfit>,
    ) -> Result<Vec<json_patch::PatchOperation>, Misfit> {
        let own = self.own();
        let mut operations = Vec::new();
        for (index, table) in self.grammar.tables().iter().enumerate() {
            let (mut after, mut last) = (Vec::new(), Vec::new());
            for (position, rule) in self.rules(table).iter().enumerate() {
                let here = |fork: &Fork| fork.table == index && fork.rule == position;
                let Some(fork) = self.forks.iter().position(here) else {
                    after.extend((!self.is_extra(table, rule)).then(|| rule.clone()));
                    continue;
                };
                let (extra, split) = work(table, rule, &self.forks[fork].pair, own[fork])?;
                if self.grammar.in_order() { &mut after } else { &mut last }.extend(extra);
                after.push(split);
            }
            after.append(&mut last);
            operations.extend(self.difference(table, after));
        }
        Ok(operations)
    }

    fn difference(&self, table: &Table, after: Vec<Value>) -> Vec<json_patch::PatchOperation> {
        let before = self.rules(table);
        let place = at(table.path.iter().copied());
        if table.many {
            return between(&place, Some(&before.into()), Some(&after.into()));
        }
        let backends =
            |rules: &[Value]| rules.first().and_then(|rule| rule.get(table.list)).cloned();
        let (before, after) = (backends(before), backends(&after));
        between(&below(&place, table.list), before.as_ref(), after.as_ref())
    }
}

/// The backends of a rule.
fn list<'a>(rule: &'a Value, table: &Table) -> &'a [Value] {
    rule.get(table.list).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

impl<G: Grammar> Router for G {
    fn objects(&self, route: &RouteRef) -> Vec<ObjectKey> {
        vec![self.key(route)]
    }

    fn read(&self, route: &RouteRef, objects: &[Option<Value>]) -> Result<Option<Reading>, Misfit> {
        let Some(Some(object)) = objects.first() else { return Ok(None) };
        refuse_busy(object, &self.key(route), route)?;
        View::new(self, route, object)?.reading().map(Some)
    }

    fn edits(
        &self,
        route: &RouteRef,
        objects: &[Option<Value>],
        change: &RouteChange,
    ) -> Result<Vec<Edit>, Misfit> {
        let Some(Some(object)) = objects.first() else {
            let mend = "apply it, or name the route that there is";
            return Err(Misfit::Missing { object: self.key(route), mend });
        };
        refuse_busy(object, &self.key(route), route)?;
        let act = match change {
            RouteChange::Split(exposure) => View::new(self, route, object)?.split(exposure)?,
            RouteChange::Unsplit => View::new(self, route, object)?.unsplit()?,
            RouteChange::Seal => return Ok(marks_only(objects, Marking::Always)),
            RouteChange::Unseal => return Ok(marks_only(objects, Marking::Lift)),
        };
        Ok(vec![Edit { object: 0, act }])
    }
}
