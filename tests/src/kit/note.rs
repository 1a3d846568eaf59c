//! Calls that have ended, for those who only care what remains of them.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use sidetone::records::{Note, Owed};
use sidetone::storage::{CallStore, Receipt};
use sidetone_core::finals::finalise;
use sidetone_types::event::{CallStarted, Event, EventId, EventKind, EventRecord, TimedWord};
use sidetone_types::id::{CallId, UtteranceId};
use sidetone_types::lang::Lang;
use sidetone_types::party::{Direction, PhoneNumber, Role};
use sidetone_types::summary::{FollowUp, FollowUpKind, Summary};
use sidetone_types::time::MediaTime;

/// What the CRM is to be told of `call`: a ticket and two tasks.
pub fn note(call: &str) -> Note {
    let task = |title: &str| FollowUp {
        kind: FollowUpKind::Callback,
        title: title.to_owned(),
        due: Some("2026-05-07".to_owned()),
        due_time: None,
        when_said: None,
    };
    Note {
        call_id: call.to_owned(),
        agent_id: "agent-7".to_owned(),
        direction: Direction::Inbound,
        phone: Some("+14155550117".to_owned()),
        customer_id: None,
        customer_unknown: false,
        started_ms: 1_777_890_030_000,
        ended_ms: 1_777_890_080_000,
        summary: Summary {
            lang: Lang::ZH,
            reason: "话费\"重复\"扣款".to_owned(),
            actions: Vec::new(),
            promises: Vec::new(),
            risks: Vec::new(),
            keywords: vec!["退款".to_owned()],
            follow_ups: vec![task("回电：退款"), task("回电：投诉")],
            urgent: true,
            disposition: String::new(),
            reviewed_by: None,
            missed: Vec::new(),
            memo: String::new(),
            agent_talk_ms: 20_000,
            customer_talk_ms: 20_000,
            mood: Vec::new(),
            text: "话费重复扣款。\n星期四回电。".to_owned(),
        },
    }
}

/// The final of an utterance of these words.
pub fn said(utterance: u64, text: &str) -> EventKind {
    let words = text.split(' ').map(|word| TimedWord {
        word: word.to_owned(),
        spaced: format!(" {word}"),
        start: MediaTime::ZERO,
        end: MediaTime::ZERO,
        confidence: 1.0,
    });
    let words = words.collect();
    EventKind::Final(finalise(UtteranceId(utterance), Lang::EN, 1.0, words))
}

/// Opens the call of `note`, and closes it.
pub fn close_call(store: &dyn CallStore, note: &Note) -> Receipt {
    close_call_of(store, note, Vec::new())
}

/// Opens the call of `note`, tells `kinds` of it, and closes it.
pub fn close_call_of(store: &dyn CallStore, note: &Note, kinds: Vec<EventKind>) -> Receipt {
    closed(store, Owed::now(note), kinds)
}

/// Opens the call of `note` and closes it, with time for somebody to review it.
pub fn close_call_for_review(store: &dyn CallStore, note: &Note, review: Duration) -> Receipt {
    closed(store, Owed { note, review }, Vec::new())
}

fn closed(store: &dyn CallStore, owed: Owed<'_>, kinds: Vec<EventKind>) -> Receipt {
    let note = owed.note;
    let event = |kind| EventRecord {
        id: EventId::default(),
        call_id: CallId::new(note.call_id.as_str()),
        agent_id: note.agent_id.clone(),
        wall_time: SystemTime::now(),
        event: Event {
            party: Default::default(),
            role: Some(Role::Customer),
            start: MediaTime::ZERO,
            end: MediaTime::ZERO,
            latency: None,
            kind,
        },
    };
    store.record(&event(EventKind::CallStarted(CallStarted {
        caller: PhoneNumber {
            given: note.phone.clone().unwrap_or_default(),
            e164: note.phone.clone(),
        },
        callee: Default::default(),
        direction: note.direction,
        legs: Vec::new(),
        parties: Vec::new(),
        languages: Vec::new(),
        metadata: BTreeMap::new(),
    })));
    for kind in kinds {
        store.record(&event(kind));
    }
    let last = event(EventKind::Summary(note.summary.clone()));
    store.close_call(&last, Some(owed))
}
