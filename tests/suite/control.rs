//! Opening, closing, refusing, draining.

use std::time::Duration;

use sidetone::config::Config;
use sidetone_media::audio::Codec;
use sidetone_media::rtp::send::Packetiser;
use sidetone_proto::v1;
use sidetone_proto::v1::call_event::Detail;
use sidetone_proto::v1::streaming_analyze_request::Request;
use sidetone_tests::kit::{
    Client, connect, finals, get, grpc_web, packets, scripted, send, two_legs, until_ended,
};
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

fn named(call_id: &str) -> v1::CallConfig {
    v1::CallConfig {
        call_id: call_id.to_owned(),
        caller: "(415) 555-0117".to_owned(),
        callee: "sip:+8613800138017@pbx.example".to_owned(),
        agent_id: "agent-7".to_owned(),
        direction: v1::Direction::Inbound.into(),
        metadata: [("queue".to_owned(), "billing".to_owned())].into(),
        ..Default::default()
    }
}

/// The place of a call that was closed is free once its session is gone, which is a moment after
/// its end is told.
async fn open_once_there_is_room(client: &mut Client, call_id: &str) {
    let mut opened = client.open_call(two_legs(named(call_id))).await;
    for _ in 0..100 {
        if opened.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        opened = client.open_call(two_legs(named(call_id))).await;
    }
    opened.expect("room again");
}

