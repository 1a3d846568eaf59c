//! Calls, live and stored, and what people say of their cards and alerts.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sidetone_types::id::{CallId, UtteranceId};
use sidetone_types::party::{Direction, Party, PhoneNumber, Role};
use sidetone_types::time::unix_millis;

use super::app::App;
use super::body::Body;
use super::failure::Failure;
use crate::api::ApiError;
use crate::calls::{CallRecord, Off, Silent};
use crate::export;
use crate::storage::StoredCall;

#[derive(Serialize)]
pub(super) struct LiveCall {
    call_id: CallId,
    agent_id: String,
    caller: PhoneNumber,
    callee: PhoneNumber,
    direction: Direction,
    legs: Vec<Role>,
    /// Who takes part now.
    parties: Vec<Party>,
    /// By name, once the CRM has told it.
    customer: Option<String>,
    metadata: std::collections::BTreeMap<String, String>,
    opened_ms: u64,
    /// Whom no media comes from.
    silent: Vec<Silent>,
    /// Who is not listened to, and why.
    off: Vec<Off>,
}

/// The calls that are open.
pub(super) async fn list(State(app): State<App>) -> Result<Json<Vec<LiveCall>>, Failure> {
    let calls = app.api.list_calls(&app.principal())?.into_iter();
    Ok(Json(calls.map(LiveCall::from).collect()))
}

impl From<CallRecord> for LiveCall {
    fn from(call: CallRecord) -> Self {
        let known = call.current.known();
        let parties = call.current.parties();
        Self {
            agent_id: call.current.agent_id().to_string(),
            caller: known.caller,
            callee: known.callee,
            direction: known.direction,
            legs: parties.iter().map(|party| party.role).collect(),
            parties,
            metadata: known.metadata,
            customer: call.current.customer(),
            opened_ms: unix_millis(call.opened),
            silent: call.current.silent(),
            off: call.current.off(),
            call_id: call.id,
        }
    }
}

/// Everything that was told of a call so far but partials.
pub(super) async fn one(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Failure> {
    let call = stored(&app, &id).await?;
    let ended = call.ended_ms.is_some();
    let mut body = serde_json::to_value(call).map_err(ApiError::internal)?;
    body["ended"] = json!(ended);
    Ok(Json(body))
}

/// The words of a call as JSON.
pub(super) async fn transcript_json(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let call = stored(&app, &id).await?;
    let body = Json(export::json(&call.call_id, &call.events));
    Ok((attachment(&call.call_id, "json"), body).into_response())
}

/// The words of a call as WebVTT.
pub(super) async fn transcript_vtt(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let call = stored(&app, &id).await?;
    let kind = [(header::CONTENT_TYPE, "text/vtt; charset=utf-8")];
    let body = export::webvtt(&call.events);
    Ok((kind, attachment(&call.call_id, "vtt"), body).into_response())
}

/// Ids are of characters that a header and a file name take.
fn attachment(call_id: &str, ending: &str) -> [(header::HeaderName, String); 1] {
    let value = format!("attachment; filename=\"{call_id}.{ending}\"");
    [(header::CONTENT_DISPOSITION, value)]
}

async fn stored(app: &App, id: &str) -> Result<StoredCall, Failure> {
    Ok(app.api.stored_call(&app.principal(), id).await?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Feedback {
    article_id: String,
    utterance: u64,
    useful: bool,
}

/// Whether a card helped.
pub(super) async fn feedback(
    State(app): State<App>,
    Path(id): Path<String>,
    Body(said): Body<Feedback>,
) -> Result<StatusCode, Failure> {
    let utterance = UtteranceId(said.utterance);
    let principal = app.principal();
    let rated = app
        .api
        .rate_card(&principal, &id, utterance, &said.article_id, said.useful);
    rated.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The call's note is to be written to the CRM again, at once.
pub(super) async fn retry_note(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    app.api.retry_note(&app.principal(), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct By {
    by: String,
}

/// Somebody has seen an alert.
pub(super) async fn acknowledge(
    State(app): State<App>,
    Path((id, alert)): Path<(String, u64)>,
    Query(by): Query<By>,
) -> Result<StatusCode, Failure> {
    let principal = app.principal();
    app.api.acknowledge(&principal, &id, alert, &by.by).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    use sidetone_core::describe::{CallDescription, LegDescription, Source};
    use sidetone_core::phone;
    use sidetone_media::audio::StreamFormat;
    use sidetone_types::customer::Customer;
    use sidetone_types::event::{Event, EventKind, LegState};
    use sidetone_types::time::MediaTime;

    use super::*;
    use crate::calls::Current;

    #[test]
    fn a_live_call_is_told_as_it_was_described_and_with_what_came_later() {
        let description = CallDescription {
            caller: phone::parse("(415) 555-0117", "US"),
            callee: phone::parse("1001", "US"),
            agent_id: "agent-7".to_owned(),
            direction: Direction::Inbound,
            languages: Vec::new(),
            vocabulary: Vec::new(),
            metadata: [("queue".to_owned(), "billing".to_owned())].into(),
            legs: vec![LegDescription::new(
                Party::of_role(Role::Customer),
                Source::Stream(StreamFormat::Mulaw),
            )],
            partials: true,
        };
        let record = CallRecord {
            id: CallId::new("a"),
            current: Current::new(&description),
            description: Arc::new(description),
            opened: SystemTime::UNIX_EPOCH + Duration::from_millis(1_500),
            update_rate: Default::default(),
        };
        let told = |record| serde_json::to_value(LiveCall::from(record)).expect("plain data");
        let mut expected = json!({
            "call_id": "a", "agent_id": "agent-7",
            "caller": {"e164": "+14155550117", "given": "(415) 555-0117"},
            "callee": {"given": "1001"},
            "direction": "inbound", "legs": ["customer"], "parties": [{"role": "customer"}],
            "customer": null,
            "metadata": {"queue": "billing"}, "opened_ms": 1_500, "silent": [], "off": [],
        });
        assert_eq!(told(record.clone()), expected);
        let customer = Customer {
            name: "Ann".to_owned(),
            ..Customer::default()
        };
        let told_later = [
            (
                Some(Role::Agent),
                EventKind::LegState {
                    state: LegState::Muted,
                },
            ),
            (
                Some(Role::Agent),
                EventKind::NoMedia {
                    waited_ms: 5_000,
                    payload_type: Some(96),
                },
            ),
            (None, EventKind::CustomerIdentified(customer)),
            (
                Some(Role::Agent),
                EventKind::PartyJoined(Default::default()),
            ),
        ];
        for (role, kind) in told_later {
            let event = Event::of_the_call(MediaTime::ZERO, MediaTime::ZERO, kind);
            record.current.observe(&Event {
                role,
                party: role.map_or("", |_| "agent-9").into(),
                ..event
            });
        }
        expected["off"] = json!([{"role": "agent", "party": "agent-9", "state": "muted"}]);
        expected["silent"] = json!([{"role": "agent", "party": "agent-9", "payload_type": 96}]);
        expected["customer"] = json!("Ann");
        expected["agent_id"] = json!("agent-9");
        expected["legs"] = json!(["agent", "customer"]);
        expected["parties"] = json!([{"role": "agent", "id": "agent-9"}, {"role": "customer"}]);
        assert_eq!(told(record), expected);
    }
}
