//! Deployments, ReplicaSets, pods and Services.

use std::fmt::Debug;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::fence::{Claim, Epoch, Fence};
use crate::id::{AppRef, Holder, ObjectName, RunId, TemplateDigest};
use crate::platform::{AppSeen, Fault, ObjectKey, Receipt, Survey, Template, Templates, Write};

/// Which objects a run is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppScope {
    /// The app.
    pub app: AppRef,
    /// Services of the app that the run may pin or make, by name.
    pub services: Vec<ObjectName>,
}

/// Why an app could not be claimed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimFault {
    /// Another run holds the app.
    #[error(
        "run {run} holds the app (driven by {holder}): wait for it, resume it, or abort it first"
    )]
    Held {
        /// The run that holds it.
        run: RunId,
        /// The process that drives it.
        holder: Holder,
    },
    /// The claim may or may not have been made: claim again.
    #[error("the outcome of the claim is unknown: {reason}")]
    Unknown {
        /// What happened.
        reason: String,
    },
    /// The server refused.
    #[error("the claim was refused: {reason}")]
    Refused {
        /// What it said.
        reason: String,
    },
}

/// Deployments, ReplicaSets, pods and Services of a cluster.
///
/// # Contract
/// - `observe` after an acknowledged write of the same caller sees it (read your writes).
/// - `write` checks [`Write::expect`] atomically with taking effect; of two writes that expect the
///   same token at most one takes effect. A write to a Deployment leaves no mark; every other
///   leaves `fence` on its object unless its change says that it takes the mark off.
/// - `Fault::Unknown` says that the request may yet take effect; `Fault::Refused` that it never will.
/// - `claim` raises the epoch by compare-and-swap in the cluster; no two claims of an app ever give
///   the same one.
/// - Nothing is retried inside: the engine re-decides.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Workloads: Debug + Send + Sync {
    /// Reads the app as it is now.
    ///
    /// # Errors
    /// When the cluster cannot be read; [`Fault::Unknown`] never, as reads change nothing.
    async fn observe(&self, scope: &AppScope) -> Result<AppSeen, Fault>;

    /// Reads a pod template that the app's Deployment or one of its ReplicaSets has; `None` when
    /// none of them has one of this digest.
    ///
    /// # Errors
    /// When the cluster cannot be read.
    async fn template(
        &self,
        app: &AppRef,
        digest: &TemplateDigest,
    ) -> Result<Option<Template>, Fault>;

    /// The pod template as the cluster would keep it, if the app's Deployment asked for it: with
    /// defaults filled in, and changed by whatever admits it. Nothing is changed by asking.
    ///
    /// # Errors
    /// When the cluster does not take it, cannot be asked, or does not let this caller.
    async fn admit(&self, app: &AppRef, template: &Template) -> Result<Template, Fault>;

    /// Reads what lies around the app in its namespace: quotas, what owns its size, budgets over
    /// its pods, and which of the objects `named` exist. Asked when a release is planned, and needs
    /// no more rights than to list quotas, autoscalers and budgets and to get what is named.
    ///
    /// # Errors
    /// When the cluster cannot be read, or does not let this caller.
    async fn survey(&self, app: &AppRef, named: &[ObjectKey]) -> Result<Survey, Fault>;

    /// Sends one write.
    ///
    /// # Errors
    /// See the contract.
    async fn write(
        &self,
        app: &AppRef,
        templates: &Templates,
        fence: &Fence,
        write: &Write,
    ) -> Result<Receipt, Fault>;

    /// Takes the app for a run, or takes the run over from whoever drives it.
    ///
    /// # Errors
    /// When another run holds it, or the server does not answer.
    async fn claim(&self, app: &AppRef, run: &RunId, holder: &Holder) -> Result<Claim, ClaimFault>;

    /// Gives the app back, where this run and epoch hold it; nothing happens otherwise.
    ///
    /// # Errors
    /// When the server does not answer: release again.
    async fn release(&self, app: &AppRef, run: &RunId, epoch: Epoch) -> Result<(), Fault>;

    /// Resolves when something of the app may have changed since the last `observe`. May resolve
    /// without a change; must not stay pending for ever after one.
    async fn changed(&self, app: &AppRef);
}

const _: fn(&dyn Workloads) = |_| {};