#[tokio::test]
async fn a_call_is_listed_as_it_was_described_until_it_is_closed() {
    let engine = scripted(Config::default()).await;
    let mut client = connect(engine.address()).await;
    client
        .open_call(two_legs(named("call-1")))
        .await
        .expect("opened");
    let list = |agent_id: &str| v1::ListCallsRequest {
        agent_id: agent_id.to_owned(),
    };
    let calls = client
        .list_calls(list("agent-7"))
        .await
        .expect("listed")
        .into_inner()
        .calls;
    let call = &calls[0];
    assert_eq!(
        call.caller.as_ref().and_then(|n| n.e164.as_deref()),
        Some("+14155550117")
    );
    assert_eq!(
        call.callee.as_ref().and_then(|n| n.e164.as_deref()),
        Some("+8613800138017")
    );
    assert_eq!(call.metadata["queue"], "billing");
    assert!(
        client
            .list_calls(list("agent-8"))
            .await
            .expect("listed")
            .into_inner()
            .calls
            .is_empty()
    );
    let rest = get(engine.address(), "/v1/calls", usize::MAX).await;
    assert!(
        rest.contains("\"call_id\":\"call-1\"") && rest.contains("+14155550117"),
        "{rest}"
    );

    let twice = client
        .open_call(two_legs(named("call-1")))
        .await
        .expect_err("refused");
    assert_eq!(twice.code(), Code::AlreadyExists);
    let close = || v1::CloseCallRequest {
        call_id: "call-1".to_owned(),
    };
    client.close_call(close()).await.expect("closed");
    for _ in 0..100 {
        if client
            .list_calls(list(""))
            .await
            .expect("listed")
            .into_inner()
            .calls
            .is_empty()
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(
        client.close_call(close()).await.expect_err("gone").code(),
        Code::NotFound
    );
    engine.stop().await.expect("stopped");
}

#[tokio::test]
async fn calls_past_the_capacity_are_refused_with_a_reason_and_let_in_once_there_is_room() {
    let mut config = Config::default();
    config.server.max_calls = 2;
    let engine = scripted(config).await;
    let mut client = connect(engine.address()).await;
    for id in ["a", "b"] {
        client
            .open_call(two_legs(named(id)))
            .await
            .expect("there is room");
    }
    let refused = client
        .open_call(two_legs(named("c")))
        .await
        .expect_err("refused");
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert!(
        refused.message().contains("2 call slots"),
        "{}",
        refused.message()
    );
    assert!(refused.metadata().contains_key("retry-after-ms"));
    client
        .close_call(v1::CloseCallRequest {
            call_id: "a".to_owned(),
        })
        .await
        .expect("closed");
    open_once_there_is_room(&mut client, "c").await;
    let metrics = get(engine.address(), "/metrics", usize::MAX).await;
    assert!(metrics.contains("sidetone_calls_capacity 2"), "{metrics}");
    assert!(
        !metrics.contains("sidetone_calls_refused_total{reason=\"full\"} 0\n"),
        "{metrics}"
    );
    assert!(
        !metrics.contains("agent-7") && !metrics.contains("4155550117"),
        "nobody is named in metrics"
    );
    engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_does_not_fit_is_told_when_to_come_back_and_the_one_that_fits_is_served() {
    let mut config = Config::default();
    // At what a script is said to cost, this is room for one call and a half.
    config.capacity.busy_percent = 1;
    config.capacity.talk_percent = 100;
    config.capacity.widest_percent = 100;
    let engine = scripted(config).await;
    let mut client = connect(engine.address()).await;
    let opened = client.open_call(two_legs(named("fits"))).await;
    let opened = opened.expect("there is room").into_inner();
    let refused = client.open_call(two_legs(named("does-not"))).await;
    let refused = refused.expect_err("refused");
    assert_eq!(refused.code(), Code::ResourceExhausted);
    let message = refused.message();
    assert!(
        message.contains("carries 1.5 calls") && message.contains("try again in 60 s"),
        "{message}"
    );
    let hint = refused.metadata().get("retry-after-ms");
    assert_eq!(hint.and_then(|ms| ms.to_str().ok()), Some("60000"));
    let metrics = get(engine.address(), "/metrics", usize::MAX).await;
    for line in [
        "sidetone_calls_capacity 1.5",
        "sidetone_calls_measured 1.5",
        "sidetone_calls_refused_total{reason=\"capacity\"} 1",
        "sidetone_speech_cost{purpose=\"final\"} 0.001",
        "sidetone_partial_pace_ratio 1.0",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }

    let request = v1::SubscribeRequest {
        call_id: "fits".to_owned(),
        ..Default::default()
    };
    let events = client.subscribe(request).await;
    let events = events.expect("subscribed").into_inner();
    let tone: Vec<f32> = (0..8_000).map(|i| 0.3 * (i as f32 * 0.35).sin()).collect();
    let mut sender = Packetiser::new(9, 0, Codec::Pcmu);
    let slots = packets(&mut sender, &tone)
        .into_iter()
        .map(|packet| vec![packet])
        .collect();
    send(&opened.addresses[1], slots).await;
    let close = v1::CloseCallRequest {
        call_id: "fits".to_owned(),
    };
    client.close_call(close).await.expect("closed");
    let events = until_ended(events).await;
    assert_eq!(finals(&events)[&v1::Role::Customer].len(), 1);
    open_once_there_is_room(&mut client, "does-not").await;
    engine.stop().await.expect("stopped");
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused_and_told_why() {
    let engine = scripted(Config::default()).await;
    let mut client = connect(engine.address()).await;
    let no_legs = v1::OpenCallRequest::default();
    let mut twice = two_legs(named("x"));
    twice.legs[1].role = twice.legs[0].role;
    let mut codec = two_legs(named("x"));
    codec.legs[0].payloads[0].encoding = "opus".to_owned();
    for (request, why) in [
        (no_legs, "at least one leg"),
        (twice, "described twice"),
        (codec, "opus"),
    ] {
        let refused = client.open_call(request).await.expect_err(why);
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().contains(why), "{}", refused.message());
    }
    let audio = v1::AudioFrame {
        role: v1::Role::Agent.into(),
        content: vec![0; 320],
        ..Default::default()
    };
    let request = v1::StreamingAnalyzeRequest {
        request: Some(Request::Audio(audio)),
    };
    let refused = client
        .streaming_analyze(tokio_stream::iter([request]))
        .await
        .expect_err("no configuration");
    assert_eq!(refused.code(), Code::InvalidArgument);
    engine.stop().await.expect("stopped");
}

#[tokio::test]
async fn health_and_reflection_answer_a_client_that_knows_nothing() {
    let engine = scripted(Config::default()).await;
    let channel = tonic::transport::Endpoint::from_shared(format!("http://{}", engine.address()))
        .expect("an address")
        .connect()
        .await
        .expect("connected");
    let check = HealthCheckRequest {
        service: "sidetone.v1.Sidetone".to_owned(),
    };
    let health = HealthClient::new(channel.clone())
        .check(check)
        .await
        .expect("answers")
        .into_inner();
    assert_eq!(health.status(), ServingStatus::Serving);

    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::FileContainingSymbol(
            "sidetone.v1.Sidetone".to_owned(),
        )),
    };
    let mut answers = ServerReflectionClient::new(channel)
        .server_reflection_info(tokio_stream::iter([request]))
        .await
        .expect("answers")
        .into_inner();
    let answer = answers.message().await.expect("an answer").expect("one");
    assert!(
        matches!(
            answer.message_response,
            Some(MessageResponse::FileDescriptorResponse(_))
        ),
        "{answer:?}"
    );
    assert!(
        get(engine.address(), "/readyz", usize::MAX)
            .await
            .contains("200 OK")
    );
    engine.stop().await.expect("stopped");
}

