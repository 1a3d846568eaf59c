//! From the store to the archive, so that what was said can be found.

use std::time::Duration;

use serde_json::Value;
use sidetone_core::describe::Role;
use sidetone_kb::archive::{self, Archive, ArchiveError, ArchiveWriter};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::line_emotion::LineEmotion;
use crate::storage::{Line, Reader, Store, StoreError};

/// Lines taken over in one go.
const BATCH: usize = 5_000;
/// Lines read again of a call that goes on, when an engine or its index begins anew.
const RECENT: usize = 64;
/// From one commit to the next: they cost the same however much they hold.
const COMMIT_EVERY: Duration = Duration::from_secs(1);
/// How long a failure is left alone.
const AFTER_FAILURE: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
enum IndexError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// Takes over whatever is committed to the store, until `stop`.
pub(super) async fn run(store: Store, archive: Archive, stop: CancellationToken) {
    let mut commits = store.commits();
    let mut indexer = None;
    loop {
        commits.borrow_and_update();
        let (reader, archive) = (store.reader().clone(), archive.clone());
        let turn = tokio::task::spawn_blocking(move || {
            let mut indexer = match indexer {
                Some(indexer) => indexer,
                None => Indexer::open(reader, &archive)?,
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
                // The store goes only with the engine, which stops us first.
                let _ = commits.changed().await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = more => {}
        }
    }
}

struct Indexer {
    reader: Reader,
    writer: ArchiveWriter,
    /// The last row taken over.
    row: i64,
    /// The last call forgotten. Forgetting twice does no harm, so that it begins anew.
    forgotten: i64,
    emotion: LineEmotion,
}

impl Indexer {
    fn open(reader: Reader, archive: &Archive) -> Result<Self, IndexError> {
        let row = archive.mark()?.cast_signed();
        info!(row, "indexing what was said");
        Ok(Self {
            reader,
            writer: archive.writer()?,
            row,
            forgotten: 0,
            emotion: LineEmotion::default(),
        })
    }

    fn catch_up(&mut self) -> Result<(), IndexError> {
        loop {
            let lines = self.reader.lines_after(self.row, BATCH)?;
            let forgotten = self.reader.forgotten_after(self.forgotten)?;
            if lines.is_empty() && forgotten.is_empty() {
                return Ok(());
            }
            for line in &lines {
                self.take(line)?;
                self.row = line.row;
            }
            for (row, call_id) in &forgotten {
                self.writer.forget(call_id);
                self.forgotten = *row;
            }
            self.writer.commit(self.row.cast_unsigned())?;
            if !forgotten.is_empty() {
                self.writer.purge()?;
            }
        }
    }

    fn take(&mut self, line: &Line) -> Result<(), IndexError> {
        let call_id = &line.call_id;
        match line.event["kind"].as_str() {
            Some("alert_raised") => {
                let rule = line.event["rule"].as_str().map(str::to_owned);
                self.writer.add_alerts(call_id, rule.as_slice())?;
            }
            Some("summary") => self.emotion.end(call_id),
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

    /// What was lately said in a call, before this row: a reading may belong to it, and it to a line to come.
    fn remember(&mut self, call_id: &str) -> Result<(), IndexError> {
        self.emotion.begin(call_id);
        for line in self.reader.lines_before(call_id, self.row, RECENT)? {
            hear(&mut self.emotion, &line);
        }
        Ok(())
    }
}

/// The line that words or a reading make, or make anew.
fn hear(emotion: &mut LineEmotion, line: &Line) -> Option<archive::Line> {
    match line.event["kind"].as_str() {
        Some("emotion") => emotion.felt(&line.call_id, &line.event),
        _ => said(line).map(|said| emotion.said(said)),
    }
}

/// `None` for what is no utterance.
fn said(line: &Line) -> Option<archive::Line> {
    let event = &line.event;
    let role: Role = serde_json::from_value(event["role"].clone()).ok()?;
    let number = |key: &str| event[key].as_u64();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let (start_ms, end_ms) = (number("start_ms")?, number("end_ms")?);
    Some(archive::Line {
        call_id: line.call_id.clone(),
        utterance: number("utterance")?,
        speaker: role,
        agent_id: line.agent_id.clone(),
        customer_id: line.customer_id.clone(),
        phone: line.phone.clone(),
        lang: text(&event["lang"])?,
        // It was told after its end.
        said_at: line.wall_ms.saturating_sub(end_ms.saturating_sub(start_ms)),
        start_ms,
        end_ms,
        text: text(&event["text"])?,
        voice: None,
    })
}
