//! A folder in which recordings appear.

use std::fs;
use std::path::Path;
use std::time::Duration;

use sidetone::app::Engine;
use sidetone::config::Config;
use sidetone::services::Services;
use sidetone_media::audio::pcm;
use sidetone_proto::v1;
use sidetone_proto::v1::Role::{Agent, Customer};
use sidetone_proto::v1::call_event::Detail;
use sidetone_tests::kit::{
    Client, Script, connect, finals, scripted_to_hear, scripted_with, until_ended,
};
use sidetone_types::event::{EndReason, EventKind};

use crate::doors::over_grpc;

const SAID: [&str; 2] = [
    "I would like to cancel my contract today",
    "I am sorry to hear that let me see",
];

/// Both lines, one after the other, as a WAV file of 8 kHz: left the agent, right the customer.
fn recording() -> Vec<u8> {
    let script = Script::of(&SAID);
    let (customer, agent) = (script.sound(0), script.sound(1));
    let silent = |samples: &[f32]| vec![0.0; samples.len()];
    let right = [&*customer, &silent(&agent)].concat();
    let left = [&*silent(&customer), &agent].concat();
    let samples = left
        .iter()
        .zip(&right)
        .flat_map(|(left, right)| [*left, *right]);
    let data: Vec<u8> = samples
        .flat_map(|sample| pcm::to_i16(sample).to_le_bytes())
        .collect();
    let mut file = b"RIFF".to_vec();
    file.extend((36 + data.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt ");
    for (value, bytes) in [
        (16, 4),
        (1, 2),
        (2, 2),
        (8_000, 4),
        (32_000, 4),
        (4, 2),
        (16, 2),
    ] {
        file.extend(&u32::to_le_bytes(value)[..bytes]);
    }
    file.extend(b"data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file
}

fn config(folder: &Path) -> Config {
    let mut config = Config::default();
    config.doors.folder.path = folder.to_owned();
    config.doors.folder.settle_ms = 200;
    config.doors.folder.speed = 100.0;
    config.doors.folder.names = "{from}_{agent}".to_owned();
    config
}

async fn engine(folder: &Path) -> (Engine, Client) {
    let engine = scripted_to_hear(Script::of(&SAID), config(folder)).await;
    let client = connect(engine.address()).await;
    (engine, client)
}

/// All events of the next call, once it is over.
async fn next_call(client: &mut Client) -> tokio::task::JoinHandle<Vec<v1::CallEvent>> {
    let events = client.subscribe(v1::SubscribeRequest::default()).await;
    tokio::spawn(until_ended(events.expect("subscribed").into_inner()))
}

/// Waits until the file is there, for a minute at most.
async fn appears(path: &Path) {
    for _ in 0..600 {
        if path.exists() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{} does not appear", path.display());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_recording_becomes_a_call_once_and_what_is_none_says_why() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let folder = dir.path();
    let (_engine, mut client) = engine(folder).await;
    let events = next_call(&mut client).await;
    fs::write(
        folder.join("4155550117_agent-7.json"),
        r#"{"queue": "billing"}"#,
    )
    .expect("written");
    fs::write(folder.join("4155550117_agent-7.wav"), recording()).expect("written");
    fs::write(folder.join("notes.txt"), "no recording").expect("written");
    let events = events.await.expect("followed");
    let said = finals(&events);
    assert_eq!(said[&Customer], SAID[..1]);
    assert_eq!(said[&Agent], SAID[1..]);
    assert_eq!(said, finals(&over_grpc(client).await));
    let Some(Detail::CallStarted(started)) = &events[0].detail else {
        panic!("it begins with its beginning");
    };
    assert_eq!(events[0].agent_id, "agent-7");
    let caller = started.caller.as_ref().expect("a number");
    assert_eq!(caller.e164.as_deref(), Some("+14155550117"));
    assert_eq!(started.metadata["queue"], "billing");
    assert_eq!(started.metadata["file"], "4155550117_agent-7.wav");
    let done = folder.join("done/4155550117_agent-7.wav");
    appears(&done).await;
    assert!(done.with_extension("json").exists());
    assert!(folder.join("notes.txt").exists());

    fs::write(folder.join("broken.wav"), b"RIFF\x04\0\0\0WAVE").expect("written");
    let why = folder.join("failed/broken.txt");
    appears(&why).await;
    let why = fs::read_to_string(why).expect("readable");
    assert!(why.contains("is damaged"), "{why}");

    // As an engine leaves it that dies between the call's end and this.
    let again = folder.join("4155550117_agent-7.wav");
    fs::rename(&done, &again).expect("moved");
    let why = folder.join("failed/4155550117_agent-7.txt");
    appears(&why).await;
    let why = fs::read_to_string(why).expect("readable");
    assert!(why.contains(&events[0].call_id), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_an_engine_stopped_in_is_heard_again_as_a_whole() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let folder = dir.path().join("recordings");
    let mut config = config(&folder);
    config.store.dir = dir.path().join("store");
    fs::create_dir(&folder).expect("made");
    fs::write(folder.join("call.wav"), recording()).expect("written");
    fs::write(folder.join("second.wav"), recording()).expect("written");
    let working = folder.join("working");

    config.doors.folder.speed = 0.5;
    let services = Services::open(&config).expect("a new store");
    let engine = scripted_with(services, Script::of(&SAID), config.clone()).await;
    let mut client = connect(engine.address()).await;
    let mut id = None;
    for _ in 0..600 {
        let calls = client.list_calls(v1::ListCallsRequest::default()).await;
        let calls = calls.expect("answered").into_inner().calls;
        id = calls.first().map(|call| call.call_id.clone());
        if id.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let id = id.expect("the first recording is heard");
    engine.stop().await.expect("stopped");
    let left = fs::read_dir(&working).expect("readable").count();
    assert_eq!(left, 1, "nothing more is claimed");
    assert!(working.join("call.wav").exists());

    config.doors.folder.speed = 100.0;
    let services = Services::open(&config).expect("the store of before");
    let engine = scripted_with(services, Script::of(&SAID), config.clone()).await;
    appears(&folder.join("done/call.wav")).await;
    appears(&folder.join("done/second.wav")).await;
    engine.stop().await.expect("stopped");

    let services = Services::open(&config).expect("the store of before");
    let reason = |id: &str| {
        let call = services.store.reader().call(id).expect("readable");
        let call = call.expect("kept");
        let ended = call
            .events
            .iter()
            .find_map(|event| match &event.event.kind {
                EventKind::CallEnded(ended) => Some(ended.reason),
                _ => None,
            });
        (ended, call.metadata.get("begun_before").cloned())
    };
    assert_eq!(reason(&id), (Some(EndReason::Shutdown), None));
    let again = (Some(EndReason::EndOfAudio), Some(id.clone()));
    assert_eq!(reason(&format!("{id}-2")), again);
}
