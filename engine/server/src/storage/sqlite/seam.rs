//! SQLite behind the seam of call records.

use std::sync::Arc;

use sidetone_types::event::EventRecord;
use sidetone_types::id::UtteranceId;
use tokio::sync::watch;

use super::{Reader, Store};
use crate::records::{Counts, Owed};
use crate::storage::{
    BoardStore, CallReader, CallStore, CallsPage, CallsQuery, Choices, Corrected, Forgotten,
    FrictionStore, KnowledgeVersions, Line, Lines, Outbox, Receipt, RecordingStore, StoreError,
    StoreHealth, StoredCall, Unfinished,
};

impl CallStore for Store {
    fn record(&self, event: &EventRecord) {
        Self::record(self, event);
    }

    fn close_call(&self, last: &EventRecord, owed: Option<Owed<'_>>) -> Receipt {
        Self::close_call(self, last, owed)
    }

    fn feedback(
        &self,
        call_id: &str,
        utterance: UtteranceId,
        article_id: &str,
        useful: bool,
    ) -> Receipt {
        Self::feedback(self, call_id, utterance, article_id, useful)
    }

    fn acknowledge(&self, call_id: &str, alert: u64, by_who: &str) -> Receipt {
        Self::acknowledge(self, call_id, alert, by_who)
    }

    fn forget(&self, call_id: &str) -> Result<Forgotten, StoreError> {
        Self::forget(self, call_id)
    }

    fn knows(&self, call_id: &str) -> Result<bool, StoreError> {
        Self::knows(self, call_id)
    }

    fn settle(&self) -> Receipt {
        Self::settle(self)
    }

    fn commits(&self) -> watch::Receiver<u64> {
        Self::commits(self)
    }

    fn health(&self) -> StoreHealth {
        Self::health(self)
    }

    fn close(&self) -> Result<(), StoreError> {
        Self::close(self)
    }

    fn reader(&self) -> &dyn CallReader {
        Self::reader(self)
    }

    fn outbox(&self) -> Result<Arc<dyn Outbox>, StoreError> {
        Self::outbox(self)
    }

    fn board(&self) -> Result<Arc<dyn BoardStore>, StoreError> {
        Self::board(self)
    }

    fn recordings(&self) -> Result<Arc<dyn RecordingStore>, StoreError> {
        Self::recordings(self)
    }

    fn choices(&self) -> Result<Arc<dyn Choices>, StoreError> {
        Self::choices(self)
    }

    fn friction(&self) -> Result<Arc<dyn FrictionStore>, StoreError> {
        Self::friction(self)
    }

    fn knowledge(&self) -> Result<Arc<dyn KnowledgeVersions>, StoreError> {
        Self::knowledge(self)
    }
}

impl CallReader for Reader {
    fn call(&self, call_id: &str) -> Result<Option<StoredCall>, StoreError> {
        Self::call(self, call_id)
    }

    fn calls(&self, query: &CallsQuery) -> Result<CallsPage, StoreError> {
        Self::calls(self, query)
    }

    fn unfinished(&self) -> Result<Unfinished, StoreError> {
        Self::unfinished(self)
    }

    fn lines_after(&self, row: i64, limit: usize) -> Result<Lines, StoreError> {
        Self::lines_after(self, row, limit)
    }

    fn lines_before(&self, call_id: &str, row: i64, limit: usize) -> Result<Vec<Line>, StoreError> {
        Self::lines_before(self, call_id, row, limit)
    }

    fn forgotten_after(&self, row: i64) -> Result<Vec<(i64, String)>, StoreError> {
        Self::forgotten_after(self, row)
    }

    fn corrections(&self, limit: usize) -> Result<Vec<Corrected>, StoreError> {
        Self::corrections(self, limit)
    }

    fn note_counts(&self) -> Result<Counts, StoreError> {
        Self::note_counts(self)
    }
}
