//! What was said in calls that are kept, as the wire has it.

use std::time::{Duration, SystemTime};

use sidetone_core::describe::Role;
use sidetone_core::emotion::Mood;
use sidetone_core::time::unix_millis;
use sidetone_kb::archive::{Found, Page};
use sidetone_proto::v1;
use tonic::Status;

use crate::api::{Query, in_characters};
use crate::convert;
use crate::export;
use crate::storage::StoredCall;

pub(super) fn query(request: v1::SearchTranscriptsRequest) -> Result<Query, Status> {
    let some = |text: String| (!text.is_empty()).then_some(text);
    let mood = some(request.mood).map(|mood| mood.parse::<Mood>());
    Ok(Query {
        words: request.query,
        role: convert::role(request.role),
        agent_id: some(request.agent_id),
        customer: some(request.customer),
        from_ms: request.from.map(in_millis).transpose()?,
        until_ms: request.until.map(in_millis).transpose()?,
        rules: request.rules,
        mood: mood.transpose().map_err(invalid)?,
        strain: request.strain,
        offset: request.offset as usize,
        limit: (request.limit > 0).then_some(request.limit as usize),
    })
}

pub(super) fn found(page: Page) -> v1::SearchTranscriptsResponse {
    v1::SearchTranscriptsResponse {
        total: page.total as u64,
        lines: page.found.into_iter().map(line).collect(),
    }
}

pub(super) fn transcript(call: StoredCall) -> v1::GetTranscriptResponse {
    let lines = export::lines(&call.events).into_iter().map(|line| {
        let role = match line.role {
            Role::Agent => v1::Role::Agent,
            Role::Customer => v1::Role::Customer,
        };
        v1::TranscriptLine {
            role: role.into(),
            language_code: line.lang.to_string(),
            start_ms: line.start_ms,
            end_ms: line.end_ms,
            text: line.text.to_owned(),
        }
    });
    v1::GetTranscriptResponse {
        lines: lines.collect(),
        webvtt: export::webvtt(&call.events),
        call_id: call.call_id,
    }
}

fn line(found: Found) -> v1::FoundLine {
    let text = &found.line.text;
    let highlights = found.marks.iter().map(|mark| {
        let [start, end] = in_characters(text, mark);
        v1::Span {
            start: start as u32,
            end: end as u32,
        }
    });
    let role = match found.line.speaker {
        Role::Agent => v1::Role::Agent,
        Role::Customer => v1::Role::Customer,
    };
    let voice = found.line.voice;
    let said = SystemTime::UNIX_EPOCH + Duration::from_millis(found.line.said_at);
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

fn invalid(error: impl std::fmt::Display) -> Status {
    Status::invalid_argument(error.to_string())
}
