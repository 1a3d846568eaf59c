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
            ApiError::Forbidden(_) | ApiError::Withheld(_) => StatusCode::FORBIDDEN,
            ApiError::NotFound(_) => StatusCode::NOT_FOUND,
            ApiError::Exists(_) | ApiError::Conflict(_) => StatusCode::CONFLICT,
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn each_error_has_its_status_and_its_words_in_json() {
        let text = || "why".to_owned();
        for (error, status, said) in [
            (ApiError::Invalid(text()), 400, "why"),
            (
                ApiError::Forbidden("ann".to_owned()),
                403,
                "`ann` may not do that",
            ),
            (ApiError::Withheld(text()), 403, "why"),
            (ApiError::NotFound(text()), 404, "why"),
            (ApiError::Exists(text()), 409, "why"),
            (ApiError::Conflict(text()), 409, "why"),
            (ApiError::exhausted("why"), 503, "why"),
            (ApiError::Unavailable(text()), 503, "why"),
            (
                ApiError::Internal,
                500,
                "the engine could not answer; its log says why",
            ),
        ] {
            let response = Failure::from(error).into_response();
            assert_eq!(response.status().as_u16(), status);
            let body = axum::body::to_bytes(response.into_body(), 1_000).await;
            let body: serde_json::Value =
                serde_json::from_slice(&body.expect("short")).expect("JSON");
            assert_eq!(body, json!({ "error": said }));
        }
    }

    #[test]
    fn who_finds_no_room_is_told_to_come_again_in_a_second_or_more() {
        for (retry_after, seconds) in [(200, "1"), (1_900, "1"), (30_000, "30")] {
            let error = ApiError::Exhausted {
                reason: "full".to_owned(),
                retry_after: Duration::from_millis(retry_after),
            };
            let response = Failure::from(error).into_response();
            assert_eq!(response.headers()[header::RETRY_AFTER], seconds);
        }
        let draining = Failure::from(ApiError::Unavailable("draining".to_owned()));
        let response = draining.into_response();
        assert!(!response.headers().contains_key(header::RETRY_AFTER));
    }
}
