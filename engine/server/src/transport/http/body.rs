//! What is sent to us as JSON.

use axum::Json;
use axum::body::Bytes;
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
        let (parts, body) = request.into_parts();
        let whole = Request::from_parts(parts.clone(), body);
        let bytes = Bytes::from_request(whole, state).await;
        let bytes = bytes.map_err(|why| Unreadable::Json(why.into()))?;
        let again = Request::from_parts(parts, bytes.clone().into());
        let Json(read) = Json::from_request(again, state).await?;
        // Of a list the fields would be taken in their order, which nobody means.
        match bytes.trim_ascii_start().starts_with(b"{") {
            true => Ok(Self(read)),
            false => Err(Unreadable::NoObject),
        }
    }
}

/// A body that cannot be read.
pub(super) enum Unreadable {
    /// It is no JSON, or not what is asked for.
    Json(JsonRejection),
    /// It is a list, whose parts have no names.
    NoObject,
}

impl From<JsonRejection> for Unreadable {
    fn from(why: JsonRejection) -> Self {
        Self::Json(why)
    }
}

impl IntoResponse for Unreadable {
    fn into_response(self) -> Response {
        let (status, why) = match &self {
            Self::NoObject => (
                StatusCode::BAD_REQUEST,
                "the body has to be a JSON object: `{…}`".to_owned(),
            ),
            Self::Json(JsonRejection::MissingJsonContentType(_)) => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "the body has to be JSON and say so: `content-type: application/json`".to_owned(),
            ),
            Self::Json(JsonRejection::BytesRejection(why)) => (why.status(), why.body_text()),
            Self::Json(why) => (
                StatusCode::BAD_REQUEST,
                format!("the body cannot be read: {}", why.body_text()),
            ),
        };
        (status, Json(json!({ "error": why }))).into_response()
    }
}
