//! What requests are refused with, and why.

use std::fmt::Display;
use std::time::Duration;

use rsipstack::sip::{Header, StatusCode};
use rsipstack::transaction::transaction::Transaction;
use tokio_util::sync::CancellationToken;

use super::dialog::abilities;
use crate::api::ApiError;

/// When to try again where it is not known.
pub(super) const SOON: Duration = Duration::from_secs(5);

/// Longest warning, in characters: of what a peer says, some is repeated to it.
const LONGEST_WARNING: usize = 200;

/// A final answer that is no success.
pub(super) struct Refused {
    pub status: StatusCode,
    pub headers: Vec<Header>,
    /// For the log.
    pub why: String,
}

impl Refused {
    pub fn new(status: StatusCode, why: impl Display) -> Self {
        let why = why.to_string();
        Self {
            headers: vec![warning(&why)],
            status,
            why,
        }
    }

    /// With another header.
    pub fn with(mut self, header: Header) -> Self {
        self.headers.push(header);
        self
    }
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        let why = error.to_string();
        match error {
            ApiError::Invalid(_) => Self::new(StatusCode::NotAcceptableHere, why),
            ApiError::Forbidden(_) => Self::new(StatusCode::Forbidden, why),
            ApiError::NotFound(_) | ApiError::Exists(_) => {
                Self::new(StatusCode::CallTransactionDoesNotExist, why)
            }
            ApiError::Exhausted { retry_after, .. } => {
                Self::new(StatusCode::ServiceUnavailable, why).with(retry(retry_after))
            }
            ApiError::Unavailable(_) => Self::new(StatusCode::ServiceUnavailable, why),
            ApiError::Internal => Self::new(StatusCode::ServerInternalError, why),
        }
    }
}

/// When it is worth trying again, in whole seconds.
pub(super) fn retry(after: Duration) -> Header {
    let seconds = after.as_secs().max(1).to_string();
    Header::RetryAfter(seconds.as_str().into())
}

/// What is wrong, in words.
fn warning(why: &str) -> Header {
    let quoted: String = why.chars().take(LONGEST_WARNING).collect();
    let quoted = quoted.replace(['"', '\\', '\r', '\n'], " ");
    Header::Warning(format!("399 sidetone \"{quoted}\"").as_str().into())
}

/// Answers a request that belongs to no dialog, until its answer has been acknowledged where it has to
/// be, or nobody is there for that.
pub(super) async fn alone(
    mut transaction: Transaction,
    status: StatusCode,
    closed: CancellationToken,
) {
    let headers = match status {
        StatusCode::OK | StatusCode::MethodNotAllowed => abilities(),
        StatusCode::ServiceUnavailable => {
            vec![
                retry(SOON),
                warning("the engine is shutting down; use another one"),
            ]
        }
        StatusCode::ServerInternalError => vec![retry(SOON)],
        _ => Vec::new(),
    };
    // Whoever asked may have gone.
    if transaction.reply_with(status, headers, None).await.is_err() {
        return;
    }
    while !transaction.is_terminated() {
        tokio::select! {
            () = closed.cancelled() => return,
            message = transaction.receive() => if message.is_none() {
                return;
            },
        }
    }
}
