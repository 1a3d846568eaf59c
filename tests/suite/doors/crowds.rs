//! Many connections, and such as do nothing.

use super::*;

/// An engine with both doors for streams, and room for so many connections.
async fn with_room_for(connections: usize) -> Engine {
    let mut config = Config::default();
    config.doors.websocket.listen = "127.0.0.1:0".to_owned();
    config.doors.audio_socket.listen = "127.0.0.1:0".to_owned();
    config.server.max_connections = connections;
    scripted_to_hear(script(), config).await
}

/// What a door has refused, and the last reason.
async fn refused(engine: &Engine, door: &str) -> (u64, String) {
    let seen = report_of(engine, door).await;
    let why = seen["last_refusal"]["why"].as_str().unwrap_or_default();
    (seen["refused"].as_u64().expect("a number"), why.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_connections_is_refused_and_leaves_room_once_it_has_gone() {
    let engine = with_room_for(8).await;
    let websocket = engine.websocket().expect("the door is open");
    let audio_socket = engine.audio_socket().expect("the door is open");
    let path = "/freeswitch?rate=8k&mix=mono";
    let mut peers = Vec::new();
    for _ in 0..8 {
        peers.push(Peer::connect(websocket, path, None).await);
    }
    // The doors share their places.
    for _ in 0..50 {
        let refused = connect_async(format!("ws://{websocket}{path}")).await;
        assert!(refused.is_err(), "all places are taken");
        let mut stream = TcpStream::connect(audio_socket).await.expect("it listens");
        let mut answer = Vec::new();
        // Whether it is told goodbye is the door's; it is closed.
        let _ = stream.read_to_end(&mut answer).await;
    }
    let (count, why) = refused(&engine, "audio_socket").await;
    assert_eq!(count, 50);
    assert!(why.contains("max_connections"), "{why}");
    // Those who were there are heard, and others once they have gone.
    for mut peer in peers {
        peer.binary(vec![0; 320]).await;
        peer.0.close(None).await.expect("closed");
        peer.rest().await;
    }
    let mut peer = loop {
        if let Ok((socket, _)) = connect_async(format!("ws://{websocket}{path}")).await {
            break Peer(socket);
        }
    };
    peer.binary(vec![0; 320]).await;
    peer.0.close(None).await.expect("closed");
    peer.rest().await;
    let seen = report_of(&engine, "websocket/freeswitch").await;
    assert_eq!(seen["opened"], 9);
    engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_nothing_is_heard_and_disturbs_nobody() {
    let (engine, mut client, door) = engine().await;
    let events = follow(&mut client, "unread").await;
    let [customer, _] = call();
    let path = "/freeswitch?rate=8k&mix=mono&call_id=unread";
    let mut deaf = Peer::connect(door, path, None).await;
    for _ in 0..20 {
        deaf.sound(&linear(&customer).concat()).await;
    }
    let grpc = over_grpc(client.clone()).await;
    assert_eq!(finals(&grpc)[&Customer].len(), 1, "others are heard");
    deaf.0.close(None).await.expect("closed");
    let events = events.await.expect("followed");
    assert_eq!(finals(&events)[&Customer].len(), 20);
    engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn half_open_connections_are_sent_away() {
    let engine = with_room_for(8).await;
    let door = engine.websocket().expect("the door is open");
    let mut silent = Vec::new();
    for path in ["/twilio", "/genesys", "/freeswitch", "/asterisk"] {
        silent.push(Peer::connect(door, path, None).await);
    }
    let door = engine.audio_socket().expect("the door is open");
    let mut stream = TcpStream::connect(door).await.expect("it listens");
    // Half a UUID.
    let half = &packet(0x01, &[7; 16])[..10];
    stream.write_all(half).await.expect("sent");
    for peer in silent {
        let (_, close) = peer.rest().await;
        let close = close.expect("closed");
        assert_eq!(u16::from(close.code), 1008);
        assert!(
            close.reason.contains("no call was described"),
            "{}",
            close.reason
        );
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("closed");
    assert_eq!(answer, [0, 0, 0], "told goodbye");
    let (count, why) = refused(&engine, "audio_socket").await;
    assert!(count == 1 && why.contains("no call was described"), "{why}");
    engine.stop().await.expect("stopped");
}
