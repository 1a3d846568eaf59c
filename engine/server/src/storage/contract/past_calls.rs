//! What every store promises of the list of calls that are over.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use sidetone_types::assist::{Action, AlertCleared, AlertRaised, Severity};
use sidetone_types::customer::Customer;
use sidetone_types::event::{CallStarted, EventKind, EventRecord, PartyJoined};
use sidetone_types::party::Direction;
use sidetone_types::summary::Summary;

use super::{CLOSED, Place, begin};
use crate::records::{NoteState, Owed};
use crate::storage::samples::{event, note, place_call, started, summary};
use crate::storage::{
    CallReader, CallStore, CallsCursor, CallsPage, CallsQuery, PageSize, PastCustomer, Person,
};

const BEGAN: Duration = Duration::from_millis(1_777_766_400_250);

/// A call, and what is told of it between its beginning and its end.
struct Told<'a> {
    call: &'a str,
    agent: &'a str,
    /// After [`BEGAN`].
    minute: u64,
    direction: Direction,
    urgent: bool,
    kinds: Vec<EventKind>,
}

impl<'a> Told<'a> {
    fn new(call: &'a str, minute: u64) -> Self {
        Self {
            call,
            agent: "agent-7",
            minute,
            direction: Direction::Inbound,
            urgent: false,
            kinds: Vec::new(),
        }
    }

    fn of(self, agent: &'a str) -> Self {
        Self { agent, ..self }
    }

    fn with(mut self, kind: EventKind) -> Self {
        self.kinds.push(kind);
        self
    }

    fn place(self, store: &dyn CallStore) {
        let at = SystemTime::UNIX_EPOCH + BEGAN + Duration::from_secs(60 * self.minute);
        let record = |kind| EventRecord {
            agent_id: self.agent.to_owned(),
            ..event(self.call, at, kind)
        };
        let EventKind::CallStarted(started) = started() else {
            panic!("it begins so");
        };
        store.record(&record(EventKind::CallStarted(CallStarted {
            direction: self.direction,
            ..started
        })));
        for kind in self.kinds {
            store.record(&record(kind));
        }
        let last = record(EventKind::Summary(Summary {
            urgent: self.urgent,
            ..summary()
        }));
        let closed = store.close_call(&last, Some(Owed::now(&note(self.call))));
        closed.wait().expect("the disk takes it");
    }
}

fn raised(alert: u64, rule: &str) -> EventKind {
    EventKind::AlertRaised(AlertRaised {
        alert,
        situation: alert,
        folded: false,
        rule: rule.to_owned(),
        severity: Severity::Warning,
        action: Action::Warn,
        message: String::new(),
        script: String::new(),
        why: String::new(),
        triggers: Vec::new(),
    })
}

fn withdrawn(alert: u64, rule: &str) -> EventKind {
    EventKind::AlertCleared(AlertCleared {
        alert,
        rule: rule.to_owned(),
        severity: Severity::Warning,
        why: String::new(),
        withdrawn: true,
    })
}

fn customer(customer_id: &str, name: &str) -> EventKind {
    EventKind::CustomerIdentified(Customer {
        customer_id: customer_id.to_owned(),
        name: name.to_owned(),
        tier: "gold".to_owned(),
        ..Customer::default()
    })
}

fn somebody(given: &str) -> Option<Person> {
    Some(Person {
        phone: given.starts_with('+').then(|| given.to_owned()),
        given: given.to_owned(),
    })
}

fn agents(names: &[&str]) -> Option<BTreeSet<String>> {
    Some(names.iter().map(|name| (*name).to_owned()).collect())
}

fn page(reader: &dyn CallReader, query: &CallsQuery) -> CallsPage {
    reader.calls(query).expect("readable")
}

fn ids(page: &CallsPage) -> Vec<&str> {
    page.calls
        .iter()
        .map(|call| call.call_id.as_str())
        .collect()
}

/// All calls that fit, in pages of two.
fn all(reader: &dyn CallReader, query: CallsQuery) -> Vec<String> {
    let mut query = CallsQuery {
        size: PageSize::of(2).expect("possible"),
        ..query
    };
    let mut found = Vec::new();
    loop {
        let page = page(reader, &query);
        found.extend(page.calls.into_iter().map(|call| call.call_id));
        match page.next {
            Some(next) => query.before = Some(next),
            None => return found,
        }
    }
}

