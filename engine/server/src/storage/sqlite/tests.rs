//! The store as a whole: what is kept, what comes back, and what a crash leaves behind.

use std::time::{Duration, SystemTime};

use sidetone_types::customer::Customer;
use sidetone_types::event::{CallEnded, EndReason, EventKind};

use super::*;
use crate::records::{NoteState, Owed};
use crate::storage::samples::{event, hand_over_call, note, place_call, started, summary};
use crate::storage::{
    CardFeedback, ClosedRecording, FrictionQuery, FrictionReport, NewRecording, RecordingState,
    now_ms,
};

const DAY: Duration = Duration::from_secs(24 * 3_600);

fn config(dir: &tempfile::TempDir) -> StoreConfig {
    StoreConfig {
        dir: dir.path().to_owned(),
        // Nothing of one test comes to light in another.
        spill_dir: dir.path().to_owned(),
        keep_days: 0,
        ..StoreConfig::default()
    }
}

#[test]
fn a_call_comes_back_as_it_was_told_after_the_store_was_closed() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::open(&config(&dir)).expect("a new store");
    let customer = Customer {
        customer_id: "C-1".to_owned(),
        name: "Ann".to_owned(),
        ..Customer::default()
    };
    let now = SystemTime::now();
    store.record(&event("a", now, started()));
    store.record(&event(
        "a",
        now,
        EventKind::CustomerIdentified(customer.clone()),
    ));
    place_call(&store, "a", Duration::ZERO);
    let seen = store.feedback("a", UtteranceId(1), "billing.en", false);
    seen.wait().expect("the call is known");
    let again = store.feedback("a", UtteranceId(1), "billing.en", true);
    again.wait().expect("the call is known");
    store
        .acknowledge("a", 3, "agent-7")
        .wait()
        .expect("the call is known");
    drop(store);

    let store = Store::open(&config(&dir)).expect("the same store");
    let call = store.reader().call("a").expect("readable").expect("kept");
    assert_eq!(call.agent_id, "agent-7");
    assert_eq!(call.caller, "+14155550117");
    assert_eq!(call.callee, "1001");
    assert_eq!(call.direction, "inbound");
    assert_eq!(call.languages, ["en"]);
    assert_eq!(call.metadata["queue"], "billing");
    assert_eq!(call.customer, Some(customer));
    assert_eq!(call.summary, Some(summary()));
    assert!(call.ended_ms.is_some() && call.closed_ms.is_some());
    let kinds: Vec<&str> = call
        .events
        .iter()
        .map(|event| event.event.kind.name())
        .collect();
    assert_eq!(
        kinds,
        [
            "call_started",
            "customer_identified",
            "call_started",
            "final",
            "call_ended",
            "summary"
        ],
        "all but the partial"
    );
    assert_eq!(call.said()[0].text(), "I was charged twice");
    assert_eq!(
        call.feedback,
        [CardFeedback {
            utterance: 1,
            article_id: "billing.en".to_owned(),
            useful: true
        }],
        "the second thought counts"
    );
    assert_eq!(call.acknowledged, [3]);
}

#[test]
fn a_second_engine_is_refused_until_the_first_is_gone() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let first = Store::open(&config(&dir)).expect("a new store");
    let error = Store::open(&config(&dir)).err().expect("taken").to_string();
    assert!(error.contains("in use by another engine"), "{error}");
    Reader::open(&config(&dir)).expect("reading is for everyone");
    drop(first);
    Store::open(&config(&dir)).expect("free again");
}

#[test]
fn tools_say_where_a_store_is_missing() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let error = SqliteOutbox::open(&config(&dir))
        .err()
        .expect("nothing there")
        .to_string();
    assert!(error.contains("there is no store in"), "{error}");
}

