//! Which gRPC code an error is.

use tonic::metadata::MetadataValue;
use tonic::{Code, Status};

use crate::api::ApiError;
use crate::convert::RequestError;

impl From<RequestError> for Status {
    fn from(error: RequestError) -> Self {
        Self::invalid_argument(error.to_string())
    }
}

impl From<ApiError> for Status {
    fn from(error: ApiError) -> Self {
        let code = match &error {
            ApiError::Invalid(_) => Code::InvalidArgument,
            ApiError::Forbidden(_) | ApiError::Withheld(_) => Code::PermissionDenied,
            ApiError::NotFound(_) => Code::NotFound,
            ApiError::Exists(_) => Code::AlreadyExists,
            ApiError::Conflict(_) => Code::Aborted,
            ApiError::Exhausted { .. } => Code::ResourceExhausted,
            ApiError::Unavailable(_) => Code::Unavailable,
            ApiError::Internal => Code::Internal,
        };
        let mut status = Self::new(code, error.to_string());
        if let ApiError::Exhausted { retry_after, .. } = error {
            let ms = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX);
            status
                .metadata_mut()
                .insert("retry-after-ms", MetadataValue::from(ms));
        }
        status
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sidetone_core::describe::DescriptionError;
    use sidetone_types::id::CallId;

    use super::*;
    use crate::calls::OpenError;
    use crate::storage::StoreError;

    #[test]
    fn each_error_has_its_code_and_keeps_its_words() {
        let text = || "why".to_owned();
        for (error, code, said) in [
            (ApiError::Invalid(text()), Code::InvalidArgument, "why"),
            (
                ApiError::Forbidden("ann".to_owned()),
                Code::PermissionDenied,
                "`ann` may not do that",
            ),
            (ApiError::NotFound(text()), Code::NotFound, "why"),
            (ApiError::Exists(text()), Code::AlreadyExists, "why"),
            (ApiError::Conflict(text()), Code::Aborted, "why"),
            (ApiError::exhausted("why"), Code::ResourceExhausted, "why"),
            (ApiError::Unavailable(text()), Code::Unavailable, "why"),
            (
                ApiError::Internal,
                Code::Internal,
                "the engine could not answer; its log says why",
            ),
        ] {
            let status = Status::from(error);
            assert_eq!((status.code(), status.message()), (code, said));
        }
    }

    #[test]
    fn who_finds_no_room_is_told_when_to_come_again() {
        let status = Status::from(ApiError::Exhausted {
            reason: "full".to_owned(),
            retry_after: Duration::from_millis(1_500),
        });
        let hint = status.metadata().get("retry-after-ms");
        assert_eq!(hint.map(|ms| ms.as_bytes()), Some(&b"1500"[..]));
        let status = Status::from(ApiError::Unavailable("draining".to_owned()));
        assert!(status.metadata().get("retry-after-ms").is_none());
    }

    #[test]
    fn a_call_that_is_not_opened_says_by_its_code_whether_another_engine_may() {
        let id = || CallId::new("a");
        for (error, code) in [
            (
                OpenError::Description(DescriptionError::NoLegs),
                Code::InvalidArgument,
            ),
            (OpenError::Exists(id()), Code::AlreadyExists),
            (OpenError::Kept(id()), Code::AlreadyExists),
            (OpenError::NotKept("full".to_owned()), Code::Unavailable),
            (OpenError::Full(3), Code::ResourceExhausted),
            (OpenError::Draining, Code::Unavailable),
        ] {
            let said = error.to_string();
            let status = Status::from(ApiError::from(error));
            assert_eq!(status.code(), code, "{said}");
            assert_eq!(status.message(), said);
        }
    }

    #[test]
    fn of_the_store_only_what_is_missing_is_told() {
        let missing = ApiError::from(StoreError::NoSuchCall("a".to_owned()));
        let missing = Status::from(missing);
        assert_eq!(missing.code(), Code::NotFound);
        assert_eq!(missing.message(), "no call `a` is kept");
        let broken = Status::from(ApiError::from(StoreError::Stopped));
        assert_eq!(broken.code(), Code::Internal);
        assert!(!broken.message().contains("store"), "{broken}");
    }

    #[test]
    fn a_request_that_cannot_be_understood_is_an_invalid_argument_with_the_reason() {
        let status = Status::from(RequestError::SampleRate(44_100));
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().contains("44100"), "{status}");
    }
}
