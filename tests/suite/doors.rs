//! Media servers that speak protocols of their own, written here as small clients from their public
//! documentation: FreeSWITCH and jambonz, Twilio, Genesys, and Asterisk's two ways.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use sidetone::app::Engine;
use sidetone::config::Config;
use sidetone_media::audio::{Codec, decode, encode};
use sidetone_media::rtp::send::Packetiser;
use sidetone_proto::v1;
use sidetone_proto::v1::Role::{Agent, Customer};
use sidetone_proto::v1::RtpAddress;
use sidetone_proto::v1::call_event::Detail;
use sidetone_proto::v1::streaming_analyze_request::Request;
use sidetone_tests::kit::{
    Client, Script, connect, finals, follow, packets, rest, scripted_to_hear, send, stream,
    stream_leg, told_of,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tonic::Streaming;

/// Bytes of 20 ms of mu-law.
const FRAME: usize = 160;

/// What is said in each call: by the customer, then by the agent.
pub(crate) fn script() -> Script {
    Script::of(&[
        "I would like to cancel my contract today",
        "I am sorry to hear that let me see",
    ])
}

/// Both sides as mu-law, equally long: who speaks, and what it sounds like.
pub(crate) fn call() -> [Vec<u8>; 2] {
    let (script, pause) = (script(), vec![0.0; 12_000]);
    let (customer, agent) = (script.sound(0), script.sound(1));
    let silent = |samples: &[f32]| vec![0.0; samples.len()];
    let sides = [
        [&*customer, &pause, &silent(&agent), &pause].concat(),
        [&*silent(&customer), &pause, &agent, &pause].concat(),
    ];
    sides.map(|samples| encode(Codec::Pcmu, &samples))
}

async fn engine() -> (Engine, Client, SocketAddr) {
    let mut config = Config::default();
    config.doors.websocket.listen = "127.0.0.1:0".to_owned();
    let engine = scripted_to_hear(script(), config).await;
    let client = connect(engine.address()).await;
    let door = engine.websocket().expect("the door is open");
    (engine, client, door)
}

/// A media server's side of a connection.
struct Peer(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Peer {
    async fn connect(door: SocketAddr, path: &str, protocol: Option<&'static str>) -> Self {
        let mut request = format!("ws://{door}{path}")
            .into_client_request()
            .expect("a URL");
        if let Some(protocol) = protocol {
            let name = "sec-websocket-protocol";
            request
                .headers_mut()
                .insert(name, protocol.parse().expect("a header"));
        }
        let (socket, response) = connect_async(request).await.expect("the door is open");
        let spoken = response.headers().get("sec-websocket-protocol");
        assert_eq!(spoken.and_then(|name| name.to_str().ok()), protocol);
        Self(socket)
    }

    async fn text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.expect("taken");
    }

    async fn binary(&mut self, bytes: Vec<u8>) {
        self.0.send(Message::binary(bytes)).await.expect("taken");
    }

    /// Sends no more, and gives all that came back, and how the connection was closed.
    async fn rest(mut self) -> (Vec<Value>, Option<CloseFrame>) {
        let (mut told, mut close) = (Vec::new(), None);
        while let Some(Ok(message)) = self.0.next().await {
            match message {
                Message::Text(text) => told.push(serde_json::from_str(&text).expect("JSON")),
                Message::Close(frame) => close = frame,
                _ => {}
            }
        }
        (told, close)
    }
}

async fn next(events: &mut Streaming<v1::CallEvent>) -> Detail {
    let event = events.message().await.expect("it goes on");
    event.expect("an event").detail.expect("one of its kinds")
}

/// Both sides in turns, a sample of the customer's before one of the agent's.
fn in_turns(sides: [Vec<Vec<u8>>; 2]) -> Vec<u8> {
    let [customer, agent] = sides;
    let turns = customer
        .into_iter()
        .zip(agent)
        .flat_map(|(one, other)| [one, other]);
    turns.flatten().collect()
}

/// mu-law as 16 bits, little endian, sample by sample.
fn linear(mulaw: &[u8]) -> Vec<Vec<u8>> {
    let samples = decode(Codec::Pcmu, mulaw).into_iter();
    let words = samples.map(|sample| (sample * 32_768.0) as i16);
    words.map(|word| word.to_le_bytes().to_vec()).collect()
}

/// mu-law sample by sample.
fn bytes(mulaw: &[u8]) -> Vec<Vec<u8>> {
    mulaw.iter().map(|byte| vec![*byte]).collect()
}

/// A packet of AudioSocket.
fn packet(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).expect("short").to_be_bytes();
    [&[kind][..], &length, payload].concat()
}