#[test]
fn old_calls_go_but_not_open_ones_and_no_undelivered_note() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::open(&config(&dir)).expect("a new store");
    for (call, days) in [("old", 40), ("older", 50), ("young", 5)] {
        place_call(&store, call, days * DAY);
    }
    store.record(&event("open", SystemTime::now() - 60 * DAY, started()));
    let outbox = store.outbox().expect("open");
    let taken = outbox.take_due().expect("readable").expect("due");
    assert_eq!(taken.note.call_id, "older", "due for longest");
    outbox.delivered(taken.id).expect("writable");
    let friction = store.friction().expect("open");
    for days in [60, 1] {
        let report = FrictionReport {
            at_ms: now_ms().cast_unsigned() - days * 24 * 3_600_000,
            ..FrictionReport::default()
        };
        friction.keep(&report, "").expect("writable");
    }
    drop((store, outbox, friction));

    let keep = StoreConfig {
        keep_days: 30,
        ..config(&dir)
    };
    let store = Store::open(&keep).expect("the same store");
    // Old calls are looked for before a change is taken, some at a time.
    for _ in 0..2 {
        store.acknowledge("young", 1, "x").wait().expect("known");
    }
    for (call, expected) in [
        ("old", false),
        ("older", false),
        ("young", true),
        ("open", true),
    ] {
        assert_eq!(
            store.reader().knows(call).expect("readable"),
            expected,
            "{call}"
        );
    }
    let friction = store.friction().expect("open");
    let kept = friction.list(&FrictionQuery::default(), 9);
    assert_eq!(kept.expect("readable").len(), 1, "of no call, and old");
    let outbox = store.outbox().expect("open");
    assert!(
        outbox.of_call("old").expect("readable").is_some(),
        "still owed"
    );
    assert!(
        outbox.of_call("older").expect("readable").is_none(),
        "delivered"
    );
}

#[test]
fn the_index_reads_on_where_it_left_off() {
    let store = Store::temporary().expect("a new store");
    place_call(&store, "a", Duration::ZERO);
    place_call(&store, "b", Duration::ZERO);
    let first = store.reader().lines_after(0, 3).expect("readable").lines;
    let rest = store
        .reader()
        .lines_after(first[2].row, 100)
        .expect("readable")
        .lines;
    let event: Vec<(&str, &str)> = first
        .iter()
        .chain(&rest)
        .map(|line| (line.call_id.as_str(), line.event.event.kind.name()))
        .collect();
    let expected = [
        ("a", "final"),
        ("a", "summary"),
        ("b", "final"),
        ("b", "summary"),
    ];
    assert_eq!(event, expected);
}

#[test]
fn readers_see_whole_calls_while_others_are_written() {
    let store = Store::temporary().expect("a new store");
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for i in 0..50 {
                place_call(&store, &format!("call-{i}"), Duration::ZERO);
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                let mut row = 0;
                let mut lines = 0;
                while lines < 100 {
                    for line in store.reader().lines_after(row, 7).expect("readable").lines {
                        assert!(line.row > row, "in order, none twice");
                        row = line.row;
                        lines += 1;
                        let call = store.reader().call(&line.call_id).expect("readable");
                        let call = call.expect("committed with its line");
                        if call.closed_ms.is_some() {
                            assert_eq!(call.events.len(), 4, "closed with all that was told");
                        }
                    }
                }
            });
        }
        writing.join().expect("written");
    });
}

#[test]
fn notes_leave_in_the_order_they_are_due_and_a_person_may_try_again() {
    let store = Store::temporary().expect("a new store");
    for (call, ago) in [("second", 20), ("first", 30), ("third", 10)] {
        place_call(&store, call, Duration::from_secs(ago));
    }
    let outbox = store.outbox().expect("open");
    let first = outbox.take_due().expect("readable").expect("due");
    assert_eq!(first.note.call_id, "first");
    outbox
        .give_up(first.id, 3, "ticket: no such pool")
        .expect("writable");
    let second = outbox.take_due().expect("readable").expect("due");
    let later = now_ms() + 60_000;
    outbox
        .put_off(second.id, later, 1, "away")
        .expect("writable");
    let third = outbox.take_due().expect("readable").expect("due");
    assert_eq!(
        third.note.call_id, "third",
        "nobody waits for one that is put off"
    );
    assert!(outbox.take_due().expect("readable").is_none());
    assert_eq!(outbox.next_due().expect("readable"), Some(later));

    let dead = outbox.list(NoteState::Dead, 10).expect("readable");
    assert_eq!(dead[0].reason, "ticket: no such pool");
    assert!(outbox.retry(first.id).expect("writable"));
    assert!(
        !outbox.retry(third.id).expect("writable"),
        "it is being written"
    );
    let again = outbox.take_due().expect("readable").expect("due at once");
    assert_eq!((again.id, again.attempts), (first.id, 0));

    assert_eq!(
        outbox.put_all_back().expect("writable"),
        2,
        "as after a crash"
    );
    assert!(
        !outbox.discard(third.id).expect("writable"),
        "only the dead"
    );
    outbox.give_up(first.id, 1, "no").expect("writable");
    assert_eq!(outbox.retry_all_dead().expect("writable"), 1);
    outbox.give_up(first.id, 1, "no").expect("writable");
    assert!(outbox.discard(first.id).expect("writable"));
    assert!(outbox.entry(first.id).expect("readable").is_none());
}

