//! Traffic routers: what each of them has to be told so that a route splits traffic by weight.
//!
//! A router is a pure function from its objects, as they were read, to the [`Edit`]s that bring them
//! to a [`RouteChange`]; [`next`] turns the first edit that is still needed into one guarded
//! [`Request`]. Send it, put the answer in the object's place, and ask again until there is none:
//! whoever comes after a crash does just the same and goes on where it was.
//!
//! Only the weights of the stable and the candidate Service are ours, and what windlass itself put
//! in. What the user wrote is remembered in [`SPLIT_ANNOTATION`] and given back byte for byte; every
//! rule that a patch touches is tested for as it was read, so that nobody's edit in between is lost.
//!
//! An object carries one fence and remembers one split: two apps whose rules stand in one object are
//! released one after the other ([`Misfit::Busy`]).

use std::fmt::{self, Debug};

use json_patch::PatchOperation;
use serde_json::Value;
use windlass_core::fence::Token;
use windlass_core::id::{ObjectName, Uid};
use windlass_core::platform::RouteRef;
use windlass_core::weight::Weight;

use crate::fence::Note;

mod alb;
mod change;
mod gateway;
mod grammar;
mod istio;
#[cfg(test)]
mod lab;
mod memory;
mod misfit;
mod nginx;
#[cfg(test)]
mod planted;
mod request;
mod ruled;
mod several;
mod smi;
mod traefik;
mod weighted;

pub use alb::AlbAction;
pub use change::{Exposure, Match, Pattern, RouteChange};
pub use gateway::GatewayRoute;
pub use istio::{IstioHosts, IstioSubsets, Subsets};
pub use memory::SPLIT_ANNOTATION;
pub use misfit::Misfit;
pub use nginx::NginxCanary;
pub use request::{Request, RouteWrite, Stop, next};
pub use several::Several;
pub use smi::SmiSplit;
pub use traefik::TraefikWeighted;

/// One kind of traffic router.
pub trait Router: Debug + Send + Sync {
    /// The objects that a route is made of. What the other functions take is parallel to it.
    fn objects(&self, route: &RouteRef) -> Vec<ObjectKey>;

    /// What the route says now, its objects given as far as they exist; `None` where the route
    /// itself does not.
    ///
    /// # Errors
    /// When an object is not one that windlass can work with.
    fn read(&self, route: &RouteRef, objects: &[Option<Value>]) -> Result<Option<Reading>, Misfit>;

    /// What has to be done to each object, in this order: before traffic moves to a place the place
    /// is made, and it goes only after the traffic has moved away.
    ///
    /// # Errors
    /// When the objects, or the router as such, do not allow the change.
    fn edits(
        &self,
        route: &RouteRef,
        objects: &[Option<Value>],
        change: &RouteChange,
    ) -> Result<Vec<Edit>, Misfit>;

    /// The object whose token stands for the route, as an index into its objects. Every change
    /// writes it.
    fn carrier(&self, route: &RouteRef, objects: &[Option<Value>]) -> usize {
        let _ = (route, objects);
        0
    }
}

const _: fn(&dyn Router) = |_| {};

/// Which object of the app's namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectKey {
    /// `apiVersion`.
    pub api_version: &'static str,
    /// `kind`.
    pub kind: &'static str,
    /// The resource in the path of a request.
    pub plural: &'static str,
    /// Its name.
    pub name: ObjectName,
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

/// What a route says. What the data plane does about it is decided elsewhere, by time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Identity of the object that carries the token.
    pub uid: Uid,
    /// What a write must expect.
    pub token: Token,
    /// The candidate's share of what the two Services get, as the router reads the numbers: the
    /// largest of all rules. `None` where the route is the user's own, with nothing of ours in it.
    pub written: Option<Weight>,
    /// The weight that a run asked for, where every rule of every object still has exactly what
    /// came of it. It differs from `written` by what the router's numbers cannot say.
    pub asked: Option<Weight>,
    /// True when the router says that it has taken the objects over as they are; routers that say
    /// nothing of the kind are taken at once.
    pub accepted: bool,
}

/// What is needed of one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// Index of the object.
    pub object: usize,
    /// What becomes of it.
    pub act: Act,
}

/// What becomes of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// It is patched, where it is not that way already.
    Patch {
        /// Operations on everything but the annotations.
        body: Vec<PatchOperation>,
        /// Annotations.
        notes: Vec<Note>,
        /// What becomes of the fence.
        mark: Marking,
    },
    /// It is made, with the fence in its annotations.
    Create(Value),
    /// It is deleted.
    Delete,
}

/// What an edit does about the fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marking {
    /// Leaves it on the object, if nothing else is to be done.
    Always,
    /// Leaves it on the object, if anything else is to be done.
    WhenTouched,
    /// Takes it off.
    Lift,
}

/// Sealing and unsealing touch nothing but the fences, on every object there is.
fn marks_only(objects: &[Option<Value>], mark: Marking) -> Vec<Edit> {
    let there = objects.iter().enumerate().filter(|(_, object)| object.is_some());
    let act = Act::Patch { body: Vec::new(), notes: Vec::new(), mark };
    there.map(|(object, _)| Edit { object, act: act.clone() }).collect()
}
