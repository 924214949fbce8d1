//! Routes in the world.

use windlass_core::fence::Fence;
use windlass_core::id::{AppRef, ObjectName};
use windlass_core::platform::{Receipt, Refusal, RouteRef, RouteSeen, Write};
use windlass_core::time::Timestamp;

use super::ROUTES;
use crate::objects::Labels;
use crate::traffic::{PlaneConfig, Route, Rule};
use crate::world::{AppId, Event, WatchEvent, WatchKind, World};

impl World {
    /// Makes a route whose rules have long been in effect. A route of that name is replaced.
    pub fn add_route(
        &mut self,
        app: &AppRef,
        name: &ObjectName,
        rules: Vec<Rule>,
        plane: PlaneConfig,
    ) {
        self.delete_route(app, name);
        let id = self.intern(app);
        let (serial, meta) = self.new_meta((name.clone(), "route"), Labels::default(), None);
        let route = Route::new(meta, rules, plane, self.stream(id, ROUTES).fork(serial));
        self.store[id].traffic.routes.insert(serial, route);
        self.commit_route(id, serial, WatchEvent::Added);
    }

    /// Replaces the rules of a route, as a person does who applies a manifest; false when there is
    /// no such route.
    pub fn edit_route(&mut self, app: &AppRef, name: &ObjectName, rules: Vec<Rule>) -> bool {
        let edit = |now, route: &mut Route| {
            route.edit(now, rules);
            Ok(())
        };
        self.change_route(app, name, edit).is_ok()
    }

    /// Deletes a route; false when there was none.
    pub fn delete_route(&mut self, app: &AppRef, name: &ObjectName) -> bool {
        let Some(id) = self.find(app) else { return false };
        let traffic = &mut self.store[id].traffic;
        let Some((serial, _)) = traffic.named(name) else { return false };
        traffic.routes.remove(&serial);
        self.record(id, (WatchKind::Route, serial), WatchEvent::Deleted);
        true
    }

    /// A route with its rules, as a person sees it.
    pub fn route(&self, app: &AppRef, name: &ObjectName) -> Option<&Route> {
        self.store[self.find(app)?].traffic.named(name).map(|(_, route)| route)
    }

    /// A route as a run sees it.
    pub fn route_seen(&self, app: &AppRef, names: &RouteRef) -> Option<RouteSeen> {
        self.route(app, &names.name).map(|route| route.seen(self.now, names))
    }

    /// Sends one write to a route; as [`World::write`] otherwise.
    ///
    /// # Errors
    /// [`Refusal::Missing`] when there is no such route; see [`Route::write`].
    pub fn write_route(
        &mut self,
        app: &AppRef,
        names: &RouteRef,
        fence: &Fence,
        write: &Write,
    ) -> Result<Receipt, Refusal> {
        self.change_route(app, &names.name, |now, route| route.write(now, names, fence, write))
    }

    fn change_route(
        &mut self,
        app: &AppRef,
        name: &ObjectName,
        change: impl FnOnce(Timestamp, &mut Route) -> Result<(), Refusal>,
    ) -> Result<Receipt, Refusal> {
        let (now, id) = (self.now, self.find(app).ok_or(Refusal::Missing)?);
        let routes = self.store[id].traffic.routes.iter_mut();
        let found = routes.into_iter().find(|(_, route)| route.meta.name == *name);
        let (serial, route) = found.ok_or(Refusal::Missing)?;
        let (serial, before) = (*serial, route.meta.clone());
        change(now, route)?;
        if route.meta != before {
            self.commit_route(id, serial, WatchEvent::Modified);
        }
        let route = self.store[id].traffic.routes.get(&serial).ok_or(Refusal::Missing)?;
        Ok(Receipt { uid: route.meta.uid.clone(), token: route.meta.token() })
    }

    /// The data plane of a route moves on.
    pub(crate) fn route_due(&mut self, id: AppId, serial: u64) {
        let now = self.now;
        let route = self.store[id].traffic.routes.get_mut(&serial);
        if route.is_some_and(|route| route.advance(now)) {
            self.commit_route(id, serial, WatchEvent::Status);
        }
    }

    /// Records that a route changed, and plans when it does next.
    fn commit_route(&mut self, id: AppId, serial: u64, event: WatchEvent) {
        let version = self.record(id, (WatchKind::Route, serial), event);
        let Some(route) = self.store[id].traffic.routes.get_mut(&serial) else { return };
        route.meta.version = version;
        let (due, shares) = (route.due(), route.shares());
        let written = route.rules().iter().flat_map(|rule| &rule.backends).map(|b| b.weight);
        let numbers: Vec<u32> = written.chain(shares.iter().map(|(_, share)| *share)).collect();
        numbers.into_iter().for_each(|number| self.log.stir(u64::from(number)));
        if let Some(due) = due {
            self.queue.push(due, Event::Route(id, serial));
        }
    }
}
