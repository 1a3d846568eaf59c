//! Why a use case was not carried out, and what the caller can do about it.

use std::fmt::Display;
use std::time::Duration;

use sidetone_core::agent_work::WorkError;
use sidetone_core::supervision::SupervisionError;
use tracing::warn;

use crate::calls::{OpenError, UpdateError};
use crate::storage::StoreError;

/// A use case was not carried out. The message is for the caller.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// What was asked for cannot be: trying again will not help.
    #[error("{0}")]
    Invalid(String),
    /// The caller may not do that.
    #[error("`{0}` may not do that")]
    Forbidden(String),
    /// The caller may do that, and not with this call. The message says why.
    #[error("{0}")]
    Withheld(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// It is there already.
    #[error("{0}")]
    Exists(String),
    /// It has changed since the caller read it, or is changing: read it again, and try then.
    #[error("{0}")]
    Conflict(String),
    /// Not now, for lack of room.
    #[error("{reason}")]
    Exhausted {
        /// Of what.
        reason: String,
        /// When it is worth trying again.
        retry_after: Duration,
    },
    /// Not now, and not soon: another engine may.
    #[error("{0}")]
    Unavailable(String),
    /// Something of ours is broken. Details went to the log.
    #[error("the engine could not answer; its log says why")]
    Internal,
}

/// When to try again where all slots or ports are taken. Calls last minutes; half one is a fair
/// guess.
const CALLS_END_IN: Duration = Duration::from_secs(30);

impl ApiError {
    /// Something of ours is broken.
    pub fn internal(error: impl Display) -> Self {
        warn!(%error, "a request could not be answered");
        Self::Internal
    }

    /// There is no room for more of something.
    pub fn exhausted(reason: impl Into<String>) -> Self {
        Self::Exhausted {
            reason: reason.into(),
            retry_after: CALLS_END_IN,
        }
    }
}

impl From<OpenError> for ApiError {
    fn from(error: OpenError) -> Self {
        let reason = error.to_string();
        match error {
            OpenError::Description(_) | OpenError::Recording(_) => Self::Invalid(reason),
            OpenError::Exists(_) | OpenError::Kept(_) => Self::Exists(reason),
            OpenError::Full(_) | OpenError::Port(_) => Self::exhausted(reason),
            OpenError::Capacity(refusal) => Self::Exhausted {
                reason,
                retry_after: refusal.retry_after(),
            },
            OpenError::Draining | OpenError::NotKept(_) => Self::Unavailable(reason),
        }
    }
}

impl From<UpdateError> for ApiError {
    fn from(error: UpdateError) -> Self {
        let reason = error.to_string();
        match error {
            UpdateError::NoSuchCall | UpdateError::NoSuchLeg(_) | UpdateError::NoWords(_) => {
                Self::NotFound(reason)
            }
            UpdateError::Supervision(SupervisionError::Taken(_)) => Self::Conflict(reason),
            UpdateError::Supervision(SupervisionError::NoMessage(_)) => Self::NotFound(reason),
            UpdateError::Work(WorkError::NoPromise(_)) => Self::NotFound(reason),
            UpdateError::Work(WorkError::OldMemo(_) | WorkError::NobodyKnown) => {
                Self::Conflict(reason)
            }
            UpdateError::Description(_)
            | UpdateError::Work(_)
            | UpdateError::Supervision(_)
            | UpdateError::Correction(_)
            | UpdateError::OnItsStream
            | UpdateError::NotRecorded
            | UpdateError::TooMuch(_) => Self::Invalid(reason),
            UpdateError::TooOften(retry_after) | UpdateError::TooManyMessages(retry_after) => {
                Self::Exhausted {
                    reason,
                    retry_after,
                }
            }
            UpdateError::NotKept(_) | UpdateError::Unread(_) => Self::Unavailable(reason),
            UpdateError::Port(_) => Self::exhausted(reason),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoSuchCall(id) => Self::NotFound(format!("no call `{id}` is kept")),
            other => Self::internal(other),
        }
    }
}
