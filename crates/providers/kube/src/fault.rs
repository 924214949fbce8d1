//! What an API server's answer says of a request.

use kube::core::Status;
use windlass_core::platform::{Fault, Refusal};
use windlass_core::time::Span;

/// What became of a write that was not acknowledged.
pub(crate) fn of_write(error: kube::Error) -> Fault {
    if let kube::Error::Api(status) = &error {
        return of_status(status);
    }
    // The connection broke, or the answer could not be read: the server may have acted on it.
    Fault::Unknown { reason: chain(&error) }
}

/// Why a read gave nothing. Reads change nothing, so their outcome is never unknown.
pub(crate) fn of_read(error: kube::Error) -> Fault {
    match of_write(error) {
        Fault::Unknown { reason } => Refusal::Unavailable { reason }.into(),
        fault @ (Fault::Refused(_) | Fault::Withdrawn | Fault::Fenced) => fault,
    }
}

/// A request that was not answered in time.
pub(crate) fn no_answer(after: Span) -> Fault {
    Fault::Unknown { reason: format!("no answer within {after}") }
}

/// The rules are those of the API conventions ("HTTP Status codes"): after a 500 or a 504 the outcome
/// is unknown, after a 429 the server asks for patience.
fn of_status(status: &Status) -> Fault {
    let reason = || status.message.clone();
    match status.code {
        404 => Refusal::Missing.into(),
        409 if status.reason == "AlreadyExists" => Refusal::Exists.into(),
        409 => Refusal::Stale.into(),
        410 => Refusal::Stale.into(),
        422 if is_failed_test(status) => Refusal::Stale.into(),
        // Admission, quotas among it, answers as authorization does.
        403 if is_quota(status) => Refusal::Invalid { reason: reason() }.into(),
        401 | 403 => Refusal::Forbidden { reason: reason() }.into(),
        429 => Refusal::Throttled { after: patience(status) }.into(),
        503 => Refusal::Unavailable { reason: reason() }.into(),
        400..500 => Refusal::Invalid { reason: reason() }.into(),
        _ => Fault::Unknown { reason: format!("{} ({})", reason(), status.code) },
    }
}

/// A `test` of a JSON patch that fails is answered without naming an object or a field; what
/// validation refuses names both.
fn is_failed_test(status: &Status) -> bool {
    let named = status.details.as_ref().is_some_and(|details| !details.kind.is_empty());
    !named
}

fn is_quota(status: &Status) -> bool {
    status.message.contains("exceeded quota") || status.message.contains("admission webhook")
}

/// How long a server that is asked too much wants to be left alone: a second where it says nothing.
fn patience(status: &Status) -> Span {
    let seconds = status.details.as_ref().map_or(0, |details| details.retry_after_seconds);
    Span::seconds(seconds.max(1).into())
}

/// An error with all that caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use kube::core::response::StatusDetails;

    use super::*;

    fn answered(code: u16, reason: &str, details: Option<StatusDetails>) -> Fault {
        let status = Status { code, details, ..Status::failure("it says so", reason) };
        of_write(kube::Error::Api(status.boxed()))
    }

    fn named() -> Option<StatusDetails> {
        let details = serde_json::json!({"kind": "Deployment", "retryAfterSeconds": 7});
        serde_json::from_value(details).expect("valid")
    }

    #[test]
    fn a_failed_test_is_a_lost_race_and_a_bad_field_is_not() {
        assert_eq!(answered(422, "Invalid", None), Refusal::Stale.into());
        let reason = "it says so".to_owned();
        assert_eq!(answered(422, "Invalid", named()), Refusal::Invalid { reason }.into());
    }

    #[test]
    fn a_conflict_is_a_lost_race_and_a_taken_name_is_told_apart() {
        assert_eq!(answered(409, "Conflict", named()), Refusal::Stale.into());
        assert_eq!(answered(409, "AlreadyExists", named()), Refusal::Exists.into());
        assert_eq!(answered(404, "NotFound", named()), Refusal::Missing.into());
    }

    #[test]
    fn patience_is_what_the_server_asks_for_and_never_none() {
        for (details, after) in [(named(), Span::seconds(7)), (None, Span::seconds(1))] {
            let fault = answered(429, "TooManyRequests", details);
            assert_eq!(fault, Refusal::Throttled { after }.into());
        }
    }

    #[test]
    fn after_an_internal_error_nobody_knows() {
        for code in [500, 504] {
            assert!(matches!(answered(code, "InternalError", None), Fault::Unknown { .. }));
        }
        assert!(matches!(
            answered(503, "ServiceUnavailable", None),
            Fault::Refused(Refusal::Unavailable { .. })
        ));
    }
}
