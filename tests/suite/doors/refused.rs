//! What cannot be taken, and who may not ask.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_web_page_of_another_site_opens_no_call() {
    let (engine, mut client, door) = engine().await;
    let url = format!("http://{}/v1/calls", engine.address());
    let asked = tokio::task::spawn_blocking(move || {
        let legs = r#"{"legs": [{"role": "customer"}]}"#;
        let cases = [
            ("text/plain", None, 415, "application/json"),
            (
                "application/json",
                Some("http://evil.example"),
                403,
                "another site",
            ),
        ];
        cases.map(|(kind, origin, expected, part)| {
            let mut request = ureq::post(&url)
                .config()
                .http_status_as_error(false)
                .build();
            request = request.header("content-type", kind);
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            let mut answer = request.send(legs).expect("served");
            let why = answer.body_mut().read_to_string().expect("text");
            assert_eq!(answer.status().as_u16(), expected);
            assert!(why.contains(part), "{why}");
        })
    });
    asked.await.expect("refused");
    let mut request = format!("ws://{door}/freeswitch?rate=8k&mix=mono")
        .into_client_request()
        .expect("a URL");
    let origin = "http://evil.example".parse().expect("a header");
    request.headers_mut().insert("origin", origin);
    let refused = connect_async(request).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("403")));
    let listed = client.list_calls(v1::ListCallsRequest::default()).await;
    assert!(listed.expect("served").into_inner().calls.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_what_cannot_be_taken_is_told_why_and_disturbs_nobody() {
    let (engine, mut client, door) = engine().await;
    let too_long = "x".repeat(2 * 1024 * 1024);
    let oversized = json!({"rate": "8000", "mix": "mono", "note": "x".repeat(20_000)}).to_string();
    for (path, message, code, part) in [
        ("/twilio", Message::text("hello"), 1008, "cannot be read"),
        (
            "/twilio",
            Message::binary(vec![1, 2]),
            1008,
            "media.payload",
        ),
        (
            "/twilio",
            Message::text(r#"{"event":"media","media":{}}"#),
            1008,
            "before `start`",
        ),
        ("/freeswitch", Message::binary(vec![1, 2]), 1008, "?rate="),
        ("/freeswitch", Message::text(oversized), 1008, "metadata"),
        (
            "/freeswitch?rate=8k&mix=stereo",
            Message::binary(vec![1, 2]),
            1008,
            "within a sample",
        ),
        (
            "/genesys",
            Message::text(r#"{"type":"ping"}"#),
            1008,
            "has to be `open`",
        ),
        (
            "/genesys",
            Message::binary(vec![0; 320]),
            1008,
            "no call is open",
        ),
    ] {
        let mut peer = Peer::connect(door, path, None).await;
        peer.0.send(message).await.expect("sent");
        let (_, close) = peer.rest().await;
        let close = close.expect(part);
        assert_eq!(u16::from(close.code), code, "{part}");
        assert!(close.reason.contains(part), "{path}: {}", close.reason);
    }
    let mut peer = Peer::connect(door, "/twilio", None).await;
    // It may be cut off while it still sends.
    let _ = peer.0.send(Message::text(too_long)).await;
    peer.rest().await;
    let unknown = connect_async(format!("ws://{door}/nobody")).await;
    assert!(unknown.is_err_and(|error| error.to_string().contains("404")));

    let listed = client.list_calls(v1::ListCallsRequest::default()).await;
    assert!(listed.expect("served").into_inner().calls.is_empty());
    let grpc = over_grpc(client).await;
    assert_eq!(
        finals(&grpc)[&Customer].len(),
        1,
        "others are heard as before"
    );
    engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_full_or_forked_twice_is_told_so_or_heard_beside_the_first() {
    let mut config = Config::default();
    config.doors.websocket.listen = "127.0.0.1:0".to_owned();
    config.server.max_calls = 2;
    let engine = scripted_to_hear(script(), config).await;
    let door = engine.websocket().expect("the door is open");
    let mut peers = Vec::new();
    for _ in 0..2 {
        let mut peer = Peer::connect(door, "/freeswitch?rate=8k&mix=mono&call_id=one", None).await;
        peer.binary(vec![0; 320]).await;
        peers.push(peer);
    }
    let mut client = connect(engine.address()).await;
    let mut ids = Vec::new();
    while ids.len() < 2 {
        let listed = client.list_calls(v1::ListCallsRequest::default()).await;
        let calls = listed.expect("served").into_inner().calls;
        ids = calls
            .into_iter()
            .map(|call| (call.call_id, call.metadata))
            .collect();
    }
    assert!(ids.iter().any(|(id, _)| id == "one"), "{ids:?}");
    assert!(ids.iter().all(|(_, metadata)| metadata["call_id"] == "one"));
    let mut third = Peer::connect(door, "/freeswitch?rate=8k&mix=mono", None).await;
    third.binary(vec![0; 320]).await;
    let (_, close) = third.rest().await;
    let close = close.expect("closed");
    assert_eq!(u16::from(close.code), 1013, "try again later");
    assert!(close.reason.contains("call slots"), "{}", close.reason);
    drop(peers);
    engine.stop().await.expect("stopped");
}
