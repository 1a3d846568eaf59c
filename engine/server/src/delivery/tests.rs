//! Notes on their way: to the CRM that comes with the program, and to scripted ones.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::time::SystemTime;

use jiff::tz::TimeZone;
use sidetone_core::customer::Customer;
use sidetone_core::describe::Direction;
use sidetone_core::event::{CallStarted, Event, EventRecord};
use sidetone_core::id::CallId;
use sidetone_core::lang::Lang;
use sidetone_core::time::MediaTime;
use sidetone_core::wrap_up::{FollowUp, FollowUpKind, Summary};

use super::*;
use crate::crm::{Embedded, IdempotencyKey, Rest, What, Writing, embedded};
use crate::records::NoteState;
use crate::storage::Store;

fn note(call: &str) -> Note {
    let task = |title: &str| FollowUp {
        kind: FollowUpKind::Callback,
        title: title.to_owned(),
        due: "2026-05-07".to_owned(),
    };
    Note {
        call_id: call.to_owned(),
        agent_id: "agent-7".to_owned(),
        direction: Direction::Inbound,
        phone: Some("+14155550117".to_owned()),
        customer_id: None,
        started_ms: 1_777_890_030_000,
        ended_ms: 1_777_890_080_000,
        summary: Summary {
            lang: Lang::EN,
            reason: "Charged \"twice\"".to_owned(),
            actions: Vec::new(),
            promises: Vec::new(),
            risks: Vec::new(),
            keywords: vec!["refund".to_owned()],
            follow_ups: vec![task("Callback: refund"), task("Callback: again")],
            urgent: true,
            agent_talk_ms: 1,
            customer_talk_ms: 2,
            mood: Vec::new(),
            text: "Charged twice.".to_owned(),
        },
    }
}

fn embedded_in(store: &Store) -> Embedded {
    let connection = store.connect().expect("the same store");
    Embedded::new(connection, TimeZone::UTC).expect("writable")
}

/// Opens and closes a call, so that its note is in the outbox.
fn close(store: &Store, note: &Note) {
    let event = |kind| EventRecord {
        seq: 1,
        call_id: CallId::new(note.call_id.as_str()),
        agent_id: note.agent_id.clone(),
        wall_time: SystemTime::now(),
        event: Event {
            role: None,
            start: MediaTime::ZERO,
            end: MediaTime::ZERO,
            latency: None,
            kind,
        },
    };
    store.record(&event(EventKind::CallStarted(CallStarted {
        caller: Default::default(),
        callee: Default::default(),
        direction: note.direction,
        legs: Vec::new(),
        languages: Vec::new(),
        metadata: BTreeMap::new(),
    })));
    let last = event(EventKind::Summary(note.summary.clone()));
    store
        .close_call(&last, Some(note))
        .wait()
        .expect("the disk takes it");
}

/// What was told of notes.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<(String, EventKind)>>>);

impl Heard {
    fn emit(&self) -> Tell {
        let heard = self.0.clone();
        Arc::new(move |note, kind| {
            let entry = (note.call_id.clone(), kind);
            heard.lock().expect("nobody panics here").push(entry);
        })
    }

    fn all(&self) -> Vec<(String, EventKind)> {
        self.0.lock().expect("nobody panics here").clone()
    }
}

