//! What media servers are told by an engine that goes down, door by door, while calls that are there go
//! on.

use std::net::SocketAddr;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use sidetone::config::Config;
use sidetone_tests::kit::{RecordingClient, get, rest, scripted};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use crate::siprec::offer;

/// What a SIP request is answered with: its status, and the headers that say when and why.
async fn sip(door: SocketAddr, method: &str) -> String {
    let sdp = offer(&["1", "2"]);
    let body = match method {
        "INVITE" => ("application/sdp", &*sdp),
        _ => ("", ""),
    };
    let mut client = RecordingClient::udp(door, &format!("late-{method}")).await;
    let answer = client.asked(method, &[], body).await;
    let header = |name: &str| answer.header(name).unwrap_or_default();
    let (after, why) = (header("retry-after"), header("warning"));
    format!(
        "{} after {after}: {why}",
        answer.status().unwrap_or_default()
    )
}

/// How a WebSocket is closed that describes a call.
async fn websocket(door: SocketAddr) -> String {
    let url = format!("ws://{door}/freeswitch?rate=8k&mix=mono");
    let (mut socket, _) = connect_async(url).await.expect("the door is open");
    let sound = Message::binary(vec![0; 320]);
    socket.send(sound).await.expect("taken");
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Close(Some(close)) = message {
            return format!("{}: {}", u16::from(close.code), close.reason);
        }
    }
    "not closed in order".to_owned()
}

/// The bytes that an AudioSocket gets which says its UUID.
async fn audio_socket(door: SocketAddr) -> String {
    let mut stream = TcpStream::connect(door).await.expect("it listens");
    let uuid = [&[0x01, 0, 16][..], &[7; 16]].concat();
    stream.write_all(&uuid).await.expect("sent");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    format!("{answer:?}")
}

/// What REST answers.
async fn opened(engine: SocketAddr) -> String {
    let call = json!({"legs": [{"role": "customer"}]});
    let (status, answer) = rest(engine, "POST", "/v1/calls", call).await;
    format!("{status}: {}", answer["error"])
}

#[tokio::test(flavor = "multi_thread")]
async fn new_calls_are_refused_at_every_door_and_those_that_are_there_go_on() {
    let mut config = Config::default();
    for listen in [
        &mut config.doors.websocket.listen,
        &mut config.doors.audio_socket.listen,
        &mut config.doors.siprec.listen,
    ] {
        *listen = "127.0.0.1:0".to_owned();
    }
    let mut engine = scripted(config).await;
    let address = engine.address();
    let web = engine.websocket().expect("the door is open");
    let audio = engine.audio_socket().expect("the door is open");
    let siprec = engine.siprec().0.expect("the door is open");
    let mut live = RecordingClient::tcp(siprec, "live").await;
    let sdp = offer(&["1", "2"]);
    let answer = live.asked("INVITE", &[], ("application/sdp", &sdp)).await;
    assert_eq!(answer.status(), Some(200), "{answer:?}");
    let told = async {
        while get(address, "/readyz", usize::MAX).await.contains("200 OK") {
            tokio::task::yield_now().await;
        }
        for (door, told, expected) in [
            ("INVITE", sip(siprec, "INVITE").await, "503 after 5: 399"),
            ("OPTIONS", sip(siprec, "OPTIONS").await, "503 after 5: 399"),
            ("WebSocket", websocket(web).await, "1013: "),
            ("AudioSocket", audio_socket(audio).await, "[0, 0, 0]"),
            ("REST", opened(address).await, "503: "),
        ] {
            assert!(told.starts_with(expected), "{door}: {told}");
            let says_why = door == "AudioSocket" || told.contains("shutting down");
            assert!(says_why, "{door}: {told}");
        }
        for method in ["OPTIONS", "BYE"] {
            let answer = live.asked(method, &[], ("", "")).await;
            assert_eq!(answer.status(), Some(200), "{answer:?}");
        }
    };
    // Ends with the call, long before its time is over.
    tokio::join!(engine.drain(std::future::pending()), told);
    engine.stop().await.expect("stopped");
}
