//! A call and its note, for tests of stores.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use sidetone_core::finals::finalise;
use sidetone_core::phone;
use sidetone_types::event::{
    CallEnded, CallStarted, EndReason, Event, EventId, EventKind, EventRecord, Final, Partial,
    Revised, TimedWord,
};
use sidetone_types::id::{CallId, UtteranceId};
use sidetone_types::lang::Lang;
use sidetone_types::party::{Direction, Role};
use sidetone_types::summary::Summary;
use sidetone_types::time::MediaTime;

use super::{CallStore, Receipt};
use crate::records::{Note, Owed};

pub(crate) fn event(call: &str, wall_time: SystemTime, kind: EventKind) -> EventRecord {
    EventRecord {
        id: EventId::default(),
        call_id: CallId::new(call),
        agent_id: "agent-7".to_owned(),
        wall_time,
        event: Event {
            party: Default::default(),
            role: Some(Role::Customer),
            start: MediaTime::from_millis(1_000),
            end: MediaTime::from_millis(2_000),
            latency: None,
            kind,
        },
    }
}

pub(crate) fn started() -> EventKind {
    EventKind::CallStarted(CallStarted {
        caller: phone::parse("(415) 555-0117", "US"),
        callee: phone::parse("1001", "US"),
        direction: Direction::Inbound,
        legs: vec![Role::Agent, Role::Customer],
        parties: Vec::new(),
        languages: vec![Lang::EN],
        metadata: BTreeMap::from([("queue".to_owned(), "billing".to_owned())]),
    })
}

pub(super) fn said(text: &str) -> EventKind {
    EventKind::Final(words(text))
}

/// What was said instead of `live`: a second pass's words, or somebody's.
pub(super) fn revised(live: &str, text: &str, by: Option<&str>) -> EventKind {
    EventKind::Revised(Revised {
        words: words(text),
        live: live.to_owned(),
        by: by.map(str::to_owned),
    })
}

fn words(text: &str) -> Final {
    let words = text.split(' ').map(|word| TimedWord {
        word: word.to_owned(),
        spaced: format!(" {word}"),
        start: MediaTime::from_millis(1_000),
        end: MediaTime::from_millis(2_000),
        confidence: 0.5,
    });
    finalise(UtteranceId(1), Lang::EN, 0.5, words.collect())
}

pub(super) fn partial() -> EventKind {
    EventKind::Partial(Partial {
        utterance: UtteranceId(1),
        text: "I was".to_owned(),
        confirmed: String::new(),
        tail: "I was".to_owned(),
        stability: 0.0,
        lang: Lang::EN,
    })
}

pub(super) fn ended() -> EventKind {
    EventKind::CallEnded(CallEnded {
        reason: EndReason::Closed,
        legs: Vec::new(),
    })
}

pub(crate) fn summary() -> Summary {
    Summary {
        lang: Lang::EN,
        reason: "Charged twice".to_owned(),
        actions: Vec::new(),
        promises: Vec::new(),
        risks: Vec::new(),
        keywords: vec!["refund".to_owned()],
        follow_ups: Vec::new(),
        urgent: false,
        disposition: String::new(),
        reviewed_by: None,
        missed: Vec::new(),
        memo: String::new(),
        agent_talk_ms: 1,
        customer_talk_ms: 2,
        mood: Vec::new(),
        text: "Charged twice.".to_owned(),
    }
}

pub(crate) fn note(call: &str) -> Note {
    Note {
        call_id: call.to_owned(),
        agent_id: "agent-7".to_owned(),
        direction: Direction::Inbound,
        phone: Some("+14155550117".to_owned()),
        customer_id: None,
        customer_unknown: false,
        started_ms: 0,
        ended_ms: 1,
        summary: summary(),
    }
}

/// A call from its beginning to its end, some time ago.
pub(crate) fn place_call(store: &dyn CallStore, call: &str, ago: Duration) {
    let closed = hand_over_call(store, call, ago);
    closed.wait().expect("the disk takes it");
}

/// Like [`place_call`], with a note that somebody may review for so long.
pub(crate) fn close_for_review(
    store: &dyn CallStore,
    call: &str,
    (ago, review): (Duration, Duration),
) {
    let closed = closed(store, call, (ago, review));
    closed.wait().expect("the disk takes it");
}

/// Like [`place_call`], without waiting for the disk.
pub(super) fn hand_over_call(store: &dyn CallStore, call: &str, ago: Duration) -> Receipt {
    closed(store, call, (ago, Duration::ZERO))
}

fn closed(store: &dyn CallStore, call: &str, (ago, review): (Duration, Duration)) -> Receipt {
    let at = SystemTime::now() - ago;
    for kind in [started(), partial(), said("I was charged twice"), ended()] {
        store.record(&event(call, at, kind));
    }
    let last = event(call, at, EventKind::Summary(summary()));
    let note = &note(call);
    store.close_call(&last, Some(Owed { note, review }))
}
