//! Which gRPC code an error is.

use tonic::metadata::MetadataValue;
use tonic::{Code, Status};

use crate::convert::RequestError;
use crate::engine::OpenError;

/// When to try again where all slots or ports are taken. Calls last minutes; half one is a fair guess.
const RETRY_AFTER_MS: u64 = 30_000;

impl From<RequestError> for Status {
    fn from(error: RequestError) -> Self {
        Self::invalid_argument(error.to_string())
    }
}

impl From<OpenError> for Status {
    fn from(error: OpenError) -> Self {
        let code = match &error {
            OpenError::Description(_) => Code::InvalidArgument,
            OpenError::Exists(_) | OpenError::Kept(_) => Code::AlreadyExists,
            OpenError::Full(_) | OpenError::Port(_) | OpenError::Capacity(_) => {
                Code::ResourceExhausted
            }
            OpenError::Draining | OpenError::NotKept(_) => Code::Unavailable,
        };
        let retry_after_ms = match &error {
            OpenError::Capacity(refusal) => refusal.retry_after().as_millis() as u64,
            _ => RETRY_AFTER_MS,
        };
        let mut status = Self::new(code, error.to_string());
        if code == Code::ResourceExhausted {
            status
                .metadata_mut()
                .insert("retry-after-ms", MetadataValue::from(retry_after_ms));
        }
        status
    }
}
