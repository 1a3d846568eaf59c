//! Calls, live and stored, and what people say of their cards and alerts.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use sidetone_types::id::UtteranceId;

use super::app::App;
use super::body::Body;
use super::failure::Failure;
use crate::api::{ApiError, LiveCall, Principal};
use crate::export;
use crate::storage::StoredCall;
use crate::transport::identify::Who;

/// The calls that are open.
pub(super) async fn list(
    State(app): State<App>,
    Who(who): Who,
) -> Result<Json<Vec<LiveCall>>, Failure> {
    Ok(Json(app.api.list_calls(&who).await?))
}

/// Everything that was told of a call so far but partials.
pub(super) async fn one(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
) -> Result<Json<Value>, Failure> {
    let call = stored(&app, &who, &id).await?;
    let ended = call.ended_ms.is_some();
    let mut body = serde_json::to_value(call).map_err(ApiError::internal)?;
    body["ended"] = json!(ended);
    Ok(Json(body))
}

/// The words of a call as JSON.
pub(super) async fn transcript_json(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let call = stored(&app, &who, &id).await?;
    let body = Json(export::json(&call.call_id, &call.events));
    Ok((attachment(&call.call_id, "json"), body).into_response())
}

/// The words of a call as WebVTT.
pub(super) async fn transcript_vtt(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let call = stored(&app, &who, &id).await?;
    let kind = [(header::CONTENT_TYPE, "text/vtt; charset=utf-8")];
    let body = export::webvtt(&call.events);
    Ok((kind, attachment(&call.call_id, "vtt"), body).into_response())
}

/// Ids are of characters that a header and a file name take.
pub(super) fn attachment(call_id: &str, ending: &str) -> [(header::HeaderName, String); 1] {
    let value = format!("attachment; filename=\"{call_id}.{ending}\"");
    [(header::CONTENT_DISPOSITION, value)]
}

async fn stored(app: &App, who: &Principal, id: &str) -> Result<StoredCall, Failure> {
    Ok(app.api.stored_call(who, id).await?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Feedback {
    article_id: String,
    utterance: u64,
    useful: bool,
}

/// Whether a card helped.
pub(super) async fn feedback(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
    Body(said): Body<Feedback>,
) -> Result<StatusCode, Failure> {
    let utterance = UtteranceId(said.utterance);
    let rated = app
        .api
        .rate_card(&who, &id, utterance, &said.article_id, said.useful);
    rated.await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct By {
    pub(super) by: String,
}

/// Somebody has seen an alert.
pub(super) async fn acknowledge(
    State(app): State<App>,
    Who(who): Who,
    Path((id, alert)): Path<(String, u64)>,
    Query(by): Query<By>,
) -> Result<StatusCode, Failure> {
    app.api.acknowledge(&who, &id, alert, &by.by).await?;
    Ok(StatusCode::NO_CONTENT)
}
