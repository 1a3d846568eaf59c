//! Connections that break, and come back or do not.

use super::*;

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
