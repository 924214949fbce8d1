//! Writes to the Services of the app.

use json_patch::PatchOperation;
use serde_json::{Map, Value, json};
use windlass_core::fence::Fence;
use windlass_core::model::POD_TEMPLATE_HASH;
use windlass_core::platform::{Change, Refusal, Write};

use super::{Order, begin, expected, made, misfit};
use crate::fence::Mark;
use crate::objects::{DeploymentObject, ServiceObject};
use crate::patch::{add, at, remove};

/// Fields of a Service that say how it treats connections; the rest says where it is reached.
const ALIKE: [&str; 4] =
    ["publishNotReadyAddresses", "sessionAffinity", "sessionAffinityConfig", "trafficDistribution"];

/// The request for a write to a Service that exists.
pub(crate) fn service(
    known: Option<&ServiceObject>,
    fence: &Fence,
    write: &Write,
) -> Result<Order, Refusal> {
    let known = expected(known, |it| (&it.meta, it.meta.token()), &write.expect)?;
    if write.change == Change::DeleteService {
        let (uid, version) = (known.meta.uid.to_string(), known.meta.resource_version);
        return Ok(Order::Delete { uid, version });
    }
    let lifts = matches!(write.change, Change::Unpin | Change::Unseal);
    let mark = if lifts { Mark::Lift } else { Mark::Leave(fence) };
    let mut operations = begin(&write.expect, mark, &[], &known.meta)?;
    operations.extend(change(known, write)?);
    Ok(Order::Patch(operations))
}

fn change(known: &ServiceObject, write: &Write) -> Result<Option<PatchOperation>, Refusal> {
    let place = at(["spec", "selector", POD_TEMPLATE_HASH]);
    Ok(match &write.change {
        Change::Pin(hash) => Some(add(place, hash.as_str())),
        Change::Unpin => known.pin().map(|_| remove(place)),
        Change::Seal | Change::Unseal => None,
        Change::Template { .. }
        | Change::Paused(_)
        | Change::DeploymentReplicas(_)
        | Change::HistoryLimit(_)
        | Change::CreateSet { .. }
        | Change::SetReplicas(_)
        | Change::Release
        | Change::Adopt { .. }
        | Change::Shelve
        | Change::DeleteSet
        | Change::CreateService { .. }
        | Change::DeleteService
        | Change::Split { .. }
        | Change::Unsplit => return Err(misfit(write)),
    })
}

/// A Service like another one, as the API gives it, for one side alone.
pub(crate) fn create_service(
    like: &Value,
    deployment: &DeploymentObject,
    fence: &Fence,
    write: &Write,
) -> Result<Order, Refusal> {
    let Change::CreateService { pin, .. } = &write.change else { return Err(misfit(write)) };
    let theirs = &like["spec"];
    let mut spec = Map::new();
    for field in ALIKE.into_iter().filter(|field| !theirs[field].is_null()) {
        spec.insert(field.to_owned(), theirs[field].clone());
    }
    if theirs["clusterIP"] == "None" {
        spec.insert("clusterIP".to_owned(), "None".into());
    }
    let mut selector = theirs["selector"].clone();
    selector[POD_TEMPLATE_HASH] = pin.as_str().into();
    spec.insert("selector".to_owned(), selector);
    spec.insert("ports".to_owned(), ports(&theirs["ports"]));
    Ok(Order::Create(json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": made(&write.object.name, &json!({}), fence, deployment),
        "spec": spec,
    })))
}

/// A port of the nodes can be had only once.
fn ports(ports: &Value) -> Value {
    let mut ports = ports.clone();
    for port in ports.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        port.remove("nodePort");
    }
    ports
}
