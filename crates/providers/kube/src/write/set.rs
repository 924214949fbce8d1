//! Writes to the ReplicaSets of the two sides.

use std::sync::Arc;

use json_patch::PatchOperation;
use serde_json::{Value, json};
use windlass_core::fence::Fence;
use windlass_core::id::{ObjectName, PodHash, TemplateDigest};
use windlass_core::model::POD_TEMPLATE_HASH;
use windlass_core::platform::{Change, Refusal, Templates, Write};

use super::{Order, begin, expected, made, misfit};
use crate::fence::{Mark, Note};
use crate::objects::{DeploymentObject, REVISION, ReplicaSetObject};
use crate::patch::{add, at, remove, test};

/// The request for a write to a ReplicaSet.
pub(crate) fn set(
    known: Option<&ReplicaSetObject>,
    deployment: Option<&DeploymentObject>,
    templates: &Templates,
    fence: &Fence,
    write: &Write,
) -> Result<Order, Refusal> {
    if let Change::CreateSet { template, hash, .. } = &write.change {
        let deployment = deployment.ok_or(Refusal::Missing)?;
        let body = create(&write.object.name, (template, hash), deployment, templates, fence)?;
        return Ok(Order::Create(body));
    }
    let known = expected(known, |it| (&it.meta, it.meta.token()), &write.expect)?;
    if write.change == Change::DeleteSet {
        let (uid, version) = (known.meta.uid.to_string(), known.meta.resource_version);
        return Ok(Order::Delete { uid, version });
    }
    let lifts = matches!(write.change, Change::Shelve | Change::Unseal);
    let mark = if lifts { Mark::Lift } else { Mark::Leave(fence) };
    let mut notes = Vec::new();
    if let Change::Adopt { revision } = write.change {
        notes.push(Note { key: REVISION.to_owned(), value: Some(revision.to_string()) });
    }
    let mut operations = begin(&write.expect, mark, &notes, &known.meta)?;
    operations.extend(change(known, deployment, write)?);
    Ok(Order::Patch(operations))
}

fn change(
    known: &ReplicaSetObject,
    deployment: Option<&DeploymentObject>,
    write: &Write,
) -> Result<Vec<PatchOperation>, Refusal> {
    Ok(match &write.change {
        Change::SetReplicas(pods) => vec![add(at(["spec", "replicas"]), *pods)],
        Change::Release => release(known, deployment.ok_or(Refusal::Missing)?)?,
        Change::Adopt { .. } | Change::Shelve => join(known),
        Change::Seal | Change::Unseal => Vec::new(),
        Change::Template { .. }
        | Change::Paused(_)
        | Change::DeploymentReplicas(_)
        | Change::HistoryLimit(_)
        | Change::CreateSet { .. }
        | Change::DeleteSet
        | Change::Pin(_)
        | Change::Unpin
        | Change::CreateService { .. }
        | Change::DeleteService
        | Change::Split { .. }
        | Change::Unsplit => return Err(misfit(write)),
    })
}

/// In the form that the Deployment would give it, but for labels that its selector asks for.
fn create(
    name: &ObjectName,
    (digest, hash): (&TemplateDigest, &PodHash),
    deployment: &DeploymentObject,
    templates: &Templates,
    fence: &Fence,
) -> Result<Value, Refusal> {
    let body = templates.get(digest).and_then(|it| serde_json::from_str(&it.body).ok());
    let mut template: Value = body.ok_or_else(|| Refusal::Invalid {
        reason: format!("the template {digest} is not among those of the run"),
    })?;
    template["metadata"]["labels"][POD_TEMPLATE_HASH] = hash.as_str().into();
    let labels = json!({POD_TEMPLATE_HASH: hash.as_str()});
    Ok(json!({
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": made(name, &labels, fence, deployment),
        "spec": {
            "replicas": 0,
            "minReadySeconds": deployment.min_ready_seconds,
            "selector": deployment.selector.with(POD_TEMPLATE_HASH, hash.as_str()),
            "template": template,
        },
    }))
}

/// Takes the label away without which the Deployment lets go of it, and the reference by which it is
/// managed becomes one by which it only goes with the Deployment.
fn release(
    known: &ReplicaSetObject,
    deployment: &DeploymentObject,
) -> Result<Vec<PatchOperation>, Refusal> {
    let key = deployment.selector.needs().ok_or_else(|| Refusal::Invalid {
        reason: format!(
            "spec.selector of Deployment {}: no label decides alone what it selects; add one to \
             matchLabels",
            deployment.meta.name
        ),
    })?;
    let mut operations = Vec::new();
    if known.meta.label(key).is_some() {
        operations.push(remove(at(["metadata", "labels", key])));
    }
    let owners = known.meta.owner_references.iter().enumerate();
    for (index, owner) in owners.filter(|(_, owner)| owner.controller) {
        let index = index.to_string();
        let place = |field| at(["metadata", "ownerReferences", &index, field]);
        operations.push(test(place("uid"), owner.uid.as_str()));
        operations.push(add(place("controller"), false));
    }
    Ok(operations)
}

/// The labels that every ReplicaSet of the Deployment wears: those of its pods.
fn join(known: &ReplicaSetObject) -> Vec<PatchOperation> {
    let wears = |key: &Arc<str>, value: &Arc<str>| known.meta.label(key) == Some(&**value);
    let missing = known.pod_labels.iter().filter(|(key, value)| !wears(key, value));
    missing.map(|(key, value)| add(at(["metadata", "labels", key]), &**value)).collect()
}
