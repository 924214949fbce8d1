//! Writes to the app's Deployment. Its annotations travel to its ReplicaSets and come back, so it wears
//! no mark: what fences it is its generation.

use json_patch::{Patch, PatchOperation};
use kube::core::request::Error;
use serde_json::{Value, json};
use windlass_core::fence::Token;
use windlass_core::id::ObjectName;
use windlass_core::model::{DeploymentStrategy, IntOrPercent};
use windlass_core::platform::{Change, Refusal, Template, Templates, Write};

use super::{MANAGER, Order, begin, expected, misfit};
use crate::connection;
use crate::fence::Mark;
use crate::objects::DeploymentObject;
use crate::patch::{add, at, wire};

/// The request for a write to the Deployment.
pub(crate) fn deployment(
    known: Option<&DeploymentObject>,
    templates: &Templates,
    write: &Write,
) -> Result<Order, Refusal> {
    let token = |it: &DeploymentObject| Token::Generation(it.meta.generation);
    let known = expected(known, |it| (&it.meta, token(it)), &write.expect)?;
    let mut operations = begin(&write.expect, Mark::Without, &[], &known.meta)?;
    operations.extend(spec(templates, write)?);
    Ok(Order::Patch(operations))
}

/// The request that tells what the server would make of a template, and changes nothing.
pub(crate) fn dry_template(
    path: &str,
    app: &ObjectName,
    template: &Template,
) -> connection::Request {
    let body: Value = serde_json::from_str(&template.body).map_err(Error::SerializeBody)?;
    let operations = vec![add(at(["spec", "template"]), body), add(at(["spec", "paused"]), true)];
    let body = wire(&Patch(operations)).map_err(Error::SerializeBody)?;
    http::Request::patch(format!("{path}/{app}?dryRun=All&fieldManager={MANAGER}"))
        .header(http::header::CONTENT_TYPE, "application/json-patch+json")
        .body(body)
        .map_err(Error::BuildRequest)
}

fn spec(templates: &Templates, write: &Write) -> Result<Vec<PatchOperation>, Refusal> {
    let field = |name: &str, value: Value| add(at(["spec", name]), value);
    Ok(match &write.change {
        Change::Template { template, paused, strategy } => {
            let body = templates.get(template).and_then(|it| serde_json::from_str(&it.body).ok());
            let body: Value = body.ok_or_else(|| Refusal::Invalid {
                reason: format!("the template {template} is not among those of the run"),
            })?;
            let mut all = vec![field("template", body), field("paused", (*paused).into())];
            all.extend(strategy.map(|it| field("strategy", strategy_of(it))));
            all
        }
        Change::Paused(paused) => vec![field("paused", (*paused).into())],
        Change::DeploymentReplicas(pods) => vec![field("replicas", (*pods).into())],
        Change::HistoryLimit(limit) => vec![field("revisionHistoryLimit", (*limit).into())],
        Change::CreateSet { .. }
        | Change::SetReplicas(_)
        | Change::Release
        | Change::Adopt { .. }
        | Change::Shelve
        | Change::DeleteSet
        | Change::Pin(_)
        | Change::Unpin
        | Change::CreateService { .. }
        | Change::DeleteService
        | Change::Split { .. }
        | Change::Unsplit
        | Change::Seal
        | Change::Unseal => return Err(misfit(write)),
    })
}

/// `spec.strategy` as the API has it.
fn strategy_of(strategy: DeploymentStrategy) -> Value {
    match strategy {
        DeploymentStrategy::Recreate => json!({"type": "Recreate"}),
        DeploymentStrategy::RollingUpdate(limits) => json!({
            "type": "RollingUpdate",
            "rollingUpdate": {
                "maxSurge": amount(limits.surge()),
                "maxUnavailable": amount(limits.unavailable()),
            },
        }),
    }
}

fn amount(amount: IntOrPercent) -> Value {
    match amount {
        IntOrPercent::Count(pods) => u32::from(pods).into(),
        IntOrPercent::Share(share) => share.to_string().into(),
    }
}
