//! Media servers that are set up wrong: what the engine says has come in, and what is printed of it.

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::SinkExt as _;
use serde_json::{Value, json};
use sidetone::config::Config;
use sidetone::doctor::Examination;
use sidetone::tls::Access;
use sidetone_media::audio::{ClockRate, Codec};
use sidetone_media::rtp::send::Packetiser;
use sidetone_tests::kit::{Script, recording, rest, scripted_to_hear};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

/// Pairs of ports that were free a moment ago.
fn pairs() -> Vec<[u16; 2]> {
    let sockets: Vec<UdpSocket> = std::iter::repeat_with(socket).take(6).collect();
    let port = |socket: &UdpSocket| socket.local_addr().expect("bound").port();
    sockets
        .chunks(2)
        .map(|pair| [port(&pair[0]), port(&pair[1])])
        .collect()
}

fn socket() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").expect("a free port")
}

/// Sends sound at once.
fn burst(from: &UdpSocket, sender: &mut Packetiser, samples: &[f32], to: u16) {
    for piece in samples.chunks(160) {
        let sent = from.send_to(&sender.audio(piece), ("127.0.0.1", to));
        sent.expect("loopback");
    }
}

/// The kinds of findings that are grave, by door.
fn grave(report: &Value) -> BTreeMap<String, Vec<String>> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let doors = report["doors"].as_array().expect("a list").iter();
    let found = doors.map(|door| {
        let findings = door["findings"].as_array().expect("a list").iter();
        let grave = findings.filter(|one| one["grave"] == true);
        let mut kinds: Vec<String> = grave.map(|one| text(&one["kind"])).collect();
        kinds.sort();
        (text(&door["door"]), kinds)
    });
    found.filter(|(_, kinds)| !kinds.is_empty()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_up_wrong_is_told_with_what_to_do() {
    let [one_way, undescribed, swapped] = pairs()[..] else {
        panic!("three pairs");
    };
    let mut config = Config::default();
    config.doors.websocket.listen = "127.0.0.1:0".to_owned();
    config.doors.rtp.ports = [one_way, undescribed, swapped]
        .map(|[first, second]| format!("{first}+{second}"))
        .to_vec();
    config.doors.rtp.payloads = vec!["97 L16/8000".to_owned()];
    config.doors.rtp.idle_ms = 60_000;
    let engine = scripted_to_hear(Script::default(), config.clone()).await;
    let door = engine.websocket().expect("the door is open");
    let call = recording("en-router-fault");
    let sound = &call.channels[1][..20 * 8_000];

    // 16 bits have to come low byte first over WebSocket, and high byte first as RTP.
    let url = format!("ws://{door}/freeswitch?rate=8000&mix=mono&call_id=swapped");
    let (mut freeswitch, _) = connect_async(url).await.expect("the door is open");
    for piece in sound.chunks(1_600) {
        let bytes = piece
            .iter()
            .flat_map(|sample| ((sample * 32_767.0) as i16).to_be_bytes());
        freeswitch
            .send(Message::binary(bytes.collect::<Vec<u8>>()))
            .await
            .expect("taken");
    }
    let wide = Codec::L16 {
        rate: ClockRate::Hz8000,
    };
    let second = &sound[..8_000];
    let pcmu = |ssrc, payload_type, to| {
        let mut sender = Packetiser::new(ssrc, payload_type, Codec::Pcmu);
        burst(&socket(), &mut sender, second, to);
    };
    pcmu(1, 0, one_way[0]);
    pcmu(2, 96, undescribed[0]);
    pcmu(3, 0, undescribed[1]);
    // Twenty seconds at their own pace would be long, and at once more than waits for a call.
    let mut low_first = Packetiser::new(20, 97, wide);
    let mut right = Packetiser::new(21, 97, wide);
    let sides = [socket(), socket()];
    for piece in sound.chunks(160) {
        let words = piece.iter().map(|sample| (sample * 32_767.0) as i16);
        let wrong: Vec<u8> = words.flat_map(i16::to_le_bytes).collect();
        for (side, packet, to) in [
            (&sides[0], low_first.coded(&wrong), swapped[0]),
            (&sides[1], right.audio(piece), swapped[1]),
        ] {
            side.send_to(&packet, ("127.0.0.1", to)).expect("loopback");
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    let kinds = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let expected = BTreeMap::from([
        (
            "rtp".to_owned(),
            kinds(&["byte_order", "one_way", "undescribed"]),
        ),
        ("websocket/freeswitch".to_owned(), kinds(&["byte_order"])),
    ]);
    let mut found = BTreeMap::new();
    // A call has to have lasted five seconds before nothing means something.
    for _ in 0..150 {
        let (status, report) = rest(engine.address(), "GET", "/v1/doors", Value::Null).await;
        assert_eq!(status, 200);
        found = grave(&report);
        if found == expected {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(found, expected);

    let printed = printed(config, door, engine.address()).await;
    for part in [
        "one-way audio: nothing has come on the agent's side",
        "packets of payload type 96 come on the customer's side",
        "Do: say what it is in `doors.rtp.payloads`: \"96 L16/16000\"",
        "its samples come with the low byte first",
        "its samples come with the high byte first",
        "4 things are wrong.",
    ] {
        assert!(printed.contains(part), "{part}\n{printed}");
    }
}

/// The legs that no media comes from, by call: role, and the payload type that comes instead.
async fn silent(engine: SocketAddr) -> Vec<(String, Value)> {
    let (_, calls) = rest(engine, "GET", "/v1/calls", Value::Null).await;
    let calls = calls.as_array().expect("a list").iter();
    let mut silent: Vec<(String, Value)> = calls
        .map(|call| {
            let metadata = call["metadata"].as_object().expect("an object");
            let port = metadata.get("customer_port").and_then(Value::as_str);
            let id = call["call_id"].as_str().expect("an id");
            (port.unwrap_or(id).to_owned(), call["silent"].clone())
        })
        .collect();
    silent.sort_by(|one, other| one.0.cmp(&other.0));
    silent
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leg_without_sound_is_told_at_every_door() {
    let [one_way, undescribed, _] = pairs()[..] else {
        panic!("three pairs");
    };
    let mut config = Config::default();
    config.call.no_media_ms = 500;
    config.doors.websocket.listen = "127.0.0.1:0".to_owned();
    config.doors.audio_socket.listen = "127.0.0.1:0".to_owned();
    config.doors.rtp.ports = [one_way, undescribed]
        .map(|[first, second]| format!("{first}+{second}"))
        .to_vec();
    config.doors.rtp.idle_ms = 60_000;
    let engine = scripted_to_hear(Script::default(), config).await;
    let door = engine.websocket().expect("the door is open");
    let tone: Vec<f32> = (0..16_000).map(|n| 0.3 * (n as f32 * 0.3).sin()).collect();

    // Of two tracks that are announced one never comes.
    let (mut twilio, _) = connect_async(format!("ws://{door}/twilio"))
        .await
        .expect("open");
    let start = json!({"event": "start", "streamSid": "MZ1", "start": {
        "callSid": "twilio", "tracks": ["inbound", "outbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
    }});
    twilio
        .send(Message::text(start.to_string()))
        .await
        .expect("taken");
    // A channel that says who it is, sends one frame, and then nothing more.
    let door = engine.audio_socket().expect("the door is open");
    let mut channel = TcpStream::connect(door).await.expect("open");
    let id = 0x4032_5ec2_5efd_4bd3_805f_5357_6e58_1d10_u128.to_be_bytes();
    channel
        .write_all(&[&[1, 0, 16][..], &id, &[0x10, 1, 64], &[0; 320]].concat())
        .await
        .expect("taken");
    // One port of two, and a payload type that nobody has described.
    let mut speaks = Packetiser::new(1, 0, Codec::Pcmu);
    let mut unknown = Packetiser::new(2, 96, Codec::Pcmu);
    let mut agent = Packetiser::new(3, 0, Codec::Pcmu);
    let from = [socket(), socket(), socket()];
    let leg = |role: &str| json!([{"role": role}]);
    let mut expected = vec![
        (
            "40325ec2-5efd-4bd3-805f-53576e581d10".to_owned(),
            leg("customer"),
        ),
        (one_way[0].to_string(), leg("agent")),
        (
            undescribed[0].to_string(),
            json!([{"role": "customer", "payload_type": 96}]),
        ),
        ("twilio".to_owned(), leg("agent")),
    ];
    expected.sort_by(|one, other| one.0.cmp(&other.0));
    let mut told = Vec::new();
    for _ in 0..200 {
        // Of those who speak, something comes all the time.
        let piece = &tone[..800];
        burst(&from[0], &mut speaks, piece, one_way[0]);
        burst(&from[1], &mut unknown, piece, undescribed[0]);
        burst(&from[2], &mut agent, piece, undescribed[1]);
        let payload = STANDARD.encode(sidetone_media::audio::encode(Codec::Pcmu, piece));
        let media = json!({"track": "inbound", "payload": payload});
        let media = json!({"event": "media", "media": media}).to_string();
        twilio.send(Message::text(media)).await.expect("taken");
        told = silent(engine.address()).await;
        if told == expected {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(told, expected);
}

/// What `sidetone doctor` prints with that configuration.
async fn printed(mut config: Config, door: SocketAddr, engine: SocketAddr) -> String {
    // Tests let the system choose ports.
    config.doors.websocket.listen = door.to_string();
    config.server.listen = engine;
    let examined =
        tokio::task::spawn_blocking(move || Examination::of(&config, None, &Access::default()));
    let printed = examined.await.expect("examined").to_string();
    // Words are kept together, whatever the lines.
    printed.split_whitespace().collect::<Vec<_>>().join(" ")
}
