//! What cannot be answered, as HTTP says it.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::api::ApiError;

/// A request that cannot be answered.
#[derive(Debug)]
pub(in crate::transport) struct Failure(ApiError);

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = match &self.0 {
            ApiError::Invalid(_) => StatusCode::BAD_REQUEST,
            ApiError::Forbidden(_) => StatusCode::FORBIDDEN,
            ApiError::NotFound(_) => StatusCode::NOT_FOUND,
            ApiError::Exists(_) => StatusCode::CONFLICT,
            ApiError::Exhausted { .. } | ApiError::Unavailable(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            ApiError::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let body = Json(json!({ "error": self.0.to_string() }));
        let mut response = (status, body).into_response();
        if let ApiError::Exhausted { retry_after, .. } = self.0 {
            let seconds = HeaderValue::from(retry_after.as_secs().max(1));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

/// There is nothing at this path.
pub(super) async fn no_such_path() -> Failure {
    Failure(ApiError::NotFound(
        "there is nothing at this path".to_owned(),
    ))
}