pub(in crate::storage) fn past_calls_are_listed_from_the_newest_on_while_others_come_in(
    place: &impl Place,
) {
    let store = place.open();
    // Two have begun at once.
    for (call, minute) in [("a", 1), ("c", 2), ("b", 2), ("d", 3), ("e", 4)] {
        Told::new(call, minute).place(&store);
    }
    let reader = store.reader();
    let two = |before: Option<CallsCursor>| {
        let size = PageSize::of(2).expect("possible");
        page(
            reader,
            &CallsQuery {
                before,
                size,
                ..CallsQuery::default()
            },
        )
    };
    let first = two(None);
    assert_eq!(ids(&first), ["e", "d"]);
    // One that is newer, and one that lies on the next page.
    Told::new("f", 5).place(&store);
    Told::new("aa", 1).place(&store);
    let second = two(first.next);
    assert_eq!(ids(&second), ["c", "b"]);
    // The call that the place lies behind is gone.
    store.forget("b").expect("it is over");
    let third = two(second.next);
    assert_eq!((ids(&third), &third.next), (vec!["aa", "a"], &None));
    assert_eq!(ids(&two(None)), ["f", "e"]);
}

pub(in crate::storage) fn a_call_that_goes_on_or_is_gone_is_in_no_list(place: &impl Place) {
    let store = place.open();
    for call in ["gone", "kept"] {
        place_call(&store, call, Duration::ZERO);
    }
    store.record(&event("open", SystemTime::now(), started()));
    store.settle().wait().expect("the disk takes it");
    let listed = |agents| {
        let query = CallsQuery {
            agents,
            ..CallsQuery::default()
        };
        let mut found = all(store.reader(), query);
        found.sort();
        found
    };
    assert_eq!(listed(None), ["gone", "kept"]);
    store.forget("gone").expect("it is over");
    for whose in [None, agents(&["agent-7"])] {
        assert_eq!(listed(whose), ["kept"]);
    }
}

