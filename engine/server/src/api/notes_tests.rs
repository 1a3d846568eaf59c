//! Notes are read and reviewed by whom they concern, before the CRM has them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sidetone_access::{Identified, Known, Role, Roles};
use sidetone_core::review::Review;
use sidetone_types::class::{Class, Clearance};
use sidetone_types::event::{CrmFailed, EventKind, EventRecord};
use sidetone_types::summary::{FollowUp, FollowUpKind};

use super::tests::api;
use super::*;
use crate::records::{NoteStanding, Owed, Step};
use crate::storage::CallStore;
use crate::storage::samples::{close_for_review, event, note, place_call, started, summary};

const HOUR: Duration = Duration::from_secs(3_600);

fn role(name: &str) -> Arc<Role> {
    let roles = Roles::built_in();
    let mut all = roles.all();
    let role = all.find(|role| role.name == name);
    role.expect("built in").clone()
}

fn somebody(role: Arc<Role>, agent_id: &str) -> Principal {
    Principal::new(Known {
        name: "ann".to_owned(),
        identified: Identified::Session("1".to_owned()),
        roles: vec![role],
        agent_id: Some(agent_id.to_owned()),
        team: Arc::new(BTreeSet::from(["agent-7".to_owned()])),
    })
}

fn agent() -> Principal {
    somebody(role("agent"), "agent-7")
}

/// An engine whose notes wait for an hour.
fn with_review() -> Api {
    let mut config = Config::default();
    config.crm.review_s = HOUR.as_secs();
    api(config)
}

/// Does something with the store, and waits for the disk.
async fn store<T: Send + 'static>(
    api: &Api,
    work: impl FnOnce(&dyn CallStore) -> T + Send + 'static,
) -> T {
    let store = api.0.services.store.clone();
    let done = tokio::task::spawn_blocking(move || work(store.as_ref()));
    done.await.expect("no panic")
}

async fn place(api: &Api, calls: &'static [&'static str]) {
    store(api, move |store| {
        for call in calls {
            close_for_review(store, call, (Duration::ZERO, HOUR));
        }
    })
    .await;
}

/// Has the note of call `a` tried and refused, after it was confirmed.
async fn refuse(api: &Api, steps: &'static [(Step, &'static str)]) {
    store(api, move |store| {
        let outbox = store.outbox().expect("open");
        let taken = outbox.take_due().expect("readable").expect("it is due");
        for (step, crm_id) in steps {
            outbox.begin(taken.id, *step).expect("writable");
            outbox.finish(taken.id, *step, crm_id).expect("writable");
        }
        outbox
            .give_up(taken.id, 1, "ticket: 422")
            .expect("writable");
        let failed = EventKind::CrmFailed(CrmFailed {
            reason: "the CRM did not take the ticket: too long".to_owned(),
            detail: "ticket: 422".to_owned(),
            retrying: false,
            attempts: 1,
        });
        store.record(&event("a", SystemTime::now(), failed));
    })
    .await;
}

fn order(revision: u64, confirm: bool, review: Review) -> ReviewOrder {
    ReviewOrder {
        revision,
        confirm,
        review,
        by: "somebody else".to_owned(),
    }
}