#[tokio::test]
async fn a_browser_calls_over_grpc_web() {
    let engine = scripted(Config::default()).await;
    let answer = grpc_web(engine.address(), "/sidetone.v1.Sidetone/ListCalls").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("application/grpc-web+proto"), "{answer}");
    assert!(answer.contains("grpc-status:0"), "{answer}");
    engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_stopped_still_tells_the_last_words() {
    let engine = scripted(Config::default()).await;
    let mut client = connect(engine.address()).await;
    let opened = client
        .open_call(two_legs(named("last")))
        .await
        .expect("opened")
        .into_inner();
    let request = v1::SubscribeRequest {
        call_id: "last".to_owned(),
        ..Default::default()
    };
    let events = client
        .subscribe(request)
        .await
        .expect("subscribed")
        .into_inner();
    let tone: Vec<f32> = (0..8_000).map(|i| 0.3 * (i as f32 * 0.35).sin()).collect();
    let mut sender = Packetiser::new(9, 0, Codec::Pcmu);
    let slots = packets(&mut sender, &tone)
        .into_iter()
        .map(|packet| vec![packet])
        .collect();
    send(&opened.addresses[1], slots).await;
    let reader = tokio::spawn(until_ended(events));
    engine.stop().await.expect("stopped");
    let events = reader.await.expect("read to the end");
    assert_eq!(finals(&events)[&v1::Role::Customer].len(), 1);
    let Some(Detail::CallEnded(ended)) = events.last().and_then(|event| event.detail.clone())
    else {
        panic!("no end")
    };
    assert_eq!(ended.reason, "shutdown");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_drains_refuses_new_calls_and_lets_live_ones_end() {
    let mut engine = scripted(Config::default()).await;
    let address = engine.address();
    let mut client = connect(address).await;
    client
        .open_call(two_legs(named("live")))
        .await
        .expect("opened");
    let told = async {
        while get(address, "/readyz", usize::MAX).await.contains("200 OK") {
            tokio::task::yield_now().await;
        }
        let ready = get(address, "/readyz", usize::MAX).await;
        assert!(ready.starts_with("HTTP/1.1 503"), "{ready}");
        assert!(ready.contains("draining"), "{ready}");
        let alive = get(address, "/healthz", usize::MAX).await;
        assert!(alive.starts_with("HTTP/1.1 200"), "{alive}");
        let refused = client.open_call(two_legs(named("new"))).await;
        assert_eq!(refused.expect_err("draining").code(), Code::Unavailable);
        let live = client.list_calls(v1::ListCallsRequest::default()).await;
        assert_eq!(live.expect("answered").into_inner().calls.len(), 1);
        let close = v1::CloseCallRequest {
            call_id: "live".to_owned(),
        };
        client.close_call(close).await.expect("closed");
    };
    // Ends with the call, long before its time is over.
    tokio::join!(engine.drain(std::future::pending()), told);
    engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_outlast_the_drain_or_are_not_waited_for_are_hung_up() {
    for (case, drain_ms, hurried) in [
        ("time is over", 500, false),
        ("a second signal", 60_000, true),
    ] {
        let mut config = Config::default();
        config.server.drain_ms = drain_ms;
        let mut engine = scripted(config).await;
        let mut client = connect(engine.address()).await;
        client
            .open_call(two_legs(named("long")))
            .await
            .expect("opened");
        let request = v1::SubscribeRequest {
            call_id: "long".to_owned(),
            ..Default::default()
        };
        let events = client.subscribe(request).await.expect("subscribed");
        let reader = tokio::spawn(until_ended(events.into_inner()));
        let hurry = async {
            if !hurried {
                std::future::pending::<()>().await;
            }
        };
        engine.drain(hurry).await;
        engine.stop().await.expect("stopped");
        let events = reader.await.expect("read to the end");
        let Some(Detail::CallEnded(ended)) = events.last().and_then(|event| event.detail.clone())
        else {
            panic!("{case}: no end")
        };
        assert_eq!(ended.reason, "shutdown", "{case}");
    }
}