pub(in crate::storage) fn a_list_is_narrowed_by_all_that_is_asked_for(place: &impl Place) {
    let store = place.open();
    let recordings = store.recordings().expect("open");
    let outbound = Told {
        direction: Direction::Outbound,
        ..Told::new("d", 4)
    };
    let urgent = Told {
        urgent: true,
        ..Told::new("c", 3)
    };
    Told::new("a", 1)
        .with(customer("C-1", "Ann Miller"))
        .with(raised(1, "churn"))
        .place(&store);
    Told::new("b", 2)
        .of("agent-8")
        .with(customer("C-2", "Bob Müller"))
        .with(raised(1, "churn"))
        .with(withdrawn(1, "churn"))
        .with(raised(2, "legal"))
        .place(&store);
    urgent.place(&store);
    outbound.place(&store);
    for call in ["a", "b"] {
        begin(&*recordings, call);
    }
    recordings.close("a", &CLOSED).expect("writable");
    recordings.hold("b", "ann", "a dispute").expect("kept");
    let outbox = store.outbox().expect("open");
    let taken = outbox.take_due().expect("readable").expect("due");
    outbox.give_up(taken.id, 1, "refused").expect("writable");
    let dead = taken.note.call_id;
    let minute = |minute: u64| Some(BEGAN.as_millis() as u64 + 60_000 * minute);

    type Narrow<'a> = &'a dyn Fn(&mut CallsQuery);
    let text = |text: &str| Some(text.to_owned());
    let cases: [(Narrow<'_>, &str); 21] = [
        (&|_| (), "dcba"),
        (&|query| query.agent_id = text("agent-8"), "b"),
        (&|query| query.agent_id = text("nobody"), ""),
        (&|query| query.customer = somebody("C-2"), "b"),
        (&|query| query.customer = somebody("mÜLL"), "b"),
        (&|query| query.customer = somebody("+14155550117"), "cba"),
        (&|query| query.from_ms = minute(3), "dc"),
        (&|query| query.until_ms = minute(3), "ba"),
        (
            &|query| (query.from_ms, query.until_ms) = (minute(2), minute(3)),
            "b",
        ),
        (&|query| query.direction = Some(Direction::Outbound), "d"),
        (&|query| query.note = Some(NoteState::Dead), &dead),
        (&|query| query.urgent = Some(true), "c"),
        (&|query| query.urgent = Some(false), "dba"),
        (&|query| query.recorded = Some(true), "a"),
        (&|query| query.recorded = Some(false), "dcb"),
        (&|query| query.rule = text("churn"), "a"),
        (&|query| query.rule = text("legal"), "b"),
        (&|query| query.agents = agents(&["agent-8", "x"]), "b"),
        (&|query| query.agents = agents(&[]), ""),
        (
            &|query| (query.agents, query.agent_id) = (agents(&["agent-7"]), text("agent-8")),
            "",
        ),
        (
            &|query| {
                (query.agents, query.rule) = (agents(&["agent-7"]), text("churn"));
                (query.customer, query.recorded) = (somebody("+14155550117"), Some(true));
            },
            "a",
        ),
    ];
    for (narrow, expected) in cases {
        let mut query = CallsQuery::default();
        narrow(&mut query);
        let told = format!("{query:?}");
        assert_eq!(all(store.reader(), query).concat(), expected, "{told}");
    }

    let told = page(store.reader(), &CallsQuery::default()).calls;
    let [d, _, b, a] = &told[..] else {
        panic!("four calls");
    };
    let ann = PastCustomer {
        customer_id: "C-1".to_owned(),
        name: "Ann Miller".to_owned(),
        tier: "gold".to_owned(),
    };
    assert_eq!((&a.customer, &d.customer), (&Some(ann), &None));
    assert_eq!(
        (a.caller.as_str(), a.callee.as_str()),
        ("+14155550117", "1001")
    );
    assert_eq!((a.alerts, b.alerts, d.alerts), (1, 1, 0));
    assert_eq!((a.recorded, a.held), (true, false));
    assert_eq!((b.recorded, b.held), (false, true));
    assert_eq!(
        (a.reason.as_str(), a.lang),
        ("Charged twice", Some(summary().lang))
    );
    assert_eq!(Some(a.opened_ms), minute(1));
    assert_eq!(a.ended_ms, Some(a.opened_ms + 2_000));
    let dead = told
        .iter()
        .filter(|call| call.note == Some(NoteState::Dead));
    assert_eq!(dead.count(), 1);
    assert!(
        told.iter()
            .all(|call| call.note.is_some() && call.unreadable == 0)
    );
}

pub(in crate::storage) fn a_call_is_in_the_list_of_every_agent_who_had_it(place: &impl Place) {
    let store = place.open();
    let at = SystemTime::UNIX_EPOCH + BEGAN;
    store.record(&event("a", at, started()));
    let record = |kind| EventRecord {
        agent_id: "agent-8".to_owned(),
        ..event("a", at, kind)
    };
    store.record(&record(EventKind::PartyJoined(PartyJoined::default())));
    store.record(&record(raised(1, "churn")));
    let last = record(EventKind::Summary(Summary {
        urgent: true,
        ..summary()
    }));
    let closed = store.close_call(&last, None);
    closed.wait().expect("the disk takes it");
    let listed = |query: CallsQuery| page(store.reader(), &query).calls;
    for whose in [&["agent-7"][..], &["agent-8"], &["agent-7", "agent-8"]] {
        let calls = listed(CallsQuery {
            agents: agents(whose),
            ..CallsQuery::default()
        });
        let [call] = &calls[..] else {
            panic!("once: {whose:?}");
        };
        assert_eq!(call.agent_id, "agent-8");
        assert_eq!(call.agents, ["agent-7", "agent-8"]);
        assert_eq!(call.note, None);
    }
    // Whoever has handed it over does not find out what became of it.
    for (whose, found) in [("agent-7", 0), ("agent-8", 1)] {
        let whose = agents(&[whose]);
        let of_rule = CallsQuery {
            agents: whose.clone(),
            rule: Some("churn".to_owned()),
            ..CallsQuery::default()
        };
        let urgent = CallsQuery {
            agents: whose,
            urgent: Some(true),
            ..CallsQuery::default()
        };
        assert_eq!(
            (listed(of_rule).len(), listed(urgent).len()),
            (found, found)
        );
    }
}
