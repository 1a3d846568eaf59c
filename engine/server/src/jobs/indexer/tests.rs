use std::time::{Duration, SystemTime};

use sidetone_kb::archive::Query;
use sidetone_types::assist::{Action, AlertCleared, AlertRaised, Severity};
use sidetone_types::event::{CallStarted, Event, EventId, EventRecord, Final, Revised};
use sidetone_types::id::{CallId, UtteranceId};
use sidetone_types::lang::Lang;
use sidetone_types::party::Role;
use sidetone_types::time::MediaTime;

use super::*;
use crate::config::Config;
use crate::services::Services;

fn event(call: &str, kind: EventKind) -> EventRecord {
    EventRecord {
        id: EventId::default(),
        call_id: CallId::new(call),
        agent_id: "agent-7".to_owned(),
        wall_time: SystemTime::UNIX_EPOCH + Duration::from_secs(1_777_766_400),
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

fn started() -> EventKind {
    EventKind::CallStarted(CallStarted {
        caller: Default::default(),
        callee: Default::default(),
        direction: Default::default(),
        legs: vec![Role::Customer],
        parties: Vec::new(),
        languages: vec![Lang::EN],
        metadata: Default::default(),
    })
}

fn said(utterance: u64, text: &str) -> EventKind {
    EventKind::Final(words(utterance, text))
}

fn words(utterance: u64, text: &str) -> Final {
    Final {
        utterance: UtteranceId(utterance),
        text: text.to_owned(),
        spoken: text.to_owned(),
        numbers: Vec::new(),
        lang: Lang::EN,
        confidence: 0.9,
        words: Vec::new(),
        unrecognised: Vec::new(),
        redacted: Vec::new(),
    }
}

/// How many lines hold `word`.
fn found(archive: &Archive, word: &str) -> usize {
    let query = Query {
        text: word.to_owned(),
        ..Query::default()
    };
    archive.search(&query).expect("an index").total
}

struct Kept {
    config: Config,
    _dir: tempfile::TempDir,
}

impl Kept {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut config = Config::default();
        config.store.dir = dir.path().to_owned();
        Self { config, _dir: dir }
    }

    fn damage(&self, harm: &str) {
        let path = self.config.store.dir.join("sidetone.db");
        let connection = rusqlite::Connection::open(path).expect("the store");
        connection.execute_batch(harm).expect("its tables");
    }
}

fn indexer(services: &Services, metrics: &Arc<Metrics>) -> Indexer {
    Indexer::open(services.store.clone(), &services.archive, metrics.clone()).expect("an index")
}

#[test]
fn events_that_cannot_be_read_do_not_stop_the_search_index() {
    let kept = Kept::new();
    {
        let services = Services::open(&kept.config).expect("a new store");
        for kind in [
            started(),
            said(1, "apples"),
            said(2, "pears"),
            said(3, "plums"),
            said(4, "cherries"),
        ] {
            services.store.record(&event("c-1", kind));
        }
    }
    for (harm, of) in [("'{'", 1), ("CAST(x'ff' AS TEXT)", 3)] {
        kept.damage(&format!(
            "UPDATE events SET json = {harm} WHERE id =
             (SELECT id FROM events WHERE kind = 'final' ORDER BY id LIMIT 1 OFFSET {of})"
        ));
    }
    let services = Services::open(&kept.config).expect("the store of before");
    let metrics = Arc::new(Metrics::default());
    let mut first = indexer(&services, &metrics);
    first.catch_up().expect("the rest is indexed");
    let words = ["apples", "pears", "plums", "cherries"];
    let count = |word| found(&services.archive, word);
    assert_eq!(words.map(count), [1, 0, 1, 0]);
    assert_eq!(metrics.unreadable_so_far("event"), 2);
    drop(first);

    // They are behind it for good, the last row included, and what comes later is indexed.
    let mut next = indexer(&services, &metrics);
    next.catch_up().expect("nothing new");
    assert_eq!(metrics.unreadable_so_far("event"), 2);
    services.store.record(&event("c-1", said(5, "grapes")));
    let settled = services.store.acknowledge("c-1", 1, "agent-7");
    settled.wait().expect("the call is known");
    next.catch_up().expect("readable");
    assert_eq!(found(&services.archive, "grapes"), 1);
}

#[test]
fn a_call_that_is_forgotten_leaves_the_index() {
    let kept = Kept::new();
    let services = Services::open(&kept.config).expect("a new store");
    for kind in [started(), said(1, "apples")] {
        services.store.record(&event("c-1", kind));
    }
    let closed = services
        .store
        .close_call(&event("c-1", said(2, "pears")), None);
    closed.wait().expect("the disk takes it");
    let mut indexer = indexer(&services, &Arc::default());
    indexer.catch_up().expect("readable");
    assert_eq!(found(&services.archive, "apples"), 1);
    services.store.forget("c-1").expect("it has ended");
    indexer.catch_up().expect("readable");
    assert_eq!(found(&services.archive, "apples"), 0);
}

#[test]
fn a_rule_whose_alert_was_withdrawn_is_no_longer_found() {
    let raised = |alert, rule: &str| {
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
    };
    let cleared = |alert, rule: &str, withdrawn| {
        EventKind::AlertCleared(AlertCleared {
            alert,
            rule: rule.to_owned(),
            severity: Severity::Warning,
            why: String::new(),
            withdrawn,
        })
    };
    let kept = Kept::new();
    let services = Services::open(&kept.config).expect("a new store");
    for kind in [
        started(),
        said(1, "apples"),
        raised(1, "churn"),
        raised(2, "legal threat"),
        raised(3, "complaint"),
        raised(4, "complaint"),
        cleared(1, "churn", true),
        cleared(2, "legal threat", false),
        cleared(3, "complaint", true),
    ] {
        services.store.record(&event("c-1", kind));
    }
    let settled = services.store.acknowledge("c-1", 1, "agent-7");
    settled.wait().expect("the call is known");
    let mut indexer = indexer(&services, &Arc::default());
    indexer.catch_up().expect("readable");
    let count = |rule: &str| {
        let query = Query {
            rules: vec![rule.to_owned()],
            ..Query::default()
        };
        services.archive.search(&query).expect("an index").total
    };
    assert_eq!(["churn", "legal threat", "complaint"].map(count), [0, 1, 1]);
}

#[test]
fn words_that_are_revised_are_found_in_place_of_the_live_ones() {
    let kept = Kept::new();
    let services = Services::open(&kept.config).expect("a new store");
    let revised = EventKind::Revised(Revised {
        words: words(2, "plums"),
        live: "pears".to_owned(),
        by: None,
    });
    for kind in [started(), said(1, "apples"), said(2, "pears")] {
        services.store.record(&event("c-1", kind));
    }
    let told = services.store.close_call(&event("c-1", revised), None);
    told.wait().expect("the disk takes it");
    let mut indexer = indexer(&services, &Arc::default());
    indexer.catch_up().expect("readable");
    let count = |word| found(&services.archive, word);
    assert_eq!(["apples", "pears", "plums"].map(count), [1, 0, 1]);
}
