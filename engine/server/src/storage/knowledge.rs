//! The seam of what articles and rules said before.

use serde::Serialize;

use super::StoreError;
use crate::knowledge::FileKind;

/// A text of a file that is to be kept.
#[derive(Clone, Copy, Debug)]
pub struct NewVersion<'a> {
    /// What the file holds.
    pub kind: FileKind,
    /// Its name.
    pub name: &'a str,
    /// When it came to be, in milliseconds since 1970.
    pub at_ms: u64,
    /// Who published it; empty if it was found as somebody has edited it by hand.
    pub by_who: &'a str,
    /// Why, in their words; may be empty.
    pub note: &'a str,
    /// The text; `None` if the file was removed.
    pub text: Option<&'a str>,
}

/// A text of a file that is kept, without the text itself.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Version {
    /// Its number, unique over all files. Later ones are greater.
    pub version: u64,
    /// When it came to be, in milliseconds since 1970.
    pub at_ms: u64,
    /// Who published it; empty if it was found as somebody has edited it by hand.
    pub by: String,
    /// Why, in their words; may be empty.
    pub note: String,
    /// SHA-256 of the text in hexadecimal digits; empty if the file was removed.
    pub digest: String,
}

/// Keeps what files of articles and rules said, the last so many texts of each.
///
/// Its methods block: they are for threads.
pub trait KnowledgeVersions: Send + Sync {
    /// Keeps a text, and gives its number.
    fn keep(&self, version: &NewVersion<'_>) -> Result<u64, StoreError>;

    /// Forgets one that never came to be.
    fn withdraw(&self, version: u64) -> Result<(), StoreError>;

    /// Those of a file, the newest first.
    fn of(&self, kind: FileKind, name: &str) -> Result<Vec<Version>, StoreError>;

    /// The text of one of a file: `None` if it is not kept, `Some(None)` if the file was removed then.
    fn text(
        &self,
        kind: FileKind,
        name: &str,
        version: u64,
    ) -> Result<Option<Option<String>>, StoreError>;
}
