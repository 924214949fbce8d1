//! The route that splits traffic by weight.

use std::fmt::Debug;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::fence::Fence;
use crate::id::{AppRef, ObjectName};
use crate::platform::{Fault, Receipt, RouteSeen, Write};

/// The route of an app and the two Services that it splits between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteRef {
    /// The route object.
    pub name: ObjectName,
    /// The Service that carries the traffic at rest.
    pub stable: ObjectName,
    /// The Service that windlass makes for the candidate.
    pub candidate: ObjectName,
}

/// Routes of a cluster.
///
/// # Contract
/// As for [`Workloads`](crate::platform::Workloads); besides, fields, rules and backends that the
/// write does not name stay byte-equal, and weights always sum to exactly 100 %.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Traffic: Debug + Send + Sync {
    /// Reads the route as it is now; `None` when it does not exist.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn observe(&self, app: &AppRef, route: &RouteRef) -> Result<Option<RouteSeen>, Fault>;

    /// Sends one write to the route.
    ///
    /// # Errors
    /// See the contract of [`Workloads`](crate::platform::Workloads).
    async fn write(
        &self,
        app: &AppRef,
        route: &RouteRef,
        fence: &Fence,
        write: &Write,
    ) -> Result<Receipt, Fault>;
}

const _: fn(&dyn Traffic) = |_| {};
