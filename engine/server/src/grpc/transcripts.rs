//! What was said in calls that are kept.

use std::sync::Arc;
use std::time::SystemTime;

use sidetone_core::emotion::Mood;
use sidetone_core::id::UtteranceId;
use sidetone_core::time::unix_millis;
use sidetone_kb::archive::{self, Found};
use sidetone_proto::v1;
use tonic::Status;
use tracing::warn;

use crate::convert;
use crate::engine::Calls;
use crate::export;
use crate::services::{in_characters, speaker, strain};
use crate::storage::StoreError;

pub(super) async fn search(
    calls: &Arc<Calls>,
    request: v1::SearchTranscriptsRequest,
) -> Result<v1::SearchTranscriptsResponse, Status> {
    let some = |text: String| (!text.is_empty()).then_some(text);
    let mood = some(request.mood).map(|mood| mood.parse::<Mood>());
    let query = archive::Query {
        speaker: convert::role(request.role).map(speaker),
        agent_id: some(request.agent_id),
        customer: some(request.customer),
        from: request.from.map(in_millis).transpose()?,
        until: request.until.map(in_millis).transpose()?,
        rules: request.rules,
        mood: mood
            .transpose()
            .map_err(invalid)?
            .map(|mood| mood.to_string()),
        strain: request.strain.map(strain).transpose().map_err(invalid)?,
        offset: request.offset as usize,
        limit: match request.limit {
            0 => 50,
            limit => limit as usize,
        },
        ..archive::Query::of(&request.query)
    };
    let archive = calls.services.archive.clone();
    let page = aside(move || archive.search(&query)).await?;
    let page = page.map_err(internal)?;
    Ok(v1::SearchTranscriptsResponse {
        total: page.total as u64,
        lines: page.found.into_iter().map(found).collect(),
    })
}

pub(super) async fn get(
    calls: &Arc<Calls>,
    request: v1::GetTranscriptRequest,
) -> Result<v1::GetTranscriptResponse, Status> {
    let store = calls.services.store.clone();
    store.settled().await;
    let id = request.call_id.clone();
    let call = aside(move || store.reader().call(&id)).await?;
    let call = call.map_err(refused)?;
    let call = call.ok_or_else(|| refused(StoreError::NoSuchCall(request.call_id)))?;
    let lines = export::lines(&call.events).into_iter().map(|line| {
        let role = match line.role {
            "agent" => v1::Role::Agent,
            _ => v1::Role::Customer,
        };
        v1::TranscriptLine {
            role: role.into(),
            language_code: line.lang.to_owned(),
            start_ms: line.start_ms,
            end_ms: line.end_ms,
            text: line.text.to_owned(),
        }
    });
    Ok(v1::GetTranscriptResponse {
        lines: lines.collect(),
        webvtt: export::webvtt(&call.events),
        call_id: call.call_id,
    })
}

pub(super) async fn rate(
    calls: &Arc<Calls>,
    request: v1::RateSuggestionRequest,
) -> Result<v1::RateSuggestionResponse, Status> {
    let utterance = UtteranceId(request.utterance_id);
    let store = &calls.services.store;
    let receipt = store.feedback(
        &request.call_id,
        utterance,
        &request.article_id,
        request.useful,
    );
    receipt.committed().await.map_err(refused)?;
    Ok(v1::RateSuggestionResponse {})
}

fn found(found: Found) -> v1::FoundLine {
    let text = &found.line.text;
    let highlights = found.marks.iter().map(|mark| {
        let [start, end] = in_characters(text, mark);
        v1::Span {
            start: start as u32,
            end: end as u32,
        }
    });
    let role = match found.line.speaker {
        archive::Speaker::Agent => v1::Role::Agent,
        archive::Speaker::Customer => v1::Role::Customer,
    };
    let voice = found.line.voice;
    let said = SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(found.line.said_at);
    v1::FoundLine {
        highlights: highlights.collect(),
        line: Some(v1::TranscriptLine {
            role: role.into(),
            language_code: found.line.lang,
            start_ms: found.line.start_ms,
            end_ms: found.line.end_ms,
            text: found.line.text.clone(),
        }),
        call_id: found.line.call_id,
        utterance_id: found.line.utterance,
        agent_id: found.line.agent_id,
        customer: found
            .line
            .customer_id
            .or(found.line.phone)
            .unwrap_or_default(),
        said: Some(convert::wire_time(said)),
        strain: voice.as_ref().map(|voice| voice.strain),
        mood: voice.map(|voice| voice.mood).unwrap_or_default(),
    }
}

fn in_millis(time: prost_types::Timestamp) -> Result<u64, Status> {
    let time =
        SystemTime::try_from(time).map_err(|error| invalid(format!("not a time: {error}")))?;
    Ok(unix_millis(time))
}

/// Runs something that waits for the disk, where it keeps nobody else waiting.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Status> {
    tokio::task::spawn_blocking(work).await.map_err(internal)
}

fn invalid(error: impl std::fmt::Display) -> Status {
    Status::invalid_argument(error.to_string())
}

fn refused(error: StoreError) -> Status {
    match error {
        StoreError::NoSuchCall(id) => Status::not_found(format!("no call `{id}` is kept")),
        other => internal(other),
    }
}

fn internal(error: impl std::fmt::Display) -> Status {
    warn!(%error, "a request could not be answered");
    Status::internal("the engine could not answer; its log says why")
}