#[test]
fn a_note_of_an_earlier_version_was_never_for_review() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::open(&config(&dir)).expect("a new store");
    for call in ["waits", "new"] {
        place_call(&store, call, Duration::ZERO);
    }
    let outbox = store.outbox().expect("open");
    let id = outbox
        .of_call("waits")
        .expect("readable")
        .expect("kept")
        .entry
        .id;
    let later = now_ms() + 60_000;
    outbox.put_off(id, later, 0, "").expect("writable");
    drop(outbox);
    let (connection, _) = store.connect().expect("open");
    connection
        .execute_batch(
            "DROP TABLE knowledge_versions; DROP TABLE friction; DROP TABLE choices; DROP TABLE board_hours; DROP TABLE board_thresholds;
             ALTER TABLE outbox DROP COLUMN taken; ALTER TABLE outbox DROP COLUMN revision;
             PRAGMA user_version = 6;",
        )
        .expect("as it was");
    drop((connection, store));

    let store = Store::open(&config(&dir)).expect("the same store");
    let outbox = store.outbox().expect("open");
    let entry = outbox.entry(id).expect("readable").expect("kept").entry;
    assert_eq!(
        (entry.taken, entry.revision, entry.due_ms),
        (1, 0, later.cast_unsigned())
    );
    assert!(!entry.is_in_review());
    let taken = outbox.take_due().expect("readable").expect("due");
    assert_eq!(taken.note.call_id, "new");
}

#[test]
fn a_note_that_cannot_be_read_is_left_to_a_person_and_holds_nobody_up() {
    let store = Store::temporary().expect("a new store");
    place_call(&store, "strange", Duration::from_secs(9));
    place_call(&store, "plain", Duration::ZERO);
    let changed = store.connect().expect("open").0.execute(
        "UPDATE outbox SET note = '{\"from\": \"the future\"}' WHERE call = 'strange'",
        [],
    );
    assert_eq!(changed.expect("writable"), 1);
    let outbox = store.outbox().expect("open");
    let taken = outbox.take_due().expect("readable").expect("due");
    assert_eq!(taken.note.call_id, "plain");
    let dead = outbox.of_call("strange").expect("readable").expect("kept");
    assert_eq!(dead.entry.state, NoteState::Dead);
}

/// The writer's connection may be busy for as long as this lives.
fn lock(store: &Store) -> Connection {
    let (other, _) = store.connect().expect("open");
    other.execute_batch("BEGIN IMMEDIATE").expect("free");
    other
}

#[test]
fn a_call_id_used_again_while_a_backup_holds_the_lock_is_known_already() {
    let store = Store::temporary().expect("a new store");
    let backup = lock(&store);
    drop(hand_over_call(&store, "urgent", Duration::ZERO));
    assert!(
        !store.reader().knows("urgent").expect("readable"),
        "not committed"
    );
    assert!(store.knows("urgent").expect("readable"), "but known");
    drop(backup);
    let again = event("urgent", SystemTime::now(), EventKind::Summary(summary()));
    let again = store
        .close_call(&again, Some(Owed::now(&note("urgent"))))
        .wait();
    assert!(
        matches!(again, Err(StoreError::ClosedBefore(_))),
        "{again:?}"
    );
    assert!(
        store.knows("urgent").expect("readable"),
        "and committed now"
    );
    let outbox = store.outbox().expect("open");
    assert!(outbox.of_call("urgent").expect("readable").is_some());
}

#[test]
fn a_change_that_fails_is_counted_also_when_nobody_waits_for_it() {
    let store = Store::temporary().expect("a new store");
    place_call(&store, "a", Duration::ZERO);
    let last = event("a", SystemTime::now(), EventKind::Summary(summary()));
    drop(store.close_call(&last, Some(Owed::now(&note("a")))));
    // Comes after it.
    store.acknowledge("a", 1, "x").wait().expect("known");
    assert_eq!(store.health().failed, 1);
}

fn full() -> StoreError {
    let full = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
    StoreError::Database(rusqlite::Error::SqliteFailure(full, None))
}

#[test]
fn a_call_that_ends_on_a_full_disk_is_written_with_the_room_of_the_reserve() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let place = Place::at(dir.path());
    let reserve = place.reserve();
    let fault = move || reserve.exists().then(full);
    let store =
        Store::start(place, &config(&dir), None, Some(Box::new(fault))).expect("a new store");
    drop(hand_over_call(&store, "a", Duration::ZERO));
    store.close().expect("nothing is lost");
    assert_eq!(store.health().lost, 0);
    drop(store);

    let store = Store::open(&config(&dir)).expect("the same store");
    assert!(
        store
            .reader()
            .call("a")
            .expect("readable")
            .expect("kept")
            .summary
            .is_some()
    );
    let outbox = store.outbox().expect("open");
    assert!(outbox.of_call("a").expect("readable").is_some());
}

