//! Media servers that speak protocols of their own, written here as small clients from their public
//! documentation: FreeSWITCH and jambonz, Twilio, Genesys, and Asterisk's two ways.

mod audio_socket;
mod coming_back;
mod crowds;
mod genesys;
mod keys;
mod paused;
mod refused;
mod rest;

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

    /// Sends sound in messages of 20 ms.
    async fn sound(&mut self, bytes: &[u8]) {
        for message in bytes.chunks(2 * FRAME) {
            self.binary(message.to_vec()).await;
        }
    }

    /// Sends bytes that its library would not.
    async fn bytes(&mut self, bytes: &[u8]) {
        let MaybeTlsStream::Plain(stream) = self.0.get_mut() else {
            panic!("no TLS");
        };
        stream.write_all(bytes).await.expect("taken");
    }

    /// Its way to the engine breaks, behind what it has sent. What comes back may still be read.
    async fn cut(&mut self) {
        let MaybeTlsStream::Plain(stream) = self.0.get_mut() else {
            panic!("no TLS");
        };
        stream.shutdown().await.expect("it was open");
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
pub(crate) fn in_turns(sides: [Vec<Vec<u8>>; 2]) -> Vec<u8> {
    let [customer, agent] = sides;
    let turns = customer
        .into_iter()
        .zip(agent)
        .flat_map(|(one, other)| [one, other]);
    turns.flatten().collect()
}

/// mu-law as 16 bits, little endian, sample by sample.
pub(crate) fn linear(mulaw: &[u8]) -> Vec<Vec<u8>> {
    let samples = decode(Codec::Pcmu, mulaw).into_iter();
    let words = samples.map(|sample| (sample * 32_768.0) as i16);
    words.map(|word| word.to_le_bytes().to_vec()).collect()
}

/// What the engine reports of one of its doors.
async fn report_of(engine: &Engine, door: &str) -> Value {
    let (_, report) = rest(engine.address(), "GET", "/v1/doors", Value::Null).await;
    let mut doors = report["doors"].as_array().expect("doors").iter();
    let report = doors.find(|one| one["door"] == door);
    report.expect("it was there").clone()
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
    peer.sound(&sound).await;
    peer.text(r#"{"version":"2","type":"close","seq":2,"parameters":{"reason":"end"}}"#)
        .await;
    assert_same(
        &events.await.expect("followed"),
        &grpc,
        "customConfig.queue",
    );
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
    peer.sound(&linear(&customer).concat()).await;
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
        if entity["data"]["isFinal"] == true && entity["data"]["channelId"] == 1 {
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
    peer.sound(&linear(&customer[..speaks]).concat()).await;
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
