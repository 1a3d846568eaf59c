//! What was changed of who is let in.

/// A change that the audit has not been told yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Change {
    /// Its place among all changes.
    pub(super) id: i64,
    /// When it was made, in milliseconds since 1970.
    pub at_ms: i64,
    /// What was done: `user_added`.
    pub action: String,
    /// To whom, or to which token.
    pub what: String,
    /// What they are now, in words.
    pub detail: String,
}
