//! Several routers for one route, as one step.
//!
//! Each has its own objects and its own fences. A change is one request after the other; after a
//! crash in between, [`Reading::asked`] is none, and the same change or the next one takes up every
//! object that is not yet as it says. The last router carries the token, so that it is only moved
//! when all the others have been.

use serde_json::Value;
use windlass_core::platform::RouteRef;

use super::{Edit, Misfit, ObjectKey, Reading, RouteChange, Router};

/// Routers that split the same two Services, in the order in which they are written.
#[derive(Debug)]
pub struct Several {
    before: Vec<Box<dyn Router>>,
    last: Box<dyn Router>,
}

impl Several {
    /// The `last` router, which carries the token, and those that are written before it.
    pub fn new(before: Vec<Box<dyn Router>>, last: Box<dyn Router>) -> Self {
        Self { before, last }
    }

    fn all(&self) -> impl Iterator<Item = &dyn Router> {
        self.before.iter().chain([&self.last]).map(AsRef::as_ref)
    }

    /// Each router with where its objects begin, and its objects.
    fn parts<'a>(
        &'a self,
        route: &RouteRef,
        objects: &'a [Option<Value>],
    ) -> Vec<(&'a dyn Router, usize, &'a [Option<Value>])> {
        let mut begin = 0;
        let mut part = |router: &'a dyn Router| {
            let end = objects.len().min(begin + router.objects(route).len());
            let part = (router, begin, &objects[begin.min(end)..end]);
            begin = end;
            part
        };
        self.all().map(&mut part).collect()
    }
}

impl Router for Several {
    fn objects(&self, route: &RouteRef) -> Vec<ObjectKey> {
        self.all().flat_map(|router| router.objects(route)).collect()
    }

    fn read(&self, route: &RouteRef, objects: &[Option<Value>]) -> Result<Option<Reading>, Misfit> {
        let mut all: Option<Reading> = None;
        for (router, _, objects) in self.parts(route, objects) {
            let Some(next) = router.read(route, objects)? else { return Ok(None) };
            all = Some(match all {
                None => next,
                Some(before) => Reading {
                    written: before.written.max(next.written),
                    asked: next.asked.filter(|asked| before.asked == Some(*asked)),
                    accepted: before.accepted && next.accepted,
                    ..next
                },
            });
        }
        Ok(all)
    }

    fn edits(
        &self,
        route: &RouteRef,
        objects: &[Option<Value>],
        change: &RouteChange,
    ) -> Result<Vec<Edit>, Misfit> {
        let mut edits = Vec::new();
        for (router, begin, objects) in self.parts(route, objects) {
            let part = router.edits(route, objects, change)?;
            edits.extend(part.into_iter().map(|edit| Edit { object: begin + edit.object, ..edit }));
        }
        Ok(edits)
    }

    fn carrier(&self, route: &RouteRef, objects: &[Option<Value>]) -> usize {
        let last = self.parts(route, objects).pop();
        last.map_or(0, |(router, begin, objects)| begin + router.carrier(route, objects))
    }
}

#[cfg(test)]
mod tests;
