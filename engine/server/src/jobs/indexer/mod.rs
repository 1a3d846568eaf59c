//! From the store to the archive, so that what was said can be found.

use std::sync::Arc;
use std::time::Duration;

use sidetone_kb::archive::{self, Archive, ArchiveError, ArchiveWriter};
use sidetone_types::event::EventKind;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::line_emotion::LineEmotion;
use crate::storage::{CallStore, Line, StoreError, StoredCall};
use crate::telemetry::Metrics;

/// Lines taken over in one go.
const BATCH: usize = 5_000;
/// Lines read again of a call that goes on, when an engine or its index begins anew.
const RECENT: usize = 64;
/// From one commit to the next: they cost the same however much they hold.
const COMMIT_EVERY: Duration = Duration::from_secs(1);
/// What was erased beside the engine leaves the index within this.
const LOOKED_AGAIN: Duration = Duration::from_secs(5);
/// How long a failure is left alone.
const AFTER_FAILURE: Duration = Duration::from_secs(10);

/// The search index does not follow the store.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// Takes over whatever is committed to the store, until `stop`.
pub(super) async fn run(
    store: Arc<dyn CallStore>,
    archive: Archive,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
) {
    let mut commits = store.commits();
    let mut indexer = None;
    loop {
        commits.borrow_and_update();
        let (store, archive) = (store.clone(), archive.clone());
        let metrics = metrics.clone();
        let turn = tokio::task::spawn_blocking(move || {
            let mut indexer = match indexer {
                Some(indexer) => indexer,
                None => Indexer::open(store, &archive, metrics)?,
            };
            indexer.catch_up()?;
            Ok::<_, IndexError>(indexer)
        });
        let pause = match turn.await {
            Ok(Ok(caught_up)) => {
                indexer = Some(caught_up);
                COMMIT_EVERY
            }
            Ok(Err(error)) => {
                warn!(%error, "the search index is behind; trying again soon");
                indexer = None;
                AFTER_FAILURE
            }
            Err(error) => {
                warn!(%error, "the search index is behind; trying again soon");
                indexer = None;
                AFTER_FAILURE
            }
        };
        let more = async {
            tokio::time::sleep(pause).await;
            if indexer.is_some() {
                // The store goes only with the engine, which stops us first. What a tool erases beside it is
                // told by nobody.
                let _ = tokio::time::timeout(LOOKED_AGAIN, commits.changed()).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = more => {}
        }
    }
}

/// Takes over, and forgets, whatever is committed to the store, once.
pub(super) fn catch_up(store: Arc<dyn CallStore>, archive: &Archive) -> Result<(), IndexError> {
    Indexer::open(store, archive, Arc::default())?.catch_up()
}

struct Indexer {
    store: Arc<dyn CallStore>,
    writer: ArchiveWriter,
    /// The last row taken over.
    row: i64,
    /// The last call forgotten. Forgetting twice does no harm, so that it begins anew.
    forgotten: i64,
    emotion: LineEmotion,
    metrics: Arc<Metrics>,
}

impl Indexer {
    fn open(
        store: Arc<dyn CallStore>,
        archive: &Archive,
        metrics: Arc<Metrics>,
    ) -> Result<Self, IndexError> {
        let row = archive.mark()?.cast_signed();
        info!(row, "indexing what was said");
        Ok(Self {
            store,
            writer: archive.writer()?,
            row,
            forgotten: 0,
            emotion: LineEmotion::default(),
            metrics,
        })
    }

    fn catch_up(&mut self) -> Result<(), IndexError> {
        loop {
            let lines = self.store.reader().lines_after(self.row, BATCH)?;
            let forgotten = self.store.reader().forgotten_after(self.forgotten)?;
            if lines.last_row.is_none() && forgotten.is_empty() {
                return Ok(());
            }
            for line in &lines.lines {
                self.take(line)?;
                self.row = line.row;
            }
            self.put_aside(&lines.unreadable);
            self.row = lines.last_row.unwrap_or(self.row);
            for (row, call_id) in &forgotten {
                self.writer.forget(call_id)?;
                self.forgotten = *row;
            }
            self.writer.commit(self.row.cast_unsigned())?;
        }
    }

    /// What cannot be read is not in the index; all the rest is.
    fn put_aside(&self, calls: &[String]) {
        let Some(call) = calls.first() else { return };
        self.metrics.unreadable("event", calls.len() as u64);
        error!(
            call,
            rows = calls.len(),
            "stored events cannot be read and are left out of the search index"
        );
    }

    fn take(&mut self, line: &Line) -> Result<(), IndexError> {
        let call_id = &line.call_id;
        match &line.event.event.kind {
            EventKind::AlertRaised(alert) => {
                let rules = std::slice::from_ref(&alert.rule);
                self.writer.add_alerts(call_id, rules)?;
            }
            EventKind::AlertCleared(alert) if alert.withdrawn => {
                let call = self.store.reader().call(call_id)?;
                // It may have raised another that stands.
                let stands = |call: &StoredCall| {
                    let mut alerts = call.alerts().into_iter();
                    alerts.any(|raised| raised.rule == alert.rule)
                };
                if !call.as_ref().is_some_and(stands) {
                    self.writer.remove_alerts(call_id, &alert.rule)?;
                }
            }
            EventKind::AlertCleared(_) => {}
            EventKind::Summary(_) => self.emotion.end(call_id),
            _ => {
                if !self.emotion.knows(call_id) {
                    self.remember(call_id)?;
                }
                let heard = hear(&mut self.emotion, line);
                self.writer.add(heard.as_slice())?;
            }
        }
        Ok(())
    }

    /// What was lately said in a call, before this row: a reading may belong to it, and it to a
    /// line to come.
    fn remember(&mut self, call_id: &str) -> Result<(), IndexError> {
        self.emotion.begin(call_id);
        for line in self
            .store
            .reader()
            .lines_before(call_id, self.row, RECENT)?
        {
            hear(&mut self.emotion, &line);
        }
        Ok(())
    }
}

/// The line that words or a reading make, or make anew.
fn hear(emotion: &mut LineEmotion, line: &Line) -> Option<archive::Line> {
    let event = &line.event.event;
    match &event.kind {
        EventKind::Emotion(reading) => emotion.felt(&line.call_id, event, reading),
        _ => said(line).map(|said| emotion.said(said)),
    }
}

/// `None` for what is no utterance.
fn said(line: &Line) -> Option<archive::Line> {
    let event = &line.event.event;
    let done = event.kind.words()?;
    let (start_ms, end_ms) = (event.start.as_millis(), event.end.as_millis());
    Some(archive::Line {
        call_id: line.call_id.clone(),
        utterance: done.utterance.0,
        speaker: event.role?,
        agent_id: line.agent_id.clone(),
        customer_id: line.customer_id.clone(),
        phone: line.phone.clone(),
        lang: done.lang.to_string(),
        said_at: line.opened_ms.saturating_add(start_ms),
        start_ms,
        end_ms,
        text: done.text.clone(),
        voice: None,
    })
}

#[cfg(test)]
mod tests;
