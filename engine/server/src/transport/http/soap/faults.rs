//! What cannot be answered, as SOAP says it.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sidetone_soap::{Code, Element, Envelope, Fault, Name, Version};

use super::contract::SPACE;
use crate::api::ApiError;

/// A request that cannot be answered, in the version that it is told in.
pub(super) struct Refusal {
    version: Version,
    status: Option<StatusCode>,
    retry_after_s: Option<u64>,
    fault: Fault,
}

impl Refusal {
    /// Whoever sends it has to change something.
    pub fn of_sender(version: Version, kind: &str, why: impl Into<String>) -> Self {
        let fault = Fault {
            kind: Some(kind.to_owned()),
            ..Fault::new(Code::Sender, why)
        };
        Self::new(version, fault)
    }

    /// It is not known who asks.
    pub fn unknown(version: Version, why: impl Into<String>) -> Self {
        Self {
            status: Some(StatusCode::UNAUTHORIZED),
            ..Self::of_sender(version, "FailedAuthentication", why)
        }
    }

    /// With a code of its own.
    pub fn new(version: Version, fault: Fault) -> Self {
        Self {
            version,
            status: None,
            retry_after_s: None,
            fault,
        }
    }

    /// The same with another status of HTTP than those of SOAP.
    pub fn with_status(self, status: StatusCode) -> Self {
        Self {
            status: Some(status),
            ..self
        }
    }

    /// A use case was not carried out.
    pub fn of_api(version: Version, error: &ApiError) -> Self {
        let (code, kind) = match error {
            ApiError::Invalid(_) => (Code::Sender, "invalid"),
            ApiError::Forbidden(_) => (Code::Sender, "forbidden"),
            ApiError::Withheld(_) => (Code::Sender, "withheld"),
            ApiError::NotFound(_) => (Code::Sender, "not_found"),
            ApiError::Exists(_) => (Code::Sender, "exists"),
            ApiError::Conflict(_) => (Code::Sender, "conflict"),
            ApiError::Exhausted { .. } => (Code::Receiver, "exhausted"),
            ApiError::Unavailable(_) => (Code::Receiver, "unavailable"),
            ApiError::Internal => (Code::Receiver, "internal"),
        };
        let retry_after_s = match error {
            ApiError::Exhausted { retry_after, .. } => Some(retry_after.as_secs().max(1)),
            _ => None,
        };
        let wait = retry_after_s.map(|seconds| {
            let name = Name::new(SPACE, "retry_after_s");
            Element::of_text(name, seconds.to_string())
        });
        Self {
            retry_after_s,
            ..Self::new(
                version,
                Fault {
                    kind: Some(kind.to_owned()),
                    detail: wait.into_iter().collect(),
                    ..Fault::new(code, error.to_string())
                },
            )
        }
    }

    /// Whether it is not known who asks.
    pub fn is_of_unknown(&self) -> bool {
        self.status == Some(StatusCode::UNAUTHORIZED)
    }

    /// The version that it is told in.
    pub const fn version(&self) -> Version {
        self.version
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        // SOAP 1.1 §6.2 has one status for all; 1.2 part 2 §7.5.2.2 tells whose fault it is.
        let of_version = match (self.version, &self.fault.code) {
            (Version::V12, Code::Sender) => StatusCode::BAD_REQUEST,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let status = self.status.unwrap_or(of_version);
        let body = Envelope::write(self.version, [], [self.fault.write(self.version)]);
        let mut response = message(self.version, status, body);
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// A message with that status.
pub(super) fn message(version: Version, status: StatusCode, body: String) -> Response {
    let kind = [(header::CONTENT_TYPE, version.content_type(""))];
    (status, kind, body).into_response()
}
