//! Why a connection ends.

use axum::extract::ws::close_code;

use crate::api::ApiError;

/// Why a connection ends.
pub(super) enum Over {
    /// The media server has said all, and gone if it waits for nothing.
    Said,
    /// The call is over, and all of it is told.
    Call,
    /// The connection broke.
    Broken,
    /// The media server goes, and has said that it comes back.
    Away,
    /// Something of theirs cannot be taken, or not now. Code and reason go to the media server.
    Refused(u16, String),
}

/// What a media server is told of a call that is not opened.
pub(super) fn refused(error: ApiError) -> Over {
    let code = match error {
        ApiError::Invalid(_) | ApiError::Forbidden(_) | ApiError::Withheld(_) => close_code::POLICY,
        ApiError::Exhausted { .. } | ApiError::Unavailable(_) => close_code::AGAIN,
        _ => close_code::ERROR,
    };
    Over::Refused(code, error.to_string())
}
