//! Calls that an engine left behind when it died: what was said in them is still worth its note.

use std::time::Duration;

use sidetone_core::wrap_up::{Line, PromiseList, summarise_edited, with_memo};
use sidetone_types::assist::AlertRaised;
use sidetone_types::event::{CallEnded, ChecklistItem, EndReason, Event, EventKind, EventRecord};
use sidetone_types::id::{CallId, UtteranceId};
use sidetone_types::party::Role;
use sidetone_types::summary::Summary;
use sidetone_types::time::MediaTime;
use tracing::{error, warn};

use crate::event_bus::EventBus;
use crate::records::{Note, Owed};
use crate::services::Services;
use crate::storage::{StoreError, StoredCall};
use crate::telemetry::Metrics;

/// Ends and wraps up every call that was begun and never closed. Gives how many there were. Waits
/// for the disk.
///
/// Somebody may review their notes for `review`, as those of calls that end. A call that cannot be
/// read or wrapped up is put aside, so that it keeps neither the others back nor the engine from
/// starting.
pub(super) fn wrap_up_unfinished(
    services: &Services,
    bus: &EventBus,
    metrics: &Metrics,
    review: Duration,
) -> Result<usize, StoreError> {
    let unfinished = services.store.reader().unfinished()?;
    let mut wrapped_up = 0;
    let put_aside = |call: &str| {
        metrics.unreadable("call", 1);
        error!(
            call,
            "an earlier engine left this call unfinished, and it cannot be wrapped up: it is put aside"
        );
    };
    for call in &unfinished.unreadable {
        put_aside(call);
    }
    for call in &unfinished.calls {
        warn!(
            call = call.call_id,
            "wrapping up a call that an earlier engine left unfinished"
        );
        if call.unreadable > 0 {
            metrics.unreadable("event", call.unreadable);
            error!(
                call = call.call_id,
                parts = call.unreadable,
                "parts of the call cannot be read; it is wrapped up without them"
            );
        }
        match wrap_up(services, bus, call, review) {
            Ok(()) => wrapped_up += 1,
            Err(error) if error.is_of_the_disk() => return Err(error),
            Err(StoreError::Stopped) => return Err(StoreError::Stopped),
            Err(_) => put_aside(&call.call_id),
        }
    }
    Ok(wrapped_up)
}

