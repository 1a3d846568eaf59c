//! Readers of events: by call, by agent, resumed, in a browser, and slow.

use sidetone::config::Config;
use sidetone_proto::v1;
use sidetone_proto::v1::Role::{Agent, Customer};
use sidetone_proto::v1::call_event::Detail;
use sidetone_proto::v1::streaming_analyze_request::Request;
use sidetone_tests::kit::{Client, connect, get, scripted, stream, stream_leg, until};

/// Runs a call over gRPC, with partials, and gives its events.
async fn call(
    client: &Client,
    call_id: &str,
    agent_id: &str,
    seconds: usize,
) -> Vec<v1::CallEvent> {
    let leg_of = |role| stream_leg(role, v1::AudioEncoding::Linear16);
    let config = v1::StreamingAnalyzeConfig {
        config: Some(v1::CallConfig {
            call_id: call_id.to_owned(),
            agent_id: agent_id.to_owned(),
            ..Default::default()
        }),
        legs: vec![leg_of(Agent), leg_of(Customer)],
        interim_results: true,
        ..Default::default()
    };
    let mut requests = vec![Request::Config(config)];
    for piece in 0..seconds * 50 {
        // A second of tone in each two and a half: the silence is longer than an utterance waits
        // for more, whenever its text is known. The customer is silent throughout.
        let loud = piece % 125 < 50;
        let tone = |i: usize| {
            if loud {
                (9_000.0 * (i as f32 * 0.35).sin()) as i16
            } else {
                0
            }
        };
        let agent = (0..160).flat_map(|i| tone(i).to_le_bytes()).collect();
        for (role, content) in [(Agent, agent), (Customer, vec![0; 320])] {
            requests.push(Request::Audio(v1::AudioFrame {
                role: role.into(),
                content,
                ..Default::default()
            }));
        }
    }
    let mut events = stream(client.clone(), requests).await;
    // On a busy machine this reader may be told of partials it was too slow for: no event of the
    // call.
    events.retain(|event| event.seq > 0);
    events
}

