//! Notes on their way: to the CRM that comes with the program, and to scripted ones.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Condvar;
use std::time::SystemTime;

use jiff::tz::TimeZone;
use sidetone_core::identity::Clue;
use sidetone_types::customer::{Candidate, Customer};
use sidetone_types::event::{CallStarted, Event, EventId, EventRecord};
use sidetone_types::id::CallId;
use sidetone_types::lang::Lang;
use sidetone_types::party::Direction;
use sidetone_types::summary::{FollowUp, FollowUpKind, Summary};
use sidetone_types::time::MediaTime;

use super::*;
use crate::crm::{Embedded, What, Writing, embedded};
use crate::records::{Due, NoteState, Owed, Rewriting};
use crate::storage::Store;

fn note(call: &str) -> Note {
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
            lang: Lang::EN,
            reason: "Charged \"twice\"".to_owned(),
            actions: Vec::new(),
            promises: Vec::new(),
            risks: Vec::new(),
            keywords: vec!["refund".to_owned()],
            follow_ups: vec![task("Callback: refund"), task("Callback: again")],
            urgent: true,
            disposition: String::new(),
            reviewed_by: None,
            missed: Vec::new(),
            memo: String::new(),
            agent_talk_ms: 1,
            customer_talk_ms: 2,
            mood: Vec::new(),
            text: "Charged twice.".to_owned(),
        },
    }
}

fn embedded_in(store: &Store) -> Embedded {
    let (connection, key) = store.connect().expect("the same store");
    Embedded::new(connection, key, TimeZone::UTC).expect("writable")
}

/// Opens and closes a call, so that its note is in the outbox.
fn close(store: &Store, note: &Note) {
    close_for_review(store, note, Duration::ZERO);
}

/// The same, with time for somebody to review the note.
fn close_for_review(store: &Store, note: &Note, review: Duration) {
    let event = |kind| EventRecord {
        id: EventId::default(),
        call_id: CallId::new(note.call_id.as_str()),
        agent_id: note.agent_id.clone(),
        wall_time: SystemTime::now(),
        event: Event {
            party: Default::default(),
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
        parties: Vec::new(),
        languages: Vec::new(),
        metadata: BTreeMap::new(),
    })));
    let last = event(EventKind::Summary(note.summary.clone()));
    store
        .close_call(&last, Some(Owed { note, review }))
        .wait()
        .expect("the disk takes it");
}

/// What was told of notes.
#[derive(Clone, Default)]
struct Heard(Arc<(Mutex<Vec<Told>>, Condvar)>);

/// Of which call, and what.
type Told = (String, EventKind);

impl Heard {
    fn emit(&self) -> Tell {
        let heard = self.0.clone();
        Arc::new(move |note, kind| {
            let entry = (note.call_id.clone(), kind);
            heard.0.lock().expect("nobody panics here").push(entry);
            heard.1.notify_all();
        })
    }

    fn all(&self) -> Vec<Told> {
        self.0.0.lock().expect("nobody panics here").clone()
    }

    /// Waits until what was told is as `done` wants it.
    fn wait_for(&self, what: &str, done: impl Fn(&[Told]) -> bool) {
        let all = self.0.0.lock().expect("nobody panics here");
        let limit = Duration::from_secs(30);
        let waited = self.0.1.wait_timeout_while(all, limit, |all| !done(all));
        let (all, limit) = waited.expect("nobody panics here");
        assert!(!limit.timed_out(), "{what} never came: {}", all.len());
    }
}

fn quick() -> RetryConfig {
    RetryConfig {
        first_ms: 1,
        longest_ms: 5,
        ..RetryConfig::default()
    }
}

/// Answers each write as its script says, then as one that works; remembers what it was asked, and what
/// was to be written.
struct Scripted {
    script: Mutex<VecDeque<Result<(), CrmError>>>,
    asked: Mutex<Vec<(String, bool)>>,
    words: Mutex<Vec<String>>,
    settles: Duration,
}

