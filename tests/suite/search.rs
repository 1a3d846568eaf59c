//! What was said in stored calls is found by how it sounded, over gRPC and over HTTP.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use sidetone::config::Config;
use sidetone::services::Services;
use sidetone::storage::{CallStore, Receipt};
use sidetone_proto::v1;
use sidetone_tests::kit::{Script, close_call, connect, get, note, said, scripted_with};
use sidetone_types::emotion::{Emotion, Reading, VoiceMood};
use sidetone_types::event::{CallStarted, Event, EventId, EventKind, EventRecord};
use sidetone_types::id::{CallId, UtteranceId};
use sidetone_types::party::Role;
use sidetone_types::time::MediaTime;
use tonic::Code;

const CALL: &str = "call-1";

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_found_by_the_mood_and_the_strain_of_their_voice() {
    let config = Config::default();
    let services = Services::temporary(&config).expect("the samples are right");
    store_call(services.store.as_ref())
        .committed()
        .await
        .expect("the disk takes it");
    let engine = scripted_with(services, Script::default(), config).await;
    let mut client = connect(engine.address()).await;
    let mut indexed = 0;
    while indexed < 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let all = client.search_transcripts(v1::SearchTranscriptsRequest::default());
        indexed = all.await.expect("answered").into_inner().total;
    }

    for (query, mood, strain, expected) in [
        ("", "anger", None, &[2][..]),
        ("", "neutral", None, &[1]),
        ("refund", "anger", None, &[2]),
        ("hello", "anger", None, &[]),
        ("", "", Some(0.0), &[2, 1]),
        ("", "", Some(0.7), &[2]),
        ("refund", "", None, &[3, 2]),
    ] {
        let case = format!("{query} {mood} {strain:?}");
        let request = v1::SearchTranscriptsRequest {
            query: query.to_owned(),
            mood: mood.to_owned(),
            strain,
            ..Default::default()
        };
        let found = client.search_transcripts(request).await.expect("answered");
        let lines = found.into_inner().lines;
        let lines: Vec<u64> = lines.iter().map(|line| line.utterance_id).collect();
        assert_eq!(lines, expected, "{case}");

        let mut path = format!("/v1/search?q={query}");
        if !mood.is_empty() {
            path.push_str(&format!("&mood={mood}"));
        }
        if let Some(strain) = strain {
            path.push_str(&format!("&strain={strain}"));
        }
        let answer = get(engine.address(), &path, usize::MAX).await;
        let hits = body(&answer)["hits"].take();
        let hits = hits.as_array().expect("a list").iter();
        let hits: Vec<u64> = hits.filter_map(|hit| hit["utterance"].as_u64()).collect();
        assert_eq!(hits, expected, "{case}");
    }

    let answer = get(engine.address(), "/v1/search?q=refund", usize::MAX).await;
    let page = body(&answer);
    let [unread, angry] = [&page["hits"][0], &page["hits"][1]];
    assert_eq!(
        (&unread["mood"], &unread["strain"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        (&angry["mood"], &angry["strain"]),
        (&"anger".into(), &0.75.into())
    );
    engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn moods_and_strains_that_there_are_not_are_refused() {
    let config = Config::default();
    let services = Services::temporary(&config).expect("the samples are right");
    let engine = scripted_with(services, Script::default(), config).await;
    let mut client = connect(engine.address()).await;
    for (mood, strain, path) in [
        ("fury", None, "mood=fury"),
        ("", Some(60.0), "strain=60"),
        ("", Some(f32::NAN), "strain=NaN"),
    ] {
        let request = v1::SearchTranscriptsRequest {
            mood: mood.to_owned(),
            strain,
            ..Default::default()
        };
        let refused = client.search_transcripts(request).await;
        let refused = refused.expect_err("there is no such thing");
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
        let answer = get(engine.address(), &format!("/v1/search?{path}"), usize::MAX).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    engine.stop().await.expect("stopped");
}

/// Three lines: a calm one, an angry one whose voice was read before and after its words, and the
/// agent's, whose voice was not.
fn store_call(store: &dyn CallStore) -> Receipt {
    let started = EventKind::CallStarted(CallStarted {
        caller: Default::default(),
        callee: Default::default(),
        direction: Default::default(),
        legs: Vec::new(),
        parties: Vec::new(),
        languages: Vec::new(),
        metadata: Default::default(),
    });
    record(store, Role::Customer, 0..0, started);
    record(store, Role::Customer, 0..2, said(1, "hello"));
    record(store, Role::Customer, 0..2, sounded(1, 0.1, 0.0));
    record(store, Role::Customer, 4..7, sounded(2, 0.8, 0.25));
    record(store, Role::Customer, 4..9, said(2, "my refund now"));
    record(store, Role::Customer, 7..9, sounded(2, 0.9, 0.75));
    record(
        store,
        Role::Agent,
        9..11,
        said(3, "your refund is under way"),
    );
    close_call(store, &note(CALL))
}

fn record(store: &dyn CallStore, role: Role, seconds: std::ops::Range<u64>, kind: EventKind) {
    store.record(&EventRecord {
        id: EventId::default(),
        call_id: CallId::new(CALL),
        agent_id: String::new(),
        wall_time: SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.end),
        event: Event {
            role: Some(role),
            party: Default::default(),
            start: MediaTime::from_millis(1_000 * seconds.start),
            end: MediaTime::from_millis(1_000 * seconds.end),
            latency: None,
            kind,
        },
    });
}

fn sounded(utterance: u64, anger: f32, strain: f32) -> EventKind {
    let moods = Reading {
        moods: [1.0 - anger, anger, 0.0, 0.0, 0.0],
    };
    EventKind::Emotion(Emotion {
        utterance: UtteranceId(utterance),
        voice: Some(VoiceMood::new(moods, 0.0)),
        strain,
        trend: 0.0,
    })
}

/// The JSON of an answer.
fn body(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").expect("a head");
    let json = body.find('{').expect("an object")..=body.rfind('}').expect("closed");
    serde_json::from_str(&body[json]).expect("JSON")
}