#[test]
fn an_engine_that_loses_changes_says_so_when_it_stops() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let place = Place::at(dir.path());
    let nowhere = StoreConfig {
        spill_dir: dir.path().join("lock/is-a-file"),
        ..config(&dir)
    };
    let store = Store::start(place, &nowhere, None, Some(Box::new(|| Some(full()))));
    let store = store.expect("a new store");
    drop(hand_over_call(&store, "a", Duration::ZERO));
    let error = store
        .close()
        .expect_err("the disk never took it")
        .to_string();
    assert!(error.contains("changes are lost"), "{error}");
    assert!(store.health().failing_for.is_some());
    assert!(!store.reader().knows("a").expect("readable"));
}

/// A disk that was mounted again read-only after a fault: no reserve helps.
fn read_only() -> Option<StoreError> {
    let error = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY);
    let error = rusqlite::Error::SqliteFailure(error, None);
    Some(StoreError::Database(error))
}

/// The files in `folder` that a store has written down its changes in.
fn spilled(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).expect("readable");
    let files = files.map(|file| file.expect("readable").path());
    files
        .filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .collect()
}

#[test]
fn what_a_read_only_disk_refused_to_the_end_is_taken_up_by_the_next_start() {
    let (dir, elsewhere) = (
        tempfile::tempdir().expect("a temporary directory"),
        tempfile::tempdir().expect("a temporary directory"),
    );
    let config = StoreConfig {
        spill_dir: elsewhere.path().to_owned(),
        ..config(&dir)
    };
    let start = |fault: Option<Fault>| {
        let store = Store::start(Place::at(dir.path()), &config, None, fault);
        store.expect("ours alone")
    };
    let store = start(Some(Box::new(read_only)));
    let closed = hand_over_call(&store, "a", Duration::ZERO);
    drop(store.acknowledge("a", 3, "agent-7"));
    drop(store.feedback("a", UtteranceId(1), "billing.en", true));
    store.close().expect("nothing is lost");
    closed.wait().expect("as safe as can be");
    let health = store.health();
    assert_eq!((health.spilled, health.lost), (6, 0));
    assert!(store.reader().call("a").expect("readable").is_none());
    drop(store);
    let files = spilled(elsewhere.path());
    assert_eq!(files.len(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let rights = std::fs::metadata(&files[0]).expect("there").permissions();
        assert_eq!(rights.mode() & 0o777, 0o600, "it holds what people said");
    }
    let again = std::fs::read(&files[0]).expect("readable");

    // Another store leaves it alone.
    let other = tempfile::tempdir().expect("a temporary directory");
    let of_other = StoreConfig {
        dir: other.path().to_owned(),
        ..config.clone()
    };
    drop(Store::open(&of_other).expect("a new store"));
    assert_eq!(spilled(elsewhere.path()).len(), 1);

    // Taken up twice, because it could not be removed, it is there once.
    for _ in 0..2 {
        std::fs::write(&files[0], &again).expect("writable");
        let store = start(None);
        let call = store.reader().call("a").expect("readable").expect("kept");
        assert_eq!(call.events.len(), 4, "all but the partial");
        assert_eq!(call.summary, Some(summary()));
        assert_eq!((call.acknowledged.len(), call.feedback.len()), (1, 1));
        assert_eq!(store.reader().note_counts().expect("readable").waiting, 1);
        store.close().expect("nothing is lost");
        assert!(spilled(elsewhere.path()).is_empty(), "it is in the store");
    }
}

#[test]
fn a_change_that_was_cut_off_when_it_was_written_down_does_not_keep_the_others_back() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let start = |fault: Option<Fault>| {
        let store = Store::start(Place::at(dir.path()), &config(&dir), None, fault);
        store.expect("ours alone")
    };
    let store = start(Some(Box::new(read_only)));
    drop(hand_over_call(&store, "a", Duration::ZERO));
    store.close().expect("nothing is lost");
    drop(store);
    let file = &spilled(dir.path())[0];
    let text = std::fs::read_to_string(file).expect("readable");
    std::fs::write(file, &text[..text.len() - 20]).expect("writable");
    let store = start(None);
    let call = store.reader().call("a").expect("readable").expect("kept");
    assert_eq!(call.events.len(), 3, "all but its closing");
    let left = store.reader().unfinished().expect("readable");
    assert_eq!(left.calls.len(), 1, "which the next engine makes good");
}

