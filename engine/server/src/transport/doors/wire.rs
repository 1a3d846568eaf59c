//! What a connection is made of, whatever carries it.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use sidetone_doors::audio_socket::GOODBYE;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tracing::debug;
use tungstenite::Error;
use tungstenite::error::ProtocolError;

/// A media server that takes none of its messages for so long is gone.
const READS_WITHIN: Duration = Duration::from_secs(10);
/// A connection of which nothing more can be read stays open for so long once it is closed.
const LINGERS: Duration = Duration::from_millis(500);
/// Longest reason that a close frame has room for, in bytes (RFC 6455 §5.5).
const LONGEST_REASON: usize = 123;
/// Bytes that are read at once.
const PIECE: usize = 4 * 1024;

/// What comes over a connection.
pub(super) enum Incoming {
    Text(String),
    Binary(Vec<u8>),
    /// Nothing that means anything.
    Nothing,
    /// The other side has ended it, in order.
    Closed,
    /// It broke.
    Broken,
    /// What came is not as the connection's protocol has it, and nothing can be read behind it: a code
    /// of RFC 6455 §7.4.1, and why.
    Unreadable(u16, String),
}

/// A connection broke.
pub(super) struct Broken;

/// A connection.
pub(super) enum Wire {
    WebSocket(Box<WebSocket>),
    Tcp(TcpStream),
}

impl Wire {
    /// What comes next. Nothing is lost where this is dropped before it has come.
    pub async fn receive(&mut self) -> Incoming {
        match self {
            Self::WebSocket(socket) => match socket.recv().await {
                Some(Ok(Message::Text(text))) => Incoming::Text(text.to_string()),
                Some(Ok(Message::Binary(bytes))) => Incoming::Binary(bytes.into()),
                // Pings are answered by the library.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => Incoming::Nothing,
                Some(Ok(Message::Close(_))) => Incoming::Closed,
                Some(Err(error)) => failed(error),
                None => Incoming::Broken,
            },
            Self::Tcp(stream) => {
                let mut piece = [0; PIECE];
                match stream.read(&mut piece).await {
                    Ok(0) => Incoming::Closed,
                    Ok(bytes) => Incoming::Binary(piece[..bytes].to_vec()),
                    Err(_) => Incoming::Broken,
                }
            }
        }
    }

    /// Waits until the other side has had the time to see why the connection ends, and to end it: what
    /// it still sends is not read, and would have its system throw away what it has not read yet.
    pub async fn linger(&mut self) {
        tokio::time::sleep(LINGERS).await;
    }

    /// Sends a text, where the connection has any.
    pub async fn send(&mut self, text: String) -> Result<(), Broken> {
        let Self::WebSocket(socket) = self else {
            return Ok(());
        };
        let sent = timeout(READS_WITHIN, socket.send(Message::text(text))).await;
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Broken),
        }
    }

    /// Ends the connection. Why is told where there is a place for it.
    pub async fn close(&mut self, code: u16, why: &str) {
        let end = (0..=LONGEST_REASON.min(why.len())).rev();
        let end = end.into_iter().find(|end| why.is_char_boundary(*end));
        let reason = why[..end.unwrap_or(0)].into();
        let close = async {
            match self {
                Self::WebSocket(socket) => {
                    let close = Message::Close(Some(CloseFrame { code, reason }));
                    socket.send(close).await.map_err(|_| Broken)
                }
                Self::Tcp(stream) => {
                    stream.write_all(&GOODBYE).await.map_err(|_| Broken)?;
                    stream.shutdown().await.map_err(|_| Broken)
                }
            }
        };
        // The other side may have gone.
        let _ = timeout(READS_WITHIN, close).await;
    }
}

/// What it means that a message of a WebSocket could not be read.
fn failed(error: axum::Error) -> Incoming {
    debug!(%error, "a media server's message cannot be read");
    let error = error.into_inner();
    let Some(error) = error.downcast_ref::<tungstenite::Error>() else {
        return Incoming::Broken;
    };
    let code = match error {
        // Its end is no fault of the protocol.
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return Incoming::Broken,
        Error::Capacity(_) => close_code::SIZE,
        Error::Utf8(_) => close_code::INVALID,
        Error::Protocol(_) | Error::AttackAttempt => close_code::PROTOCOL,
        _ => return Incoming::Broken,
    };
    let why = error.to_string();
    Incoming::Unreadable(code, why)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::extract::ws::WebSocketUpgrade;
    use axum::routing::any;
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;

    use super::*;

    const UPGRADE: &[u8] =
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    #[tokio::test(start_paused = true)]
    async fn a_media_server_that_reads_nothing_is_gone_and_not_waited_for() {
        let (gone, mut is_gone) = mpsc::channel(1);
        let told_without_end = async move |socket| {
            let mut wire = Wire::WebSocket(Box::new(socket));
            while wire.send("x".repeat(64 * 1024)).await.is_ok() {}
            wire.close(close_code::NORMAL, "").await;
            gone.send(()).await.expect("the test goes on");
        };
        let upgrade = async move |upgrade: WebSocketUpgrade| upgrade.on_upgrade(told_without_end);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let server = axum::serve(listener, Router::new().route("/", any(upgrade)));
        tokio::spawn(server.into_future());
        let mut deaf = TcpStream::connect(address).await.expect("it listens");
        deaf.write_all(UPGRADE).await.expect("sent");
        is_gone.recv().await.expect("it was given up");
    }
}
