//! Connections that break, and come back or do not.

use super::*;

/// How often the connection of a call breaks.
const BREAKS: usize = 300;
/// Samples of three words of a script, at 8 kHz.
const THREE_WORDS: usize = 9_600;

#[tokio::test(flavor = "multi_thread")]
async fn a_side_that_breaks_and_does_not_come_back_leaves_the_other_alone() {
    let mut config = Config::default();
    config.doors.websocket.listen = "127.0.0.1:0".to_owned();
    config.doors.resume_within_ms = 50;
    let engine = scripted_to_hear(script(), config).await;
    let mut client = connect(engine.address()).await;
    let door = engine.websocket().expect("the door is open");
    let events = follow(&mut client, "half").await;
    let mut told = told_of(&mut client, "half").await;
    let mut sides = Vec::new();
    for side in ["customer", "agent"] {
        let path = format!("/asterisk?join=half&forked={side}");
        let mut peer = Peer::connect(door, &path, Some("media")).await;
        peer.text("MEDIA_START format:ulaw").await;
        sides.push(peer);
        while !matches!(
            (side, next(&mut told).await),
            ("customer", Detail::CallStarted(_)) | ("agent", Detail::PartyJoined(_))
        ) {}
    }
    drop(sides.pop());
    while !matches!(next(&mut told).await, Detail::PartyLeft(_)) {}
    let [customer, _] = call();
    let mut peer = sides.pop().expect("the customer's");
    for frame in customer.chunks(FRAME) {
        peer.binary(frame.to_vec()).await;
    }
    peer.0.close(None).await.expect("closed");
    let events = events.await.expect("followed");
    assert_eq!(
        finals(&events)[&Customer],
        ["I would like to cancel my contract today"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_may_come_back_to_its_call() {
    let (_engine, mut client, door) = engine().await;
    let grpc = over_grpc(client.clone()).await;
    let events = follow(&mut client, "back").await;
    let mut told = told_of(&mut client, "back").await;
    let [customer, agent] = call();
    // Within the pause behind the first sentence.
    let cut = script().sound(0).len() + 8_000;
    let path = "/freeswitch?rate=8k&mix=stereo&call_id=back";
    for part in [0..cut, cut..customer.len()] {
        let mut peer = Peer::connect(door, path, None).await;
        let sound = in_turns([
            linear(&customer[part.clone()]),
            linear(&agent[part.clone()]),
        ]);
        for frame in sound.chunks(4 * FRAME) {
            peer.binary(frame.to_vec()).await;
        }
        if part.start > 0 {
            peer.0.close(None).await.expect("closed");
            peer.rest().await;
            break;
        }
        // Cut without a word, once what was sent has arrived.
        while !matches!(next(&mut told).await, Detail::Transcript(words) if words.is_final) {}
        drop(peer);
        while !matches!(next(&mut told).await, Detail::LegState(_)) {}
    }
    let events = events.await.expect("followed");
    assert_eq!(finals(&events), finals(&grpc));
    let joined = events
        .iter()
        .filter(|event| matches!(&event.detail, Some(Detail::PartyJoined(_))));
    assert_eq!(joined.count(), 0, "its legs are those that were there");
}

/// The finals among what a connection was told: which utterance, and its words.
fn told_finals(told: &[Value]) -> Vec<(u64, String)> {
    let finals = told.iter().map(|one| &one["data"]);
    let finals = finals.filter(|data| data["kind"] == "final");
    let finals = finals.map(|data| {
        let words = data["text"].as_str().expect("words");
        (data["utterance"].as_u64().expect("one"), words.to_owned())
    });
    finals.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_in_mid_utterance_again_and_again_loses_and_doubles_no_word() {
    let (_engine, mut client, door) = engine().await;
    let followed = follow(&mut client, "broken").await;
    let said = linear(&encode(Codec::Pcmu, &script().sound(0)[..THREE_WORDS])).concat();
    let (mut told, mut last) = (Vec::new(), String::new());
    let path = "/freeswitch?rate=8k&mix=mono&call_id=broken";
    for broken in 0..BREAKS {
        // Whoever does not say what it was told last is known for what it was sent.
        let after = match broken % 2 {
            0 => String::new(),
            _ => format!("&after_id={last}"),
        };
        let mut peer = Peer::connect(door, &format!("{path}{after}"), None).await;
        peer.sound(&said).await;
        peer.cut().await;
        let (rest, _) = peer.rest().await;
        let mut ids = rest.iter().filter_map(|one| one["data"]["id"].as_str());
        if let Some(id) = ids.next_back() {
            id.clone_into(&mut last);
        }
        told.extend(rest);
    }
    let mut peer = Peer::connect(door, path, None).await;
    peer.binary(vec![0; 2 * FRAME]).await;
    while told_finals(&told).len() < BREAKS {
        let message = peer.0.next().await.expect("it goes on").expect("text");
        let message = message.into_text().expect("text");
        told.push(serde_json::from_str(&message).expect("JSON"));
    }
    peer.0.close(None).await.expect("closed");
    told.extend(peer.rest().await.0);
    let told = told_finals(&told);
    let words: Vec<&str> = told.iter().map(|(_, words)| words.as_str()).collect();
    let told_by_events = &finals(&followed.await.expect("followed"))[&Customer];
    assert_eq!(*told_by_events, vec!["I would like"; BREAKS]);
    assert_eq!(
        words, *told_by_events,
        "each is told once, over all connections"
    );
    assert!(
        told.is_sorted_by_key(|(utterance, _)| *utterance),
        "{told:?}"
    );
}
