//! The agent reads the note over before the CRM has it.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use sidetone::config::{Config, StoreConfig};
use sidetone::records::{Due, Rewriting};
use sidetone::services::Services;
use sidetone::storage::sqlite::Store;
use sidetone_proto::v1;
use sidetone_proto::v1::Role::{Agent, Customer};
use sidetone_proto::v1::call_event::Detail;
use sidetone_proto::v1::streaming_analyze_request::Request;
use sidetone_tests::kit::{
    Client, Script, close_call_for_review, connect, killed_after, note, rest, scripted_with,
    stream, stream_leg, told_of, until,
};
use tonic::Code;

const LINES: [&str; 3] = [
    "I was charged twice on my invoice this month.",
    "I will send you an offer tomorrow.",
    "I will call you back on Thursday at half past three.",
];
const CALLER: &str = "+14155550117";

/// The customer complains, and the agent makes two promises.
async fn call(client: &Client, script: &Script, id: &str) {
    let leg = |role| stream_leg(role, v1::AudioEncoding::Linear16);
    let config = v1::StreamingAnalyzeConfig {
        config: Some(v1::CallConfig {
            call_id: id.to_owned(),
            caller: CALLER.to_owned(),
            agent_id: "agent-7".to_owned(),
            direction: v1::Direction::Inbound.into(),
            languages: vec!["en".to_owned()],
            ..Default::default()
        }),
        legs: vec![leg(Agent), leg(Customer)],
        ..Default::default()
    };
    let mut requests = vec![Request::Config(config)];
    for (line, speaker) in [(0, Customer), (1, Agent), (2, Agent)] {
        let sound = [script.sound(line), vec![0.0; 16_000]].concat();
        for piece in sound.chunks(160) {
            for role in [Agent, Customer] {
                let loud = if role == speaker { 32_767.0 } else { 0.0 };
                let samples = piece.iter().map(|sample| (sample * loud) as i16);
                requests.push(Request::Audio(v1::AudioFrame {
                    role: role.into(),
                    content: samples.flat_map(i16::to_le_bytes).collect(),
                    ..Default::default()
                }));
            }
        }
    }
    let events = stream(client.clone(), requests).await;
    let last = events.last().and_then(|event| event.detail.as_ref());
    assert!(matches!(last, Some(Detail::Summary(_))), "{last:?}");
}

async fn get(address: SocketAddr, id: &str) -> Value {
    let (status, note) = rest(address, "GET", &format!("/v1/calls/{id}/note"), Value::Null).await;
    assert_eq!(status, 200, "{note}");
    note
}