fn wrap_up(
    services: &Services,
    bus: &EventBus,
    call: &StoredCall,
    review: Duration,
) -> Result<(), StoreError> {
    let id = CallId::new(call.call_id.clone());
    let ends = call.events.iter().map(|event| event.event.end);
    let end = ends.max().unwrap_or(MediaTime::ZERO);
    let tell = |kind| {
        let event = Event::of_the_call(MediaTime::ZERO, end, kind);
        bus.emit(&id, &call.agent_id, event)
    };
    if call.ended_ms.is_none() {
        for event in left_open(call) {
            services.store.record(&bus.emit(&id, &call.agent_id, event));
        }
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
    let owed = note.as_ref().map(|note| Owed { note, review });
    services.store.close_call(&last, owed).wait()
}

/// What tells the utterances as unrecognised that began and of which no words are kept.
fn left_open(call: &StoredCall) -> Vec<Event> {
    let mut open: Vec<(UtteranceId, Event)> = Vec::new();
    if call.unreadable > 0 {
        // Their words may be among what cannot be read.
        return Vec::new();
    }
    for record in &call.events {
        let event = &record.event;
        match &event.kind {
            EventKind::SpeechBegin { utterance } => open.push((*utterance, event.clone())),
            EventKind::SpeechEnd { utterance } => {
                let begun = open.iter_mut().find(|(of, _)| of == utterance);
                if let Some((_, begun)) = begun {
                    begun.end = event.end;
                }
            }
            EventKind::Final(words) => open.retain(|(of, _)| *of != words.utterance),
            EventKind::Retracted { utterance } | EventKind::Unrecognised { utterance, .. } => {
                open.retain(|(of, _)| of != utterance);
            }
            _ => {}
        }
    }
    let lost = open.into_iter().map(|(utterance, event)| Event {
        kind: EventKind::Unrecognised {
            utterance,
            reason: "the engine was lost before its words were kept".to_owned(),
            lang: None,
        },
        latency: None,
        ..event
    });
    lost.collect()
}

fn summary(services: &Services, call: &StoredCall) -> Summary {
    let facts = services.knowledge.facts(call);
    let said = call.said();
    let said: Vec<(UtteranceId, Line)> = said
        .iter()
        .map(|said| (said.utterance, Line::from(said)))
        .collect();
    let mut promises = PromiseList::default();
    for record in &call.events {
        promises.replay(&record.event.kind);
    }
    let edits = promises.edits(&said);
    let lines: Vec<Line> = said.into_iter().map(|(_, line)| line).collect();
    let alerts: Vec<AlertRaised> = call.alerts().into_iter().cloned().collect();
    let mut summary = summarise_edited(&facts, &lines, &alerts, &call.mood(), &edits);
    summary.missed = missed(call);
    let mut typed = call
        .events
        .iter()
        .filter_map(|record| match &record.event.kind {
            EventKind::Memo(memo) => Some(memo.text.as_str()),
            _ => None,
        });
    with_memo(&facts, &mut summary, typed.next_back().unwrap_or_default());
    summary
}

/// What should have been said and was not, as far as the call has told; none where the agent was never
/// heard.
fn missed(call: &StoredCall) -> Vec<String> {
    let kinds = || call.events.iter().map(|record| &record.event.kind);
    let mut lists = kinds().filter_map(|kind| match kind {
        EventKind::Checklist(list) => Some(list),
        _ => None,
    });
    let is_agent = |record: &EventRecord| {
        record.event.role == Some(Role::Agent) && record.event.kind.words().is_some()
    };
    let Some(list) = lists
        .next_back()
        .filter(|_| call.events.iter().any(is_agent))
    else {
        return Vec::new();
    };
    let ticked = |item: &&ChecklistItem| {
        kinds().any(
            |kind| matches!(kind, EventKind::ChecklistTicked(ticked) if ticked.item == item.item),
        )
    };
    let missed = list.items.iter().filter(|item| !ticked(item));
    missed.map(|item| item.text.clone()).collect()
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
            .map(|customer| customer.customer_id.clone())
            // Empty where it may be several customers, or none that was shown.
            .filter(|id| !id.is_empty()),
        customer_unknown: call
            .customer
            .as_ref()
            .is_some_and(|customer| customer.customer_id.is_empty()),
        started_ms: call.opened_ms,
        ended_ms: call.ended_ms.unwrap_or(call.opened_ms + end.as_millis()),
        summary,
    }
}

#[cfg(test)]
mod tests {
    use sidetone_types::event::{CallStarted, EventId, RunId, TimedWord};
    use sidetone_types::party::{Direction, PhoneNumber};

    use std::sync::Arc;
    use std::time::SystemTime;

    use sidetone_types::lang::Lang;

    use super::*;
    use crate::config::Config;
    use sidetone_core::finals::finalise;
    use sidetone_core::phone;

    fn event(kind: EventKind) -> EventRecord {
        EventRecord {
            id: EventId::default(),
            call_id: CallId::new("c-1"),
            agent_id: "agent-7".to_owned(),
            wall_time: SystemTime::now(),
            event: Event {
                party: Default::default(),
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
            parties: Vec::new(),
            languages: vec![Lang::EN],
            metadata: Default::default(),
        })
    }

