//! What people have corrected.

use sidetone_types::lang::Lang;

/// A line that was misheard.
#[derive(Clone, Eq, PartialEq)]
pub struct Corrected {
    /// The language it was heard in.
    pub lang: Lang,
    /// As it was heard.
    pub heard: String,
    /// As it was said.
    pub meant: String,
}

sidetone_types::private_debug!(Corrected);
