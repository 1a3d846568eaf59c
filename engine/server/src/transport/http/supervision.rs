//! Taking care of calls, and writing to their agents.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use sidetone_types::id::CallId;

use super::app::App;
use super::body::Body;
use super::calls::By;
use super::failure::Failure;
use crate::transport::identify::Who;

/// Somebody takes care of a call.
pub(super) async fn claim(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
    Query(by): Query<By>,
) -> Result<StatusCode, Failure> {
    app.api.claim_call(&who, &CallId::new(id), &by.by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Nobody does any more.
pub(super) async fn release(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
    Query(by): Query<By>,
) -> Result<StatusCode, Failure> {
    app.api.release_call(&who, &CallId::new(id), &by.by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What somebody writes to the agent of a call.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    text: String,
    #[serde(default)]
    by: String,
}

/// Somebody writes to the agent of a call.
pub(super) async fn write(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
    Body(Written { text, by }): Body<Written>,
) -> Result<StatusCode, Failure> {
    let id = CallId::new(id);
    app.api.write_to_agent(&who, &id, (text, &by)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The agent has read it.
pub(super) async fn read(
    State(app): State<App>,
    Who(who): Who,
    Path((id, message)): Path<(String, u64)>,
    Query(by): Query<By>,
) -> Result<StatusCode, Failure> {
    let (id, read) = (CallId::new(id), (message, &*by.by));
    app.api.message_read(&who, &id, read).await?;
    Ok(StatusCode::NO_CONTENT)
}
