//! What an agent puts right while the call goes on.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use jiff::civil::Date;
use serde::Deserialize;
use sidetone_types::id::CallId;

use super::app::App;
use super::body::Body;
use super::calls::By;
use super::failure::Failure;
use crate::api::ApiError;
use crate::transport::identify::Who;

/// What a promise is to say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Promised {
    text: String,
    #[serde(default)]
    due: Option<String>,
    #[serde(default)]
    by: String,
}

/// A promise is put right.
pub(super) async fn edit_promise(
    State(app): State<App>,
    Who(who): Who,
    Path((id, number)): Path<(String, u64)>,
    Body(Promised { text, due, by }): Body<Promised>,
) -> Result<StatusCode, Failure> {
    let day = due.filter(|day| !day.is_empty()).map(|day| {
        let wrong = format!("`due` is a day like `2026-05-07`, not `{day}`");
        day.parse::<Date>().map_err(|_| ApiError::Invalid(wrong))
    });
    let promise = (number, text, day.transpose()?);
    let id = CallId::new(id);
    app.api.edit_promise(&who, &id, promise, &by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the agent has typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Typed {
    text: String,
    /// The revision that was read; 0 where there was none.
    #[serde(default)]
    revision: u64,
    #[serde(default)]
    by: String,
}

/// What the agent has typed is kept.
pub(super) async fn set_memo(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
    Body(Typed { text, revision, by }): Body<Typed>,
) -> Result<StatusCode, Failure> {
    let typed = (text.replace("\r\n", "\n"), revision);
    let id = CallId::new(id);
    app.api.set_memo(&who, &id, typed, &by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Something is to stay in sight.
pub(super) async fn pin(
    State(app): State<App>,
    Who(who): Who,
    Path((id, pin)): Path<(String, String)>,
    Query(by): Query<By>,
) -> Result<StatusCode, Failure> {
    let id = CallId::new(id);
    app.api.pin(&who, &id, (pin, true), &by.by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// It need not stay in sight any more.
pub(super) async fn unpin(
    State(app): State<App>,
    Who(who): Who,
    Path((id, pin)): Path<(String, String)>,
    Query(by): Query<By>,
) -> Result<StatusCode, Failure> {
    let id = CallId::new(id);
    app.api.pin(&who, &id, (pin, false), &by.by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A promise is to stand no more.
pub(super) async fn remove_promise(
    State(app): State<App>,
    Who(who): Who,
    Path((id, number)): Path<(String, u64)>,
    Query(by): Query<By>,
) -> Result<StatusCode, Failure> {
    let id = CallId::new(id);
    app.api.remove_promise(&who, &id, number, &by.by).await?;
    Ok(StatusCode::NO_CONTENT)
}