async fn put(address: SocketAddr, id: &str, body: Value) -> (u16, Value) {
    rest(address, "PUT", &format!("/v1/calls/{id}/note"), body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ticket_waits_for_the_agent_and_says_what_they_made_of_it() {
    let mut config = Config::default();
    config.crm.review_s = 3_600;
    let services = Services::temporary(&config).expect("the samples are right");
    let crm = services.crm.clone();
    let tickets = move || {
        let found = crm.find(CALLER).expect("readable").expect("a sample");
        let titles = found.open_tickets.into_iter().map(|ticket| ticket.title);
        titles.collect::<Vec<_>>()
    };
    let before = tickets();
    let script = Script::of(&LINES);
    let engine = scripted_with(services, script.clone(), config).await;
    let address = engine.address();
    let mut client = connect(address).await;
    call(&client, &script, "a").await;

    let note = get(address, "a").await;
    assert_eq!(
        (&note["state"], &note["revision"], &note["attempts"]),
        (&json!("review"), &json!(0), &json!(0))
    );
    assert_eq!(note["written"], json!([]));
    assert_eq!(note["summary"]["disposition"], "");
    let tasks = note["summary"]["follow_ups"]
        .as_array()
        .expect("a list")
        .clone();
    assert_eq!(tasks.len(), 2, "{note:#}");

    // What cannot be taken is named, and changes nothing.
    for (body, status, problem) in [
        (
            json!({ "revision": 7, "reason": "x" }),
            409,
            "`revision` is 0, not 7",
        ),
        (
            json!({ "revision": 0, "disposition": "sold" }),
            400,
            "`disposition` is `sold`",
        ),
        (json!({ "revision": 0, "resaon": "x" }), 400, "resaon"),
        (
            json!({ "revision": 0, "follow_ups": [{ "kind": "dance", "title": "x" }] }),
            400,
            "follow_ups[0].kind",
        ),
        (json!({ "reason": "x" }), 400, "revision"),
    ] {
        let (answered, error) = put(address, "a", body).await;
        assert_eq!(answered, status, "{error}");
        let error = error["error"].as_str().unwrap_or_default();
        assert!(error.contains(problem), "{error}");
    }

    // A draft, over gRPC.
    let saved = v1::ReviewNoteRequest {
        call_id: "a".to_owned(),
        reason: Some("Charged twice, card 4111 1111 1111 1111".to_owned()),
        by: "Ann".to_owned(),
        ..Default::default()
    };
    let saved = client.review_note(saved).await.expect("taken").into_inner();
    let saved = saved.note.expect("there");
    assert_eq!(
        (saved.state(), saved.revision),
        (v1::note::State::Review, 1)
    );
    let summary = saved.summary.expect("there");
    assert_eq!(summary.reason, "Charged twice, card [card number]");
    assert_eq!(summary.reviewed_by(), "Ann");
    let stale = v1::ReviewNoteRequest {
        call_id: "a".to_owned(),
        ..Default::default()
    };
    let stale = client.review_note(stale).await.expect_err("it has changed");
    assert_eq!(stale.code(), Code::Aborted);
    assert_eq!(tickets(), before, "nothing is written");

    // The rest, and it is confirmed.
    let events = told_of(&mut client, "a").await;
    let told = tokio::spawn(until(events, |detail| {
        matches!(detail, Detail::CrmWritten(_))
    }));
    let body = json!({
        "revision": 1,
        "confirm": true,
        "by": "Ann",
        "reason": "Two payments for May",
        "follow_ups": [tasks[0], { "kind": "callback", "title": "Callback: the refund", "due": "2026-05-08", "due_time": "09:30" }],
        "keywords": ["invoice", "refund"],
        "urgent": true,
        "disposition": "follow_up",
    });
    let (status, confirmed) = put(address, "a", body).await;
    assert_eq!(status, 200, "{confirmed}");
    assert_eq!(confirmed["revision"], 2);
    assert_eq!(confirmed["summary"]["follow_ups"][0], tasks[0], "as it was");
    let told = told.await.expect("told");
    let [reviewed, written] = &told[..] else {
        panic!("a summary, and what the CRM made of it: {told:?}");
    };
    let Some(Detail::Summary(summary)) = &reviewed.detail else {
        panic!("{reviewed:?}");
    };
    assert_eq!(summary.disposition, "follow_up");
    let Some(Detail::CrmWritten(written)) = &written.detail else {
        panic!("{written:?}");
    };
    assert_eq!(written.task_ids.len(), 2);
    assert_eq!(written.due[1], "2026-05-08");
    let after = tickets();
    let new: Vec<_> = after
        .iter()
        .filter(|title| !before.contains(title))
        .collect();
    assert_eq!(new, ["Two payments for May"]);

    let request = v1::GetNoteRequest {
        call_id: "a".to_owned(),
    };
    let done = client.get_note(request).await.expect("kept").into_inner();
    let done = done.note.expect("there");
    assert_eq!(done.state(), v1::note::State::Delivered);
    let steps: Vec<_> = done.written.iter().map(|done| done.step.as_str()).collect();
    assert_eq!(steps, ["ticket", "task/0", "task/1", "interaction"]);
    let (status, error) = put(address, "a", json!({ "revision": 2, "reason": "x" })).await;
    assert_eq!(status, 409, "{error}");
    let (_, stored) = rest(address, "GET", "/v1/calls/a", Value::Null).await;
    assert_eq!(stored["summary"]["reason"], "Two payments for May");
    assert!(!stored.to_string().contains("4111"), "{stored}");
    engine.stop().await.expect("stopped");
}

/// Where the process that is killed finds its store, and the number of its first call.
const DIR: &str = "SIDETONE_REVIEW_TEST_DIR";
const FIRST: &str = "SIDETONE_REVIEW_TEST_FIRST";
const HOUR: Duration = Duration::from_secs(3_600);

fn open(dir: &Path) -> Store {
    let config = StoreConfig {
        dir: dir.join("store"),
        spill_dir: dir.to_owned(),
        ..StoreConfig::default()
    };
    Store::open(&config).expect("the last one is dead")
}

/// Ends calls, reviews the note of each, and says so once that is safe.
#[test]
#[ignore = "it is started by the test below, to be killed"]
fn an_engine_that_will_be_killed() {
    let variable = |name| std::env::var_os(name).expect("the test sets it");
    let store = open(&PathBuf::from(variable(DIR)));
    let first: usize = variable(FIRST).to_string_lossy().parse().expect("a number");
    let outbox = store.outbox().expect("open");
    for i in first.. {
        let mut note = note(&format!("call-{i}"));
        let closed = close_call_for_review(&store, &note, HOUR);
        closed.wait().expect("the disk takes it");
        let entry = outbox.of_call(&note.call_id).expect("readable");
        let entry = entry.expect("it is there").entry;
        note.summary.reason = format!("reviewed {i}");
        note.summary.reviewed_by = Some("Ann".to_owned());
        let rewriting = Rewriting {
            id: entry.id,
            note: &note,
            revision: 0,
            taken: 0,
            due: Due::At(entry.due_ms + 1),
        };
        assert!(outbox.rewrite(&rewriting).expect("writable"));
        println!("safe {i}");
    }
}

#[test]
fn a_note_that_was_reviewed_waits_on_and_is_that_of_its_call_though_the_engine_is_killed() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (mut first, mut safe) = (0, 0);
    for ms in [150, 230, 310, 175, 260] {
        let number = first.to_string();
        let variables = [
            (DIR, dir.path().as_os_str()),
            (FIRST, OsStr::new(number.as_str())),
        ];
        let test = "review::an_engine_that_will_be_killed";
        let lines = killed_after(Duration::from_millis(ms), test, &variables);
        let said = lines.iter().filter_map(|line| line.split_once("safe "));
        let said: Vec<usize> = said.filter_map(|(_, i)| i.parse().ok()).collect();

        let store = open(dir.path());
        let outbox = store.outbox().expect("open");
        for i in first.. {
            let id = format!("call-{i}");
            let Some(full) = outbox.of_call(&id).expect("readable") else {
                assert!(said.iter().all(|done| *done < i), "{id} is lost");
                break;
            };
            first = i + 1;
            assert!(full.entry.is_in_review(), "{id}");
            let kept = full.note.expect("readable");
            if said.contains(&i) {
                assert_eq!(kept.summary.reason, format!("reviewed {i}"));
                assert_eq!(full.entry.revision, 1);
                let waits = full.entry.due_ms - full.entry.created_ms;
                assert_eq!(waits, 3_600_001, "its time stays");
                safe += 1;
            }
            // Both or neither.
            let call = store.reader().call(&id).expect("readable").expect("kept");
            assert_eq!(call.summary, Some(kept.summary), "{id}");
        }
        assert!(outbox.take_due().expect("readable").is_none());
    }
    println!("{first} calls, {safe} of them said to be safe");
    assert!(safe > 0, "something was reviewed before it was killed");
}
