//! What cannot be taken, and what comes twice or not at all.

use super::*;

/// An offer whose sound is encrypted with keys that we are not given.
fn secure() -> String {
    offer(&["1", "2"]).replace("RTP/AVP", "RTP/SAVP")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_is_refused_and_says_why() {
    let (_engine, mut client, door) = engine_of(Config::default()).await;
    let mut peer = RecordingClient::tcp(door, "refused").await;
    let (sdp, plain, secure) = ("application/sdp", offer(&["1", "2"]), secure());
    for (headers, body, status, header, value) in [
        (
            &["Require: siprec, 100rel"][..],
            (sdp, &*plain),
            420,
            "unsupported",
            "100rel",
        ),
        (&[REQUIRED], ("", ""), 488, "warning", "there is no offer"),
        (
            &[REQUIRED],
            ("application/rs-metadata+xml", METADATA),
            488,
            "warning",
            "there is no offer",
        ),
        (&[REQUIRED], (sdp, "v=1"), 488, "warning", "cannot be read"),
        (&[REQUIRED], (sdp, &*secure), 488, "warning", "SRTP"),
        (
            &["Session-Expires: 30", "Supported: timer"],
            (sdp, &*plain),
            422,
            "min-se",
            "90",
        ),
    ] {
        let answer = peer.asked("INVITE", headers, body).await;
        assert_eq!(answer.status(), Some(status), "{answer:?}");
        let said = answer.header(header).expect("it says why");
        assert!(said.contains(value), "{answer:?}");
    }
    for (method, status, header, value) in [
        ("SUBSCRIBE", 405, "warning", "no use for it"),
        ("OPTIONS", 200, "allow", "UPDATE"),
        ("SUBSCRIBE", 405, "allow", "INVITE"),
        ("REGISTER", 405, "allow", "INVITE"),
    ] {
        let answer = peer.asked(method, &[], ("", "")).await;
        assert_eq!(answer.status(), Some(status), "{answer:?}");
        assert!(
            answer.header(header).expect("it is there").contains(value),
            "{answer:?}"
        );
    }
    let listed = client.list_calls(v1::ListCallsRequest::default()).await;
    assert!(listed.expect("served").into_inner().calls.is_empty());
    // One line that is understood is enough, and so is metadata that is not.
    let sdp = format!("{plain}m=audio 6002 RTP/AVP 18\r\n");
    let body = format!(
        "--e\r\nContent-Type: application/sdp\r\n\r\n{sdp}\r\n--e\r\nContent-Type: application/rs-metadata\r\n\r\n<oops\r\n--e--"
    );
    let timer = ["Session-Expires: 1800;refresher=uac", "Supported: timer"];
    let answer = peer
        .asked("INVITE", &timer, ("multipart/mixed; boundary=e", &body))
        .await;
    let ports = answer.addresses();
    assert!(
        ports[0].port != 0 && ports[1].port != 0 && ports[2].port == 0,
        "{answer:?}"
    );
    let expires = answer.header("session-expires");
    assert_eq!(expires.as_deref(), Some("1800;refresher=uac"), "{answer:?}");
    let contact = answer.header("contact").expect("where it is asked");
    assert_eq!(
        contact,
        format!("<sip:sidetone@{door};transport=tcp>;+sip.srs")
    );
    // What comes out of order, or not at all as it should, leaves the call as it is.
    for (method, body, status) in [
        ("INVITE", ("application/sdp", &*secure), 488),
        ("INVITE", ("application/sdp", "hello"), 488),
        ("MESSAGE", ("text/plain", "hello"), 405),
        ("INFO", ("application/dtmf-relay", "Signal=1"), 200),
    ] {
        let answer = peer.asked(method, &[], body).await;
        assert_eq!(answer.status(), Some(status), "{method}: {answer:?}");
    }
    assert_eq!(peer.asked("BYE", &[], ("", "")).await.status(), Some(200));
    let answer = peer.asked("BYE", &[], ("", "")).await;
    assert_eq!(answer.status(), Some(481), "{answer:?}");
    assert!(answer.header("warning").is_some(), "{answer:?}");
    for without in ["From", "To", "Call-ID", "CSeq"] {
        let head = "OPTIONS sip:srs@h SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK-w;rport\r\n\
            From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: w\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0";
        let kept = head.split("\r\n").filter(|line| !line.starts_with(without));
        peer.send(&format!(
            "{}\r\n\r\n",
            kept.collect::<Vec<_>>().join("\r\n")
        ))
        .await;
        let answer = peer.answer().await;
        assert_eq!(answer.status(), Some(400), "{answer:?}");
        let why = answer.header("warning").expect("it says why");
        assert!(why.contains(without), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_call_too_many_is_told_when_to_come_again() {
    let mut config = Config::default();
    config.server.max_calls = 1;
    let (_engine, _client, door) = engine_of(config).await;
    let mut first = RecordingClient::udp(door, "first").await;
    invited(&mut first).await;
    let mut second = RecordingClient::udp(door, "second").await;
    let body = offer(&["1", "2"]);
    let answer = second
        .asked("INVITE", &[], ("application/sdp", &body))
        .await;
    assert_eq!(answer.status(), Some(503), "{answer:?}");
    let after = answer.header("retry-after").expect("it says when");
    assert!(
        after.parse::<u32>().is_ok_and(|seconds| seconds > 0),
        "{answer:?}"
    );
    first.asked("BYE", &[], ("", "")).await;
    // Its call takes a moment to end.
    for _ in 0..100 {
        let answer = second
            .asked("INVITE", &[], ("application/sdp", &body))
            .await;
        if answer.status() == Some(200) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("there is no room after a call has ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_or_comes_twice_changes_nothing() {
    let (_engine, mut client, door) = engine_of(Config::default()).await;
    let mut peer = RecordingClient::udp(door, "twice").await;
    let (kind, body) = both(&["1", "2"], METADATA);
    let invite = peer.ask("INVITE", &[REQUIRED], (kind, &body)).await;
    peer.send(&invite).await;
    let first = peer.answer().await;
    // It is said again as long as nobody acknowledges it.
    let second = peer.answer().await;
    let third = peer.answer().await;
    assert_eq!(first.0, second.0);
    assert_eq!(second.0, third.0);
    assert_eq!(first.status(), Some(200), "{first:?}");
    let listed = client.list_calls(v1::ListCallsRequest::default()).await;
    assert_eq!(listed.expect("served").into_inner().calls.len(), 1);
    // Thought better of at once: taken or not, no call stays.
    let mut other = RecordingClient::tcp(door, "cancelled").await;
    let invite = other.ask("INVITE", &[REQUIRED], (kind, &body)).await;
    let cancel = invite.split("\r\n\r\n").next().expect("a head");
    let cancel = cancel.replace("INVITE", "CANCEL");
    let kept = cancel
        .lines()
        .filter(|line| !line.starts_with("Content") && !line.starts_with("Require"));
    let cancel = format!(
        "{}\r\nContent-Length: 0\r\n\r\n",
        kept.collect::<Vec<_>>().join("\r\n")
    );
    other.send(&cancel).await;
    let mut is_taken = false;
    for _ in 0..2 {
        let answer = other.answer().await;
        let of_invite = answer
            .header("cseq")
            .is_some_and(|cseq| cseq.ends_with("INVITE"));
        match (of_invite, answer.status()) {
            // It came too late, and the client has to end the call.
            (true, Some(200)) => {
                other.acknowledge(&answer).await;
                is_taken = true;
            }
            (true, status) => assert_eq!(status, Some(487), "{answer:?}"),
            (false, status) => assert!(matches!(status, Some(200 | 481)), "{answer:?}"),
        }
    }
    if is_taken {
        let answer = other.asked("BYE", &[], ("", "")).await;
        assert_eq!(answer.status(), Some(200), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_counted_and_disturbs_nobody() {
    let (engine, mut client, door) = engine_of(Config::default()).await;
    let grpc = over_grpc(client.clone()).await;
    let events = follow(&mut client, "undisturbed").await;
    let mut good = RecordingClient::udp(door, "undisturbed").await;
    let to = invited(&mut good).await;
    let talk = tokio::spawn(async move { say(&to).await });
    for bytes in [
        &b"hello"[..],
        b"INVITE sip:x SIP/2.0\r\n\r\n",
        b"INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"SIP/2.0 200 OK\r\n\r\n",
        b"BYE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP x\r\nFrom: <sip:a>;tag=1\r\nTo: <sip:b>;tag=2\r\nCall-ID: x\r\nCSeq: 1 BYE\r\n\r\n",
        &[0xff; 3_000],
        b"\r\n\r\n",
    ] {
        let mut datagram = RecordingClient::udp(door, "nonsense").await;
        datagram.send_bytes(bytes).await;
        let mut stream = RecordingClient::tcp(door, "nonsense").await;
        stream.send_bytes(bytes).await;
    }
    let mut endless = RecordingClient::tcp(door, "endless").await;
    endless.send_bytes(&[b'x'; 200_000]).await;
    assert!(endless.receive().await.is_none(), "it is closed");
    let mut asks = RecordingClient::tcp(door, "asks").await;
    asks.send_bytes(b"\r\n\r\n").await;
    assert_eq!(
        asks.asked("OPTIONS", &[], ("", "")).await.status(),
        Some(200)
    );
    talk.await.expect("said");
    good.asked("BYE", &[], ("", "")).await;
    assert_eq!(finals(&events.await.expect("followed")), finals(&grpc));
    let metrics = sidetone_tests::kit::get(engine.address(), "/metrics", usize::MAX).await;
    let strays = metrics
        .lines()
        .find_map(|line| line.strip_prefix("sidetone_door_strays_total "));
    let strays = strays.and_then(|count| count.parse::<u64>().ok());
    assert!(strays.is_some_and(|count| count >= 6), "{strays:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_goes_away_before_the_answer_leaves_no_call() {
    let (engine, mut client, door) = engine_of(Config::default()).await;
    let (kind, body) = both(&["1", "2"], METADATA);
    for id in ["gone-1", "gone-2", "gone-3"] {
        let mut gone = RecordingClient::tcp(door, id).await;
        gone.ask("INVITE", &[REQUIRED], (kind, &body)).await;
    }
    let mut left = usize::MAX;
    for _ in 0..400 {
        let listed = client.list_calls(v1::ListCallsRequest::default()).await;
        left = listed.expect("served").into_inner().calls.len();
        if left == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(left, 0, "calls whose clients are gone");
    let stopped = tokio::time::timeout(std::time::Duration::from_secs(10), engine.stop()).await;
    stopped
        .expect("nothing waits for them")
        .expect("nothing is lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_both_families_are_answered_where_they_listen() {
    let mut config = Config::default();
    config.doors.siprec.listen = "[::]:0".to_owned();
    let (_engine, _client, door) = engine_of(config).await;
    for (host, id) in [("127.0.0.1", "four"), ("[::1]", "six")] {
        let to: SocketAddr = format!("{host}:{}", door.port())
            .parse()
            .expect("an address");
        let mut udp = RecordingClient::udp(to, &format!("{id}-udp")).await;
        let mut tcp = RecordingClient::tcp(to, &format!("{id}-tcp")).await;
        for peer in [&mut udp, &mut tcp] {
            invited(peer).await;
            let answer = peer.asked("BYE", &[], ("", "")).await;
            assert_eq!(answer.status(), Some(200), "{answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_invitation_by_two_ways_is_one_call() {
    let (_engine, mut client, door) = engine_of(Config::default()).await;
    let mut peer = RecordingClient::tcp(door, "forked").await;
    let (kind, body) = both(&["1", "2"], METADATA);
    let invite = peer.ask("INVITE", &[REQUIRED], (kind, &body)).await;
    assert_eq!(peer.answer().await.status(), Some(200));
    peer.send(&invite.replace("branch=z9hG4bK", "branch=z9hG4bKother"))
        .await;
    // What is not acknowledged is told again and again.
    let other = loop {
        let answer = peer.answer().await;
        if answer
            .header("via")
            .is_some_and(|via| via.contains("other"))
        {
            break answer;
        }
    };
    assert_eq!(other.status(), Some(482), "{other:?}");
    let listed = client.list_calls(v1::ListCallsRequest::default()).await;
    assert_eq!(listed.expect("served").into_inner().calls.len(), 1);
}