impl Scripted {
    fn new(script: impl IntoIterator<Item = Result<(), CrmError>>) -> Arc<Self> {
        Arc::new(Self {
            script: Mutex::new(script.into_iter().collect()),
            asked: Mutex::default(),
            words: Mutex::default(),
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

    fn get(&self, _: &str) -> Result<Option<Customer>, CrmError> {
        unreachable!("nobody is asked for by their id here")
    }

    fn look_for(&self, _: &Clue) -> Result<Vec<Candidate>, CrmError> {
        unreachable!("nobody says who they are here")
    }

    fn write(&self, writing: &Writing<'_>) -> Result<String, CrmError> {
        let asked = (writing.key.to_string(), writing.repeated);
        assert_eq!(writing.customer_id, Some("C-1"));
        self.asked.lock().expect("nobody panics here").push(asked);
        let words = match writing.what {
            What::Task { task, .. } => task.title.clone(),
            What::Ticket | What::Interaction { .. } => writing.note.summary.reason.clone(),
        };
        self.words.lock().expect("nobody panics here").push(words);
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
    heard.wait_for("the ticket", |all| !all.is_empty());
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
    heard.wait_for("the ticket", |all| {
        all.iter()
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
        words: Mutex::default(),
        settles,
    });
    let store = Store::temporary().expect("a new store");
    let heard = Heard::default();
    close(&store, &note("a"));
    let began = Instant::now();
    let outbox = store.outbox().expect("open");
    let delivery = Delivery::start(outbox, crm.clone(), quick(), heard.emit());
    let _delivery = delivery.expect("readable");
    heard.wait_for("the ticket", |all| {
        all.iter()
            .any(|(_, kind)| matches!(kind, EventKind::CrmWritten(_)))
    });
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
    heard.wait_for("the refusal", |all| all.len() == 1);
    close(&store, &note("fine"));
    heard.wait_for("the other one", |all| all.len() == 2);
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
    heard.wait_for("the retry", |all| all.len() == 3);
    let done = outbox.of_call("refused").expect("readable").expect("kept");
    assert_eq!(done.entry.state, NoteState::Delivered);
    assert_eq!(
        crm.asked().last(),
        Some(&("refused/interaction".to_owned(), false))
    );
}

/// Has somebody change the note of a call, and confirm it.
fn confirm(outbox: &dyn Outbox, call: &str, change: impl FnOnce(&mut Summary)) {
    let full = outbox.of_call(call).expect("readable").expect("kept");
    let mut note = full.note.expect("readable");
    change(&mut note.summary);
    let rewriting = Rewriting {
        id: full.entry.id,
        note: &note,
        revision: full.entry.revision,
        taken: full.entry.taken,
        due: Due::Now,
    };
    assert!(outbox.rewrite(&rewriting).expect("writable"));
    outbox.wake_signal().ring();
}

fn written(all: &[Told]) -> usize {
    let written = all.iter().map(|(_, kind)| kind);
    written
        .filter(|kind| matches!(kind, EventKind::CrmWritten(_)))
        .count()
}

#[test]
fn a_note_is_written_when_its_reviewer_has_not_come_or_as_soon_as_they_confirm() {
    let crm = Scripted::new([]);
    let store = Store::temporary().expect("a new store");
    let heard = Heard::default();
    let outbox = store.outbox().expect("open");
    let delivery = Delivery::start(outbox, crm.clone(), quick(), heard.emit());
    let _delivery = delivery.expect("readable");
    let hour = Duration::from_secs(3_600);
    close_for_review(&store, &note("confirmed"), hour);
    close_for_review(&store, &note("nobody-comes"), Duration::from_millis(300));
    let outbox = store.outbox().expect("open");
    let due = outbox
        .of_call("nobody-comes")
        .expect("readable")
        .expect("kept");
    let due = due.entry.due_ms;
    close(&store, &note("at-once"));
    heard.wait_for("the note that nobody reviews", |all| written(all) == 2);
    assert!(now_ms().cast_unsigned() >= due, "not before its time");
    let calls: Vec<String> = heard.all().into_iter().map(|(call, _)| call).collect();
    assert_eq!(calls, ["at-once", "nobody-comes"]);
    let asked = |call: &str| {
        let asked = crm.asked().into_iter();
        asked.filter(|(key, _)| key.starts_with(call)).count()
    };
    assert_eq!(asked("confirmed"), 0, "nothing of it is written");

    confirm(&*outbox, "confirmed", |summary| {
        summary.reason = "Charged three times".to_owned();
        summary.follow_ups.truncate(1);
    });
    heard.wait_for("the note that is confirmed", |all| written(all) == 3);
    assert_eq!(asked("confirmed"), 3, "a ticket, one task, an interaction");
    let words = crm.words.lock().expect("nobody panics here");
    assert_eq!(
        words.last().map(String::as_str),
        Some("Charged three times")
    );
}

#[test]
fn a_note_that_was_refused_is_mended_and_each_part_of_it_written_once() {
    let refused = CrmError::Rejected {
        reason: "the CRM answered 422".to_owned(),
        answer: "title too long".to_owned(),
        maybe_written: false,
    };
    // The ticket is taken, its first task is not.
    let crm = Scripted::new([Ok(()), Err(refused)]);
    let store = Store::temporary().expect("a new store");
    let heard = Heard::default();
    close(&store, &note("a"));
    let outbox = store.outbox().expect("open");
    let delivery = Delivery::start(outbox, crm.clone(), quick(), heard.emit());
    let _delivery = delivery.expect("readable");
    heard.wait_for("the refusal", |all| all.len() == 1);
    let outbox = store.outbox().expect("open");
    let dead = outbox.of_call("a").expect("readable").expect("kept");
    assert_eq!(dead.entry.state, NoteState::Dead);
    let has = dead.written();
    assert!(has.ticket && has.tasks.is_empty(), "{has:?}");

    confirm(&*outbox, "a", |summary| {
        summary.follow_ups[0].title = "Short".to_owned();
    });
    heard.wait_for("the rest", |all| written(all) == 1);
    let asked: Vec<String> = crm.asked().into_iter().map(|(key, _)| key).collect();
    let keys = [
        "a/ticket",
        "a/task/0",
        "a/task/0",
        "a/task/1",
        "a/interaction",
    ];
    assert_eq!(asked, keys, "under the keys that they had");
    let words = crm.words.lock().expect("nobody panics here");
    assert_eq!(words[2], "Short");
    let done = outbox.of_call("a").expect("readable").expect("kept");
    assert_eq!(done.entry.state, NoteState::Delivered);
    assert_eq!(done.entry.reason, "");
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
    heard.wait_for("the fault", |all| all.len() == 1);
    close(&store, &note("fine"));
    heard.wait_for("the other one", |all| all.len() == 2);
    assert!(matches!(heard.all()[1].1, EventKind::CrmWritten(_)));
}

#[test]
fn a_crm_that_is_away_is_left_alone_by_all_notes_once_some_have_found_out() {
    let crm = Scripted::new(std::iter::repeat_n(away(false), 40));
    let store = Store::temporary().expect("a new store");
    let heard = Heard::default();
    for i in 0..40 {
        close(&store, &note(&format!("call-{i}")));
    }
    let outbox = store.outbox().expect("open");
    let retry = RetryConfig {
        first_ms: 3_600_000,
        longest_ms: 3_600_000,
        ..RetryConfig::default()
    };
    let delivery = Delivery::start(outbox, crm.clone(), retry, heard.emit());
    heard.wait_for("the third failure", |all| all.len() >= 3);
    delivery.expect("readable").stop();
    assert_eq!(crm.asked().len(), 3);
}

#[test]
fn a_ticket_of_a_number_that_several_have_goes_to_none_of_them() {
    let crm = Arc::new(Ambiguous::default());
    let store = Store::temporary().expect("a new store");
    let heard = Heard::default();
    close(&store, &note("a"));
    let outbox = store.outbox().expect("open");
    let delivery = Delivery::start(outbox, crm.clone(), quick(), heard.emit());
    heard.wait_for("the ticket", |all| !all.is_empty());
    delivery.expect("readable").stop();
    let customers = crm.0.lock().expect("nobody panics here");
    assert_eq!(*customers, [const { None::<String> }; 4]);
}

/// Knows two contacts with each number, and remembers whom things were written for.
#[derive(Default)]
struct Ambiguous(Mutex<Vec<Option<String>>>);

impl Crm for Ambiguous {
    fn name(&self) -> &str {
        "ambiguous"
    }

    fn find(&self, phone: &str) -> Result<Option<Customer>, CrmError> {
        let candidate = |id: &str| Candidate {
            customer_id: id.to_owned(),
            ..Candidate::default()
        };
        Ok(Some(Customer {
            phone: phone.to_owned(),
            candidates: vec![candidate("1"), candidate("2")],
            ..Customer::default()
        }))
    }

    fn get(&self, _: &str) -> Result<Option<Customer>, CrmError> {
        unreachable!("nobody is asked for by their id here")
    }

    fn look_for(&self, _: &Clue) -> Result<Vec<Candidate>, CrmError> {
        unreachable!("nobody says who they are here")
    }

    fn write(&self, writing: &Writing<'_>) -> Result<String, CrmError> {
        let customer = writing.customer_id.map(str::to_owned);
        self.0.lock().expect("nobody panics here").push(customer);
        Ok("1".to_owned())
    }

    fn concurrency(&self) -> usize {
        1
    }
}
