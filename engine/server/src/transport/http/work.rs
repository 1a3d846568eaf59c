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
