//! Connections in plain text, and how many there may be.

mod tls;

use std::net::SocketAddr;

use axum::routing::{get, post};
use futures_util::{StreamExt as _, stream};
use hyper::client::conn::http2;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

fn limits(connections: usize) -> Limits {
    Limits {
        connections,
        head: Duration::from_millis(100),
        request: Duration::from_millis(100),
        idle: Duration::from_millis(100),
    }
}

fn routes() -> Routes {
    let http = Router::new()
        .route("/", get(|| async { "here" }))
        .route("/healthz", get(|| async { "ok" }))
        .route("/body", post(|body: String| async { body }));
    Routes {
        http,
        grpc: Router::new(),
        api: None,
    }
}

async fn listen(limits: Limits) -> (SocketAddr, CancellationToken) {
    serve(routes(), limits, None).await
}

async fn serve(
    routes: Routes,
    limits: Limits,
    tls: Option<Arc<Reloading>>,
) -> (SocketAddr, CancellationToken) {
    let socket = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = socket.local_addr().expect("bound");
    let listener = Listener {
        early: routes.clone(),
        routes: Arc::new(OnceLock::from(routes)),
        limits,
        tls,
        close: CancellationToken::new(),
    };
    let close = listener.close.clone();
    tokio::spawn(listener.run(socket));
    (address, close)
}

/// Sends `request` and reads until the other side closes.
async fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    // A reset is a close as well.
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

#[tokio::test]
async fn a_connection_that_never_asks_or_asks_half_is_closed() {
    let (address, _close) = listen(limits(10)).await;
    for (case, request) in [
        ("nothing", ""),
        ("half a head", "GET / HTTP/1.1\r\nHost: x\r\n"),
        ("half of HTTP/2", "PRI * HTTP/2.0\r\n"),
    ] {
        let answer = exchange(address, request).await;
        assert!(!answer.contains("here"), "{case}: {answer}");
    }
}

#[tokio::test]
async fn half_a_body_is_answered_that_it_took_too_long() {
    let (address, _close) = listen(limits(10)).await;
    let request = "POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf";
    let answer = exchange(address, request).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn so_is_half_a_body_over_http2() {
    let (address, _close) = listen(limits(10)).await;
    let stream = TcpStream::connect(address).await.expect("it listens");
    let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.expect("HTTP/2");
    tokio::spawn(connection);
    let half = stream::iter([Ok::<_, Infallible>("half")]).chain(stream::pending());
    let request = Request::post(format!("http://{address}/body"));
    let request = request.body(Body::from_stream(half)).expect("a request");
    let answer = sender.send_request(request).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT);
}

#[tokio::test]
async fn a_connection_kept_alive_for_nothing_is_closed() {
    let (address, _close) = listen(limits(10)).await;
    let answer = exchange(address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(answer.ends_with("here"), "{answer}");
}

#[tokio::test]
async fn where_all_places_are_taken_probes_are_answered_and_others_told_so() {
    let mut limits = limits(1);
    limits.head = Duration::from_secs(60);
    let (address, _close) = listen(limits).await;
    let mut first = TcpStream::connect(address).await.expect("it listens");
    let hello = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    first.write_all(hello).await.expect("sent");
    let mut buffer = [0; 64];
    let read = first.read(&mut buffer).await.expect("an answer");
    assert!(buffer[..read].starts_with(b"HTTP/1.1 200"));

    let health = exchange(address, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    let other = exchange(address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(other.starts_with("HTTP/1.1 503"), "{other}");
    assert!(other.contains("server.max_connections"), "{other}");
}

#[tokio::test]
async fn closing_ends_connections_that_idle() {
    let mut limits = limits(10);
    limits.head = Duration::from_secs(60);
    let (address, close) = listen(limits).await;
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let hello = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.write_all(hello).await.expect("sent");
    let mut buffer = [0; 1024];
    assert!(stream.read(&mut buffer).await.expect("an answer") > 0);
    close.cancel();
    let mut rest = Vec::new();
    stream
        .read_to_end(&mut rest)
        .await
        .expect("closed in order");
    assert!(TcpStream::connect(address).await.is_err());
}
