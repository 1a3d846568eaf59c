//! What cannot be answered, as HTTP says it.

use std::fmt::Display;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tracing::warn;

use crate::storage::StoreError;

/// A request that cannot be answered.
#[derive(Debug)]
pub(super) enum Failure {
    /// 400: what was asked for cannot be.
    Invalid(String),
    /// 404: there is no such call.
    NotFound(String),
    /// 500: something of ours is broken. Details go to the log.
    Internal,
}

impl Failure {
    /// Something of ours is broken.
    pub fn internal(error: impl Display) -> Self {
        warn!(%error, "a request could not be answered");
        Self::Internal
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoSuchCall(id) => Self::NotFound(id),
            other => Self::internal(other),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::Invalid(error) => (StatusCode::BAD_REQUEST, error),
            Self::NotFound(id) => (StatusCode::NOT_FOUND, format!("no call `{id}` is kept")),
            Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "the engine could not answer; its log says why".to_owned(),
            ),
        };
        (status, Json(json!({ "error": error }))).into_response()
    }
}
