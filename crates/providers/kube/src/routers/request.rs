//! The next request of a change to a route, guarded by what was read.

use json_patch::Patch;
use serde_json::{Value, json};
use windlass_core::fence::{Expect, Fence};
use windlass_core::id::Uid;
use windlass_core::platform::RouteRef;

use super::{Act, Edit, Marking, Misfit, ObjectKey, RouteChange, Router};
use crate::fence::{self, FENCE_ANNOTATION, Mark, Note, RUN_LABEL};

/// A write to a route.
#[derive(Clone, Copy, Debug)]
pub struct RouteWrite<'a> {
    /// What must be true of the object that carries the route's token; `None` once the first
    /// request of this write was answered.
    pub expect: Option<&'a Expect>,
    /// The mark of the write.
    pub fence: &'a Fence,
    /// What becomes of the route.
    pub change: &'a RouteChange,
}

/// One request to the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// A JSON patch, to be sent as [`wire`](crate::patch::wire) puts it.
    Patch {
        /// Of this object.
        object: ObjectKey,
        /// Tests first.
        patch: Patch,
    },
    /// A POST.
    Create {
        /// Of this object.
        object: ObjectKey,
        /// As a whole.
        body: Value,
    },
    /// A DELETE with preconditions.
    Delete {
        /// Of this object.
        object: ObjectKey,
        /// `preconditions.uid`.
        uid: Uid,
        /// `preconditions.resourceVersion`.
        resource_version: String,
    },
}

/// Why a write goes no further.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// The objects do not allow it.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    /// The route is not what the write expects: look afresh.
    #[error("the route has changed since it was read")]
    Stale,
    /// A later write, or one of a higher epoch, was here.
    #[error("{object} carries a later write's fence, {fence}")]
    Fenced {
        /// The object.
        object: ObjectKey,
        /// What it carries.
        fence: Fence,
    },
}

/// The request that the first object needs which is not yet as the write wants it; `None` when all
/// are. `objects` is parallel to [`Router::objects`], each as it was read last.
///
/// A server that changes what it is given (a webhook, a schema that drops a field) can make an object
/// never be as the write wants it: whoever sends the requests stops after a few for each object.
///
/// # Errors
/// See [`Stop`].
pub fn next(
    router: &dyn Router,
    route: &RouteRef,
    objects: &[Option<Value>],
    write: &RouteWrite<'_>,
) -> Result<Option<Request>, Stop> {
    let keys = router.objects(route);
    let edits = router.edits(route, objects, write.change)?;
    refuse_late(&keys, objects, write)?;
    refuse_stale(&keys, objects, router.carrier(route, objects), write)?;
    for edit in edits {
        let Some(key) = keys.get(edit.object) else { continue };
        if let Some(request) = request(key, objects, edit, write.fence)? {
            return Ok(Some(request));
        }
    }
    Ok(None)
}

/// Each object is compared with itself by the server, so a route of several is only safe from late
/// writes if each of them looks for later fences, too.
fn refuse_late(
    keys: &[ObjectKey],
    objects: &[Option<Value>],
    write: &RouteWrite<'_>,
) -> Result<(), Stop> {
    let age = |fence: &Fence| (fence.epoch, fence.seq);
    for (key, object) in keys.iter().zip(objects) {
        let found = object.as_ref().and_then(|object| fence::fence(&object["metadata"]));
        if let Some(fence) = found.filter(|found| age(found) > age(write.fence)) {
            return Err(Stop::Fenced { object: key.clone(), fence });
        }
    }
    Ok(())
}

fn refuse_stale(
    keys: &[ObjectKey],
    objects: &[Option<Value>],
    carrier: usize,
    write: &RouteWrite<'_>,
) -> Result<(), Stop> {
    let (Some(key), Some(Some(object))) = (keys.get(carrier), objects.get(carrier)) else {
        return Err(Stop::Stale);
    };
    let found = fence::expect(&object["metadata"]).map_err(|e| unguarded(key, e))?;
    match write.expect {
        Some(expect) if expect.token != found.token => Err(Stop::Stale),
        Some(expect) if expect.uid.is_some() && expect.uid != found.uid => Err(Stop::Stale),
        Some(_) | None => Ok(()),
    }
}

fn unguarded(key: &ObjectKey, source: fence::Unguarded) -> Misfit {
    Misfit::Unguarded { object: key.clone(), source }
}

fn request(
    key: &ObjectKey,
    objects: &[Option<Value>],
    edit: Edit,
    fence: &Fence,
) -> Result<Option<Request>, Stop> {
    let object = objects.get(edit.object).and_then(Option::as_ref);
    match (edit.act, object) {
        (Act::Patch { body, notes, mark }, Some(object)) => {
            let metadata = &object["metadata"];
            if body.is_empty() && !is_due(metadata, &notes, mark, fence) {
                return Ok(None);
            }
            let expect = fence::expect(metadata).map_err(|e| unguarded(key, e))?;
            let mark = match mark {
                Marking::Always | Marking::WhenTouched => Mark::Leave(fence),
                Marking::Lift => Mark::Lift,
            };
            let mut patch =
                fence::guarded(&expect, mark, &notes, metadata).map_err(|e| unguarded(key, e))?;
            patch.extend(body);
            Ok(Some(Request::Patch { object: key.clone(), patch: Patch(patch) }))
        }
        (Act::Create(mut body), None) => {
            body["metadata"]["annotations"][FENCE_ANNOTATION] = json!(fence.to_string());
            Ok(Some(Request::Create { object: key.clone(), body }))
        }
        (Act::Delete, Some(object)) => {
            let metadata = &object["metadata"];
            let expect = fence::expect(metadata).map_err(|e| unguarded(key, e))?;
            let version = metadata["resourceVersion"].as_str().unwrap_or_default().to_owned();
            let uid = expect.uid.unwrap_or_else(|| "".into());
            Ok(Some(Request::Delete { object: key.clone(), uid, resource_version: version }))
        }
        (Act::Patch { .. }, None) => Err(Stop::Stale),
        (Act::Create(_), Some(_)) | (Act::Delete, None) => Ok(None),
    }
}

/// True when the metadata is not yet as an edit leaves it.
fn is_due(metadata: &Value, notes: &[Note], mark: Marking, fence: &Fence) -> bool {
    let annotation = |key: &str| metadata["annotations"][key].as_str();
    let noted = notes.iter().all(|note| annotation(&note.key) == note.value.as_deref());
    let marked = match mark {
        Marking::Always => fence::fence(metadata).as_ref() == Some(fence),
        Marking::WhenTouched => true,
        Marking::Lift => {
            metadata["annotations"].get(FENCE_ANNOTATION).is_none()
                && metadata["labels"].get(RUN_LABEL).is_none()
        }
    };
    !(noted && marked)
}

#[cfg(test)]
mod tests;