fn kinds(events: &[v1::CallEvent]) -> Vec<&'static str> {
    events
        .iter()
        .map(|event| match &event.detail {
            Some(Detail::CallStarted(_)) => "call_started",
            Some(Detail::CallEnded(_)) => "call_ended",
            Some(Detail::Summary(_)) => "summary",
            Some(Detail::SpeechBegin(_)) => "speech_begin",
            Some(Detail::SpeechEnd(_)) => "speech_end",
            Some(Detail::Transcript(transcript)) if transcript.is_final => "final",
            Some(Detail::Transcript(_)) => "partial",
            _ => "other",
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_tells_its_call_from_beginning_to_end() {
    let engine = scripted(Config::default()).await;
    let client = connect(engine.address()).await;
    let events = call(&client, "c", "ann", 5).await;
    let kinds = kinds(&events);
    assert_eq!(kinds.first(), Some(&"call_started"));
    assert!(kinds.ends_with(&["call_ended", "summary"]), "{kinds:?}");
    for (kind, times) in [("speech_begin", 2), ("speech_end", 2), ("final", 2)] {
        let event = kinds.iter().filter(|event| **event == kind).count();
        assert_eq!(event, times, "{kind}: {kinds:?}");
    }
    assert!(
        events
            .iter()
            .all(|event| event.call_id == "c" && event.agent_id == "ann")
    );
    engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_who_comes_back_gets_what_it_missed_and_only_what_it_asked_for() {
    let engine = scripted(Config::default()).await;
    let mut client = connect(engine.address()).await;
    let first = call(&client, "one", "ann", 4).await;
    call(&client, "two", "bob", 2).await;
    let request = v1::SubscribeRequest {
        agent_id: "ann".to_owned(),
        after_seq: first[0].seq,
        ..Default::default()
    };
    let events = client.subscribe(request).await;
    let events = events.expect("subscribed").into_inner();
    let seen = until(events, |detail| matches!(detail, Detail::Summary(_))).await;
    let wanted: Vec<u64> = first[1..]
        .iter()
        .filter(|event| !matches!(&event.detail, Some(Detail::Transcript(t)) if !t.is_final))
        .map(|event| event.seq)
        .collect();
    assert_eq!(
        seen.iter().map(|event| event.seq).collect::<Vec<_>>(),
        wanted,
        "all but outdated partials"
    );
    engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_reads_the_same_events_as_flat_json() {
    let engine = scripted(Config::default()).await;
    let client = connect(engine.address()).await;
    call(&client, "web", "ann", 2).await;
    let body = get(
        engine.address(),
        "/v1/events?call_id=web&after_seq=0",
        1_500,
    )
    .await;
    assert!(body.contains("text/event-stream"), "{body}");
    let data = body
        .lines()
        .find_map(|line| line.strip_prefix("data: "))
        .expect("an event");
    let event: serde_json::Value = serde_json::from_str(data).expect("JSON");
    assert_eq!(
        (&event["kind"], &event["call_id"]),
        (&"call_started".into(), &"web".into())
    );
    assert!(
        body.contains("event: speech_begin") && body.contains("id: "),
        "{body}"
    );
    engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_comes_back_after_a_restart_is_told_and_gets_all_of_the_new_run() {
    let engine = scripted(Config::default()).await;
    let client = connect(engine.address()).await;
    let before = call(&client, "one", "ann", 4).await;
    let seen = before[1].id.clone();
    engine.stop().await.expect("stopped");

    let engine = scripted(Config::default()).await;
    let mut client = connect(engine.address()).await;
    let now = call(&client, "two", "ann", 4).await;
    assert!(
        now.len() > 2,
        "the new run has come further than the reader"
    );
    let request = v1::SubscribeRequest {
        after_id: seen.clone(),
        ..Default::default()
    };
    let events = client.subscribe(request).await;
    let mut events = events.expect("subscribed").into_inner();
    let first = events.message().await.expect("served").expect("one");
    let Some(Detail::Lagged(lagged)) = first.detail else {
        panic!("not told: {first:?}")
    };
    assert!(lagged.earlier_run);
    let next = events.message().await.expect("served").expect("one");
    assert_eq!((next.seq, &next.id), (1, &now[0].id));

    let path = format!("/v1/events?after={seen}");
    let body = get(engine.address(), &path, 1_500).await;
    let told = body.find(r#""earlier_run":true"#).expect("told");
    let first = body.find(&format!("id: {}", now[0].id)).expect("all of it");
    assert!(told < first, "{body}");
    engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_no_event_is_refused() {
    let engine = scripted(Config::default()).await;
    let mut client = connect(engine.address()).await;
    let request = v1::SubscribeRequest {
        after_id: "yesterday".to_owned(),
        ..Default::default()
    };
    let refused = client.subscribe(request).await.expect_err("no id");
    assert_eq!(refused.code(), tonic::Code::InvalidArgument);
    assert!(refused.message().contains("yesterday"), "{refused}");
    engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_comes_too_late_is_told_what_it_missed() {
    let mut config = Config::default();
    config.events.keep = 4;
    let engine = scripted(config).await;
    let mut client = connect(engine.address()).await;
    let event = call(&client, "long", "ann", 8).await;
    let last = event.last().expect("events").seq;
    let request = v1::SubscribeRequest {
        after_seq: 1,
        ..Default::default()
    };
    let mut events = client
        .subscribe(request)
        .await
        .expect("subscribed")
        .into_inner();
    let first = events.message().await.expect("served").expect("one");
    let Some(Detail::Lagged(lagged)) = first.detail else {
        panic!("not told: {first:?}")
    };
    // What becomes of the note may be told meanwhile, and push one more out.
    let had_and_kept = 1 + 4;
    assert!(lagged.events_missed >= last - had_and_kept);
    let next = events.message().await.expect("served").expect("one");
    assert_eq!(
        next.seq,
        1 + lagged.events_missed + 1,
        "nothing is left out untold"
    );
    engine.stop().await.expect("stopped");
}