    fn said(text: &str) -> EventKind {
        let word = |(i, word): (u64, &str)| TimedWord {
            word: word.trim().to_owned(),
            spaced: format!(" {}", word.trim()),
            start: MediaTime::from_millis(1_000 + 200 * i),
            end: MediaTime::from_millis(1_200 + 200 * i),
            confidence: 0.9,
        };
        let words = (0..).zip(text.split(' ')).map(word).collect();
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
            for utterance in [UtteranceId(1), UtteranceId(2)] {
                services
                    .store
                    .record(&event(EventKind::SpeechBegin { utterance }));
            }
            services
                .store
                .record(&event(said("I will call you back tomorrow")));
            // And here the engine dies.
        }
        let services = Services::open(&config).expect("the store of before");
        let metrics = Metrics::default();
        let bus = EventBus::new(RunId::NONE, 100, Arc::default());
        assert_eq!(
            wrap_up_unfinished(&services, &bus, &metrics, Duration::ZERO).expect("readable"),
            1
        );
        assert_eq!(
            wrap_up_unfinished(&services, &bus, &metrics, Duration::ZERO).expect("readable"),
            0
        );

        let call = services
            .store
            .reader()
            .call("c-1")
            .expect("readable")
            .expect("kept");
        let kinds: Vec<&str> = call
            .events
            .iter()
            .map(|event| event.event.kind.name())
            .collect();
        assert_eq!(
            kinds,
            [
                "call_started",
                "speech_begin",
                "speech_begin",
                "final",
                "unrecognised",
                "call_ended",
                "summary"
            ]
        );
        assert!(matches!(
            &call.events[4].event,
            Event { role: Some(Role::Agent), kind: EventKind::Unrecognised { utterance, .. }, .. }
                if *utterance == UtteranceId(2)
        ));
        assert!(matches!(
            &call.events[5].event.kind,
            EventKind::CallEnded(ended) if ended.reason == EndReason::EngineLost
        ));
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

    /// Runs `harm` on the store of `config`, as nothing of ours would.
    fn damage(config: &Config, harm: &str) {
        let path = config.store.dir.join("sidetone.db");
        let connection = rusqlite::Connection::open(path).expect("the store");
        connection.execute_batch(harm).expect("its tables");
    }

    #[test]
    fn calls_with_rows_that_cannot_be_read_keep_neither_the_start_nor_other_calls_back() {
        for (harm, parts, calls) in [
            ("UPDATE calls SET metadata = '{' WHERE id = 'c-1'", 1, 0),
            ("UPDATE calls SET languages = 'xx' WHERE id = 'c-1'", 1, 0),
            ("UPDATE calls SET customer = '{' WHERE id = 'c-1'", 1, 0),
            (
                "UPDATE events SET json = '{\"kind\"' WHERE call = 'c-1' AND kind = 'final'",
                1,
                0,
            ),
            (
                "UPDATE events SET json = CAST(x'ff' AS TEXT) WHERE call = 'c-1'",
                2,
                0,
            ),
            (
                "UPDATE calls SET agent = CAST(x'ff' AS TEXT) WHERE id = 'c-1'",
                0,
                1,
            ),
        ] {
            let dir = tempfile::tempdir().expect("a temporary directory");
            let mut config = Config::default();
            config.store.dir = dir.path().to_owned();
            {
                let services = Services::open(&config).expect("a new store");
                for call in ["c-1", "c-2"] {
                    for kind in [started(), said("I will call you back tomorrow")] {
                        let call_id = CallId::new(call);
                        services.store.record(&EventRecord {
                            call_id,
                            ..event(kind)
                        });
                    }
                }
            }
            damage(&config, harm);
            let services = Services::open(&config).expect("the store of before");
            let metrics = Metrics::default();
            let bus = EventBus::new(RunId::NONE, 100, Arc::default());
            let wrapped_up = wrap_up_unfinished(&services, &bus, &metrics, Duration::ZERO);
            assert_eq!(wrapped_up.expect("the engine starts"), 2 - calls, "{harm}");
            assert_eq!(metrics.unreadable_so_far("event"), parts, "{harm}");
            assert_eq!(metrics.unreadable_so_far("call"), calls as u64, "{harm}");
            let other = services.store.reader().call("c-2").expect("readable");
            assert!(other.expect("kept").summary.is_some(), "{harm}");
        }
    }
}