/// The call as gRPC streams it, for comparison.
pub(crate) async fn over_grpc(client: Client) -> Vec<v1::CallEvent> {
    let leg_of = |role| stream_leg(role, v1::AudioEncoding::Mulaw);
    let config = v1::StreamingAnalyzeConfig {
        legs: vec![leg_of(Customer), leg_of(Agent)],
        ..Default::default()
    };
    let [customer, agent] = call();
    let frames = customer.chunks(FRAME).zip(agent.chunks(FRAME));
    let frames = frames.flat_map(|(customer, agent)| [(Customer, customer), (Agent, agent)]);
    let audio = frames.map(|(role, content)| {
        Request::Audio(v1::AudioFrame {
            role: role.into(),
            content: content.to_vec(),
            ..Default::default()
        })
    });
    stream(
        client,
        [Request::Config(config)].into_iter().chain(audio).collect(),
    )
    .await
}

pub(crate) fn started(events: &[v1::CallEvent]) -> &v1::CallStarted {
    let started = events.iter().find_map(|event| match &event.detail {
        Some(Detail::CallStarted(started)) => Some(started),
        _ => None,
    });
    started.expect("it began")
}

/// Whether a call of `id` was heard as gRPC's was, and described as its media server did.
fn assert_same(events: &[v1::CallEvent], grpc: &[v1::CallEvent], queue: &str) {
    assert_eq!(finals(events), finals(grpc));
    let started = started(events);
    assert_eq!(events[0].agent_id, "agent-7");
    let caller = started.caller.as_ref().expect("a number");
    assert_eq!(caller.e164.as_deref(), Some("+14155550117"));
    assert_eq!(started.metadata[queue], "billing");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_call_is_heard_alike_through_every_door() {
    let (_engine, mut client, door) = engine().await;
    let grpc = over_grpc(client.clone()).await;
    assert_eq!(
        finals(&grpc)[&Customer],
        ["I would like to cancel my contract today"]
    );
    assert_eq!(finals(&grpc)[&Agent].len(), 1);
    let [customer, agent] = call();

    // FreeSWITCH tells the rate and the channels in the address, jambonz in its first message.
    for (path, protocol, said) in [
        (
            "/freeswitch?rate=8k&mix=stereo&agent=agent-7",
            "audio.drachtio.org",
            json!({"call_id": "fs", "from": "4155550117", "queue": "billing"}),
        ),
        (
            "/jambonz",
            "audio.jambonz.org",
            json!({"callSid": "jb", "from": "4155550117", "to": "+18005550100", "direction": "inbound",
                "sampleRate": 8000, "mixType": "stereo", "agent_id": "agent-7", "queue": "billing"}),
        ),
    ] {
        let id = said["callSid"]
            .as_str()
            .or_else(|| said["call_id"].as_str());
        let events = follow(&mut client, id.expect("an id")).await;
        let mut peer = Peer::connect(door, path, Some(protocol)).await;
        peer.text(&said.to_string()).await;
        let sound = in_turns([linear(&customer), linear(&agent)]);
        for frame in sound.chunks(4 * FRAME) {
            peer.binary(frame.to_vec()).await;
        }
        peer.0.close(None).await.expect("closed");
        assert_same(&events.await.expect("followed"), &grpc, "queue");
    }

    let events = follow(&mut client, "CA1").await;
    let mut peer = Peer::connect(door, "/twilio", None).await;
    peer.text(r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#)
        .await;
    let start = json!({"event": "start", "streamSid": "MZ1", "start": {
        "callSid": "CA1", "streamSid": "MZ1", "tracks": ["inbound", "outbound"],
        "customParameters": {"agent_id": "agent-7", "from": "4155550117", "queue": "billing"},
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
    }});
    peer.text(&start.to_string()).await;
    let frames = customer.chunks(FRAME).zip(agent.chunks(FRAME)).enumerate();
    let mut messages: Vec<String> = Vec::new();
    for (i, (customer, agent)) in frames {
        for (track, frame) in [("inbound", customer), ("outbound", agent)] {
            let media = json!({"track": track, "chunk": (i + 1).to_string(),
                "timestamp": (20 * i).to_string(), "payload": STANDARD.encode(frame)});
            messages.push(json!({"event": "media", "media": media}).to_string());
        }
    }
    // Some come out of order.
    for at in (10..messages.len() - 8).step_by(14) {
        messages.swap(at, at + 2);
    }
    for message in messages {
        peer.text(&message).await;
    }
    peer.text(r#"{"event":"stop"}"#).await;
    assert_same(
        &events.await.expect("followed"),
        &grpc,
        "customParameters.queue",
    );

    let events = follow(&mut client, "chan-1").await;
    let mut sides = Vec::new();
    for side in ["customer", "agent"] {
        let path = format!("/asterisk?join=chan-1&forked={side}&agent_id=agent-7");
        let mut peer = Peer::connect(door, &path, Some("media")).await;
        let start = json!({"event": "MEDIA_START", "format": "ulaw", "channel_id": "17.2",
            "channel_variables": {"caller": "4155550117", "queue": "billing"}});
        peer.text(&start.to_string()).await;
        sides.push(peer);
    }
    for (customer, agent) in customer.chunks(FRAME).zip(agent.chunks(FRAME)) {
        for (peer, frame) in sides.iter_mut().zip([customer, agent]) {
            peer.binary(frame.to_vec()).await;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for mut peer in sides {
        peer.0.close(None).await.expect("closed");
    }
    assert_same(
        &events.await.expect("followed"),
        &grpc,
        "channel_variables.queue",
    );

    let events = follow(&mut client, "genesys-1").await;
    let mut peer = Peer::connect(door, "/genesys", None).await;
    peer.text(&genesys_open("genesys-1").to_string()).await;
    let sound = in_turns([&customer, &agent].map(|mulaw| bytes(mulaw)));
    for frame in sound.chunks(2 * FRAME) {
        peer.binary(frame.to_vec()).await;
    }
    peer.text(r#"{"version":"2","type":"close","seq":2,"parameters":{"reason":"end"}}"#)
        .await;
    assert_same(
        &events.await.expect("followed"),
        &grpc,
        "customConfig.queue",
    );
}

/// One side of a call over AudioSocket.
async fn audio_socket(door: SocketAddr, last: u8) -> TcpStream {
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

fn genesys_open(conversation: &str) -> Value {
    json!({"version": "2", "type": "open", "seq": 1, "serverseq": 0, "position": "PT0S",
    "id": "e160e428-53b2-487c-977d-96989bf5c99d",
    "parameters": {
        "conversationId": conversation,
        "participant": {"id": "p", "ani": "+14155550117", "dnis": "+18005550100"},
        "media": [
            {"type": "audio", "format": "PCMU", "channels": ["external"], "rate": 8000},
            {"type": "audio", "format": "PCMU", "channels": ["external", "internal"], "rate": 8000},
        ],
        "customConfig": {"queue": "billing", "agent_id": "agent-7"},
    }})
}

#[tokio::test(flavor = "multi_thread")]
async fn words_and_alerts_go_back_to_who_sent_the_sound() {
    let (_engine, _client, door) = engine().await;
    let [customer, agent] = call();
    let mut peer = Peer::connect(door, "/freeswitch?rate=8000&mix=mono", None).await;
    for frame in linear(&customer).concat().chunks(2 * FRAME) {
        peer.binary(frame.to_vec()).await;
    }
    let mut told = Vec::new();
    while !told
        .iter()
        .any(|one: &Value| one["data"]["kind"] == "final")
    {
        let message = peer.0.next().await.expect("it goes on").expect("text");
        told.push(serde_json::from_str(message.to_text().expect("text")).expect("JSON"));
    }
    let words = told.last().expect("a final");
    assert_eq!(words["type"], "transcription");
    assert_eq!(
        words["data"]["text"],
        "I would like to cancel my contract today"
    );
    let alert = told
        .iter()
        .find(|one| one["data"]["kind"] == "alert_raised");
    let alert = alert.expect("the customer wants to leave");
    assert_eq!(
        (&alert["type"], &alert["data"]["rule"]),
        (&json!("json"), &json!("churn"))
    );

    let mut peer = Peer::connect(door, "/genesys", None).await;
    peer.text(&genesys_open("genesys-2").to_string()).await;
    let bytes = |mulaw: &[u8]| mulaw.iter().map(|byte| vec![*byte]).collect::<Vec<_>>();
    peer.binary(in_turns([bytes(&customer), bytes(&agent)]))
        .await;
    let mut kinds = Vec::new();
    loop {
        let message = peer.0.next().await.expect("it goes on").expect("text");
        let message: Value = serde_json::from_str(message.to_text().expect("text")).expect("JSON");
        kinds.push(message["type"].clone());
        let entity = &message["parameters"]["entities"][0];
        if entity["data"]["isFinal"] == true && entity["data"]["channelId"] == "INTERNAL" {
            break;
        }
    }
    assert_eq!(kinds[0], "opened", "answered first");
    peer.text(r#"{"version":"2","type":"close","seq":2,"parameters":{"reason":"end"}}"#)
        .await;
    let (told, close) = peer.rest().await;
    assert!(told.iter().any(|one| one["type"] == "closed"), "{told:?}");
    assert_eq!(u16::from(close.expect("closed").code), 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_words_of_a_call_that_ends_are_told_to_who_still_sends() {
    let (engine, _client, door) = engine().await;
    let [customer, _] = call();
    // The customer's last words are not over yet: the call is ended within them.
    let speaks = customer.len() - 24_000;
    let mut peer = Peer::connect(door, "/freeswitch?rate=8000&mix=mono&call_id=ends", None).await;
    for frame in linear(&customer[..speaks]).concat().chunks(2 * FRAME) {
        peer.binary(frame.to_vec()).await;
    }
    let path = "/v1/calls/ends";
    while rest(engine.address(), "DELETE", path, Value::Null).await.0 != 204 {}
    let (told, close) = peer.rest().await;
    let kinds: Vec<&str> = told
        .iter()
        .filter_map(|one| one["data"]["kind"].as_str())
        .collect();
    assert!(kinds.contains(&"final"), "{kinds:?}");
    assert_eq!(kinds.last(), Some(&"summary"));
    assert_eq!(u16::from(close.expect("closed").code), 1000);

    let mut peer = Peer::connect(door, "/genesys", None).await;
    peer.text(&genesys_open("genesys-3").to_string()).await;
    let path = "/v1/calls/genesys-3";
    while rest(engine.address(), "DELETE", path, Value::Null).await.0 != 204 {}
    let mut kinds = Vec::new();
    while let Some(Ok(message)) = peer.0.next().await {
        let Ok(Value::Object(message)) = serde_json::from_str(message.to_text().expect("text"))
        else {
            continue;
        };
        if message["type"] == "disconnect" {
            assert_eq!(message["parameters"]["reason"], "completed");
            peer.text(
                r#"{"version":"2","type":"close","seq":2,"parameters":{"reason":"disconnect"}}"#,
            )
            .await;
        }
        kinds.push(message["type"].clone());
    }
    assert_eq!(kinds.last(), Some(&json!("closed")), "{kinds:?}");
}

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

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_opened_changed_and_closed_over_rest() {
    let (engine, mut client, _) = engine().await;
    let address = engine.address();
    let events = follow(&mut client, "r-1").await;
    let call = json!({"call_id": "r-1", "caller": "(415) 555-0117", "agent_id": "agent-7",
        "direction": "inbound", "metadata": {"queue": "billing"},
        "legs": [{"role": "customer"}, {"role": "agent"}]});
    let (status, opened) = rest(address, "POST", "/v1/calls", call.clone()).await;
    assert_eq!(
        (status, &opened["call_id"]),
        (201, &json!("r-1")),
        "{opened}"
    );
    let to = |place: usize| RtpAddress {
        host: opened["addresses"][place]["host"]
            .as_str()
            .expect("a host")
            .to_owned(),
        port: opened["addresses"][place]["port"].as_u64().expect("a port") as u32,
        ..Default::default()
    };
    let said = packets(&mut Packetiser::new(7, 0, Codec::Pcmu), &script().sound(0));
    send(
        &to(0),
        said.into_iter().map(|packet| vec![packet]).collect(),
    )
    .await;
    let change = json!({"metadata": {"queue": "retention"}, "controls": [
        {"role": "agent", "do": {"join": {"role": "agent", "id": "agent-9", "name": "Bob"}}},
        {"role": "customer", "do": {"hold": true}},
    ]});
    let (status, changed) = rest(address, "PATCH", "/v1/calls/r-1", change).await;
    assert_eq!(status, 200, "{changed}");
    for (method, path, body, expected, part) in [
        ("POST", "/v1/calls", call, 409, "r-1"),
        ("POST", "/v1/calls", json!({}), 400, "at least one leg"),
        (
            "POST",
            "/v1/calls",
            json!({"legs": [{"role": "cook"}]}),
            400,
            "cook",
        ),
        (
            "POST",
            "/v1/calls",
            json!({"leg": []}),
            400,
            "unknown field `leg`",
        ),
        (
            "PATCH",
            "/v1/calls/r-1",
            json!({"controls": [{"role": "agent", "do": {"dtmf": {"key": "x"}}}]}),
            400,
            "no key",
        ),
        (
            "PATCH",
            "/v1/calls/none",
            json!({"caller": "1"}),
            404,
            "no call",
        ),
        ("DELETE", "/v1/calls/none", Value::Null, 404, "none"),
    ] {
        let (status, answer) = rest(address, method, path, body).await;
        let why = answer["error"].as_str().unwrap_or_default();
        assert!(
            status == expected && why.contains(part),
            "{method} {path}: {status} {answer}"
        );
    }
    let (status, _) = rest(address, "DELETE", "/v1/calls/r-1", Value::Null).await;
    assert_eq!(status, 204);
    let events = events.await.expect("followed");
    assert_eq!(
        finals(&events)[&Customer],
        ["I would like to cancel my contract today"]
    );
    let joined = events.iter().any(|event| {
        matches!(&event.detail, Some(Detail::PartyJoined(_))) && event.party_id == "agent-9"
    });
    assert!(joined, "the call was transferred");
}
