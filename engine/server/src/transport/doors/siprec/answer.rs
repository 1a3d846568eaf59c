//! What requests are refused with, and why.

use std::fmt::Display;
use std::time::Duration;

use rsipstack::sip::{Header, StatusCode};
use rsipstack::transaction::transaction::Transaction;
use sidetone_types::controls::controls;
use tokio_util::sync::CancellationToken;

use super::dialog::abilities;
use crate::api::ApiError;

/// When to try again where it is not known.
const SOON: Duration = Duration::from_secs(5);

/// Why nothing more is taken, for now.
const CROWDED: &str = "more SIP comes than there is room for";

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
        let mut headers = vec![warning(&why)];
        if status == StatusCode::MethodNotAllowed {
            headers.extend(abilities());
        }
        Self {
            headers,
            status,
            why,
        }
    }

    /// There is no such dialog.
    pub fn unknown() -> Self {
        let why = "no such session is known: it is over, or was never taken";
        Self::new(StatusCode::CallTransactionDoesNotExist, why)
    }

    /// The same invitation has come by another way (RFC 3261 §8.2.2.2).
    pub fn twice() -> Self {
        let why = "the same invitation has come by another way";
        Self::new(StatusCode::LoopDetected, why)
    }

    /// Nothing can be done with such a request.
    pub fn method() -> Self {
        Self::new(StatusCode::MethodNotAllowed, "there is no use for it here")
    }

    /// A dialog has more requests than it can look at.
    pub fn behind() -> Self {
        let why = "requests of this session come faster than they are looked at";
        Self::new(StatusCode::ServerInternalError, why).with(retry(SOON))
    }

    /// No more is taken, ever.
    pub fn leaving() -> Self {
        let why = "the engine is shutting down; use another one";
        Self::new(StatusCode::ServiceUnavailable, why).with(retry(SOON))
    }

    /// No more is taken, for now.
    pub fn crowded() -> Self {
        Self::new(StatusCode::ServiceUnavailable, CROWDED).with(retry(SOON))
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
            ApiError::Forbidden(_) | ApiError::Withheld(_) => Self::new(StatusCode::Forbidden, why),
            ApiError::NotFound(_) | ApiError::Exists(_) | ApiError::Conflict(_) => {
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
fn retry(after: Duration) -> Header {
    let seconds = after.as_secs().max(1).to_string();
    Header::RetryAfter(seconds.as_str().into())
}

/// What is wrong, in words.
fn warning(why: &str) -> Header {
    let plain = |c| {
        if controls(c) || matches!(c, '"' | '\\') {
            ' '
        } else {
            c
        }
    };
    let quoted: String = why.chars().map(plain).take(LONGEST_WARNING).collect();
    Header::Warning(format!("399 sidetone \"{quoted}\"").as_str().into())
}

/// What is answered to a request that belongs to no dialog: that we are here, or why not.
pub(super) type Alone = Result<(), Refused>;

/// Status and headers of it.
pub(super) fn said(answer: Alone) -> (StatusCode, Vec<Header>) {
    match answer {
        Ok(()) => (StatusCode::OK, abilities()),
        Err(refused) => (refused.status, refused.headers),
    }
}

/// Answers a request that belongs to no dialog, until its answer has been acknowledged where it has to
/// be, or nobody is there for that.
pub(super) async fn alone(mut transaction: Transaction, answer: Alone, closed: CancellationToken) {
    let (status, headers) = said(answer);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_peer_says_writes_no_header_of_its_own() {
        let told = "call `a\r\nContact: x\0\u{1b}[2J\" \\` is not there\u{202e}";
        let Header::Warning(warning) = warning(told) else {
            panic!("a warning");
        };
        let expected = "399 sidetone \"call `a  Contact: x  [2J   ` is not there \"";
        assert_eq!(warning.to_string(), format!("Warning: {expected}"));
    }
}
