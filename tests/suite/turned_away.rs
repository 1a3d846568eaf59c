//! Whoever is turned away at a door is counted, told why, and leaves room for others.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use sidetone::config::Config;
use sidetone_tests::kit::{RecordingClient, get, scripted};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

/// As few as the configuration may allow.
const CONNECTIONS: usize = 16;

/// What has been counted so far: of those who were refused, and of what cannot be read.
async fn counted(engine: SocketAddr) -> [u64; 2] {
    let metrics = get(engine, "/metrics", usize::MAX).await;
    let counters = [
        "sidetone_door_connections_total{outcome=\"refused\"} ",
        "sidetone_door_strays_total ",
    ];
    counters.map(|counter| {
        let count = metrics.lines().find_map(|line| line.strip_prefix(counter));
        count.expect("it is there").parse().expect("a number")
    })
}

/// Waits until so many have been refused, and so much could not be read.
async fn until_counted(engine: SocketAddr, expected: [u64; 2], what: &str) {
    let mut last = [0; 2];
    for _ in 0..400 {
        last = counted(engine).await;
        if last == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(last, expected, "{what}");
}

/// What a WebSocket is refused with.
async fn refused(door: SocketAddr, path: &str, origin: Option<&'static str>) -> String {
    let url = format!("ws://{door}{path}");
    let mut request = url.into_client_request().expect("a URL");
    if let Some(origin) = origin {
        let origin = origin.parse().expect("a header");
        request.headers_mut().insert("origin", origin);
    }
    let connected = connect_async(request).await;
    connected.expect_err("refused").to_string()
}

/// What an AudioSocket gets that says nothing.
async fn heard(mut stream: TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_turned_away_is_counted_and_there_is_room_once_others_have_gone() {
    let port = {
        let free = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        free.local_addr().expect("bound").port()
    };
    let mut config = Config::default();
    config.server.max_connections = CONNECTIONS;
    config.doors.rtp.ports = vec![port.to_string()];
    for listen in [
        &mut config.doors.websocket.listen,
        &mut config.doors.audio_socket.listen,
        &mut config.doors.siprec.listen,
    ] {
        *listen = "127.0.0.1:0".to_owned();
    }
    let engine = scripted(config).await;
    let address = engine.address();
    let web = engine.websocket().expect("the door is open");
    let audio = engine.audio_socket().expect("the door is open");
    let siprec = engine.siprec().0.expect("the door is open");
    assert_eq!(counted(address).await, [0, 0]);

    let why = refused(web, "/twillio", None).await;
    assert!(why.contains("404"), "{why}");
    let why = refused(web, "/twilio", Some("http://evil.example")).await;
    assert!(why.contains("403"), "{why}");
    until_counted(
        address,
        [2, 0],
        "an unknown name, and a page of another site",
    )
    .await;
    let stray = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    for to in [siprec.port(), port] {
        stray.send_to(b"hello", ("127.0.0.1", to)).expect("sent");
    }
    until_counted(address, [2, 2], "what is no SIP, and no RTP").await;

    // Connections of all doors together are bounded, and these say nothing.
    let mut silent = Vec::new();
    for _ in 0..CONNECTIONS {
        silent.push(TcpStream::connect(audio).await.expect("it listens"));
    }
    // The last of them may still wait to be accepted.
    let mut extra = Vec::new();
    for _ in 0..3 {
        extra.push(heard(TcpStream::connect(audio).await.expect("it listens")).await);
    }
    assert_eq!(extra, [[0, 0, 0]; 3], "told goodbye");
    let why = refused(web, "/twilio", None).await;
    assert!(why.contains("503"), "{why}");
    let mut client = RecordingClient::tcp(siprec, "flood").await;
    assert!(client.receive().await.is_none(), "closed at once");
    until_counted(address, [7, 2], "all places are taken").await;
    // By datagrams it is reached all the same, and so is the engine.
    let mut client = RecordingClient::udp(siprec, "beside").await;
    let answer = client.asked("OPTIONS", &[], ("", "")).await;
    assert_eq!(answer.status(), Some(200), "{answer:?}");

    // Whoever says nothing has to leave after a while.
    for stream in silent {
        assert_eq!(heard(stream).await, [0, 0, 0], "told goodbye");
    }
    until_counted(address, [7 + CONNECTIONS as u64, 2], "no call within 10 s").await;
    let mut client = RecordingClient::tcp(siprec, "after").await;
    let answer = client.asked("OPTIONS", &[], ("", "")).await;
    assert_eq!(answer.status(), Some(200), "{answer:?}");
    engine.stop().await.expect("stopped");
}
