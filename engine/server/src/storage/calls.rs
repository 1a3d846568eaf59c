//! The seam of call records: what is written of calls while they last, and read of them later.

use std::sync::Arc;
use std::time::Duration;

use sidetone_types::event::EventRecord;
use sidetone_types::id::UtteranceId;
use tokio::sync::watch;

use super::{
    BoardStore, CallsPage, CallsQuery, Choices, Corrected, FrictionStore, KnowledgeVersions, Line,
    Lines, Outbox, Receipt, RecordingStore, StoreError, StoredCall, Unfinished,
};
use crate::records::{Counts, Owed};

/// Takes what calls tell.
///
/// Writing never waits, so that no disk and no network can stall a call: a change is handed over,
/// and a [`Receipt`] can be awaited by tasks and by threads. Changes are made in the order in which
/// they were handed over, each as a whole or not at all. One that cannot be made is logged and
/// counted if nobody waits for its receipt.
pub trait CallStore: Send + Sync {
    /// Stores an event; partials are left out. A call begins with its `call_started`.
    fn record(&self, event: &EventRecord);

    /// Closes a call, as one step: its `last` event is stored, the call is wrapped up, and the note
    /// that is `owed` is in the outbox, due once there was time to review it.
    fn close_call(&self, last: &EventRecord, owed: Option<Owed<'_>>) -> Receipt;

    /// Stores whether a card helped; a second thought replaces the first.
    fn feedback(
        &self,
        call_id: &str,
        utterance: UtteranceId,
        article_id: &str,
        useful: bool,
    ) -> Receipt;

    /// Stores that somebody has seen an alert. The first one counts.
    fn acknowledge(&self, call_id: &str, alert: u64, by_who: &str) -> Receipt;

    /// Forgets a call that has ended, with its recording. Its note stays until the CRM has it. Refused
    /// while the call is held. Blocks: it is for threads.
    fn forget(&self, call_id: &str) -> Result<Forgotten, StoreError>;

    /// Whether a call of this id was ever begun and is still kept, committed or not. Blocks.
    fn knows(&self, call_id: &str) -> Result<bool, StoreError>;

    /// Given once a reader sees all that was handed over before.
    fn settle(&self) -> Receipt;

    /// Changes whenever something was committed: the search index waits for it.
    fn commits(&self) -> watch::Receiver<u64>;

    /// How the store is. While it fails, what calls tell waits in memory, so that no new call
    /// should be let in.
    fn health(&self) -> StoreHealth;

    /// Writes out all that was handed over, and takes no more. Blocks. An error says that something
    /// is lost.
    fn close(&self) -> Result<(), StoreError>;

    /// Reads what is committed.
    fn reader(&self) -> &dyn CallReader;

    /// The notes on their way to the CRM.
    fn outbox(&self) -> Result<Arc<dyn Outbox>, StoreError>;

    /// What is kept of the operations board.
    fn board(&self) -> Result<Arc<dyn BoardStore>, StoreError>;

    /// What is known of recordings.
    fn recordings(&self) -> Result<Arc<dyn RecordingStore>, StoreError>;

    /// Whom people have chosen for a number.
    fn choices(&self) -> Result<Arc<dyn Choices>, StoreError>;

    /// What people report to hurt them.
    fn friction(&self) -> Result<Arc<dyn FrictionStore>, StoreError>;

    /// What articles and rules said before.
    fn knowledge(&self) -> Result<Arc<dyn KnowledgeVersions>, StoreError>;
}

/// Reads what is committed, beside whoever writes and any number of others.
///
/// Its methods block: readers are the indexer, the wrap-up after a crash and requests, all on
/// threads that may wait. An implementer behind a network blocks on its own runtime, with a time
/// limit per question.
pub trait CallReader: Send + Sync {
    /// A call with everything that was told of it.
    fn call(&self, call_id: &str) -> Result<Option<StoredCall>, StoreError>;

    /// Some of the calls that are over and kept, the newest first: by when they were opened, then by their ids. One
    /// that cannot be read keeps none of the others back. A page takes a bounded time: where little fits, it tells
    /// what it has found, and where the list goes on.
    fn calls(&self, query: &CallsQuery) -> Result<CallsPage, StoreError>;

    /// The calls that were begun and never closed, the oldest first. One that cannot be read keeps
    /// none of the others back.
    fn unfinished(&self) -> Result<Unfinished, StoreError>;

    /// What the search index takes in: lines behind `row`, at most `limit`, in order. 0 is before
    /// the first. A row that cannot be read keeps none of the others back.
    fn lines_after(&self, row: i64, limit: usize) -> Result<Lines, StoreError>;

    /// The last lines of a call up to `row`, at most `limit`, in order, without its alerts and
    /// summary. Those that cannot be read are left out.
    fn lines_before(&self, call_id: &str, row: i64, limit: usize) -> Result<Vec<Line>, StoreError>;

    /// The calls that were forgotten behind `row`, with their rows, in order.
    fn forgotten_after(&self, row: i64) -> Result<Vec<(i64, String)>, StoreError>;

    /// What people have corrected, the newest first, at most `limit`. What cannot be read is left out.
    fn corrections(&self, limit: usize) -> Result<Vec<Corrected>, StoreError>;

    /// How many notes are in each state.
    fn note_counts(&self) -> Result<Counts, StoreError>;
}

/// How a store is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct StoreHealth {
    /// For how long nothing could be written, because the disk is full for instance.
    pub failing_for: Option<Duration>,
    /// Attempts to write that the disk refused. What was to be written waits.
    pub refusals: u64,
    /// Changes that could not be made: each is logged with its call, unless somebody was told.
    pub failed: u64,
    /// Changes that the disk refused until the engine had stopped, and that wait elsewhere for the
    /// next one.
    pub spilled: u64,
    /// Changes that were given up, because the disk refused them until the engine had stopped.
    pub lost: u64,
}

/// What became of the wish to forget a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Forgotten {
    /// Nothing of it is left.
    All,
    /// Call and transcript are gone. Its note has not reached the CRM and waits in the outbox:
    /// deliver or discard it, and forget the call once more.
    NoteRemains,
}
