//! Keys that are pressed, and channels in which both sides are one.

use super::*;

/// What a media server says of its call, and that `5` was pressed in it.
struct Pressed {
    path: String,
    before: Vec<Message>,
    key: Message,
}

/// One for each way over WebSocket, in a call of that id.
fn ways() -> Vec<(&'static str, Pressed)> {
    let sound = || Message::binary(vec![0; 320]);
    let start = json!({"event": "start", "start": {"callSid": "twilio", "tracks": ["inbound"]}});
    let digit = json!({"event": "dtmf", "dtmf": {"track": "inbound_track", "digit": "5"}});
    let open = genesys_open("genesys").to_string();
    let parameters = json!({"digit": "5"});
    let dtmf = json!({"version": "2", "type": "dtmf", "seq": 2, "parameters": parameters});
    let text = |value: Value| Message::text(value.to_string());
    vec![
        (
            "jambonz",
            Pressed {
                path: "/jambonz?rate=8k&mix=mono&call_id=jambonz".to_owned(),
                before: vec![sound()],
                key: text(json!({"event": "dtmf", "dtmf": "5", "duration": "1600"})),
            },
        ),
        (
            "twilio",
            Pressed {
                path: "/twilio".to_owned(),
                before: vec![text(start)],
                key: text(digit),
            },
        ),
        (
            "genesys",
            Pressed {
                path: "/genesys".to_owned(),
                before: vec![Message::text(open)],
                key: text(dtmf),
            },
        ),
        (
            "asterisk",
            Pressed {
                path: "/asterisk?call_id=asterisk".to_owned(),
                before: vec![Message::text("MEDIA_START format:slin"), sound()],
                key: Message::text("DTMF_END digit:5"),
            },
        ),
    ]
}

/// The keys that were told, and whose they were.
fn keys(events: &[v1::CallEvent]) -> Vec<(String, v1::Role)> {
    let keys = events.iter().filter_map(|event| match &event.detail {
        Some(Detail::Dtmf(dtmf)) => Some((dtmf.key.clone(), event.role())),
        _ => None,
    });
    keys.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_pressed_is_told_through_every_door() {
    let mut config = Config::default();
    config.doors.websocket.listen = "127.0.0.1:0".to_owned();
    config.doors.audio_socket.listen = "127.0.0.1:0".to_owned();
    let engine = scripted_to_hear(script(), config).await;
    let mut client = connect(engine.address()).await;
    let door = engine.websocket().expect("the door is open");
    let expected = vec![("5".to_owned(), Customer)];
    for (id, pressed) in ways() {
        let events = follow(&mut client, id).await;
        let mut peer = Peer::connect(door, &pressed.path, None).await;
        for message in pressed.before.into_iter().chain([pressed.key]) {
            peer.0.send(message).await.expect("taken");
        }
        peer.0.close(None).await.expect("closed");
        assert_eq!(keys(&events.await.expect("followed")), expected, "{id}");
    }

    let events = follow(&mut client, "40325ec2-5efd-4bd3-805f-53576e581d10").await;
    let door = engine.audio_socket().expect("the door is open");
    let mut stream = audio_socket::audio_socket(door, 0x10).await;
    for packet in [
        packet(0x10, &[0; 320]),
        packet(0x03, b"5"),
        packet(0x00, &[]),
    ] {
        stream.write_all(&packet).await.expect("sent");
    }
    assert_eq!(keys(&events.await.expect("followed")), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_mixed_channel_nobody_can_tell_who_speaks() {
    let (_engine, mut client, door) = engine().await;
    let events = follow(&mut client, "mixed").await;
    let [customer, _] = call();
    let path = "/freeswitch?rate=8k&mix=mixed&call_id=mixed";
    let mut peer = Peer::connect(door, path, None).await;
    peer.sound(&linear(&customer).concat()).await;
    peer.0.close(None).await.expect("closed");
    let events = events.await.expect("followed");
    let said = "I would like to cancel my contract today";
    assert_eq!(finals(&events)[&v1::Role::Unknown], [said]);
}
