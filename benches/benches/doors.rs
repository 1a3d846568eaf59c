//! How soon is a call heard that comes through a door?
//!
//! 50 calls a second begin, for 10 s at each door: Twilio's and Genesys's WebSocket, Asterisk's
//! AudioSocket, and SIPREC over UDP and TCP. Each connects, and then counts from sending `start`, `open`,
//! the UUID or INVITE, with half a second of voice behind it at once (of SIPREC, behind its ACK), until a subscriber over gRPC is told that somebody speaks. That
//! is later than the first sound is taken: it has been decoded, found to be voice and told.
//!
//! Prints percentiles in ms, and how many calls were not heard. One run, no comparison with earlier
//! ones. Takes about a minute.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::SinkExt as _;
use serde_json::json;
use sidetone::config::Config;
use sidetone_media::audio::{Codec, encode};
use sidetone_media::rtp::send::Packetiser;
use sidetone_proto::v1;
use sidetone_proto::v1::call_event::Detail;
use sidetone_tests::kit::{Client, RecordingClient, Script, connect, packets, scripted_to_hear};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{interval, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// Between two calls: 50 a second.
const PACE: Duration = Duration::from_millis(20);
const CALLS: usize = 500;
/// How long a call stays.
const STAYS: Duration = Duration::from_secs(1);
/// A call that has not been heard so long after the last one is not heard.
const GRACE: Duration = Duration::from_secs(5);

#[derive(Clone, Copy)]
enum Door {
    Twilio,
    Genesys,
    AudioSocket,
    SiprecUdp,
    SiprecTcp,
}

/// Half a second of voice: mu-law, 16 bits, and RTP.
#[derive(Clone)]
struct Voice {
    mulaw: Vec<u8>,
    linear: Vec<u8>,
    rtp: Vec<Vec<u8>>,
}

/// A connection that holds nothing back: a second small message would wait 40 ms for the
/// acknowledgement of the first.
async fn websocket(address: SocketAddr, peer: &str) -> WebSocketStream<MaybeTlsStream<TcpStream>> {
    let url = format!("ws://{address}/{peer}");
    let connected = connect_async_with_config(url, None, true).await;
    connected.expect("the door is open").0
}

/// A call, named `id`. Returns when it began.
async fn call(door: Door, address: SocketAddr, id: u128, voice: Voice) -> Instant {
    let began;
    match door {
        Door::Twilio => {
            let mut socket = websocket(address, "twilio").await;
            let start = json!({"event": "start", "start": {"callSid": uuid(id), "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}}});
            let media = json!({"event": "media", "media": {"track": "inbound", "chunk": "1",
                "timestamp": "0", "payload": STANDARD.encode(&voice.mulaw)}});
            began = Instant::now();
            for message in [start, media] {
                let sent = socket.send(Message::text(message.to_string())).await;
                sent.expect("it goes on");
            }
            sleep(STAYS).await;
            drop(socket.close(None).await);
        }
        Door::Genesys => {
            let mut socket = websocket(address, "genesys").await;
            let open = json!({"version": "2", "type": "open", "seq": 1, "id": uuid(id), "parameters": {
                "conversationId": uuid(id), "media": [{"type": "audio", "format": "PCMU",
                "channels": ["external"], "rate": 8000}]}});
            began = Instant::now();
            let open = Message::text(open.to_string());
            for message in [open, Message::binary(voice.mulaw)] {
                socket.send(message).await.expect("it goes on");
            }
            sleep(STAYS).await;
            drop(socket.close(None).await);
        }
        Door::AudioSocket => {
            let mut stream = TcpStream::connect(address).await.expect("the door is open");
            let length = u16::try_from(voice.linear.len())
                .expect("short")
                .to_be_bytes();
            let uuid = [&[0x01, 0, 16][..], &id.to_be_bytes()].concat();
            let sound = [&[0x10][..], &length, &voice.linear].concat();
            began = Instant::now();
            let sent = stream.write_all(&[uuid, sound].concat()).await;
            sent.expect("it goes on");
            sleep(STAYS).await;
            // Told goodbye.
            drop(stream.write_all(&[0, 0, 0]).await);
        }
        Door::SiprecUdp => {
            let client = RecordingClient::udp(address, &uuid(id)).await;
            began = record(client, voice).await;
        }
        Door::SiprecTcp => {
            let client = RecordingClient::tcp(address, &uuid(id)).await;
            began = record(client, voice).await;
        }
    }
    began
}

/// Has a call of one line recorded. Returns when it was invited.
async fn record(mut client: RecordingClient, voice: Voice) -> Instant {
    let sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
               m=audio 6000 RTP/AVP 0\r\na=sendonly\r\na=label:1\r\n";
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
    let began = Instant::now();
    let answer = client.asked("INVITE", &[], ("application/sdp", sdp)).await;
    let to = &answer.addresses()[0];
    let port = u16::try_from(to.port).expect("a port");
    for packet in voice.rtp {
        let sent = socket.send_to(&packet, (to.host.as_str(), port)).await;
        sent.expect("loopback");
    }
    sleep(STAYS).await;
    client.asked("BYE", &[], ("", "")).await;
    began
}

/// As UUIDs are written.
fn uuid(id: u128) -> String {
    let digits = format!("{id:032x}");
    [0..8, 8..12, 12..16, 16..20, 20..32]
        .map(|part| &digits[part])
        .join("-")
}

/// When somebody was told to speak in each call.
async fn heard(mut client: Client) -> HashMap<String, Instant> {
    let events = client.subscribe(v1::SubscribeRequest::default()).await;
    let mut events = events.expect("subscribed").into_inner();
    let mut heard = HashMap::new();
    while heard.len() < CALLS
        && let Ok(event) = timeout(GRACE, events.message()).await
    {
        let event = event.expect("it goes on").expect("the engine serves");
        if let Some(Detail::SpeechBegin(_)) = event.detail {
            heard.entry(event.call_id).or_insert_with(Instant::now);
        }
    }
    heard
}

async fn measure(door: Door, name: &str) {
    let script = Script::of(&["good morning this is about my bill please"]);
    let sound = &script.sound(0)[..4_000];
    let words = sound.iter().map(|sample| (sample * 32_767.0) as i16);
    let voice = Voice {
        mulaw: encode(Codec::Pcmu, sound),
        linear: words.flat_map(i16::to_le_bytes).collect(),
        rtp: packets(&mut Packetiser::new(7, 0, Codec::Pcmu), sound),
    };
    let mut config = Config::default();
    config.doors.websocket.listen = "127.0.0.1:0".to_owned();
    config.doors.audio_socket.listen = "127.0.0.1:0".to_owned();
    config.doors.siprec.listen = "127.0.0.1:0".to_owned();
    config.server.max_calls = CALLS;
    config.capacity.enforce = false;
    let engine = scripted_to_hear(script, config).await;
    let address = match door {
        Door::Twilio | Door::Genesys => engine.websocket(),
        Door::AudioSocket => engine.audio_socket(),
        Door::SiprecUdp | Door::SiprecTcp => engine.siprec().0,
    };
    let address = address.expect("the door is open");
    let heard = tokio::spawn(heard(connect(engine.address()).await));
    let mut pace = interval(PACE);
    let mut calls = Vec::new();
    for id in 1..=CALLS as u128 {
        pace.tick().await;
        let call = tokio::spawn(call(door, address, id, voice.clone()));
        calls.push((uuid(id), call));
    }
    let heard = heard.await.expect("followed");
    let mut took = Vec::new();
    for (id, call) in calls {
        let began = call.await.expect("placed");
        took.extend(heard.get(&id).map(|heard| heard.duration_since(began)));
    }
    took.sort_unstable();
    let ms = |share: f64| {
        let at = (took.len() as f64 * share) as usize;
        took.get(at.min(took.len().saturating_sub(1)))
            .map_or(f64::NAN, |took| took.as_secs_f64() * 1e3)
    };
    println!(
        "doors/{name}: p50 {:.1} ms, p99 {:.1} ms, highest {:.1} ms; {} of {CALLS} not heard",
        ms(0.5),
        ms(0.99),
        ms(1.0),
        CALLS - took.len()
    );
    engine.stop().await.expect("stopped");
}

#[tokio::main]
async fn main() {
    for (door, name) in [
        (Door::Twilio, "twilio"),
        (Door::Genesys, "genesys"),
        (Door::AudioSocket, "audio_socket"),
        (Door::SiprecUdp, "siprec_udp"),
        (Door::SiprecTcp, "siprec_tcp"),
    ] {
        measure(door, name).await;
    }
}
