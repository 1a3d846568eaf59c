//! Promises while the call goes on, as the summary would have them now.

use serde::{Deserialize, Serialize};

use crate::id::UtteranceId;
use crate::summary::Promise;

/// Somebody has promised something. The same number again: it stands once more.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct PromiseMade {
    /// Counts from 1 within the call.
    pub number: u64,
    /// Where it was spoken of first.
    pub utterance: UtteranceId,
    /// What was promised.
    pub promise: Promise,
}

/// A promise has moved, or somebody has put it right.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct PromiseChanged {
    /// Which one.
    pub number: u64,
    /// Where it was spoken of first.
    pub utterance: UtteranceId,
    /// As it stands now.
    pub promise: Promise,
    /// Who has put it right; absent where what was said has moved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// A promise stands no more.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct PromiseWithdrawn {
    /// Which one.
    pub number: u64,
    /// Who has removed it; absent where it was taken back, kept or never meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

crate::classes!(PromiseMade {
    number: basic,
    utterance: basic,
    promise: within,
});
crate::classes!(PromiseChanged {
    number: basic,
    utterance: basic,
    promise: within,
    by: personal,
});
crate::classes!(PromiseWithdrawn {
    number: basic,
    by: personal,
});
