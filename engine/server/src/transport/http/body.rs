//! What is sent to us as JSON.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::json;

/// A body of JSON that says so in its `content-type`, which no form of a web page does.
pub(super) struct Body<T>(pub T);

impl<T, S> FromRequest<S> for Body<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Unreadable;

    async fn from_request(request: Request, state: &S) -> Result<Self, Unreadable> {
        match Json::from_request(request, state).await {
            Ok(Json(read)) => Ok(Self(read)),
            Err(why) => Err(Unreadable(why)),
        }
    }
}

/// A body that cannot be read.
pub(super) struct Unreadable(JsonRejection);

impl IntoResponse for Unreadable {
    fn into_response(self) -> Response {
        let (status, why) = match &self.0 {
            JsonRejection::MissingJsonContentType(_) => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "the body has to be JSON and say so: `content-type: application/json`".to_owned(),
            ),
            JsonRejection::BytesRejection(why) => (why.status(), why.body_text()),
            why => (
                StatusCode::BAD_REQUEST,
                format!("the body cannot be read: {}", why.body_text()),
            ),
        };
        (status, Json(json!({ "error": why }))).into_response()
    }
}
