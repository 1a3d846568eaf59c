//! A process that keeps calls, and takes their words into the search index, is killed again and again: what it
//! said was safe is there, and nothing lies in clear in any of its files.
//!
//! `SIDETONE_KILLS` says how often it is killed, 12 times unless it is set.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sidetone::access::Write;
use sidetone::config::Config;
use sidetone::recordings::Record;
use sidetone::records::Note;
use sidetone::services::{Services, archive, catch_up_index};
use sidetone::storage::{Reader, Store};
use sidetone_kb::archive::Query;
use sidetone_media::audio::{Codec, encode};
use sidetone_proto::v1;
use sidetone_proto::v1::call_event::Detail;
use sidetone_proto::v1::streaming_analyze_request::Request;
use sidetone_tests::kit::{
    Script, close_call_of, connect, files, get, in_clear, killed_after, note, said, scripted_with,
    stream, stream_leg,
};
use sidetone_types::customer::Customer;
use sidetone_types::event::EventKind;

/// Where the process that is killed finds its store.
const DIR: &str = "SIDETONE_AT_REST_TEST_DIR";
/// What its calls are called after.
const FIRST: &str = "SIDETONE_AT_REST_FIRST";
const KILLS: &str = "SIDETONE_KILLS";
/// Calls that are kept in one run before their words are taken into the index.
const AT_ONCE: usize = 5;

const CUSTOMER: &str = "Wilhelmina Drosselmeyer";
const NUMBER: &str = "+14155550199";
const WORDS: &str = "the marzipan ombudsman wants his thunderclap back";
/// What must be found in clear nowhere; words of the index are single.
const SECRETS: [&str; 8] = [
    "Wilhelmina",
    "Drosselmeyer",
    NUMBER,
    "14155550199",
    "marzipan",
    "ombudsman",
    "thunderclap",
    "话费重复扣款",
];

fn config(dir: &Path) -> Config {
    let mut config = Config::default();
    config.store.dir = dir.join("store");
    config.store.spill_dir = dir.join("spill");
    config
}

fn keep(store: &Store, id: &str) {
    let note = Note {
        phone: Some(NUMBER.to_owned()),
        customer_id: Some(CUSTOMER.to_owned()),
        ..note(id)
    };
    let customer = Customer {
        customer_id: "7".to_owned(),
        name: CUSTOMER.to_owned(),
        phone: NUMBER.to_owned(),
        ..Customer::default()
    };
    let told = vec![EventKind::CustomerIdentified(customer), said(1, WORDS)];
    let closed = close_call_of(store, &note, told);
    closed.wait().expect("the disk takes it");
}

#[test]
#[ignore = "it is started by the test below, to be killed"]
fn a_process_that_will_be_killed() {
    let dir = PathBuf::from(std::env::var_os(DIR).expect("the test sets it"));
    let config = config(&dir);
    let first = std::env::var(FIRST).expect("the test sets it");
    let first: usize = first.parse().expect("a number");
    for run in 0.. {
        let store = Store::open(&config.store).expect("the last one is dead");
        for at in 0..AT_ONCE {
            let id = format!("call-{first}-{run}-{at}");
            keep(&store, &id);
            println!("safe {id}");
        }
        store.close().expect("written");
        drop(store);
        catch_up_index(&config).expect("indexed");
    }
}

/// Starts the process, kills it after `time`, and adds the calls it said were safe to `safe`.
fn run(dir: &Path, first: u64, time: Duration, safe: &mut BTreeSet<String>) {
    let first = first.to_string();
    let variables = [(DIR, dir.as_os_str()), (FIRST, OsStr::new(&first))];
    let test = "at_rest::a_process_that_will_be_killed";
    let lines = killed_after(time, test, &variables);
    let told = lines.iter().filter_map(|line| line.split_once("safe "));
    safe.extend(told.map(|(_, id)| id.to_owned()));
}

