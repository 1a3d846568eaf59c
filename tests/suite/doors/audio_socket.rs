//! Asterisk's AudioSocket: two connections that are one call.

use super::*;

/// One side of a call over AudioSocket.
pub(super) async fn audio_socket(door: SocketAddr, last: u8) -> TcpStream {
    let mut uuid = *b"\x40\x32\x5e\xc2\x5e\xfd\x4b\xd3\x80\x5f\x53\x57\x6e\x58\x1d\x10";
    uuid[15] = last;
    let mut stream = TcpStream::connect(door).await.expect("it listens");
    stream.write_all(&packet(0x01, &uuid)).await.expect("sent");
    stream
}

/// Sends both sides beside each other, the first of them ahead by no more than a frame.
async fn send_both(sides: &mut [TcpStream; 2], sound: &[Vec<u8>; 2]) {
    let frames = sound.each_ref().map(|sound| sound.chunks(2 * FRAME));
    let [customer, agent] = frames;
    for (customer, agent) in customer.zip(agent) {
        for (stream, frame) in sides.iter_mut().zip([customer, agent]) {
            stream.write_all(&packet(0x10, frame)).await.expect("sent");
        }
        // As fast as it is spoken, twentyfold: what one side says stays beside what the other does.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// An engine that takes AudioSockets in pairs.
async fn paired() -> (Engine, Client, SocketAddr) {
    let mut config = Config::default();
    config.doors.audio_socket.listen = "127.0.0.1:0".to_owned();
    config.doors.audio_socket.pairs = true;
    let engine = scripted_to_hear(script(), config).await;
    let client = connect(engine.address()).await;
    let door = engine.audio_socket().expect("the door is open");
    (engine, client, door)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_audio_sockets_are_one_call() {
    let (_engine, mut client, door) = paired().await;
    let grpc = over_grpc(client.clone()).await;
    let events = follow(&mut client, "40325ec2-5efd-4bd3-805f-53576e581d10").await;
    let mut sides = [
        audio_socket(door, 0x10).await,
        audio_socket(door, 0x11).await,
    ];
    send_both(&mut sides, &call().map(|mulaw| linear(&mulaw).concat())).await;
    for stream in &mut sides {
        stream.write_all(&packet(0x00, &[])).await.expect("sent");
    }
    let events = events.await.expect("followed");
    assert_eq!(finals(&events), finals(&grpc));

    let mut stranger = TcpStream::connect(door).await.expect("it listens");
    stranger
        .write_all(b"GET / HTTP/1.1\r\n\r\n")
        .await
        .expect("sent");
    let mut answer = Vec::new();
    // Kind `G` of 17,696 bytes is waited for in vain.
    drop(stranger.shutdown().await);
    let _ = stranger.read_to_end(&mut answer).await;
    assert_eq!(answer, [0, 0, 0], "told goodbye");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_side_that_comes_back_goes_on_in_its_call_and_no_side_comes_twice() {
    let (_engine, mut client, door) = paired().await;
    let id = "40325ec2-5efd-4bd3-805f-53576e581d10";
    let events = follow(&mut client, id).await;
    let mut sides = [
        audio_socket(door, 0x10).await,
        audio_socket(door, 0x11).await,
    ];
    let [customer, agent] = call().map(|mulaw| linear(&mulaw).concat());
    let half = customer.len() / 2 / (2 * FRAME) * (2 * FRAME);
    let sound =
        |range: std::ops::Range<usize>| [&customer, &agent].map(|one| one[range.clone()].to_vec());
    send_both(&mut sides, &sound(0..half)).await;
    // Another one says that it is the agent's side as well.
    let mut twin = audio_socket(door, 0x11).await;
    twin.write_all(&packet(0x10, &[0; 320]))
        .await
        .expect("sent");
    let mut answer = Vec::new();
    let _ = twin.read_to_end(&mut answer).await;
    assert_eq!(answer, [0, 0, 0], "told goodbye");

    let mut told = told_of(&mut client, id).await;
    let [customers, agents] = sides;
    drop(agents);
    while !matches!(next(&mut told).await, Detail::PartyLeft(_)) {}
    let mut sides = [customers, audio_socket(door, 0x11).await];
    send_both(&mut sides, &sound(half..customer.len())).await;
    drop(sides);
    let events = events.await.expect("followed");
    let said = finals(&events);
    assert_eq!(said[&Agent], ["I am sorry to hear that let me see"]);
    let legs: Vec<_> = events
        .iter()
        .filter(|event| matches!(&event.detail, Some(Detail::PartyJoined(_))))
        .map(|event| event.role())
        .collect();
    // Whichever side came second has joined; then the agent's came back.
    assert_eq!((legs.len(), legs.last()), (2, Some(&Agent)), "{legs:?}");
}