#[test]
fn a_clock_that_leapt_ahead_while_the_engine_was_away_forgets_nothing_until_a_person_confirms_it() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::open(&config(&dir)).expect("a new store");
    // To this store, today is 400 days ahead.
    for call in ["a", "b"] {
        place_call(&store, call, 400 * DAY);
    }
    drop(store);
    let keep = StoreConfig {
        keep_days: 30,
        ..config(&dir)
    };
    let forgotten = |store: &Store| {
        // Old calls are looked for before the first change is taken.
        store.acknowledge("a", 1, "x").wait().ok();
        store.reader().forgotten_after(0).expect("readable").len()
    };
    let store = Store::open(&keep).expect("the same store");
    assert_eq!(forgotten(&store), 0);
    drop(store);

    std::fs::write(dir.path().join("clock-is-right"), "").expect("writable");
    let store = Store::open(&keep).expect("the same store");
    assert_eq!(forgotten(&store), 2);
    assert!(
        !dir.path().join("clock-is-right").exists(),
        "it counts once"
    );
}

#[test]
fn a_call_is_as_long_as_its_own_clock_says_though_the_wall_clock_leapt_back() {
    let store = Store::temporary().expect("a new store");
    let now = SystemTime::now();
    store.record(&event("a", now, started()));
    let ended = EventKind::CallEnded(CallEnded {
        reason: EndReason::Disconnected,
        legs: Vec::new(),
    });
    store.record(&event("a", now - 4_000 * DAY, ended));
    store.acknowledge("a", 1, "x").wait().expect("known");
    let call = store.reader().call("a").expect("readable").expect("kept");
    assert_eq!(
        call.ended_ms,
        Some(call.opened_ms + 2_000),
        "where the last event ends"
    );
}

#[test]
fn a_call_is_kept_as_long_as_its_recording_and_what_is_held_for_ever() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::open(&config(&dir)).expect("a new store");
    let recordings = store.recordings().expect("open");
    let now = now_ms().cast_unsigned();
    let day = 24 * 3_600 * 1_000;
    for (call, keep_until_ms) in [
        ("long", Some(now + 30 * day)),
        ("short", Some(now - 20 * day)),
        ("held", Some(now - 20 * day)),
        ("as-the-call", None),
        ("unclosed", None),
        ("young", Some(now - day)),
    ] {
        let ago = if call == "young" { DAY } else { 40 * DAY };
        place_call(&store, call, ago);
        recordings
            .begin(&NewRecording {
                call,
                class: "default",
                file: call,
                began_ms: now - 40 * day,
                keep_until_ms,
            })
            .expect("new");
        let closed = ClosedRecording {
            state: RecordingState::Whole,
            file: None,
            samples: 1,
            bytes: 1,
            points: &[],
        };
        // Its file is lost: it can never be closed.
        if call != "unclosed" {
            recordings.close(call, &closed).expect("writable");
        }
    }
    recordings.hold("held", "ann", "a dispute").expect("kept");
    drop((store, recordings));
    std::fs::write(dir.path().join("clock-is-right"), "").expect("writable");
    let keep = StoreConfig {
        keep_days: 30,
        ..config(&dir)
    };
    let store = Store::open(&keep).expect("the same store");
    // Old calls are looked for before the first change is taken.
    store.acknowledge("long", 1, "x").wait().expect("kept");
    let kept = |call: &str| {
        let recordings = store.recordings().expect("open");
        let recording = recordings.recording(call).expect("readable").is_some();
        (store.knows(call).expect("readable"), recording)
    };
    for (call, expected) in [
        ("long", (true, true)),
        ("short", (false, false)),
        ("held", (true, true)),
        ("as-the-call", (false, false)),
        ("unclosed", (false, false)),
        ("young", (true, false)),
    ] {
        assert_eq!(kept(call), expected, "{call}");
    }
}

mod contract {
    use crate::storage::contract;
    use crate::storage::sqlite::{Store, StoreConfig};

    impl contract::Place for tempfile::TempDir {
        type Store = Store;

        fn open(&self) -> Store {
            let config = StoreConfig {
                dir: self.path().to_owned(),
                ..StoreConfig::default()
            };
            Store::open(&config).expect("ours alone")
        }
    }

    contract::suite!(tempfile::tempdir().expect("a temporary directory"));
}
