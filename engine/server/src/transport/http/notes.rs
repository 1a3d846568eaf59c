//! What the CRM is told of a call: read, reviewed, and written again.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use sidetone_core::review::Review;
use sidetone_types::party::Side;
use sidetone_types::summary::{FollowUp, FollowUpKind, Promise};

use super::app::App;
use super::body::Body;
use super::failure::Failure;
use crate::api::{NoteView, ReviewOrder};
use crate::transport::identify::Who;

/// The note of a call, and where it stands.
pub(super) async fn one(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
) -> Result<Json<NoteView>, Failure> {
    Ok(Json(app.api.note(&who, &id).await?))
}

/// Somebody has read over the note of a call.
pub(super) async fn review(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
    Body(made): Body<Made>,
) -> Result<Json<NoteView>, Failure> {
    Ok(Json(app.api.review_note(&who, &id, made.into()).await?))
}

/// The call's note is to be written to the CRM again, at once.
pub(super) async fn retry(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    app.api.retry_note(&who, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What somebody makes of a note. What is left out, or `null`, stays as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Made {
    revision: u64,
    #[serde(default)]
    confirm: bool,
    #[serde(default)]
    by: String,
    reason: Option<String>,
    actions: Option<Vec<String>>,
    promises: Option<Vec<MadePromise>>,
    follow_ups: Option<Vec<Task>>,
    urgent: Option<bool>,
    keywords: Option<Vec<String>>,
    disposition: Option<String>,
    memo: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MadePromise {
    role: Side,
    text: String,
    kind: FollowUpKind,
    said: Option<String>,
    due: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Task {
    kind: FollowUpKind,
    title: String,
    due: Option<String>,
    due_time: Option<String>,
    when_said: Option<String>,
}

impl From<Made> for ReviewOrder {
    fn from(made: Made) -> Self {
        let promises = made.promises.map(|all| {
            let all = all.into_iter().map(|promise| Promise {
                side: promise.role,
                text: promise.text,
                kind: promise.kind,
                said: promise.said,
                due: promise.due,
            });
            all.collect()
        });
        let follow_ups = made.follow_ups.map(|all| {
            let all = all.into_iter().map(|task| FollowUp {
                kind: task.kind,
                title: task.title,
                due: task.due,
                due_time: task.due_time,
                when_said: task.when_said,
            });
            all.collect()
        });
        Self {
            revision: made.revision,
            confirm: made.confirm,
            by: made.by,
            review: Review {
                reason: made.reason,
                actions: made.actions,
                promises,
                follow_ups,
                urgent: made.urgent,
                keywords: made.keywords,
                disposition: made.disposition,
                memo: made.memo,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn made(body: Value) -> Result<ReviewOrder, String> {
        let made = serde_json::from_value::<Made>(body);
        made.map(ReviewOrder::from)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_note_is_sent_back_in_the_form_in_which_it_was_read() {
        let order = made(json!({
            "revision": 2,
            "confirm": true,
            "reason": "Charged twice",
            "promises": [{ "role": "agent", "text": "I will call.", "kind": "callback", "due": "2026-05-07" }],
            "follow_ups": [
                { "kind": "send_offer", "title": "Offer", "due": null, "when_said": "next week" },
            ],
            "keywords": [],
        }));
        let order = order.expect("right");
        assert_eq!((order.revision, order.confirm), (2, true));
        let review = order.review;
        assert_eq!(review.reason.as_deref(), Some("Charged twice"));
        assert_eq!(review.promises.expect("given")[0].side, Side::Agent);
        let tasks = review.follow_ups.expect("given");
        assert_eq!(tasks[0].due, None);
        assert_eq!(tasks[0].when_said.as_deref(), Some("next week"));
        assert_eq!((review.actions, review.keywords), (None, Some(Vec::new())));
    }

    #[test]
    fn what_is_misspelt_or_missing_is_named() {
        for (body, named) in [
            (json!({}), "`revision`"),
            (json!({ "revision": 0, "resaon": "x" }), "`resaon`"),
            (
                json!({ "revision": 0, "follow_ups": [{ "kind": "callback", "titel": "x" }] }),
                "`titel`",
            ),
            (
                json!({ "revision": 0, "follow_ups": [{ "kind": "dance", "title": "x" }] }),
                "`dance`",
            ),
        ] {
            let error = made(body).err().expect("wrong");
            assert!(error.contains(named), "{error}");
        }
    }
}
