//! Why a call is not opened.

use sidetone_core::capacity::Refusal;
use sidetone_core::describe::DescriptionError;
use sidetone_types::id::CallId;

use crate::ingest::NoPort;
use crate::recordings::RecordingError;

/// A call cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The description cannot be served.
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// Its recording cannot be as it is wanted.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// The id is in use.
    #[error("call `{0}` is open already")]
    Exists(CallId),
    /// A call had this id, and is still kept.
    #[error("call `{0}` is kept already; choose another id, or none")]
    Kept(CallId),
    /// What calls say could not be kept.
    #[error("calls cannot be kept at the moment: {0}; use another engine, or try again later")]
    NotKept(String),
    /// As many calls as `server.max_calls` allows are open.
    #[error("all {0} call slots are taken; use another engine, or try again later")]
    Full(usize),
    /// The engine carries all it can.
    #[error("{0}; use another engine, or try again in {s} s", s = .0.retry_after().as_secs())]
    Capacity(Refusal),
    /// No port is left for a leg.
    #[error(transparent)]
    Port(#[from] NoPort),
    /// The engine goes down.
    #[error("the engine is shutting down; use another one")]
    Draining,
}

impl OpenError {
    /// The label of `calls_refused`.
    pub(super) const fn label(&self) -> &'static str {
        match self {
            Self::Description(_) | Self::Recording(_) => "description",
            Self::Exists(_) | Self::Kept(_) => "exists",
            Self::NotKept(_) => "store",
            Self::Full(_) => "full",
            Self::Capacity(Refusal::Full { .. }) => "capacity",
            Self::Capacity(Refusal::Late { .. }) => "late",
            Self::Port(_) => "ports",
            Self::Draining => "draining",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::REFUSALS;

    #[test]
    fn every_reason_for_which_a_call_is_refused_is_counted_from_the_start() {
        let id = || CallId::new("a");
        for error in [
            OpenError::Description(DescriptionError::NoLegs),
            OpenError::Exists(id()),
            OpenError::Kept(id()),
            OpenError::NotKept("full".to_owned()),
            OpenError::Full(1),
            OpenError::Draining,
        ] {
            assert!(REFUSALS.contains(&error.label()), "{error}");
        }
    }
}
