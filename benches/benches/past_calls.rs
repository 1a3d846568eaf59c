//! How long does a page of the list of ten thousand calls take?
//!
//! The calls are those of fifty agents over ninety days, twenty lines each, sealed as always. Each question is asked
//! again and again, in another place of the list each time; `past_calls/…` prints how long a page takes. Where many
//! calls fit a page has fifty of them. Where few do (`part of a name`, `rule`, `dead note`), one looks through as
//! many calls as an answer may, and finds little.

use std::time::{Duration, Instant, SystemTime};

use sidetone::records::{Note, NoteState, Owed};
use sidetone::storage::{CallReader, CallsQuery, PageSize, Person, Store, StoreConfig};
use sidetone_benches::events::final_of;
use sidetone_benches::timing::{micros, tell};
use sidetone_tests::kit::note;
use sidetone_types::assist::{Action, AlertRaised, Severity};
use sidetone_types::customer::Customer;
use sidetone_types::event::{CallStarted, Event, EventId, EventKind, EventRecord};
use sidetone_types::id::{CallId, UtteranceId};
use sidetone_types::party::Direction;
use sidetone_types::time::MediaTime;

const CALLS: u64 = 10_000;
const AGENTS: u64 = 50;
const LINES: u64 = 20;
/// Between the beginnings of two calls: ten thousand in ninety days.
const APART: Duration = Duration::from_secs(778);
/// Every so many calls raise an alert.
const ALERTS: u64 = 10;
const PAGES: usize = 400;

fn main() {
    let dir = tempfile::tempdir().expect("there is room for a folder");
    let config = StoreConfig {
        dir: dir.path().join("store"),
        spill_dir: dir.path().join("spill"),
        keep_days: 0,
        ..StoreConfig::default()
    };
    let store = Store::open(&config).expect("the disk works");
    let began = Instant::now();
    for at in 0..CALLS {
        place(&store, at);
    }
    println!(
        "past_calls: {CALLS} calls are there after {:.1?}",
        began.elapsed()
    );

    let reader = store.reader();
    let everything = CallsQuery::default;
    let somebody = |given: &str| {
        Some(Person {
            phone: None,
            given: given.to_owned(),
        })
    };
    let team = (0..12).map(agent).collect();
    for (name, query) in [
        ("all", everything()),
        (
            "200 of all",
            CallsQuery {
                size: PageSize::MOST,
                ..everything()
            },
        ),
        (
            "an agent",
            CallsQuery {
                agent_id: Some(agent(7)),
                ..everything()
            },
        ),
        (
            "a team of 12",
            CallsQuery {
                agents: Some(team),
                ..everything()
            },
        ),
        (
            "urgent",
            CallsQuery {
                urgent: Some(true),
                ..everything()
            },
        ),
        (
            "customer's id",
            CallsQuery {
                customer: somebody("C-17"),
                ..everything()
            },
        ),
        (
            "part of a name",
            CallsQuery {
                customer: somebody("drosselmeyer"),
                ..everything()
            },
        ),
        (
            "rule",
            CallsQuery {
                rule: Some("none of ours".to_owned()),
                ..everything()
            },
        ),
        (
            "dead note",
            CallsQuery {
                note: Some(NoteState::Dead),
                ..everything()
            },
        ),
    ] {
        ask(reader, name, query);
    }
    store.close().expect("the disk takes it");
}

/// Asks for one page behind the other, from the beginning again at the end of the list.
fn ask(reader: &dyn CallReader, name: &str, mut query: CallsQuery) {
    let (mut costs, mut calls) = (Vec::new(), 0);
    while costs.len() < PAGES {
        let began = Instant::now();
        let page = reader.calls(&query).expect("the disk works");
        costs.push(micros(began));
        calls += page.calls.len();
        query.before = page.next;
    }
    tell(&format!("past_calls/{name}"), costs);
    println!("  {:.1} calls on each", calls as f64 / PAGES as f64);
}

fn agent(number: u64) -> String {
    format!("agent-{}", number % AGENTS)
}

/// A whole call.
fn place(store: &Store, at: u64) {
    let id = format!("call-{at:05}");
    let opened = SystemTime::UNIX_EPOCH + Duration::from_secs(1_777_766_400) + APART * at as u32;
    let record = |kind| EventRecord {
        id: EventId::default(),
        call_id: CallId::new(id.as_str()),
        agent_id: agent(at),
        wall_time: opened,
        event: Event::of_the_call(MediaTime::ZERO, MediaTime::ZERO, kind),
    };
    store.record(&record(EventKind::CallStarted(CallStarted {
        caller: Default::default(),
        callee: Default::default(),
        direction: Direction::Inbound,
        legs: Vec::new(),
        parties: Vec::new(),
        languages: Vec::new(),
        metadata: Default::default(),
    })));
    store.record(&record(EventKind::CustomerIdentified(Customer {
        customer_id: format!("C-{}", at % 1_000),
        name: format!("Customer of number {at}"),
        ..Customer::default()
    })));
    for line in 0..LINES {
        store.record(&record(final_of(UtteranceId(line + 1)).kind));
    }
    if at.is_multiple_of(ALERTS) {
        store.record(&record(EventKind::AlertRaised(AlertRaised {
            alert: 1,
            situation: 1,
            folded: false,
            rule: "churn".to_owned(),
            severity: Severity::Critical,
            action: Action::Escalate,
            message: "They may leave".to_owned(),
            script: String::new(),
            why: "they said that they want to leave".to_owned(),
            triggers: vec!["cancel my contract".to_owned()],
        })));
    }
    let Note { mut summary, .. } = note(&id);
    summary.urgent = at.is_multiple_of(7);
    let note = Note {
        summary: summary.clone(),
        ..note(&id)
    };
    let closed = store.close_call(&record(EventKind::Summary(summary)), Some(Owed::now(&note)));
    // Not more waits for the disk than a live engine would let.
    if at % 500 == 499 {
        closed.wait().expect("the disk takes it");
    }
}
