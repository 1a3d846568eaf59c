//! What cannot be answered, as SOAP says it.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sidetone_soap::{Code, Element, Envelope, Fault, Name, Version};

use super::contract::SPACE;
use crate::api::ApiError;
use crate::transport::timing::CountsAs;

/// A request that cannot be answered, in the version that it is told in.
pub(super) struct Refusal {
    version: Version,
    status: Option<StatusCode>,
    retry_after_s: Option<u64>,
    /// Whether something of ours is broken.
    is_ours: bool,
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
            is_ours: false,
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
            is_ours: matches!(error, ApiError::Internal),
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

    /// What is wrong.
    pub fn reason(&self) -> &str {
        &self.fault.reason
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
        // What others have got wrong, and want of room, are no failures of ours.
        if status == StatusCode::INTERNAL_SERVER_ERROR && !self.is_ours {
            let counts_as = match self.fault.code {
                Code::Receiver => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::BAD_REQUEST,
            };
            response.extensions_mut().insert(CountsAs(counts_as));
        }
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_error_is_told_as_whose_fault_it_is_and_counted_so() {
        let text = || "why".to_owned();
        let exhausted = ApiError::Exhausted {
            reason: text(),
            retry_after: Duration::from_secs(30),
        };
        for (error, code, [of_11, of_12, counted]) in [
            (ApiError::Invalid(text()), "Client.invalid", [500, 400, 400]),
            (
                ApiError::Forbidden(text()),
                "Client.forbidden",
                [500, 400, 400],
            ),
            (
                ApiError::NotFound(text()),
                "Client.not_found",
                [500, 400, 400],
            ),
            (
                ApiError::Conflict(text()),
                "Client.conflict",
                [500, 400, 400],
            ),
            (exhausted, "Server.exhausted", [500, 500, 503]),
            (
                ApiError::Unavailable(text()),
                "Server.unavailable",
                [500, 500, 503],
            ),
            (ApiError::Internal, "Server.internal", [500, 500, 500]),
        ] {
            for (version, status) in [(Version::V11, of_11), (Version::V12, of_12)] {
                let refusal = Refusal::of_api(version, &error);
                assert_eq!(refusal.fault.to_string(), code);
                let response = refusal.into_response();
                assert_eq!(response.status().as_u16(), status, "{code}");
                let counts_as = response.extensions().get::<CountsAs>();
                let counts_as = counts_as.map_or(response.status(), |CountsAs(status)| *status);
                assert_eq!(counts_as.as_u16(), counted, "{code}");
                let waits = response.headers().get(header::RETRY_AFTER);
                assert_eq!(waits.is_some(), code == "Server.exhausted");
            }
        }
    }
}
