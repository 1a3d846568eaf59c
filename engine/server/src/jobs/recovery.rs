//! Calls that an engine left behind when it died: what was said in them is still worth its note.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use sidetone_core::assist::AlertRaised;
use sidetone_core::event::{CallEnded, EndReason, Event, EventKind};
use sidetone_core::id::CallId;
use sidetone_core::lang::Lang;
use sidetone_core::time::MediaTime;
use sidetone_core::wrap_up::{Facts, Line, Summary, summarise};
use tracing::warn;

use crate::event_bus::EventBus;
use crate::records::Note;
use crate::services::Services;
use crate::storage::{StoreError, StoredCall};

/// Ends and wraps up every call that was begun and never closed. Waits for the disk.
pub(super) fn wrap_up_unfinished(services: &Services, hub: &EventBus) -> Result<usize, StoreError> {
    let unfinished = services.store.reader().unfinished()?;
    for call in &unfinished {
        warn!(
            call = call.call_id,
            "wrapping up a call that an earlier engine left unfinished"
        );
        wrap_up(services, hub, call)?;
    }
    Ok(unfinished.len())
}

fn wrap_up(services: &Services, hub: &EventBus, call: &StoredCall) -> Result<(), StoreError> {
    let id = CallId::new(call.call_id.clone());
    let end = call
        .events
        .iter()
        .filter_map(|event| event["end_ms"].as_u64());
    let end = MediaTime::from_millis(end.max().unwrap_or_default());
    let tell = |kind| {
        let event = Event::of_the_call(MediaTime::ZERO, end, kind);
        hub.emit(&id, &call.agent_id, event)
    };
    if call.ended_ms.is_none() {
        let ended = EventKind::CallEnded(CallEnded {
            reason: EndReason::EngineLost,
            legs: Vec::new(),
        });
        services.store.record(&tell(ended));
    }
    let summary = summary(services, call);
    let note = summary
        .anybody_spoke()
        .then(|| note(call, end, summary.clone()));
    let last = tell(EventKind::Summary(summary));
    services.store.close_call(&last, note.as_ref()).wait()
}

fn summary(services: &Services, call: &StoredCall) -> Summary {
    let opened = SystemTime::UNIX_EPOCH + Duration::from_millis(call.opened_ms);
    let assist_context = services.knowledge.assist_context(opened, &[]);
    let first = call.languages.first();
    let main_lang = first.and_then(|code| serde_json::from_value(Value::from(code.as_str())).ok());
    let facts = Facts {
        began: assist_context.began,
        direction: call.direction(),
        main_lang: main_lang.unwrap_or(Lang::EN),
        customer_name: call
            .customer
            .as_ref()
            .map_or_else(String::new, |c| c.name.clone()),
        terms: assist_context.terms,
        lexicon: assist_context.lexicon,
    };
    let lines: Vec<Line> = call.said().iter().map(Line::from).collect();
    let alerts = call
        .events
        .iter()
        .filter(|event| event["kind"] == "alert_raised");
    let alerts: Vec<AlertRaised> = alerts
        .filter_map(|event| serde_json::from_value(event.clone()).ok())
        .collect();
    summarise(&facts, &lines, &alerts, &call.mood())
}

fn note(call: &StoredCall, end: MediaTime, summary: Summary) -> Note {
    Note {
        call_id: call.call_id.clone(),
        agent_id: call.agent_id.clone(),
        direction: call.direction(),
        phone: call.phone().map(str::to_owned),
        customer_id: call
            .customer
            .as_ref()
            .map(|customer| customer.customer_id.clone()),
        started_ms: call.opened_ms,
        ended_ms: call.ended_ms.unwrap_or(call.opened_ms + end.as_millis()),
        summary,
    }
}

#[cfg(test)]
mod tests {
    use sidetone_core::describe::{Direction, PhoneNumber, Role};
    use sidetone_core::event::{CallStarted, EventId, EventRecord, RunId, TimedWord};
    use sidetone_core::id::UtteranceId;

    use super::*;
    use crate::config::Config;
    use crate::telemetry::Metrics;
    use sidetone_core::finals::finalise;
    use sidetone_core::phone;

    fn event(kind: EventKind) -> EventRecord {
        EventRecord {
            id: EventId::default(),
            call_id: CallId::new("c-1"),
            agent_id: "agent-7".to_owned(),
            wall_time: SystemTime::now(),
            event: Event {
                role: Some(Role::Agent),
                start: MediaTime::from_millis(1_000),
                end: MediaTime::from_millis(4_000),
                latency: None,
                kind,
            },
        }
    }

    fn started() -> EventKind {
        EventKind::CallStarted(CallStarted {
            caller: phone::parse("+14155550117", "US"),
            callee: PhoneNumber::default(),
            direction: Direction::Inbound,
            legs: vec![Role::Agent],
            languages: vec![Lang::EN],
            metadata: Default::default(),
        })
    }

    fn said(text: &str) -> EventKind {
        let word = |(i, word): (u64, &str)| TimedWord {
            word: word.trim().to_owned(),
            spaced: word.to_owned(),
            start: MediaTime::from_millis(1_000 + 200 * i),
            end: MediaTime::from_millis(1_200 + 200 * i),
            confidence: 0.9,
        };
        let words = (0..).zip(text.split_inclusive(' ')).map(word).collect();
        EventKind::Final(finalise(UtteranceId(1), Lang::EN, 0.9, words))
    }

    #[test]
    fn a_call_that_died_with_its_engine_still_gets_its_summary_and_its_note() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut config = Config::default();
        config.store.dir = dir.path().to_owned();
        {
            let services = Services::open(&config).expect("a new store");
            services.store.record(&event(started()));
            services
                .store
                .record(&event(said("I will call you back tomorrow")));
            // And here the engine dies.
        }
        let services = Services::open(&config).expect("the store of before");
        let hub = EventBus::new(RunId::NONE, 100, Metrics::default().into());
        assert_eq!(wrap_up_unfinished(&services, &hub).expect("readable"), 1);
        assert_eq!(wrap_up_unfinished(&services, &hub).expect("readable"), 0);

        let call = services
            .store
            .reader()
            .call("c-1")
            .expect("readable")
            .expect("kept");
        let kinds: Vec<&str> = call
            .events
            .iter()
            .filter_map(|e| e["kind"].as_str())
            .collect();
        assert_eq!(kinds, ["call_started", "final", "call_ended", "summary"]);
        assert_eq!(call.events[2]["reason"], "engine_lost");
        let outbox = services.store.outbox().expect("readable");
        let note = outbox
            .of_call("c-1")
            .expect("readable")
            .expect("in the outbox")
            .note
            .expect("written by this version");
        assert_eq!(note.phone.as_deref(), Some("+14155550117"));
        assert_eq!(note.summary.follow_ups.len(), 1, "{:?}", note.summary.text);
    }
}
