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
            ApiError::Forbidden(_) => Code::PermissionDenied,
            ApiError::NotFound(_) => Code::NotFound,
            ApiError::Exists(_) => Code::AlreadyExists,
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
