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
            "/freeswitch?rate=8k&mix=mono&after_id=yesterday",
            Message::binary(vec![1, 2]),
            1008,
            "after_id",
        ),
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
async fn what_is_no_websocket_any_more_is_told_why_and_ends_its_call_at_once() {
    let (engine, mut client, door) = engine().await;
    let too_long = [
        &[0x82, 0xff][..],
        &(2_u64 << 20).to_be_bytes(),
        &[0; 4],
        &[7; 4096],
    ]
    .concat();
    for (frame, code, part) in [
        // A binary frame of 2 MiB, whatever of it comes.
        (too_long, 1009, "too long"),
        // A text of a byte that UTF-8 does not have.
        (vec![0x81, 0x81, 0, 0, 0, 0, 0xff], 1007, "UTF-8"),
        // A frame of a kind that there is not, and one without a mask.
        (vec![0x83, 0x80, 0, 0, 0, 0], 1002, "rotocol"),
        (vec![0x82, 0x01, 0], 1002, "rotocol"),
    ] {
        let id = format!("unreadable-{}", frame.len());
        let events = follow(&mut client, &id).await;
        let path = format!("/freeswitch?rate=8k&mix=mono&call_id={id}");
        let mut peer = Peer::connect(door, &path, None).await;
        peer.binary(vec![0; 320]).await;
        peer.bytes(&frame).await;
        let (_, close) = peer.rest().await;
        let close = close.expect(part);
        assert_eq!(u16::from(close.code), code, "{part}");
        assert!(close.reason.contains(part), "{}", close.reason);
        // It is not waited for, as it would be for 10 s if it had been cut off.
        let events = events.await.expect("followed");
        let ended = events.iter().find_map(|event| match &event.detail {
            Some(Detail::CallEnded(ended)) => Some(ended.reason.as_str()),
            _ => None,
        });
        assert_eq!(ended, Some("disconnected"), "{part}");
        let seen = report_of(&engine, "websocket/freeswitch").await;
        let why = seen["last_refusal"]["why"].as_str();
        assert!(why.expect("told").contains(part), "{why:?}");
    }
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