#[test]
fn nothing_that_was_safe_is_lost_and_nothing_lies_in_clear_however_often_it_is_killed() {
    let kills = std::env::var(KILLS).ok();
    let kills: u64 = kills.map_or(12, |kills| kills.parse().expect("a number"));
    let dir = tempfile::tempdir().expect("a temporary directory");
    let config = config(dir.path());
    std::fs::create_dir(&config.store.spill_dir).expect("made");
    let mut safe = BTreeSet::new();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for kill in 0..kills {
        // Xorshift (Marsaglia 2003): another point each time.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        run(
            dir.path(),
            kill,
            Duration::from_millis(60 + random % 400),
            &mut safe,
        );
        let found = in_clear(dir.path(), &SECRETS);
        assert_eq!(found, [""; 0], "after kill {kill}");
    }
    assert!(!safe.is_empty(), "it lived long enough to keep something");
    catch_up_index(&config).expect("it opens again");
    let reader = Reader::open(&config.store).expect("readable");
    for id in &safe {
        let call = reader.call(id).expect("readable").expect("it was safe");
        assert_eq!((call.unreadable, call.caller.as_str()), (0, NUMBER), "{id}");
        assert_eq!(call.customer.expect("known").name, CUSTOMER);
        assert!(call.summary.is_some(), "{id}");
    }
    let archive = archive(&config).expect("readable");
    let found = archive.search(&Query::of("thunderclap")).expect("readable");
    assert!(
        found.total >= safe.len(),
        "{} of {}",
        found.total,
        safe.len()
    );
    println!(
        "{kills} kills, {} calls safe, all there and found, nothing in clear",
        safe.len()
    );
}

/// Lines of a call: what a customer says, with what is told of them elsewhere.
const LINES: [&str; 3] = [
    "i was charged twice for the marzipan thunderclap and i want my money back",
    "my name is drosselmeyer and my number is four one five five five five zero one nine nine",
    "tell the ombudsman that i will cancel my contract tomorrow",
];

/// A whole call of those lines.
fn call(number: usize, script: &Script) -> Vec<Request> {
    let config = v1::StreamingAnalyzeConfig {
        config: Some(v1::CallConfig {
            call_id: format!("whole-{number}"),
            caller: NUMBER.to_owned(),
            agent_id: "agent-7".to_owned(),
            languages: vec!["en".to_owned()],
            metadata: [("said".to_owned(), "话费重复扣款".to_owned())].into(),
            ..Default::default()
        }),
        legs: vec![stream_leg(v1::Role::Customer, v1::AudioEncoding::Mulaw)],
        ..Default::default()
    };
    let mut sound = Vec::new();
    for line in 0..LINES.len() {
        sound.extend(script.sound(line));
        sound.resize(sound.len() + 12_000, 0.0);
    }
    let sound = encode(Codec::Pcmu, &sound);
    let frames = sound.chunks(8_000).map(|content| {
        Request::Audio(v1::AudioFrame {
            role: v1::Role::Customer.into(),
            content: content.to_vec(),
            ..Default::default()
        })
    });
    [Request::Config(config)]
        .into_iter()
        .chain(frames)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_twenty_calls_lies_in_clear_in_any_file_of_a_whole_engine() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut config = config(dir.path());
    std::fs::create_dir(&config.store.spill_dir).expect("made");
    config.recording.record = Record::All;
    config.audit.write = Write::Always;
    let services = Services::open(&config).expect("it is made");
    let script = Script::of(&LINES);
    let engine = scripted_with(services, script.clone(), config.clone()).await;
    let client = connect(engine.address()).await;
    for number in 0..20 {
        let events = stream(client.clone(), call(number, &script)).await;
        let is_summary = |event: &v1::CallEvent| matches!(event.detail, Some(Detail::Summary(_)));
        assert!(events.iter().any(is_summary), "{number}");
    }
    let mut found = String::new();
    while !found.contains("\"total\":20") {
        tokio::time::sleep(Duration::from_millis(50)).await;
        found = get(engine.address(), "/v1/search?q=thunderclap", usize::MAX).await;
    }
    let list = "/v1/past-calls?customer=%2B14155550199";
    let mut listed = String::new();
    while listed.matches("\"call_id\":\"whole-").count() < 20 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        listed = get(engine.address(), list, usize::MAX).await;
    }
    // Its files are those of a life: logs of changes, and what is on its way.
    assert_eq!(in_clear(dir.path(), &SECRETS), [""; 0], "while it runs");
    engine.stop().await.expect("in order");
    assert_eq!(
        in_clear(dir.path(), &SECRETS),
        [""; 0],
        "once it has stopped"
    );
    let kept = files(&dir.path().join("store/recordings"));
    assert_eq!(kept.len(), 20, "each was recorded");
}
