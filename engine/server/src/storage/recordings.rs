//! The seam of recordings: which calls have one, how it is read, how long it is kept, and what is held.

use serde::Serialize;
use sidetone_vault::DataKey;

use super::StoreError;

/// Knows of recordings, whose sound lies in files elsewhere. Whatever a method reports as done is committed when
/// it returns.
///
/// Its methods block: the writers of recordings have threads of their own, and requests wait where that keeps
/// nobody else waiting.
pub trait RecordingStore: Send + Sync {
    /// What tells this store from others, the same for ever: lower-case letters and digits.
    fn id(&self) -> Result<String, StoreError>;

    /// A recording begins: makes its key. Refused if the call has one already, or is forgotten.
    fn begin(&self, new: &NewRecording<'_>) -> Result<DataKey, StoreError>;

    /// A stretch of a recording is to be silent, before anybody may hear it. Gone with [`RecordingStore::close`].
    /// `false` if there is no such recording any more, or it is closed.
    fn mark_silent(&self, call: &str, span: (u64, u64)) -> Result<bool, StoreError>;

    /// A recording may be heard now, as its file is. `false` if there is no such recording any more: its file
    /// is nobody's.
    fn close(&self, call: &str, closed: &ClosedRecording<'_>) -> Result<bool, StoreError>;

    /// A recording and what opens it.
    fn open(&self, call: &str) -> Result<Option<OpenRecording>, StoreError>;

    /// The recording of a call.
    fn recording(&self, call: &str) -> Result<Option<StoredRecording>, StoreError>;

    /// All recordings, the oldest first.
    fn recordings(&self) -> Result<Vec<StoredRecording>, StoreError>;

    /// The calls whose recordings were begun and not closed.
    fn unclosed(&self) -> Result<Vec<String>, StoreError>;

    /// Forgets the recording of a call that is not held, while the call stays: its key first. Refused while it
    /// is still recorded; one that is not closed though its call is over is forgotten as any other.
    fn forget(&self, call: &str) -> Result<(), StoreError>;

    /// The files whose recordings are forgotten, at most some hundred. They may be removed.
    fn gone(&self) -> Result<Vec<String>, StoreError>;

    /// A file that was gone is removed.
    fn removed(&self, file: &str) -> Result<(), StoreError>;

    /// Keeps a call and its recording until it is released: it grows not too old, and nobody erases it. Whoever
    /// holds it again gives another reason.
    fn hold(&self, call: &str, by_who: &str, reason: &str) -> Result<(), StoreError>;

    /// A call is held no longer. `false` if it was not.
    fn release(&self, call: &str) -> Result<bool, StoreError>;

    /// All that is held, the oldest first.
    fn holds(&self) -> Result<Vec<Hold>, StoreError>;
}

/// A recording that begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NewRecording<'a> {
    /// Of which call.
    pub call: &'a str,
    /// Of which class.
    pub class: &'a str,
    /// The name of its file.
    pub file: &'a str,
    /// When the call began, in milliseconds since 1970.
    pub began_ms: u64,
    /// Until when it is kept; `None` for as long as its call.
    pub keep_until_ms: Option<u64>,
}

/// A recording that may be heard from now on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClosedRecording<'a> {
    /// Not [`RecordingState::Open`].
    pub state: RecordingState,
    /// Its file, if that is another one now.
    pub file: Option<&'a str>,
    /// Samples of each side.
    pub samples: u64,
    /// Bytes of its frames.
    pub bytes: u64,
    /// Where in them players may leap to; empty if that is not known.
    pub points: &'a [u64],
}

/// How far a recording is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingState {
    /// It is still written, or silenced.
    Open,
    /// Its call has ended.
    Whole,
    /// It ends before its call does: the engine had crashed, or the disk was full.
    Cut,
}

impl RecordingState {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Whole => "whole",
            Self::Cut => "cut",
        }
    }
}

/// What is known of a recording.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct StoredRecording {
    /// Of which call.
    #[serde(rename = "call_id")]
    pub call: String,
    /// Of which class.
    pub class: String,
    /// How far it is.
    pub state: RecordingState,
    /// The name of its file.
    #[serde(skip)]
    pub file: String,
    /// Samples of each side, once it is closed.
    pub samples: u64,
    /// Bytes of its frames, once it is closed.
    pub bytes: u64,
    /// When its call began, in milliseconds since 1970.
    pub began_ms: u64,
    /// Until when it is kept; `None` for as long as its call.
    pub keep_until_ms: Option<u64>,
}

/// A recording and what opens it.
#[derive(Debug)]
pub struct OpenRecording {
    /// What is known of it.
    pub recording: StoredRecording,
    /// Opens its file.
    pub key: DataKey,
    /// Where players may leap to.
    pub points: Vec<u64>,
    /// What is to be silent before anybody may hear it.
    pub silent: Vec<(u64, u64)>,
    /// Whether its call is known to be over.
    pub is_over: bool,
}

/// A call that is held.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Hold {
    /// Which.
    #[serde(rename = "call_id")]
    pub call: String,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
    /// By whom; empty if that cannot be read.
    pub by_who: String,
    /// Why; empty if that cannot be read.
    pub reason: String,
}
