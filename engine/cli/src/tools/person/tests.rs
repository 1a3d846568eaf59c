//! Who is erased is found nowhere any more.

use sidetone::recordings::{Recordings, folder};
use sidetone::records::Note;
use sidetone::services::{archive, embedded_beside};
use sidetone::storage::{KeyRoom, Store};
use sidetone_kb::archive::Query;
use sidetone_tests::kit::{close_call_of, files, in_clear, note, said};
use sidetone_types::id::CallId;

use super::*;

const THEIRS: &str = "+14155550117";
const WORDS: &str = "the marzipan thunderclap was charged twice";

#[test]
fn nothing_of_an_erased_person_is_left_in_any_store_or_file() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut config = Config::default();
    config.store.dir = dir.path().join("store");
    config.store.spill_dir = dir.path().join("spill");
    std::fs::create_dir(&config.store.spill_dir).expect("made");
    let store = Store::open(&config.store).expect("made");
    let sound = folder(&config.recording, &config.store).expect("a place");
    let recordings = store.recordings().expect("the same store");
    let recordings = Recordings::start(&config.recording, recordings, &sound).expect("started");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let class = recordings.class("", "").expect("that of all").clone();
    for at in 0..20 {
        let phone = match at % 2 {
            0 => THEIRS,
            _ => "+14155550199",
        };
        let id = format!("call-{at}");
        let note = Note {
            phone: Some(phone.to_owned()),
            ..note(&id)
        };
        let closed = close_call_of(&store, &note, vec![said(1, WORDS)]);
        closed.wait().expect("the disk takes it");
        let mut recording = recordings.begin(&CallId::new(id), &class, note.started_ms);
        recording.sound(vec![1_000; 20_000].into());
        runtime.block_on(recording.finish());
    }
    recordings.stop();
    store.close().expect("written");
    drop(store);
    catch_up_index(&config).expect("indexed");
    let crm = embedded_beside(&config).expect("ours").expect("no other");
    crm.seed_samples().expect("the samples are right");
    let person = Person {
        phone: Some(THEIRS.to_owned()),
        given: THEIRS.to_owned(),
    };
    let contacts = |crm: &Embedded| {
        let told = crm.export(&person).expect("readable");
        told["contacts"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(contacts(&crm), 1, "a sample customer");
    let wraps = || {
        let room = KeyRoom::open(&config.store).expect("there");
        let status = room.status().expect("readable");
        status.masters.iter().map(|key| key.wraps).sum::<u64>()
    };
    let keys = wraps();
    assert_eq!(files(&sound).len(), 20);

    let args = PersonArgs {
        what: What::Erase {
            who: Who {
                who: THEIRS.to_owned(),
            },
            yes: true,
        },
    };
    assert!(matches!(run(&args, &config), Ok(Outcome::Done)));

    let persons = Persons::open(&config.store).expect("there");
    assert_eq!(persons.calls_of(&person).expect("readable"), [""; 0]);
    let reader = Reader::open(&config.store).expect("there");
    for at in 0..20 {
        let call = reader.call(&format!("call-{at}")).expect("readable");
        assert_eq!(call.is_some(), at % 2 == 1, "call-{at}");
    }
    let archive = archive(&config).expect("there");
    let found = archive.search(&Query::of("thunderclap")).expect("readable");
    assert_eq!(found.total, 10, "those of somebody else");
    assert_eq!(contacts(&crm), 0);
    assert_eq!(files(&sound).len(), 10, "their sound is gone");
    // A key for each call, each note and each recording.
    assert_eq!(keys - wraps(), 30);
    let secrets = ["marzipan", "thunderclap", THEIRS, "Whitmore"];
    assert_eq!(in_clear(dir.path(), &secrets), [""; 0]);
}