fn reason(text: &str) -> Review {
    Review {
        reason: Some(text.to_owned()),
        ..Review::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_is_reviewed_by_whom_it_concerns() {
    let api = with_review();
    place(&api, &["mine"]).await;
    store(&api, |store| {
        // Begun by one agent, and ended by another.
        store.record(&event("handed-over", SystemTime::now(), started()));
        let last = EventRecord {
            agent_id: "agent-8".to_owned(),
            ..event(
                "handed-over",
                SystemTime::now(),
                EventKind::Summary(summary()),
            )
        };
        let owed = &note("handed-over");
        let closed = store.close_call(&last, Some(Owed::now(owed)));
        closed.wait().expect("it has begun");
    })
    .await;
    let blind = Arc::new(Role {
        sees: role("analyst").sees,
        ..Role::clone(&role("service"))
    });
    let quality = somebody(role("quality"), "");
    for (who, call, reads, reviews) in [
        (agent(), "mine", "review", "reviewed"),
        (
            somebody(role("supervisor"), "agent-5"),
            "mine",
            "review",
            "reviewed",
        ),
        (
            somebody(role("agent"), "agent-9"),
            "mine",
            "may not",
            "may not",
        ),
        (quality, "mine", "review", "may not"),
        (somebody(blind, ""), "mine", "review", "do not see"),
        (agent(), "handed-over", "handed over", "handed over"),
        (
            somebody(role("agent"), "agent-8"),
            "handed-over",
            "waiting",
            "reviewed",
        ),
        (
            somebody(role("service"), ""),
            "nowhere",
            "no call",
            "no call",
        ),
    ] {
        let read = api.note(&who, call).await;
        let revision = read.as_ref().map_or(0, |note| note.revision);
        let read = match read {
            Ok(note) => format!("{:?}", note.state).to_lowercase(),
            Err(error) => error.to_string(),
        };
        assert!(read.contains(reads), "{call}: {read}");
        let made = order(revision, false, reason("Charged three times"));
        let reviewed = match api.review_note(&who, call, made).await {
            Ok(note) => format!("reviewed by {:?}", note.summary.reviewed_by),
            Err(error) => error.to_string(),
        };
        assert!(reviewed.contains(reviews), "{call}: {reviewed}");
    }
    let shown = api.note(&somebody(role("analyst"), ""), "mine").await;
    let shown = shown.expect("may read calls");
    assert_eq!(shown.summary.reason, "");
    assert_eq!(shown.summary.reviewed_by, None);
    assert!(shown.hidden.contains(&Class::Sensitive));
    assert_eq!(shown.revision, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_reviewed_is_told_kept_and_written_once_it_is_confirmed() {
    let api = with_review();
    place(&api, &["a"]).await;
    let who = agent();
    let read = api.note(&who, "a").await.expect("may");
    assert_eq!(
        (read.state, read.revision, read.attempts),
        (NoteStanding::Review, 0, 0)
    );
    assert_eq!((read.failure, read.written), (None, vec![]));
    assert_eq!(read.dispositions, api.0.config.crm.dispositions);
    let due = read.due_ms.expect("it waits");

    let before = api.0.bus.last();
    let made = Review {
        disposition: Some("resolved".to_owned()),
        ..reason("Card 4111 1111 1111 1111 was charged twice")
    };
    let saved = api.review_note(&who, "a", order(0, false, made)).await;
    let saved = saved.expect("may");
    assert_eq!((saved.state, saved.revision), (NoteStanding::Review, 1));
    assert_eq!(saved.due_ms, Some(due), "there is time enough");
    let summary = &saved.summary;
    assert_eq!(summary.reason, "Card [card number] was charged twice");
    assert_eq!(summary.reviewed_by.as_deref(), Some("ann"), "whom we know");
    assert!(
        summary.text.contains("Reason: Card [card number] was"),
        "{}",
        summary.text
    );
    assert!(
        summary.text.contains("Outcome: resolved"),
        "{}",
        summary.text
    );
    let rung = store(&api, |store| {
        store.outbox().expect("open").wake_signal().count()
    })
    .await;

    let confirmed = api
        .review_note(&who, "a", order(1, true, Review::default()))
        .await;
    let confirmed = confirmed.expect("may");
    assert_eq!(
        (confirmed.state, confirmed.revision),
        (NoteStanding::Waiting, 2)
    );
    let now = store(&api, |store| {
        let outbox = store.outbox().expect("open");
        let rung = outbox.wake_signal().count();
        let taken = outbox.take_due().expect("readable").expect("it is due");
        (rung, taken.note)
    });
    let (rung_again, written) = now.await;
    assert!(rung_again > rung, "at once");
    assert_eq!(written.summary, confirmed.summary);

    // Those who follow the call are told each time, and whoever reads it has the last.
    let filter = sidetone_core::event_log::Filter::default();
    let start = sidetone_core::event_log::Start::After(before);
    let mut follower = api.0.bus.subscribe(start, filter);
    let page = follower.next().await.expect("told");
    let told = page.events.iter().map(|event| match &event.event.kind {
        EventKind::Summary(summary) => summary.clone(),
        other => panic!("{}", other.name()),
    });
    let told: Vec<_> = told.collect();
    assert_eq!(told, [saved.summary.clone(), confirmed.summary.clone()]);
    let call = api.stored_call(&who, "a").await.expect("may");
    assert_eq!(call.summary.as_ref(), Some(&confirmed.summary));
    let events = call.events.iter().map(|event| event.event.kind.name());
    assert_eq!(events.filter(|kind| *kind == "summary").count(), 3);
    assert!(!serde_json::to_string(&call).expect("JSON").contains("4111"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_desks_the_second_is_told_that_the_note_has_changed() {
    let api = with_review();
    place(&api, &["a"]).await;
    let who = agent();
    for revision in [0, 1] {
        let made = api.review_note(&who, "a", order(revision, false, reason("Another one")));
        made.await.expect("it was read");
    }
    let stale = api
        .review_note(&who, "a", order(1, true, reason("Too late")))
        .await;
    let error = stale.expect_err("stale");
    assert!(matches!(error, ApiError::Conflict(_)), "{error}");
    assert!(
        error.to_string().contains("`revision` is 2, not 1"),
        "{error}"
    );
    // At the same time only one of them is the first.
    let at_once = (0..8).map(|i| {
        let made = order(2, false, reason(&format!("Try {i}")));
        let (api, who) = (api.clone(), who.clone());
        async move { api.review_note(&who, "a", made).await }
    });
    let made = futures_util::future::join_all(at_once).await;
    let taken = made.iter().filter(|made| made.is_ok()).count();
    assert_eq!(taken, 1);
    let refused = made.iter().filter_map(|made| made.as_ref().err());
    for error in refused {
        assert!(matches!(error, ApiError::Conflict(_)), "{error}");
    }
    assert_eq!(api.note(&who, "a").await.expect("may").revision, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_that_the_crm_refused_is_mended_and_sent_again() {
    let api = with_review();
    store(&api, |store| place_call(store, "a", Duration::ZERO)).await;
    refuse(&api, &[]).await;
    let who = agent();
    let dead = api.note(&who, "a").await.expect("may");
    assert_eq!((dead.state, dead.due_ms), (NoteStanding::Dead, None));
    assert!(dead.settled_ms.is_some());
    assert_eq!(
        dead.failure.as_deref(),
        Some("the CRM did not take the ticket: too long")
    );
    let saved = api
        .review_note(&who, "a", order(0, false, reason("Short")))
        .await;
    assert_eq!(
        saved.expect("may").state,
        NoteStanding::Dead,
        "it is not sent"
    );
    let sent = api
        .review_note(&who, "a", order(1, true, Review::default()))
        .await;
    let sent = sent.expect("may");
    assert_eq!((sent.state, sent.attempts), (NoteStanding::Waiting, 0));
    assert_eq!(sent.summary.reason, "Short");

    // The ticket is written, a task is refused: the ticket's words stay, the task may be mended.
    let task = FollowUp {
        kind: FollowUpKind::Callback,
        title: "Callback: refund".to_owned(),
        due: None,
        due_time: None,
        when_said: None,
    };
    let made = Review {
        follow_ups: Some(vec![task.clone()]),
        ..Review::default()
    };
    let made = api.review_note(&who, "a", order(2, true, made)).await;
    made.expect("nothing is written");
    refuse(&api, &[(Step::Contact, "C-1"), (Step::Ticket, "T-1")]).await;
    let half = api.note(&who, "a").await.expect("may");
    let written: Vec<_> = half
        .written
        .iter()
        .map(|done| (done.step.as_str(), done.crm_id.as_deref()))
        .collect();
    assert_eq!(written, [("ticket", Some("T-1"))]);
    let there = api
        .review_note(&who, "a", order(3, true, reason("Another one")))
        .await;
    let error = there.expect_err("the CRM has it");
    assert!(matches!(error, ApiError::Exists(_)), "{error}");
    assert!(error.to_string().contains("`reason`"), "{error}");
    let mended = Review {
        follow_ups: Some(vec![FollowUp {
            title: "Call".to_owned(),
            ..task
        }]),
        ..Review::default()
    };
    let mended = api.review_note(&who, "a", order(3, true, mended)).await;
    assert_eq!(mended.expect("it may").summary.follow_ups[0].title, "Call");

    // On its way, and there.
    let outbox = store(&api, |store| store.outbox().expect("open")).await;
    let taken = outbox.take_due().expect("readable").expect("due");
    let busy = api
        .review_note(&who, "a", order(4, true, Review::default()))
        .await;
    let error = busy.expect_err("in flight");
    assert!(matches!(error, ApiError::Conflict(_)), "{error}");
    assert!(error.to_string().contains("being written"), "{error}");
    outbox.delivered(taken.id).expect("writable");
    let done = api.note(&who, "a").await.expect("may");
    assert_eq!((done.state, done.failure), (NoteStanding::Delivered, None));
    let late = api
        .review_note(&who, "a", order(4, true, Review::default()))
        .await;
    let error = late.expect_err("delivered");
    assert!(matches!(error, ApiError::Exists(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_shown_no_name_gives_one_and_nothing_else_passes() {
    let api = with_review();
    place(&api, &["a"]).await;
    let who = Principal::local();
    let named = api
        .review_note(&who, "a", order(0, false, Review::default()))
        .await;
    let named = named.expect("may").summary.reviewed_by;
    assert_eq!(named.as_deref(), Some("somebody else"));
    for (by, problem) in [
        ("a".repeat(257), "longer than 256"),
        ("a\nb".to_owned(), "line break"),
    ] {
        let made = ReviewOrder {
            by,
            ..order(1, false, Review::default())
        };
        let error = api.review_note(&who, "a", made).await.expect_err("no name");
        assert!(error.to_string().contains(problem), "{error}");
    }
    let wrong = Review {
        disposition: Some("solved".to_owned()),
        ..Review::default()
    };
    let error = api.review_note(&who, "a", order(1, true, wrong)).await;
    let error = error.expect_err("none of them");
    assert!(matches!(error, ApiError::Invalid(_)), "{error}");
    assert!(error.to_string().contains("resolved, follow_up"), "{error}");
    let note = api.note(&who, "a").await.expect("may");
    assert_eq!(
        (note.state, note.revision),
        (NoteStanding::Review, 1),
        "nothing is changed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_goes_on_has_no_note_yet() {
    let api = with_review();
    store(&api, |store| {
        store.record(&event("live", SystemTime::now(), started()));
        store.settle().wait().expect("the disk takes it");
        let last = event("silent", SystemTime::now(), started());
        store.record(&last);
        let closed = store.close_call(
            &event("silent", SystemTime::now(), EventKind::PartyLeft),
            None,
        );
        closed.wait().expect("it has begun");
    })
    .await;
    for (call, why) in [
        ("live", "still goes on"),
        ("silent", "no note of call `silent`"),
    ] {
        let error = api.note(&agent(), call).await.expect_err("none");
        assert!(matches!(error, ApiError::NotFound(_)), "{error}");
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[test]
fn the_fields_of_a_note_have_their_classes() {
    use sidetone_types::class::Classed as _;
    let mut told = Vec::new();
    NoteView::fields("", &mut told);
    let class = |path: &str| {
        told.iter()
            .find(|(of, _)| of == path)
            .map(|(_, class)| *class)
    };
    assert_eq!(class("summary.reason"), Some(Class::Sensitive));
    assert_eq!(class("summary.reviewed_by"), Some(Class::Personal));
    assert_eq!(class("failure"), Some(Class::Sensitive));
    assert_eq!(class("state"), Some(Class::Basic));
    assert!(!Clearance::BASIC.sees(Class::Sensitive));
}
