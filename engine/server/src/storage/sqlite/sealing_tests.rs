//! What a store keeps is sealed, opens with its keys, and does not without.

use std::path::Path;
use std::time::{Duration, SystemTime};

use rusqlite::Connection;
use sidetone_types::customer::Customer;
use sidetone_types::event::EventKind;

use super::*;
use crate::storage::keys::KeysConfig;
use crate::storage::samples::{event, place_call, started, summary};

const NAME: &str = "Wilhelmina Drosselmeyer";

fn config(dir: &Path) -> StoreConfig {
    StoreConfig {
        dir: dir.to_owned(),
        spill_dir: dir.to_owned(),
        ..StoreConfig::default()
    }
}

/// A store with the calls `a` and `b`, wrapped up, with all that is kept of them.
fn filled(dir: &Path) -> Store {
    let store = Store::open(&config(dir)).expect("a new store");
    let customer = Customer {
        customer_id: "customer-1789".to_owned(),
        name: NAME.to_owned(),
        ..Customer::default()
    };
    for call in ["a", "b"] {
        let now = SystemTime::now();
        store.record(&event(call, now, started()));
        let customer = EventKind::CustomerIdentified(customer.clone());
        store.record(&event(call, now, customer));
        place_call(&store, call, Duration::ZERO);
        let seen = store.acknowledge(call, 3, NAME);
        seen.wait().expect("the call is known");
    }
    store
}

/// The files of the folder in which any of `texts` lies in clear.
fn in_clear(dir: &Path, texts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(dir).expect("a folder") {
        let path = file.expect("a file").path();
        let bytes = std::fs::read(&path).expect("readable");
        let holds = |text: &&&str| {
            let text = text.as_bytes();
            bytes.windows(text.len()).any(|window| window == text)
        };
        let held = texts.iter().filter(holds);
        found.extend(held.map(|text| format!("{text} in {}", path.display())));
    }
    found
}

fn execute(dir: &Path, sql: &str) {
    let connection = Connection::open(dir.join("sidetone.db")).expect("there");
    connection.execute_batch(sql).expect("its tables");
}

#[test]
fn who_called_and_what_was_said_lies_in_clear_in_no_file() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = filled(dir.path());
    let outbox = store.outbox().expect("open");
    let note = outbox.take_due().expect("readable").expect("due");
    let reason = format!("{NAME} is not known");
    outbox.give_up(note.id, 1, &reason).expect("written");
    let texts = [
        NAME,
        "+14155550117",
        "customer-1789",
        &summary().text,
        "queue",
    ];
    assert_eq!(
        in_clear(dir.path(), &texts),
        [""; 0],
        "beside a live engine"
    );
    let dead = outbox.entry(note.id).expect("readable").expect("kept");
    assert_eq!(dead.entry.reason, reason);
    store.close().expect("written");
    drop((store, outbox));
    assert_eq!(in_clear(dir.path(), &texts), [""; 0], "and behind it");
    let store = Store::open(&config(dir.path())).expect("with the same keys");
    let call = store.reader().call("a").expect("readable").expect("kept");
    assert_eq!(call.customer.expect("known").name, NAME);
    assert_eq!(call.unreadable, 0);
}

#[test]
fn without_its_master_key_a_store_does_not_open_and_says_which_one_is_missing() {
    let dir = tempfile::tempdir().expect("a folder");
    drop(filled(dir.path()));
    let file = dir.path().join("master.keys");
    let kept = std::fs::read(&file).expect("made by the first start");
    std::fs::remove_file(&file).expect("removed");
    let gone = Store::open(&config(dir.path())).err().expect("no key");
    assert!(gone.to_string().contains("master.keys"), "{gone}");
    assert!(!file.exists(), "no other key is made in its place");
    let other = tempfile::tempdir().expect("a folder");
    drop(filled(other.path()));
    let foreign = StoreConfig {
        keys: KeysConfig {
            file: other.path().join("master.keys"),
            ..KeysConfig::default()
        },
        ..config(dir.path())
    };
    let foreign = Store::open(&foreign).err().expect("another's key");
    assert!(foreign.to_string().contains("put it back"), "{foreign}");
    std::fs::write(&file, kept).expect("put back");
    assert!(Store::open(&config(dir.path())).is_ok());
}

