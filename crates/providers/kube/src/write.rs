//! From a decided write to the one request that carries it out.

mod deployment;
mod service;
mod set;

use json_patch::{Patch, PatchOperation};
use kube::api::{DeleteParams, PostParams, Preconditions};
use kube::core::Request;
use kube::core::request::Error;
use serde_json::{Value, json};
use windlass_core::fence::{Expect, Fence, Token};
use windlass_core::id::ObjectName;
use windlass_core::platform::{Refusal, Write};

pub(crate) use deployment::{deployment, dry_template};
pub(crate) use service::{create_service, service};
pub(crate) use set::set;

use crate::connection;
use crate::fence::{FENCE_ANNOTATION, Mark, Note, RUN_LABEL, guarded};
use crate::objects::{DeploymentObject, Meta};
use crate::patch::wire;
use crate::resource::Resource;

/// Under which name the server notes what we write.
const MANAGER: &str = "windlass";

/// One request that changes something.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Order {
    Patch(Vec<PatchOperation>),
    Create(Value),
    /// Deletes the object if it is still at this version.
    Delete {
        uid: String,
        version: u64,
    },
}

impl Order {
    /// The request to the server.
    pub(crate) fn request(
        &self,
        resource: Resource,
        namespace: &ObjectName,
        name: &ObjectName,
    ) -> connection::Request {
        self.send_to(&resource.path(namespace.as_str()), name)
    }

    /// The request to the server, for an object of the collection at this path.
    pub(crate) fn send_to(&self, path: &str, name: &ObjectName) -> connection::Request {
        let request = Request::new(path);
        match self {
            Order::Patch(operations) => {
                let body = wire(&Patch(operations.clone())).map_err(Error::SerializeBody)?;
                http::Request::patch(format!("{path}/{name}?fieldManager={MANAGER}"))
                    .header(http::header::CONTENT_TYPE, "application/json-patch+json")
                    .body(body)
                    .map_err(Error::BuildRequest)
            }
            Order::Create(object) => {
                let asked =
                    PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() };
                request.create(&asked, object.to_string().into_bytes())
            }
            Order::Delete { uid, version } => {
                let mut asked = DeleteParams::background();
                asked.preconditions = Some(Preconditions {
                    uid: Some(uid.clone()),
                    resource_version: Some(version.to_string()),
                });
                request.delete(name.as_str(), &asked)
            }
        }
    }
}

/// The object that a write is about, as it is known; refused where it is not what the write expects.
fn expected<'o, T>(
    known: Option<&'o T>,
    meta: impl Fn(&T) -> (&Meta, Token),
    expect: &Expect,
) -> Result<&'o T, Refusal> {
    let known = known.ok_or(Refusal::Missing)?;
    let (meta, token) = meta(known);
    let same = expect.uid.as_ref() == Some(&meta.uid) && expect.token == token;
    if same { Ok(known) } else { Err(Refusal::Stale) }
}

/// The guarded beginning of a patch.
fn begin(
    expect: &Expect,
    mark: Mark<'_>,
    notes: &[Note],
    meta: &Meta,
) -> Result<Vec<PatchOperation>, Refusal> {
    guarded(expect, mark, notes, &meta.value())
        .map_err(|error| Refusal::Invalid { reason: error.to_string() })
}

/// The refusal of a change that does not fit its object.
fn misfit(write: &Write) -> Refusal {
    Refusal::Invalid { reason: format!("{}: cannot {}", write.object, write.change) }
}

/// The metadata of an object that is made for a run: it goes with the Deployment, but is not managed
/// by it.
fn made(name: &ObjectName, labels: &Value, fence: &Fence, deployment: &DeploymentObject) -> Value {
    let mut labels = labels.clone();
    labels[RUN_LABEL] = fence.run.as_str().into();
    json!({
        "name": name.as_str(),
        "labels": labels,
        "annotations": {FENCE_ANNOTATION: fence.to_string()},
        "ownerReferences": [{
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "name": deployment.meta.name.as_str(),
            "uid": deployment.meta.uid.as_str(),
        }],
    })
}

#[cfg(test)]
mod tests;