fn quick() -> RetryConfig {
    RetryConfig {
        first_ms: 1,
        longest_ms: 5,
        ..RetryConfig::default()
    }
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(30);
    while !done() {
        assert!(Instant::now() < until, "{what} never came");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Answers each write as its script says, then as one that works; remembers what it was asked.
struct Scripted {
    script: Mutex<VecDeque<Result<(), CrmError>>>,
    asked: Mutex<Vec<(String, bool)>>,
    settles: Duration,
}

impl Scripted {
    fn new(script: impl IntoIterator<Item = Result<(), CrmError>>) -> Arc<Self> {
        Arc::new(Self {
            script: Mutex::new(script.into_iter().collect()),
            asked: Mutex::default(),
            settles: Duration::ZERO,
        })
    }

    fn asked(&self) -> Vec<(String, bool)> {
        self.asked.lock().expect("nobody panics here").clone()
    }
}

impl Crm for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    fn find(&self, phone: &str) -> Result<Option<Customer>, CrmError> {
        Ok((phone == "+14155550117").then(|| Customer {
            customer_id: "C-1".to_owned(),
            ..Customer::default()
        }))
    }

    fn write(&self, writing: &Writing<'_>) -> Result<String, CrmError> {
        let asked = (writing.key.to_string(), writing.repeated);
        assert_eq!(writing.customer_id, Some("C-1"));
        self.asked.lock().expect("nobody panics here").push(asked);
        let next = self.script.lock().expect("nobody panics here").pop_front();
        if let Some(Err(CrmError::Rejected { reason, .. })) = &next {
            assert_ne!(reason, "panic", "as it was asked to");
        }
        next.unwrap_or(Ok(()))
            .map(|()| format!("id of {}", writing.key))
    }

    fn concurrency(&self) -> usize {
        1
    }

    fn settles_within(&self) -> Duration {
        self.settles
    }
}

fn away(maybe_written: bool) -> Result<(), CrmError> {
    Err(CrmError::Unavailable {
        reason: "away".to_owned(),
        answer: "says who".to_owned(),
        retry_after: None,
        maybe_written,
    })
}

#[test]
fn a_note_becomes_a_ticket_its_tasks_and_an_interaction() {
    let store = Store::temporary().expect("a new store");
    let crm = embedded_in(&store);
    crm.seed_samples().expect("writable");
    crm.seed_samples().expect("twice is once");
    let before = crm
        .find("+14155550117")
        .expect("readable")
        .expect("a sample");
    assert_eq!(before.name, "Daniel Whitmore");
    let heard = Heard::default();
    let outbox = store.outbox().expect("open");
    close(&store, &note("a"));
    let delivery = Delivery::start(outbox, Arc::new(crm), quick(), heard.emit());
    let delivery = delivery.expect("readable");
    wait_until("the ticket", || !heard.all().is_empty());
    delivery.stop();

    let (call, kind) = heard.all().remove(0);
    let EventKind::CrmWritten(written) = kind else {
        panic!("{kind:?}");
    };
    assert_eq!(call, "a");
    assert_eq!(written.task_ids.len(), 2);
    assert_eq!(written.due, ["2026-05-07", "2026-05-07"]);
    let crm = embedded_in(&store);
    let expected = embedded::Written {
        tickets: 1,
        tasks: 2,
        interactions: 1,
    };
    assert_eq!(crm.written().expect("readable"), expected);
    let after = crm
        .find("+14155550117")
        .expect("readable")
        .expect("a sample");
    assert_eq!(after.open_tickets.len(), before.open_tickets.len() + 1);
    assert!(
        after
            .open_tickets
            .iter()
            .any(|t| t.ticket_id == written.ticket_id)
    );
    assert_eq!(after.last_contacts.len(), before.last_contacts.len() + 1);
}

#[test]
fn the_samples_hold_the_callers_of_the_sample_calls() {
    let samples = Embedded::samples();
    for number in [
        "+14155550117",
        "+14155550142",
        "+8613800138017",
        "+8613800138042",
    ] {
        let found = samples.iter().filter(|customer| customer.phone == number);
        assert_eq!(found.count(), 1, "{number}");
    }
}

#[test]
fn a_key_is_written_once_however_often_it_is_sent() {
    let store = Store::temporary().expect("a new store");
    let crm = embedded_in(&store);
    let note = note("a");
    let task = &note.summary.follow_ups[0];
    let mut ids = Vec::new();
    for repeated in [false, true] {
        let write = |step, what| {
            let key = &IdempotencyKey::new("a", step);
            let writing = Writing {
                key,
                repeated,
                note: &note,
                customer_id: Some("unknown to us"),
                what,
            };
            crm.write(&writing).expect("writable")
        };
        let ticket_id = &write(Step::Ticket, What::Ticket);
        let task = write(Step::Task(0), What::Task { ticket_id, task });
        let interaction = write(Step::Interaction, What::Interaction { ticket_id });
        ids.push([ticket_id.clone(), task, interaction]);
    }
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn a_note_goes_on_behind_the_last_step_that_is_known_to_be_done() {
    let crm = Scripted::new([Ok(()), away(false), away(true), Ok(())]);
    let store = Store::temporary().expect("a new store");
    let heard = Heard::default();
    close(&store, &note("a"));
    let delivery = Delivery::start(
        store.outbox().expect("open"),
        crm.clone(),
        quick(),
        heard.emit(),
    );
    let delivery = delivery.expect("readable");
    wait_until("the ticket", || {
        heard
            .all()
            .iter()
            .any(|(_, kind)| matches!(kind, EventKind::CrmWritten(_)))
    });
    delivery.stop();
    let asked = crm.asked();
    let asked: Vec<(&str, bool)> = asked
        .iter()
        .map(|(key, again)| (key.as_str(), *again))
        .collect();
    assert_eq!(
        asked,
        [
            ("a/ticket", false),
            ("a/task/0", false), // certainly not written
            ("a/task/0", false), // perhaps written
            ("a/task/0", true),
            ("a/task/1", false),
            ("a/interaction", false),
        ]
    );
    let failed: Vec<(u32, bool)> = heard
        .all()
        .iter()
        .filter_map(|(_, kind)| match kind {
            EventKind::CrmFailed(failed) => Some((failed.attempts, failed.retrying)),
            _ => None,
        })
        .collect();
    assert_eq!(failed, [(1, true), (2, true)]);
}

#[test]
fn nobody_asks_after_a_lost_answer_before_it_can_have_settled() {
    let settles = Duration::from_millis(300);
    let crm = Arc::new(Scripted {
        script: Mutex::new(VecDeque::from([away(true)])),
        asked: Mutex::default(),
        settles,
    });
    let store = Store::temporary().expect("a new store");
    let heard = Heard::default();
    close(&store, &note("a"));
    let began = Instant::now();
    let outbox = store.outbox().expect("open");
    let delivery = Delivery::start(outbox, crm.clone(), quick(), heard.emit());
    let _delivery = delivery.expect("readable");
    wait_until("the second try", || crm.asked().len() > 1);
    assert!(began.elapsed() >= settles, "{:?}", began.elapsed());
    assert_eq!(crm.asked()[1], ("a/ticket".to_owned(), true));
}

#[test]
fn what_is_refused_waits_for_a_person_and_holds_nobody_up() {
    let refused = CrmError::Rejected {
        reason: "the CRM answered 422".to_owned(),
        answer: "subject too long".to_owned(),
        maybe_written: false,
    };
    let crm = Scripted::new([Err(refused)]);
    let store = Store::temporary().expect("a new store");
    let heard = Heard::default();
    close(&store, &note("refused"));
    let outbox = store.outbox().expect("open");
    let delivery = Delivery::start(outbox, crm.clone(), quick(), heard.emit());
    let _delivery = delivery.expect("readable");
    wait_until("the refusal", || heard.all().len() == 1);
    close(&store, &note("fine"));
    wait_until("the other one", || heard.all().len() == 2);
    let outbox = store.outbox().expect("open");
    let dead = outbox.list(NoteState::Dead, 10).expect("readable");
    assert_eq!(dead.len(), 1);
    assert_eq!(
        dead[0].reason,
        "ticket: the CRM answered 422: subject too long"
    );
    let EventKind::CrmFailed(failed) = &heard.all()[0].1 else {
        panic!("it was refused");
    };
    assert!(!failed.retrying);

    assert!(outbox.retry(dead[0].id).expect("writable"));
    wait_until("the retry", || heard.all().len() == 3);
    let done = outbox.of_call("refused").expect("readable").expect("kept");
    assert_eq!(done.entry.state, NoteState::Delivered);
    assert_eq!(
        crm.asked().last(),
        Some(&("refused/interaction".to_owned(), false))
    );
}

#[test]
fn a_fault_of_ours_costs_one_note_and_not_the_others() {
    let crm = Scripted::new([Err(CrmError::rejected("panic"))]);
    let store = Store::temporary().expect("a new store");
    let heard = Heard::default();
    close(&store, &note("trips"));
    let outbox = store.outbox().expect("open");
    let delivery = Delivery::start(outbox, crm, quick(), heard.emit());
    let _delivery = delivery.expect("readable");
    wait_until("the fault", || heard.all().len() == 1);
    close(&store, &note("fine"));
    wait_until("the other one", || heard.all().len() == 2);
    assert!(matches!(heard.all()[1].1, EventKind::CrmWritten(_)));
}

#[test]
fn a_crm_that_is_away_is_asked_now_and_then_and_not_once_per_note() {
    let crm = Scripted::new(std::iter::repeat_n(away(false), 5));
    let store = Store::temporary().expect("a new store");
    let heard = Heard::default();
    for i in 0..40 {
        close(&store, &note(&format!("call-{i}")));
    }
    let outbox = store.outbox().expect("open");
    let retry = RetryConfig {
        first_ms: 400,
        longest_ms: 800,
        ..RetryConfig::default()
    };
    let delivery = Delivery::start(outbox, crm.clone(), retry, heard.emit());
    let _delivery = delivery.expect("readable");
    wait_until("the third failure", || crm.asked().len() >= 3);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(crm.asked().len(), 3, "then nobody knocks for a while");
    let written = |heard: &Heard| {
        let all = heard.all();
        all.iter()
            .filter(|(_, kind)| matches!(kind, EventKind::CrmWritten(_)))
            .count()
    };
    wait_until("all of them", || written(&heard) == 40);
}

/// What comes with the program, and what is written in README, has to be understood.
#[test]
fn the_sample_descriptions_are_understood() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("crm");
    let mut read = 0;
    for entry in std::fs::read_dir(dir).expect("it is there") {
        let path = entry.expect("readable").path();
        if path.extension().is_some_and(|e| e == "toml") && !path.ends_with("samples.toml") {
            let text = std::fs::read_to_string(&path).expect("readable");
            if let Err(error) = Rest::parse(&path, &text, |_| Some("secret".to_owned())) {
                panic!("{error}");
            }
            read += 1;
        }
    }
    assert!(read > 0);
}

#[test]
fn a_mistake_in_a_description_is_named_with_its_line() {
    let good = include_str!("../../crm/generic-rest.toml");
    let secret = |_: &str| Some("secret".to_owned());
    for (right, wrong, message) in [
        (
            "timeout_ms = 10000",
            "timeout = 10",
            "unknown field `timeout`",
        ),
        (
            "{{ note.phone }}",
            "{{ note.fone }}",
            "create_ticket body: undefined value",
        ),
        (
            "{{ vars.pool }}",
            "{{ vars.pool",
            "create_ticket body: syntax error",
        ),
        (
            "{{ note.summary.text }}",
            "\"{{ note.summary.text }}\"",
            "values bring their quotes along",
        ),
        (
            "tasks?external_id={{ key }}",
            "tasks?key={{ kee }}",
            "create_task.look_up path",
        ),
        ("id = \"/id\"", "id = \"id\"", "is no JSON pointer"),
        (
            "base_url = \"https:",
            "base_url = \"ftp:",
            "neither http:// nor https://",
        ),
        ("429, \"5xx\"", "429, \"9xx\"", "\"5xx\""),
        (
            "lost_answer = \"repeat\"",
            "lost_answer = \"look_up\"",
            "go together",
        ),
        (
            "path = \"/interactions\"",
            "method = \"EAT\"\npath = \"/\"",
            "`EAT`",
        ),
    ] {
        // Comments stay as they are.
        let at = good.match_indices(right).map(|(at, _)| at).find(|at| {
            !good[..*at]
                .rsplit('\n')
                .next()
                .is_some_and(|line| line.starts_with('#'))
        });
        let at = at.unwrap_or_else(|| panic!("{right} is in the sample"));
        let text = format!("{}{wrong}{}", &good[..at], &good[at + right.len()..]);
        let line = 1 + text[..at].matches('\n').count();
        let error = Rest::parse(Path::new("my.toml"), &text, secret);
        let error = error
            .err()
            .unwrap_or_else(|| panic!("{wrong} is wrong"))
            .to_string();
        assert!(error.contains(message), "{wrong}: {error}");
        assert!(
            error.starts_with(&format!("my.toml:{line}: ")),
            "{wrong}, line {line}: {error}"
        );
    }
    let error = Rest::parse(Path::new("my.toml"), good, |_| None);
    let error = error.err().expect("there is no secret").to_string();
    assert!(error.contains("CRM_TOKEN"), "{error}");
}