#[test]
fn a_call_that_is_forgotten_opens_in_no_copy_of_the_file() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = filled(dir.path());
    let connection = Connection::open(dir.path().join("sidetone.db")).expect("there");
    let wrapped: Vec<u8> = connection
        .query_row(
            "SELECT wrapped FROM data_keys WHERE name = 'call/a'",
            [],
            |row| row.get(0),
        )
        .expect("it has one");
    let outbox = store.outbox().expect("open");
    while let Some(note) = outbox.take_due().expect("readable") {
        outbox.delivered(note.id).expect("written");
    }
    store.forget("a").expect("it has ended");
    for name in ["call/a", "note/a"] {
        let left = "SELECT count(*) FROM data_keys WHERE name = ?1";
        let left: i64 = connection
            .query_row(left, [name], |row| row.get(0))
            .expect("readable");
        assert_eq!(left, 0, "{name}");
    }
    drop(connection);
    let held = std::fs::read_dir(dir.path())
        .expect("a folder")
        .any(|file| {
            let bytes = std::fs::read(file.expect("a file").path()).expect("readable");
            bytes.windows(wrapped.len()).any(|window| window == wrapped)
        });
    assert!(!held, "its key is in no page and no log");
    assert!(store.reader().call("b").expect("readable").is_some());
}

#[test]
fn what_was_written_before_there_were_keys_is_read_and_then_sealed() {
    let dir = tempfile::tempdir().expect("a folder");
    drop(filled(dir.path()));
    // As the version before has written it.
    let started = "UPDATE calls SET caller = '+14155550142', callee = '1001', customer_id = NULL, metadata = '{\"queue\":\"sales\"}', \
                   summary = NULL, customer = '{\"customer_id\":\"C-2\",\"name\":\"Old Name\"}' \
                   WHERE id = 'a'; DELETE FROM data_keys WHERE name = 'call/a'; \
                   DELETE FROM events WHERE call = 'a'; DELETE FROM acknowledgements WHERE call = 'a'";
    execute(dir.path(), started);
    let read = || {
        let reader = Reader::open(&config(dir.path())).expect("readable");
        reader.call("a").expect("readable").expect("kept")
    };
    let before = read();
    assert_eq!(
        (before.caller.as_str(), before.unreadable),
        ("+14155550142", 0),
        "{before:?}"
    );
    let mut room = KeyRoom::open(&config(dir.path())).expect("there");
    assert!(room.status().expect("readable").in_clear >= 3);
    while room.convert().expect("sealed").is_some() {}
    assert!(room.sweep(), "nobody reads");
    assert_eq!(room.status().expect("readable").in_clear, 0);
    assert_eq!(
        in_clear(dir.path(), &["Old Name", "+14155550142", "sales"]),
        [""; 0]
    );
    let after = read();
    assert_eq!(
        (&after.caller, &after.metadata, &after.customer),
        (&before.caller, &before.metadata, &before.customer)
    );
}

#[test]
fn keys_are_wrapped_anew_while_an_engine_writes_and_the_old_one_is_retired() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = filled(dir.path());
    let mut room = KeyRoom::open(&config(dir.path())).expect("there");
    let old = room.status().expect("readable").masters[0];
    assert!(old.wraps >= 4, "{old:?}");
    let early = room.retire(&old.id.to_string());
    assert!(matches!(early, Err(StoreError::KeyInUse(..))), "{early:?}");
    let new = room.lead().expect("written");
    while room.rewrap().expect("wrapped").is_some() {}
    // The engine meets the new key, and looks for it.
    let call = store.reader().call("a").expect("readable").expect("kept");
    assert_eq!(
        (call.unreadable, call.customer.expect("known").name),
        (0, NAME.to_owned())
    );
    place_call(&store, "c", Duration::ZERO);
    let status = room.status().expect("readable");
    assert_eq!((status.masters[0].id, status.masters[1].wraps), (new, 0));
    room.retire(&old.id.to_string()).expect("it wraps nothing");
    assert!(store.reader().call("c").expect("readable").is_some());
    let unknown = room.retire("000000000000");
    assert!(matches!(unknown, Err(StoreError::NoSuchMaster(_))));
}
